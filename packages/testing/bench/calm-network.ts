/**
 * A network without faults but silent validators, measured: how long blocks and transactions take to be final, what is
 * sent. Every node speaks to every node; verifications cost virtual time of a node's one core.
 */
import type { Dissemination, VerificationRequest } from '@cairn/consensus'
import { createEventQueue } from '../src/simulator/event-queue.ts'
import { createInvariants } from '../src/simulator/invariants.ts'
import { encodeTransaction, SENDERS } from '../src/simulator/model/ledger.ts'
import { createSimulatedChain } from '../src/simulator/model/model-chain.ts'
import { createVerificationCache } from '../src/simulator/model/verification-cache.ts'
import { createSilent } from '../src/simulator/adversaries/silent.ts'
import { createDisk } from '../src/simulator/node/disk.ts'
import { SimulatedNode } from '../src/simulator/node/simulated-node.ts'
import { createSeededRandom } from '../src/simulator/random.ts'
import { createTrace } from '../src/simulator/trace.ts'
import { encodeMessage } from '../src/simulator/wire-codec.ts'
import type { WireMessage } from '../src/simulator/wire.ts'
import type { World } from '../src/simulator/world.ts'

export interface CalmNetworkOptions {
  readonly seed: number
  readonly nodes: number
  /** Of them, never say anything. */
  readonly silent: number
  readonly delayMinMs: number
  readonly delayMaxMs: number
  readonly forMs: number
  /** What was proposed or handed in before is not counted; everything where it is absent. */
  readonly countedFromMs?: number
  /** As production has it where it is absent. */
  readonly dissemination?: Dissemination
  /** So many correct nodes are cut off in this time. */
  readonly absence?: { readonly nodes: number; readonly fromMs: number; readonly toMs: number }
}

export interface CalmNetworkResult {
  /** From a leader's proposal to the commit at each node, ascending, ms. */
  readonly blockFinalMs: readonly number[]
  /** From the hand-in at a node to the commit there, ascending, ms. */
  readonly transactionFinalMs: readonly number[]
  readonly views: number
  /** Proposals, votes, certificates, statuses sent, and their bytes; per view and node. */
  readonly messages: number
  /** Of them. */
  readonly votes: number
  readonly sizeBytes: number
  /** End of the absence to the next commit, ms; `undefined` without one. */
  readonly resumedMs: number | undefined
  /** Commits between a second after its begin and its end. */
  readonly commitsInAbsence: number
}

const EPOCH_BLOCKS = 1_000_000
const HAND_IN_MS = 50
const COUNTED: ReadonlySet<WireMessage['type']> = new Set(['proposal', 'vote', 'certificate', 'status'])

/** blst on one core of the kind of host that `npm run bench -- --only bls` shows. */
export function blstCostMs(request: VerificationRequest): number {
  switch (request.kind) {
    case 'proposal':
      return 2 * 1.1
    case 'aggregate':
      // Each signature is decompressed and checked for its subgroup, then one verification.
      return 1.3 + 0.1 * request.votes.length
    case 'certificate':
      return 1.3
    default:
      return 1.1
  }
}

