/** Questions under way: work that would hold the thread up waits for a moment without one. */
export interface Questions {
  /** The same answer; the question counts until it is there. */
  count<Answer>(answer: Promise<Answer>): Promise<Answer>
  /** Resolves as soon as no question waits for its answer. */
  none(): Promise<void>
}

export function createQuestions(): Questions {
  let open = 0
  let waiting: (() => void)[] = []
  const close = (): void => {
    open--
    if (open > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }
  return {
    count: (answer) => {
      open++
      return answer.finally(close)
    },
    none: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
