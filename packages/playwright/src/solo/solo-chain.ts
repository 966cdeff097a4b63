/**
 * A chain of one validator in this process, as long and with as large a state as a test wants. Executor, stores,
 * signatures and answers are the production parts; only consensus among several is left out, so what is refused of this
 * validator would be refused of any number of them that collude.
 */
import {
  type Block,
  type Certificate,
  type ChainSpec,
  type ConsensusHeader,
  EMPTY_LIST_HASH,
  NO_EVIDENCE,
  assembleCertificate,
  blockFromParts,
  epochStateAfter,
  genesisBlock,
  randaoSigningBytes,
  voteSigningBytes,
} from '@cairn/chain'
import { createLocalSpec } from '@cairn/cli'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createExecutor } from '@cairn/executor'
import { createEpochKeys, createFinalizationVerifier, routeRequests } from '@cairn/node'
import {
  coreWasmSha256,
  createSenderRecovery,
  generateIdentity,
  peerIdFromIdentity,
  readCoreWasm,
  systemClock,
  systemRandom,
} from '@cairn/platform-node'
import type { Network } from '@cairn/ports'
import { type Address, type Hash, ZERO_HASH, addressFromBytes, bytesFromUint64, height, view } from '@cairn/primitives'
import { createMemoryStore, openChainStore, openEpochStore } from '@cairn/storage'

export interface SoloChainOptions {
  /** Accounts in the genesis beside those that a test network has; default 0. */
  readonly accounts?: number
  /** Default 1 000. */
  readonly epochLengthBlocks?: number
  /** Blocks follow a second apart; default: a day and some hours. */
  readonly genesisAgeMs?: number
}

export interface Growth {
  /** Signed transactions of the block at `height`; default none. */
  readonly transactions?: (height: number) => Promise<readonly Uint8Array[]>
  /** What the validator signs in the place of the state root that follows: the block is valid in all else. */
  readonly stateRoot?: Hash
}

export interface SoloChain {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  /** Header of the genesis, for `network.json`. */
  readonly genesis: Pick<ConsensusHeader, 'executionBlockHash' | 'stateRoot'>
  height(): number
  /** Of the head, as executed. */
  stateRoot(): Hash
  /** Finalizes `count` blocks. @throws Error when a transaction cannot be included */
  grow(count: number, growth?: Growth): Promise<void>
  /** Registers what an honest node answers. */
  serve(network: Network): void
  stop(): Promise<void>
}

const bls = createNativeBls()

export async function createSoloChain(options: SoloChainOptions): Promise<SoloChain> {
  const secretKey = bls.secretKeyFromEntropy(systemRandom.bytes(32))
  const spec = soloSpec(secretKey, peerIdFromIdentity(await generateIdentity()), options)
  const executor = createExecutor(
    { chainSpec: spec, stateStore: createMemoryStore(), wasm: readCoreWasm() },
    { clock: systemClock, senderRecovery: createSenderRecovery() },
  )
  await executor.start()
  const genesis = genesisBlock(spec, executor.genesis())
  const database = createMemoryStore()
  const epochs = await openEpochStore(database, spec)
  const verifyFinalization = createFinalizationVerifier(epochs, createEpochKeys(genesis.hash, bls))
  const chain = await openChainStore(database, { genesis, verifyFinalization })

  const nextBlock = async (transactions: readonly Uint8Array[], stateRoot: Hash | undefined): Promise<Block> => {
    const parent = await chain.blockByHeight(chain.head().height)
    if (parent === undefined) throw new Error('the head is stored')
    const { validators } = epochs.current()
    const at = height(parent.header.height + 1)
    const timeMs = parent.header.timeMs + 1_000
    const randaoReveal = bls.sign(secretKey, randaoSigningBytes(genesis.hash, validators.epoch, view(at)))
    const built = await executor.build({
      parentHash: parent.hash,
      timeMs,
      prevRandao: keccak256(randaoReveal),
      feeRecipient: addressOf(1),
      transactions,
      sizeMaxBytes: 1_000_000,
    })
    if (built.transactionCount !== transactions.length) throw new Error('a transaction was left out')
    const content = { header: { height: at, randaoReveal }, evidence: NO_EVIDENCE }
    const next = epochStateAfter(epochs.current(), content, spec).validators
    const block = blockFromParts(
      {
        chainId: spec.chainId,
        epoch: validators.epoch,
        view: view(at),
        parentView: view(parent.header.view),
        height: at,
        parentHash: parent.hash,
        timeMs,
        proposer: 0,
        executionBlockHash: built.executionBlockHash,
        stateRoot: stateRoot ?? built.stateRoot,
        accessListHash: built.accessListHash,
        evidenceRoot: EMPTY_LIST_HASH,
        randaoReveal,
        validatorSetHash: validators.hash,
        nextValidatorSetHash: next.epoch > validators.epoch ? next.hash : ZERO_HASH,
      },
      built.payload,
      built.accessList,
    )
    await executor.adopt(built.buildId, block.hash)
    return block
  }

  return {
    spec,
    genesisHash: genesis.hash,
    genesis: genesis.header,
    height: () => chain.head().height,
    stateRoot: () => executor.head().stateRoot,
    grow: async (count, { transactions = async () => [], stateRoot } = {}) => {
      for (let index = 0; index < count; index++) {
        const block = await nextBlock(await transactions(chain.head().height + 1), stateRoot)
        await chain.appendFinalized(block, finalize(block, secretKey, genesis.hash), await executor.outcome(block.hash))
        await epochs.advance(block)
        await executor.commit(block.hash)
      }
    },
    serve: (network) => routeRequests({ network, chain, epochs, spec, executor, consensus: undefined }),
    stop: () => executor.stop(),
  }
}

function soloSpec(
  secretKey: Uint8Array,
  peerId: string,
  { accounts = 0, epochLengthBlocks = 1_000, genesisAgeMs = 100_000_000 }: SoloChainOptions,
): ChainSpec {
  const publicKey = bls.publicKey(secretKey)
  const spec = createLocalSpec({
    members: [{ peerId, publicKey, proofOfPossession: bls.provePossession(secretKey), feeRecipient: addressOf(1) }],
    coreWasmSha256: coreWasmSha256(),
    genesisTimeMs: Date.now() - genesisAgeMs,
    epochLengthBlocks,
    heartbeatMs: 1_000,
  })
  const more = Array.from({ length: accounts }, (_, index) => ({
    address: addressOf(1_000 + index),
    balance: BigInt(index + 1),
    nonce: 0,
    code: '0x' as const,
    storage: [],
  }))
  return { ...spec, alloc: [...spec.alloc, ...more].sort((a, b) => (a.address < b.address ? -1 : 1)) }
}

function addressOf(index: number): Address {
  return addressFromBytes(keccak256Bytes(bytesFromUint64(index)).slice(0, 20))
}

function finalize(block: Block, secretKey: Uint8Array, genesisHash: Hash): Certificate {
  const subject = { kind: 'finalize', epoch: block.header.epoch, view: block.header.view, hash: block.hash } as const
  const signature = bls.sign(secretKey, voteSigningBytes(genesisHash, subject))
  return assembleCertificate(subject, [{ ...subject, validator: 0, signature }], bls, 1)
}