export async function measureCalmNetwork(options: CalmNetworkOptions): Promise<CalmNetworkResult> {
  const random = createSeededRandom(options.seed)
  const weights = Array.from({ length: options.nodes }, () => 1n)
  const plan = { weights, genesisCount: options.nodes, epochLengthBlocks: EPOCH_BLOCKS, changes: [] }
  const chain = createSimulatedChain(plan, options.seed)
  const queue = createEventQueue()
  const sizes = new WeakMap<WireMessage, number>()
  const sent = { messages: 0, votes: 0, sizeBytes: 0 }
  const { absence } = options
  const isCut = (id: number): boolean =>
    absence !== undefined && id < absence.nodes && queue.nowMs >= absence.fromMs && queue.nowMs < absence.toMs
  const proposedAtMs = new Map<string, number>()
  const originOf = new WeakMap<Uint8Array, number>()
  const { countedFromMs = 0 } = options

  const send = (from: number, to: number, message: WireMessage): void => {
    if (message.type === 'transaction') {
      // Nothing is lost here: the first one to know it reaches everybody, and what the others pass on is no news.
      if ((originOf.get(message.raw) ?? from) !== from) return
      originOf.set(message.raw, from)
    }
    if (message.type === 'proposal' && !proposedAtMs.has(message.proposal.block.hash)) {
      proposedAtMs.set(message.proposal.block.hash, queue.nowMs)
    }
    if (COUNTED.has(message.type)) {
      const size = sizes.get(message) ?? encodeMessage(message)?.length ?? 0
      sizes.set(message, size)
      sent.messages++
      if (message.type === 'vote') sent.votes++
      sent.sizeBytes += size
    }
    if (isCut(from) || isCut(to)) return
    const linkMs = options.delayMinMs + random.next() * (options.delayMaxMs - options.delayMinMs)
    queue.after(linkMs, () => {
      if (!isCut(to)) world.actors[to]?.receive(message, from)
    })
  }
  const world: World = {
    chain,
    queue,
    network: {
      faults: { lossRate: 0, duplicateRate: 0, hidesProposals: false, ...options },
      generation: 0,
      send,
      cutLink: () => undefined,
      joinLinks: () => undefined,
      restore: () => undefined,
    },
    invariants: createInvariants(chain),
    verifications: createVerificationCache(),
    verifyCostMs: blstCostMs,
    random,
    trace: createTrace(),
    actors: [],
    crashRate: 0,
    ...(options.dissemination === undefined ? {} : { dissemination: options.dissemination }),
  }

  const blockFinalMs: number[] = []
  const honest: SimulatedNode[] = []
  for (let id = 0; id < options.nodes - options.silent; id++) {
    const node: SimulatedNode = new SimulatedNode(world, {
      id,
      slot: id,
      isHonest: true,
      isVoting: true,
      disk: createDisk(chain.genesis, random.fork()),
      // As in `@cairn/node`: what came by gossip is not published again.
      onEffect: (effect) => effect.type === 'broadcast-certificate' && effect.gossiped,
    })
    honest.push(node)
    world.actors.push(node)
  }
  for (let slot = honest.length; slot < options.nodes; slot++) world.actors.push(...createSilent(world, slot))
  const waiting = handIn(world, honest)

  for (const actor of world.actors) actor.start()
  const heights = honest.map(() => 0)
  const transactionFinalMs: number[] = []
  let commitsInAbsence = 0
  let resumedMs: number | undefined
  for (let event = queue.pop(); event !== undefined && queue.nowMs < options.forMs; event = queue.pop()) {
    const commits = world.invariants.commits
    const done = event()
    if (done instanceof Promise) await done
    if (world.invariants.violation !== undefined) throw new Error(world.invariants.violation)
    if (world.invariants.commits === commits) continue
    if (absence !== undefined && queue.nowMs >= absence.toMs) resumedMs ??= queue.nowMs - absence.toMs
    if (absence !== undefined && queue.nowMs > absence.fromMs + 1_000 && queue.nowMs < absence.toMs) commitsInAbsence++
    for (const [index, node] of honest.entries()) {
      const { height } = node.disk.head.header
      for (let at = heights[index] ?? 0; at < height; at++) {
        const sinceMs = proposedAtMs.get(node.disk.committed[at]?.hash ?? '') ?? queue.nowMs
        if (sinceMs >= countedFromMs) blockFinalMs.push(queue.nowMs - sinceMs)
      }
      if (height === heights[index]) continue
      heights[index] = height
      for (const [key, { sender, nonce, handedInAtMs }] of waiting[index] ?? []) {
        if ((node.ledger[sender] ?? 0) <= nonce) continue
        if (handedInAtMs >= countedFromMs) transactionFinalMs.push(queue.nowMs - handedInAtMs)
        waiting[index]?.delete(key)
      }
    }
  }
  const views = Math.max(...honest.map((node) => node.consensus.view))
  return {
    blockFinalMs: blockFinalMs.toSorted((a, b) => a - b),
    transactionFinalMs: transactionFinalMs.toSorted((a, b) => a - b),
    views,
    messages: sent.messages / views / honest.length,
    votes: sent.votes / views / honest.length,
    sizeBytes: sent.sizeBytes / views / honest.length,
    resumedMs,
    commitsInAbsence,
  }
}

interface HandedIn {
  readonly sender: number
  readonly nonce: number
  readonly handedInAtMs: number
}

/** A transaction at one node after the other; by node, what it has not seen committed. */
function handIn(world: World, honest: readonly SimulatedNode[]): readonly Map<string, HandedIn>[] {
  const waiting = honest.map(() => new Map<string, HandedIn>())
  let count = 0
  const tick = (): void => {
    world.queue.after(HAND_IN_MS, tick)
    const sender = count % SENDERS
    const nonce = Math.floor(count / SENDERS)
    const at = count++ % honest.length
    waiting[at]?.set(`${sender}:${nonce}`, { sender, nonce, handedInAtMs: world.queue.nowMs })
    honest[at]?.submit(encodeTransaction(sender, nonce, 1, 0))
  }
  world.queue.after(HAND_IN_MS, tick)
  return waiting
}
