/**
 * Preloaded into a validator by the chaos run (`NODE_OPTIONS=--import`): its wall clock is wrong by
 * `CHAOS_CLOCK_OFFSET_MS`. The product has no switch for this. Monotonic time is left alone, as a real clock change would.
 */
const offsetMs = Number(process.env.CHAOS_CLOCK_OFFSET_MS ?? '0')
const trueNow = Date.now.bind(Date)
Date.now = () => trueNow() + offsetMs
