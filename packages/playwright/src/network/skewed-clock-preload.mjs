/**
 * Preloaded into a validator (`NODE_OPTIONS=--import`): its wall clock is wrong by `TEST_CLOCK_OFFSET_MS`. Monotonic
 * time is left alone, as a real clock change would.
 */
const offsetMs = Number(process.env.TEST_CLOCK_OFFSET_MS ?? '0')
const trueNow = Date.now.bind(Date)
Date.now = () => trueNow() + offsetMs
