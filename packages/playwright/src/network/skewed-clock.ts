/** A node whose wall clock is wrong: the product has no switch for this, so a module is loaded before it. */
const MODULE = new URL('skewed-clock-preload.mjs', import.meta.url).href

/** Environment variables for a process whose `Date.now` is wrong by `offsetMs`. */
export function skewedClockEnvironment(offsetMs: number): Readonly<Record<string, string>> {
  if (offsetMs === 0) return {}
  const options = [process.env['NODE_OPTIONS'], `--import=${MODULE}`].filter((text) => text !== undefined)
  return { TEST_CLOCK_OFFSET_MS: String(offsetMs), NODE_OPTIONS: options.join(' ') }
}
