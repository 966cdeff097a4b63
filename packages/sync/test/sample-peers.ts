/** Peers of a sample chain, honest and lying, and a driver with virtual time for the catch-up machine. */
import { checkBlockData, encodeFinalizedRangeResponse } from '@cairn/chain'
import type { Block, ChainStatus, FinalizedRangeResponse } from '@cairn/chain'
import { epoch, height } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { createSync, serveFinalizedRange } from '@cairn/sync'
import type { FinalizedChainReader, SyncEffect, SyncFault, SyncInput } from '@cairn/sync'
import { verifySampleFinalization } from '@cairn/testing/contracts'
import type { SampleBlock, SampleChain } from '@cairn/testing/contracts'

/** Reader of the first `length` blocks; every `certifiedEvery`-th has a certificate, and nothing above the last such. */
export function readerOf(chain: SampleChain, length: number, certifiedEvery: number): FinalizedChainReader {
  const certifiedHeight = height(length - (length % certifiedEvery))
  return {
    head: () => ({ certifiedHeight }),
    blockByHeight: async (at) => (at === 0 ? chain.genesis : at <= length ? chain.blocks[at - 1]?.block : undefined),
    certificateAtOrAbove: async (at) => {
      const nearest = height(Math.ceil(at / certifiedEvery) * certifiedEvery)
      const found = nearest <= certifiedHeight ? chain.blocks[nearest - 1] : undefined
      return found && { height: nearest, certificate: found.certificate }
    },
  }
}

/** What a peer says and does. `answer` gives the encoded response; `undefined`: the request fails. */
export interface SamplePeer {
  readonly name: string
  readonly claimedHeight: number
  answer(fromHeight: Height, countMax: number): Promise<Uint8Array | undefined>
}

export function honestPeer(name: string, chain: SampleChain, length: number, certifiedEvery: number): SamplePeer {
  const reader = readerOf(chain, length, certifiedEvery)
  return {
    name,
    claimedHeight: reader.head().certifiedHeight,
    answer: async (fromHeight, countMax) =>
      encodeFinalizedRangeResponse(await serveFinalizedRange(reader, { fromHeight, countMax })),
  }
}

export const lies = [
  'empty',
  'garbage',
  'silent',
  'wrong-start',
  'other-chain',
  'bad-certificate',
  'no-certificate',
  'bad-data',
  'gap',
  'cut',
] as const
export type Lie = (typeof lies)[number]

/** A peer that claims far too much and answers with a lie made from what an honest one would say. */
export function lyingPeer(name: string, lie: Lie, chain: SampleChain, other: SampleChain): SamplePeer {
  const length = chain.blocks.length
  const truth = readerOf(chain, length, 1)
  return {
    name,
    claimedHeight: 1_000_000,
    answer: async (fromHeight, countMax) => {
      const request = { fromHeight, countMax }
      // Too near to the end to make every lie from the truth.
      const told = fromHeight > length - 3 && lie !== 'silent' ? 'empty' : lie
      const answers = [truth, readerOf(other, length, 1)].map((reader) => serveFinalizedRange(reader, request))
      const [truthful, others] = (await Promise.all(answers)) as [FinalizedRangeResponse, FinalizedRangeResponse]
      return tell(told, truthful, others)
    },
  }
}

function tell(lie: Lie, truth: FinalizedRangeResponse, other: FinalizedRangeResponse): Uint8Array | undefined {
  const { blocks, certificate } = truth
  const encode = encodeFinalizedRangeResponse
  switch (lie) {
    case 'empty':
      return encode({ blocks: [], links: [], certificate: undefined })
    case 'garbage':
      return Uint8Array.of(0xf9, 1, 2, 3)
    case 'wrong-start':
      return encode({ links: [], blocks: blocks.slice(1), certificate })
    case 'other-chain': {
      // Well-formed blocks of another chain: its own certificates do not verify here.
      const forged = other.certificate && { ...other.certificate, signature: new Uint8Array(96).fill(1) }
      return encode({ links: [], blocks: other.blocks, certificate: forged })
    }
    case 'bad-certificate':
      return encode({
        links: [],
        blocks,
        certificate: certificate && { ...certificate, signature: new Uint8Array(96) },
      })
    case 'no-certificate':
      return encode({ links: [], blocks, certificate: undefined })
    case 'bad-data':
      return encode({
        links: [],
        blocks: blocks.map((block, index) => (index === 1 ? withWrongData(block) : block)),
        certificate,
      })
    case 'gap':
      return encode({ links: [], blocks: blocks.filter((_, index) => index !== 1), certificate })
    case 'cut':
      return encode(truth).subarray(0, -1)
    case 'silent':
      break
  }
  return undefined
}

