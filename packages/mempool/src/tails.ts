/**
 * Who makes room in a full pool: last nonces only, so that no eviction opens a gap; first what waits behind a gap, then
 * the lowest tip. A sorted snapshot of the cheapest tails is kept up to date and used up before the next one is taken,
 * so that a flood does not look at all senders for each transaction.
 */
import type { Address } from '@cairn/primitives'
import { effectiveTip } from './pooled-transaction.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import type { SenderQueue } from './sender-queue.ts'

export interface Tail {
  readonly transaction: PooledTransaction
  readonly isExecutable: boolean
  /** At the base fee of the snapshot, wei per gas. */
  readonly tip: bigint
}

export interface Tails {
  /** The cheapest known tail of any other sender. */
  cheapest(exceptSender: Address): Tail | undefined
  /** The queue has got another tail. */
  note(queue: SenderQueue): void
  /** Tips have changed: forget the snapshot. */
  reset(): void
}

const SNAPSHOT_MAX = 256

export function createTails(queues: ReadonlyMap<Address, SenderQueue>, baseFee: () => bigint): Tails {
  /** Cheapest last; holds every tail that is cheaper than its first. Entries out of date are skipped. */
  let snapshot: Tail[] = []
  const isCurrent = ({ transaction, isExecutable }: Tail): boolean => {
    const queue = queues.get(transaction.sender)
    return queue?.last === transaction && isExecutable === isWholeExecutable(queue)
  }
  return {
    cheapest(exceptSender) {
      while (snapshot.length > 0 && !isCurrent(snapshot.at(-1) as Tail)) snapshot.pop()
      if (snapshot.length === 0) snapshot = takeSnapshot(queues, baseFee())
      return snapshot.findLast((tail) => tail.transaction.sender !== exceptSender && isCurrent(tail))
    },
    note(queue) {
      const tail = tailOf(queue, baseFee())
      const [first] = snapshot
      if (tail === undefined || first === undefined || !isWorthLess(tail, first)) return
      const index = snapshot.findLastIndex((other) => !isWorthLess(other, tail))
      snapshot.splice(index + 1, 0, tail)
      if (snapshot.length > 2 * SNAPSHOT_MAX) snapshot = []
    },
    reset() {
      snapshot = []
    },
  }
}

/** Whether `a` gives way to `b`. */
export function isWorthLess(a: Tail, b: Tail): boolean {
  return a.isExecutable === b.isExecutable ? a.tip < b.tip : b.isExecutable
}

function takeSnapshot(queues: ReadonlyMap<Address, SenderQueue>, baseFee: bigint): Tail[] {
  const tails = [...queues.values()].flatMap((queue) => tailOf(queue, baseFee) ?? [])
  return tails.sort((a, b) => (isWorthLess(a, b) ? 1 : isWorthLess(b, a) ? -1 : 0)).slice(-SNAPSHOT_MAX)
}

function tailOf(queue: SenderQueue, baseFee: bigint): Tail | undefined {
  const transaction = queue.last
  if (transaction === undefined) return undefined
  return { transaction, isExecutable: isWholeExecutable(queue), tip: effectiveTip(transaction, baseFee) }
}

function isWholeExecutable(queue: SenderQueue): boolean {
  return queue.executableCount === queue.transactions.length
}
