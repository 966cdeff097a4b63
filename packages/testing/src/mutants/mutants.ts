/** All mutants, and why some that come to mind are missing (foot of the file). */
import type { Mutant } from './mutant.ts'
import { LIVENESS_MUTANTS } from './liveness-mutants.ts'
import { SAFETY_MUTANTS } from './safety-mutants.ts'

export const MUTANTS: readonly Mutant[] = [...SAFETY_MUTANTS, ...LIVENESS_MUTANTS]

/**
 * Changes that no run can tell from the original, and so are no mutants:
 * - R4 without «own execution is good»: a notarized block was executed by an honest quorum; only the order of two own
 *   inputs differs.
 * - R3 without «parent view ≥ finalized view»: records of views below the finalized one are dropped with it, so such a
 *   parent is never justified; the finalized view itself has no nullification, so the gap check refuses what skips it.
 * - R8 fed by unverified signatures: a silent leader in whose name somebody forges keeps its full timeout. It costs 0.36 s
 *   a view and nothing else; a unit test of the activity shows it.
 * - Certificates not logged (R10): own votes are, and statuses of peers bring the rest; it costs time, not progress.
 * - The log's floor not written: the committed head of the same disk is at least as high.
 */
