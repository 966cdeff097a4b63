/** Virtual time: a binary heap of events by (time, order of scheduling). Nothing else moves the clock. */

export type SimulatedEvent = () => void | Promise<void>

export interface EventQueue {
  readonly nowMs: number
  /** Runs `event` `delayMs` from now, after everything already scheduled for that time. */
  after(delayMs: number, event: SimulatedEvent): void
  /** Moves the clock to the next event and hands it out; `undefined` when there is none. */
  pop(): SimulatedEvent | undefined
}

interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly event: SimulatedEvent
}

export function createEventQueue(): EventQueue {
  const heap: Scheduled[] = []
  let nowMs = 0
  let order = 0
  return {
    get nowMs() {
      return nowMs
    },
    after(delayMs, event) {
      push(heap, { atMs: nowMs + Math.max(0, delayMs), order: order++, event })
    },
    pop() {
      const next = popFirst(heap)
      if (next === undefined) return undefined
      nowMs = next.atMs
      return next.event
    },
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Scheduled[], item: Scheduled): void {
  let index = heap.length
  heap.push(item)
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent] as Scheduled
    if (!isBefore(item, above)) break
    heap[index] = above
    index = parent
  }
  heap[index] = item
}

function popFirst(heap: Scheduled[]): Scheduled | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    if (left >= heap.length) break
    const right = left + 1
    const isRightFirst = right < heap.length && isBefore(heap[right] as Scheduled, heap[left] as Scheduled)
    const child = isRightFirst ? right : left
    const below = heap[child] as Scheduled
    if (!isBefore(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
  return first
}
