/** A set of callbacks of one event. A listener that throws is a bug and takes the process down. */
export interface Listeners<Event> {
  /** Returns the function that removes it. */
  add(listener: (event: Event) => void): () => void
  notify(event: Event): void
}

export function createListeners<Event>(): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>()
  return {
    add: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    notify: (event) => {
      for (const listener of listeners) listener(event)
    },
  }
}