function withWrongData(block: Block): Block {
  return { ...block, payload: Uint8Array.from(block.payload, (byte, index) => (index === 300 ? byte ^ 1 : byte)) }
}

export interface DriverOutcome {
  readonly applied: readonly Block[]
  readonly penalties: readonly { readonly peer: string; readonly code: SyncFault }[]
  /** Requests to each peer. */
  readonly requests: ReadonlyMap<string, number>
  readonly done: number
  readonly elapsedMs: number
  readonly conflict: SyncEffect | undefined
}

/** Takes the next of a few things that could happen next. */
export type Choose = (countMax: number) => number

/**
 * Runs the machine until nothing can happen any more. Answers, applications and timers come in any order that
 * `choose` picks; peers tell their status once, at the start.
 */
export async function drive(
  chain: SampleChain,
  start: number,
  peers: readonly SamplePeer[],
  choose: Choose,
): Promise<DriverOutcome> {
  const startBlock = start === 0 ? chain.genesis : (chain.blocks[start - 1] as SampleBlock).block
  const sync = createSync(
    {
      genesisHash: chain.genesis.hash,
      head: { height: height(start), hash: startBlock.hash },
      epochLengthBlocks: 1_000_000,
    },
    { verifyFinalization: verifySampleFinalization, checkBlockData },
  )
  const applied: Block[] = []
  const penalties: { peer: string; code: SyncFault }[] = []
  const requests = new Map<string, number>()
  const toApply: (readonly Block[])[] = []
  let inFlight: Promise<SyncInput> | undefined
  let timerMs: number | undefined
  let nowMs = 0
  let done = 0
  let conflict: SyncEffect | undefined

  const perform = (effect: SyncEffect): void => {
    switch (effect.type) {
      case 'request': {
        if (inFlight !== undefined) throw new Error('two requests at once')
        requests.set(effect.peer, (requests.get(effect.peer) ?? 0) + 1)
        inFlight = answerOf(peers.find((peer) => peer.name === effect.peer) as SamplePeer, effect)
        break
      }
      case 'apply':
        toApply.push(effect.blocks)
        if (toApply.length > 2) throw new Error('more than two ranges ahead')
        break
      case 'penalize':
        penalties.push({ peer: effect.peer, code: effect.code })
        break
      case 'set-timer':
        timerMs = effect.atMs
        break
      case 'done':
        done += 1
        break
      case 'conflict':
        conflict = effect
    }
  }
  const handle = (input: SyncInput): void => sync.handle(input, nowMs).forEach(perform)

  for (const { name, claimedHeight } of peers) {
    handle({ type: 'peer-status', peer: name, status: statusOf(chain, claimedHeight) })
  }
  for (let steps = 0; steps < 5_000; steps++) {
    if (conflict !== undefined) break
    const blocks = toApply[0]
    if (blocks !== undefined && (inFlight === undefined || choose(2) === 0)) {
      toApply.shift()
      applied.push(...blocks)
      const last = blocks.at(-1) as Block
      handle({ type: 'head', head: { height: last.header.height, hash: last.hash } })
    } else if (inFlight !== undefined) {
      const input = await inFlight
      inFlight = undefined
      nowMs += 20
      handle(input)
    } else if (timerMs !== undefined) {
      nowMs = Math.max(nowMs, timerMs)
      timerMs = undefined
      handle({ type: 'tick' })
    } else break
  }
  return { applied, penalties, requests, done, elapsedMs: nowMs, conflict }
}

async function answerOf(peer: SamplePeer, effect: SyncEffect & { readonly type: 'request' }): Promise<SyncInput> {
  const { requestId } = effect
  const data = await peer.answer(effect.fromHeight, effect.countMax)
  return data === undefined ? { type: 'request-failed', requestId } : { type: 'response', requestId, data }
}

export function statusOf(chain: SampleChain, claimedHeight: number): ChainStatus {
  return {
    genesisHash: chain.genesis.hash,
    epoch: epoch(0),
    height: height(claimedHeight),
    finalization: undefined,
    oldestHeight: height(0),
  }
}
