/**
 * The page's last moments: it is closed, reloaded, or frozen. The worker has the network and may say a last word, but it
 * ends with its window, and a window cannot wait for it otherwise than by staying busy.
 */
import { LAST_WORD_MS } from './limits.ts'

/** `say` asks the worker; the window then holds on for a moment. */
export function onLeaving(say: () => void): void {
  const leave = (): void => {
    say()
    const endMs = performance.now() + LAST_WORD_MS
    while (performance.now() < endMs);
  }
  globalThis.addEventListener('pagehide', leave)
  globalThis.document.addEventListener('freeze', leave)
}
