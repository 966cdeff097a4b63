/**
 * Which chain spec's proofs of possession this page has checked last, over a reload. Read by the window: its storage answers at
 * once, a worker's databases answer when the first balance should be there already. Whoever can write here can change the page.
 */

const KEY = 'cairn-proven-spec'

export const provenSpecs = {
  load: (): string | undefined => {
    try {
      return localStorage.getItem(KEY) ?? undefined
    } catch {
      // Storage is blocked: they are checked at each start.
      return undefined
    }
  },
  save: (record: string): void => {
    try {
      localStorage.setItem(KEY, record)
    } catch {
      // Blocked or full.
    }
  },
}
