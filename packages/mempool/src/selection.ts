/**
 * Best-first selection: of all senders' next transactions always the one with the highest effective tip, so that
 * nonces of one sender stay in order. A binary heap over senders: O(senders + chosen · log senders).
 */
import type { Address, Hash } from '@cairn/primitives'
import { effectiveTip } from './pooled-transaction.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import type { SenderQueue } from './sender-queue.ts'

export interface CandidatesRequest {
  /** Wei per gas; transactions that cannot pay it are left out. */
  readonly baseFee: bigint
  /** Sum of gas limits. */
  readonly gasMax: bigint
  /** Sum of raw sizes. */
  readonly sizeMaxBytes: number
  readonly countMax: number
  /** Already in un-finalized ancestors of the block to build: skipped, and their successors follow. */
  readonly exclude?: ReadonlySet<Hash>
  /** Senders whose nonce on the parent is known to be ahead of the committed head's. */
  readonly nonceOverride?: ReadonlyMap<Address, bigint>
}

/** One sender's place in its executable run. */
interface Cursor {
  readonly run: readonly PooledTransaction[]
  index: number
  head: PooledTransaction
  tip: bigint
  /** Equal tips: first come, first served. */
  readonly order: number
}

/** Raw transactions in the order to try them. */
export function selectCandidates(
  queues: Iterable<readonly [Address, SenderQueue]>,
  request: CandidatesRequest,
): readonly Uint8Array[] {
  const heap = heapOfCursors(queues, request)
  const chosen: Uint8Array[] = []
  let gasLeft = request.gasMax
  let sizeLeftBytes = request.sizeMaxBytes
  while (heap.length > 0 && chosen.length < request.countMax) {
    const best = heap[0] as Cursor
    const { head } = best
    const isFitting = head.gasLimit <= gasLeft && head.raw.length <= sizeLeftBytes
    if (isFitting) {
      chosen.push(head.raw)
      gasLeft -= head.gasLimit
      sizeLeftBytes -= head.raw.length
    }
    // What does not fit ends its sender: the next nonces depend on it.
    if (!isFitting || !advance(best, request)) {
      const last = heap.pop() as Cursor
      if (heap.length > 0) heap[0] = last
    }
    siftDown(heap, 0)
  }
  return chosen
}

function heapOfCursors(queues: Iterable<readonly [Address, SenderQueue]>, request: CandidatesRequest): Cursor[] {
  const heap: Cursor[] = []
  let order = 0
  for (const [sender, queue] of queues) {
    const run = runOf(queue, request.nonceOverride?.get(sender))
    const [head] = run
    if (head === undefined) continue
    const cursor: Cursor = { run, index: -1, head, tip: 0n, order: order++ }
    if (advance(cursor, request)) heap.push(cursor)
  }
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) siftDown(heap, index)
  return heap
}

/** Transactions without a gap from the account's nonce, or from the overriding one. */
function runOf(queue: SenderQueue, nonceOverride: bigint | undefined): readonly PooledTransaction[] {
  if (nonceOverride === undefined) return queue.transactions.slice(0, queue.executableCount)
  const later = queue.transactions.filter((transaction) => transaction.nonce >= nonceOverride)
  const gap = later.findIndex((transaction, index) => transaction.nonce !== nonceOverride + BigInt(index))
  return gap < 0 ? later : later.slice(0, gap)
}

/** To the next transaction not excluded; `false` at the end of the run or where the fee is too low. */
function advance(cursor: Cursor, request: CandidatesRequest): boolean {
  for (;;) {
    const next = cursor.run[++cursor.index]
    if (next === undefined) return false
    if (request.exclude?.has(next.hash)) continue
    cursor.head = next
    cursor.tip = effectiveTip(next, request.baseFee)
    return cursor.tip >= 0n
  }
}

function isBefore(a: Cursor, b: Cursor): boolean {
  return a.tip === b.tip ? a.order < b.order : a.tip > b.tip
}

function siftDown(heap: Cursor[], from: number): void {
  let parent = from
  for (;;) {
    let best = parent
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < heap.length && isBefore(heap[child] as Cursor, heap[best] as Cursor)) best = child
    }
    if (best === parent) return
    const moved = heap[parent] as Cursor
    heap[parent] = heap[best] as Cursor
    heap[best] = moved
    parent = best
  }
}
