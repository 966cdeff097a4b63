/**
 * A chain of one validator in this process, as long and with as large a state as a test wants, and servers that give it
 * to tabs: honest ones, slow ones, liars, and relays that give nothing. Executor, stores, signatures and answers are the
 * production parts; only consensus among several is left out.
 */
import { fileURLToPath } from 'node:url'
import {
  type Block,
  type Certificate,
  type ChainSpec,
  EMPTY_LIST_HASH,
  NO_EVIDENCE,
  assembleCertificate,
  blockFromParts,
  epochStateAfter,
  genesisBlock,
  randaoSigningBytes,
  serializeChainSpec,
  voteSigningBytes,
} from '@cairn/chain'
import { createLocalSpec } from '@cairn/cli'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createExecutor } from '@cairn/executor'
import { createEpochKeys, createFinalizationVerifier, routeRequests } from '@cairn/node'
import {
  coreWasmSha256,
  createNodeNetwork,
  createSenderRecovery,
  generateIdentity,
  peerIdFromIdentity,
  readCoreWasm,
  serveStatic,
  systemClock,
  systemRandom,
  systemTimers,
} from '@cairn/platform-node'
import type { Log, Metrics, Network, RequestProtocol } from '@cairn/ports'
import { type Address, type Hash, ZERO_HASH, addressFromBytes, bytesFromUint64, height, view } from '@cairn/primitives'
import { createMemoryStore, openChainStore, openEpochStore } from '@cairn/storage'

export interface OwnChainOptions {
  /** Accounts in the genesis beside the development accounts. */
  readonly accounts: number
  readonly epochLengthBlocks?: number
  /** Blocks follow a second apart. */
  readonly genesisAgeMs?: number
}

export interface OwnChain {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  height(): number
  stateRoot(): Hash
  /** Finalizes blocks with what `transactions` gives for each, by height. */
  grow(count: number, transactions?: (at: number) => Promise<readonly Uint8Array[]>): Promise<void>
  /** Registers what an honest node answers. */
  serve(network: Network): void
  stop(): Promise<void>
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }
const noMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} }
const bls = createNativeBls()

export async function createOwnChain(options: OwnChainOptions): Promise<OwnChain> {
  const secretKey = bls.secretKeyFromEntropy(systemRandom.bytes(32))
  const spec = ownSpec(secretKey, peerIdFromIdentity(await generateIdentity()), options)
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

  const nextBlock = async (transactions: readonly Uint8Array[]): Promise<Block> => {
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
        stateRoot: built.stateRoot,
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
    height: () => chain.head().height,
    stateRoot: () => executor.head().stateRoot,
    grow: async (count, transactions = async () => []) => {
      for (let index = 0; index < count; index++) {
        const block = await nextBlock(await transactions(chain.head().height + 1))
        await chain.appendFinalized(block, finalize(block, secretKey, genesis.hash), await executor.outcome(block.hash))
        await epochs.advance(block)
        await executor.commit(block.hash)
      }
    },
    serve: (network) => routeRequests({ network, chain, epochs, spec, executor, consensus: undefined }),
    stop: () => executor.stop(),
  }
}

function ownSpec(
  secretKey: Uint8Array,
  peerId: string,
  { accounts, epochLengthBlocks = 1_000, genesisAgeMs = 100_000_000 }: OwnChainOptions,
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

/** What a server makes of an honest answer before it is sent. */
export type Manner = (protocol: RequestProtocol, answer: Uint8Array) => Promise<Uint8Array> | Uint8Array

export interface OwnServer {
  readonly peerId: string
  /** For `bootstrap`. */
  readonly address: string
  /** Answers given so far, by protocol. */
  answered(protocol: RequestProtocol): number
  stop(): Promise<void>
}

/** A server that tabs dial by WebSocket, and a relay for them. Without a chain it gives nothing but that. */
export async function startOwnServer(
  genesisHash: Hash,
  chain: OwnChain | undefined,
  manner: Manner = (_protocol, answer) => answer,
): Promise<OwnServer> {
  const network = await createWsServer(genesisHash, await generateIdentity())
  const counts = new Map<RequestProtocol, number>()
  chain?.serve({
    ...network,
    onRequest: (protocol, handler) =>
      network.onRequest(protocol, async (data, from) => {
        const answer = await handler(data, from)
        if (!(answer instanceof Uint8Array)) return answer
        counts.set(protocol, (counts.get(protocol) ?? 0) + 1)
        return manner(protocol, answer)
      }),
  })
  await network.start()
  const address = network.addresses().find((one) => one.includes('/ws'))
  if (address === undefined) throw new Error('the server listens on no WebSocket')
  return {
    peerId: network.peerId,
    address,
    answered: (protocol) => counts.get(protocol) ?? 0,
    stop: () => network.stop(),
  }
}

/** A network of a server, not started: tabs dial it by WebSocket. */
export function createWsServer(genesisHash: Hash, identity: Uint8Array): Promise<Network> {
  return createNodeNetwork(
    { genesisHash, identity, peers: [], localNetwork: true, listen: { wsPort: 0 } },
    { clock: systemClock, timers: systemTimers, random: systemRandom, log: silent, metrics: noMetrics },
  )
}

export interface OwnPage {
  readonly url: string
  stop(): Promise<void>
}

const DIST = fileURLToPath(new URL('../../apps/web/dist', import.meta.url))

/** The page, told to use only these addresses. */
export async function serveOwnPage(
  chain: Pick<OwnChain, 'spec' | 'genesisHash'>,
  bootstrap: readonly string[],
): Promise<OwnPage> {
  const description = JSON.stringify({
    chainSpec: JSON.parse(serializeChainSpec(chain.spec)) as unknown,
    genesisHash: chain.genesisHash,
    bootstrap,
  })
  const server = await serveStatic({ directory: DIST, port: 0, extraFiles: { '/network.json': () => description } })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop() }
}
