/**
 * One network for several files: Playwright tells options apart by their object, not by what is in it, so that files whose
 * options only look alike get a worker, a browser and a network each. Only for short files: the chain grows meanwhile, and a fresh tab executes all of it.
 */
export const SHARED = { isShared: true, heartbeatMs: 300 } as const
