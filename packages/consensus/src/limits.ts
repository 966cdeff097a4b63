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

/** Heights above the head up to which they are fetched by that alone; from there on sync is asked as well, for many at once. */
export const FETCH_ALONE_MAX = 4

/** Block fetches under way at once. */
export const FETCHES_MAX = 16

/** Blocks of which a holder is remembered; forgotten with each finalization. */
export const HOLDERS_MAX = 256

/** Messages of the next epoch kept until it begins: a few views' worth of a large set. */
export const EARLY_MESSAGES_MAX = 1024

/** Of those, proposals and statuses, which can be megabytes. */
export const EARLY_PROPOSALS_MAX = 4

/** Answers to peers in an earlier epoch, and questions to peers in a later one, leave at most this often. Milliseconds. */
export const OTHER_EPOCH_INTERVAL_MS = 1_000

/** R8: a leader not heard of for this long is not waited for. Milliseconds. */
export const INACTIVE_AFTER_MS = 6_000

/** R8: the votes of one that has left are looked at this often, for its return. Milliseconds. */
export const RETURN_PROBE_MS = 250

/** R8: a leaving of a view that was final this many views ago, or more, says nothing about now. */
export const LEAVING_VIEWS_MAX = 16

/** No step for this long: the node has slept. Timers come every two seconds, and a busy machine may hold one up. Milliseconds. */
export const SLEEP_GAP_MS = 5_000

/** Then no own vote for this long: a standstill's question and its answers, or a new connection. Milliseconds. */
export const SILENCE_MS = 2_000

/** R10: an amnesiac listens at least this long before it takes a view for the highest one: two standstill ticks. */
export const AMNESIA_LISTEN_MS = 5_000

/** R9: nullifications in one Status; a peer that lacks more asks for them (Certs). With 64 votes: less than 96 KiB. */
export const STATUS_NULLIFICATIONS_MAX = 256

/** R9: own votes in one Status, the newest. */
export const STATUS_OWN_VOTES_MAX = 64

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

/** Text of a slashing-protection file: a log that was never shortened, for hundreds of keys. */
export const PROTECTION_MAX_CHARACTERS = 32 * 1024 * 1024

/** Keys in one slashing-protection file. */
export const PROTECTION_KEYS_MAX = 1_024

/** Votes of one key in a slashing-protection file; a log is shortened long before. */
export const PROTECTION_VOTES_MAX = 100_000

/** Of so many validators everybody is sent every vote; of more, collectors. */
export const GOSSIP_VALIDATORS_MAX = 64

/** Validators that collect the votes of a view; with a third of the weight faulty, all of them are in one of 6 561. */
export const COLLECTORS_MAX = 8

/** A validator that is in no certificate for this long shows a vote to everybody (R8): well before it counts as silent. Milliseconds. */
export const SHOWN_INTERVAL_MS = 1_500
