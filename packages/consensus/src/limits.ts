/** Every bound of this package. Memory of an instance is at most what these allow, whatever peers send. */

/** W: votes and proposals are kept for views up to this many above the own view. */
export const VIEW_WINDOW = 32

/** Differing signed messages of one validator, kind and view that are held at once, verified or not. */
export const VOTE_CANDIDATES_MAX = 3

/** Proposals of one view whose signatures are being checked at once; one honest proposal needs one. */
export const PROPOSAL_CANDIDATES_MAX = 3

/** Verified proposals per view: the leader's, and one that proves its equivocation. */
export const PROPOSALS_KEPT_MAX = 2

/** Certificates of one kind and view that wait for the verification of another one. */
export const CERTIFICATES_WAITING_MAX = 2

/** Unknown certificates taken from one entry proof; the rest comes with the next one. */
export const ENTRY_PROOF_TAKEN_MAX = 512

/** Certificates given out for one Certs(epoch, from view) request. */
export const CERTIFICATES_ANSWER_MAX = 256

/** Verifications under way at once; what comes on top is dropped and comes again by R9. */
export const VERIFICATIONS_MAX = 4096

/** Of those, caused by one peer. */
export const VERIFICATIONS_PER_PEER_MAX = 1024

/** Heights above the head up to which missing blocks are fetched one by one; further away is sync's work. */
export const FETCH_DEPTH_MAX = 32

/** Block fetches under way at once. */
export const FETCHES_MAX = 16

/** Blocks of which a holder is remembered; forgotten with each finalization. */
export const HOLDERS_MAX = 256

/** R9: a Status after this long without a new finalization, ± 20 %. Milliseconds. */
export const STANDSTILL_MS = 2_000

/** Offences of one validator in one epoch that blocks include and the pool holds; more make nobody more guilty. */
export const OFFENCES_PER_OFFENDER_MAX = 4

/** Evidence that waits for a block: four pieces against each of the most validators a set may have, about 3 MiB. */
export const EVIDENCE_PENDING_MAX = 4_096

/** Evidence remembered as proven, so that the block that includes it is checked without verifying again. */
export const EVIDENCE_PROVEN_MAX = 1_024

/** Finalized views whose votes and certificates are still compared with what comes late. */
export const LATE_VIEWS_MAX = 16
