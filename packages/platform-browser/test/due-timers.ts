import type { Timers } from '@cairn/ports'

/** `due`: what the timers would call, in the order in which they were set. */
export function dueTimers(): { readonly due: (() => void)[]; readonly timers: Timers } {
  const due: (() => void)[] = []
  const timers: Timers = {
    after: (_, callback) => {
      due.push(callback)
      return { cancel: () => void (due.includes(callback) && due.splice(due.indexOf(callback), 1)) }
    },
  }
  return { due, timers }
}
