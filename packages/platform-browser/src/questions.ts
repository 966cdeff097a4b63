/** Questions under way: work that would hold the thread up waits for a moment without one, for so long. */
import type { Timers } from '@cairn/ports'
import { QUESTIONS_PATIENCE_MS } from './limits.ts'

export interface Questions {
  /** The same answer; the question counts until it is there. */
  count<Answer>(answer: Promise<Answer>): Promise<Answer>
  /** Resolves as soon as no question waits for its answer, or one has always been for `QUESTIONS_PATIENCE_MS`. */
  none(): Promise<void>
}

export function createQuestions(timers: Timers): Questions {
  let open = 0
  const waiting = new Set<() => void>()
  const close = (): void => {
    open--
    if (open > 0) return
    for (const resolve of waiting) resolve()
  }
  return {
    count: (answer) => {
      open++
      return answer.finally(close)
    },
    none: async () => {
      if (open === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      const timer = timers.after(QUESTIONS_PATIENCE_MS, resolve)
      await promise
      timer.cancel()
      waiting.delete(resolve)
    },
  }
}
