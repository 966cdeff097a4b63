import { useLayoutEffect, useState } from 'preact/hooks'

/** What `read` gives, and again whenever `subscribe` calls; it must give the same object until there is another. */
export function useStore<T>(subscribe: (listener: () => void) => () => void, read: () => T): T {
  const [value, setValue] = useState(read)
  useLayoutEffect(() => {
    const look = (): void => setValue(read)
    const stop = subscribe(look)
    // What came between the rendering and now.
    look()
    return stop
  }, [subscribe, read])
  return value
}
