/** A state as a shape and a word: colour repeats what both already say. */
export type CheckState = 'passed' | 'running' | 'waiting' | 'omitted' | 'failed'

const words: Readonly<Record<CheckState, string>> = {
  passed: 'Verified',
  running: 'Checking',
  waiting: 'Waiting',
  omitted: 'Not done',
  failed: 'Failed',
}

const shapes: Readonly<Record<CheckState, string>> = {
  passed: 'M4 8.5 7 11.5 12 5',
  running: 'M8 4.5V8l2.5 1.5',
  waiting: 'M4.5 8h.01M8 8h.01M11.5 8h.01',
  omitted: 'M5 8h6',
  failed: 'M5 5l6 6M11 5l-6 6',
}

export function StateMark({ state, word = words[state] }: { readonly state: CheckState; readonly word?: string }) {
  return (
    <span className={`state state-${state}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="7.25" />
        <path d={shapes[state]} />
      </svg>
      {word}
    </span>
  )
}
