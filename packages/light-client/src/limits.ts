/** Limits of this package; `docs/LIMITS.md` lists them. */

/**
 * Requests of one walk to one peer; what was verified until then counts, and the next run goes on from there. Blocks fetched
 * are kept meanwhile: 32 MiB with the largest sets, 1 MiB with a hundred validators.
 */
export const LIGHT_REQUESTS_MAX = 64

/** Bisections that wait for a nearer epoch: one per halving of the distance, so that no honest chain needs more. */
export const LIGHT_BISECTION_DEPTH_MAX = 53

/** Peers that must have agreed before no further one is asked. */
export const LIGHT_WITNESSES_MAX = 2

/** Peers asked to be witnesses in one run, whatever they answer. */
export const LIGHT_WITNESSES_ASKED_MAX = 8

/** Of the witnesses that are no liars: where there are any, trust does not go forward on one peer's word. */
export const LIGHT_WITNESSES_MIN = 1
