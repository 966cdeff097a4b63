/**
 * A network of one validator that lies in one chosen way: a quorum of itself, in this process. Two blocks, real in
 * everything but the lie. What a tab refuses here it would refuse from any number of colluding validators and servers.
 */
import {
  type Block,
  type Certificate,
  assembleCertificate,
  blockFromParts,
  decodeAccountProofRequest,
  decodeFinalizedRangeRequest,
  EMPTY_LIST_HASH,
  encodeAccountProofResponse,
  encodeChainStatus,
  encodeFinalizedRangeResponse,
  genesisBlock,
  genesisValidatorSet,
  randaoSigningBytes,
  voteSigningBytes,
  type ChainSpec,
} from '@cairn/chain'
import { createLocalSpec } from '@cairn/cli'
import { keccak256 } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createExecutor, type GenesisExecutor } from '@cairn/executor'
import {
  coreWasmSha256,
  generateIdentity,
  peerIdFromIdentity,
  readCoreWasm,
  systemClock,
  systemRandom,
} from '@cairn/platform-node'
import type { Network } from '@cairn/ports'
import { ZERO_HASH, addressFromBytes, epoch, height, view, type Hash } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { createWsServer, serveOwnPage } from './own-network.ts'

/**
 * `root`: block 2 is signed with a state root that does not follow from it · `certificate`: its signature is another
 * block's · `data`: its payload is not the header's · `proof`: account proofs claim more than the state says.
 */
export type Lie = 'root' | 'certificate' | 'data' | 'proof'

export interface DishonestNetwork {
  /** The page, told to use only this network. */
  readonly url: string
  stop(): Promise<void>
}

const bls = createNativeBls()

interface Chain {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  readonly secretKey: Uint8Array
  readonly executor: GenesisExecutor
  /** Genesis first. */
  readonly blocks: readonly Block[]
  /** Of block 1, of block 2. */
  readonly certificates: readonly Certificate[]
}

export async function startDishonestNetwork(lie: Lie): Promise<DishonestNetwork> {
  const identity = await generateIdentity()
  const chain = await makeChain(lie, peerIdFromIdentity(identity))
  const network = await createWsServer(chain.genesisHash, identity)
  answerRequests(network, chain, lie)
  await network.start()
  const addresses = network.addresses().filter((address) => address.includes('/ws'))
  const page = await serveOwnPage(chain, addresses)
  return {
    url: page.url,
    stop: async () => {
      await page.stop()
      await network.stop()
      await chain.executor.stop()
    },
  }
}

async function makeChain(lie: Lie, peerId: string): Promise<Chain> {
  const secretKey = bls.secretKeyFromEntropy(systemRandom.bytes(32))
  const publicKey = bls.publicKey(secretKey)
  const member = {
    peerId,
    publicKey,
    proofOfPossession: bls.provePossession(secretKey),
    feeRecipient: addressFromBytes(publicKey.slice(0, 20)),
  }
  const spec = createLocalSpec({
    members: [member],
    coreWasmSha256: coreWasmSha256(),
    genesisTimeMs: Date.now() - 10_000,
    epochLengthBlocks: 1_000,
    heartbeatMs: 1_000,
  })
  const executor = createExecutor(
    { chainSpec: spec, stateStore: createMemoryStore(), wasm: readCoreWasm() },
    { clock: systemClock },
  )
  await executor.start()
  const genesis = genesisBlock(spec, executor.genesis())
  const signing = { spec, executor, secretKey, genesisHash: genesis.hash }
  const first = await makeBlock(genesis, signing)
  await executor.commit(first.hash)
  const honest = await makeBlock(first, signing)
  if (lie !== 'root') await executor.commit(honest.hash)
  const wrongRoot = blockFromParts(
    { ...honest.header, stateRoot: keccak256(honest.payload) },
    honest.payload,
    honest.accessList,
  )
  const second = lie === 'root' ? wrongRoot : honest
  const certificates = [first, second].map((block) => finalize(block, signing))
  return { spec, genesisHash: genesis.hash, secretKey, executor, blocks: [genesis, first, second], certificates }
}

type Signing = Pick<Chain, 'spec' | 'executor' | 'secretKey' | 'genesisHash'>

/** An empty child, executed. */
async function makeBlock(parent: Block, { spec, executor, secretKey, genesisHash }: Signing): Promise<Block> {
  const at = parent.header.height + 1
  const timeMs = parent.header.timeMs + 1_000
  const randaoReveal = bls.sign(secretKey, randaoSigningBytes(genesisHash, epoch(0), view(at)))
  const built = await executor.build({
    parentHash: parent.hash,
    timeMs,
    prevRandao: keccak256(randaoReveal),
    feeRecipient: spec.validators[0]?.feeRecipient ?? addressFromBytes(new Uint8Array(20)),
    transactions: [],
    sizeMaxBytes: 100_000,
  })
  const block = blockFromParts(
    {
      chainId: spec.chainId,
      epoch: epoch(0),
      view: view(at),
      parentView: view(parent.header.view),
      height: height(at),
      parentHash: parent.hash,
      timeMs,
      proposer: 0,
      executionBlockHash: built.executionBlockHash,
      stateRoot: built.stateRoot,
      accessListHash: built.accessListHash,
      evidenceRoot: EMPTY_LIST_HASH,
      randaoReveal,
      validatorSetHash: genesisValidatorSet(spec).hash,
      nextValidatorSetHash: ZERO_HASH,
    },
    built.payload,
    built.accessList,
  )
  await executor.adopt(built.buildId, block.hash)
  return block
}

function finalize(block: Block, { secretKey, genesisHash }: Signing): Certificate {
  const subject = { kind: 'finalize', epoch: epoch(0), view: block.header.view, hash: block.hash } as const
  const signature = bls.sign(secretKey, voteSigningBytes(genesisHash, subject))
  return assembleCertificate(subject, [{ ...subject, validator: 0, signature }], bls, 1)
}

function answerRequests(network: Network, chain: Chain, lie: Lie): void {
  const { genesisHash, executor } = chain
  const [, first, second] = chain.blocks as readonly [Block, Block, Block]
  const [firstCertificate, secondCertificate] = chain.certificates as readonly [Certificate, Certificate]
  network.onRequest('chain-status', async () =>
    encodeChainStatus({
      genesisHash,
      epoch: epoch(0),
      height: second.header.height,
      finalization: secondCertificate,
      oldestHeight: height(0),
    }),
  )
  network.onRequest('finalized-range', async (data) => {
    const request = decodeFinalizedRangeRequest(data)
    if (!request.ok) return { refused: request.code }
    if (request.value.fromHeight === 1)
      return encodeFinalizedRangeResponse({ blocks: [first], links: [], certificate: firstCertificate })
    const stolen = { ...secondCertificate, signature: firstCertificate.signature }
    return encodeFinalizedRangeResponse({
      blocks: [lie === 'data' ? { ...second, payload: first.payload } : second],
      links: [],
      certificate: lie === 'certificate' ? stolen : secondCertificate,
    })
  })
  network.onRequest('account-proof', async (data) => {
    const request = decodeAccountProofRequest(data)
    if (!request.ok) return { refused: request.code }
    const proof = await executor.proof(request.value.address, [])
    const account = lie === 'proof' ? { ...proof.account, balance: proof.account.balance + 1n } : proof.account
    return encodeAccountProofResponse({ ...proof, account, headers: [second.header], finalization: secondCertificate })
  })
}
