/** Hard bounds of the codec, checked before allocation. A chain spec may set lower ones, never higher. */

/** Validators in one set: bitmaps stay ≤ 128 bytes, a set ≤ 256 KiB. */
export const VALIDATORS_MAX = 1024

/** Bytes of a signers bitmap. */
export const BITMAP_MAX_BYTES = VALIDATORS_MAX / 8

/** Text of a libp2p peer id (Ed25519: 52, RSA as CID: 64). */
export const PEER_ID_MAX_BYTES = 128

/** First peers in a chain spec, and the length of one's multiaddr. */
export const BOOTSTRAP_MAX = 64
export const MULTIADDR_MAX_BYTES = 512

/** One consensus header, RLP: 7 hashes of 33 bytes, 98 of RANDAO reveal, 8 integers. */
export const HEADER_MAX_BYTES = 512

/** Payload and access list of one block together: half of gossipsub's 4 MiB RPC would be the last safe value. */
export const BLOCK_DATA_MAX_BYTES = 2 * 1024 * 1024

/** RLP of an Ethereum header: 21 fields, the bloom of 256 bytes the largest. */
export const EXECUTION_HEADER_MAX_BYTES = 1024

/** Extra data of an Ethereum genesis: mainnet's has 32 bytes, geth sets no bound. */
export const EXECUTION_EXTRA_DATA_GENESIS_MAX_BYTES = 1024

/** Transactions of one block; a transfer is ≥ 100 bytes, so the data bound is reached first. */
export const BLOCK_TRANSACTIONS_MAX = 32_768

/** One raw transaction, geth's pool limit. */
export const TRANSACTION_MAX_BYTES = 128 * 1024

/** One vote: subject 46, signature 98, index 3, framing. */
export const VOTE_MAX_BYTES = 192

/** One leaving: epoch 9, view 9, index 3, signature 98, framing. */
export const LEAVING_MAX_BYTES = 128

/** One announcement: a leaving's 118, peer id ≤ 130, framing. */
export const ANNOUNCEMENT_MAX_BYTES = 256

/** One certificate: subject 46, signature 98, bitmap ≤ 131, framing. */
export const CERTIFICATE_MAX_BYTES = 320

/** One piece of evidence: two votes or two certificates. */
export const EVIDENCE_MAX_BYTES = 2 * CERTIFICATE_MAX_BYTES + 16

/** Evidence in one block: 16 verifications, about 20 ms on a server and 120 ms in a tab. */
export const EVIDENCE_PER_BLOCK_MAX = 8

/** The evidence of one block. */
export const EVIDENCE_LIST_MAX_BYTES = EVIDENCE_PER_BLOCK_MAX * EVIDENCE_MAX_BYTES + 16

/** One encoded block. */
export const BLOCK_MAX_BYTES = BLOCK_DATA_MAX_BYTES + EVIDENCE_LIST_MAX_BYTES + 1024

/**
 * Nullifications in one entry proof. The chain cannot go on after more skipped views in a row than this; at the
 * longest back-off (8 s a view) that is nine hours of a live quorum that never notarizes.
 */
export const NULLIFICATIONS_MAX = 4096

/** One entry proof. */
export const ENTRY_PROOF_MAX_BYTES = (NULLIFICATIONS_MAX + 1) * CERTIFICATE_MAX_BYTES

/** One proposal. */
export const PROPOSAL_MAX_BYTES = BLOCK_MAX_BYTES + ENTRY_PROOF_MAX_BYTES + 1024

/** Own votes in one status; the newest are sent when there are more. */
export const STATUS_VOTES_MAX = 1024

/** One status. */
export const STATUS_MAX_BYTES = ENTRY_PROOF_MAX_BYTES + STATUS_VOTES_MAX * VOTE_MAX_BYTES + 1024

/** One encoded validator set. */
export const VALIDATOR_SET_MAX_BYTES = VALIDATORS_MAX * 256

/** One light block: header, certificate, the epoch's set and the next one's. */
export const LIGHT_BLOCK_MAX_BYTES = 2 * VALIDATOR_SET_MAX_BYTES + HEADER_MAX_BYTES + CERTIFICATE_MAX_BYTES + 64

/** One report of an attack on light clients: two headers with certificates, one set. */
export const ATTACK_REPORT_MAX_BYTES = VALIDATOR_SET_MAX_BYTES + 2 * (HEADER_MAX_BYTES + CERTIFICATE_MAX_BYTES) + 64

/** Any request message but an attack report: 32 slots of 33 bytes are the longest. */
export const REQUEST_MAX_BYTES = 2048

/** Any response message. A responder stops adding items in time; one item of any kind always fits. */
export const RESPONSE_MAX_BYTES = 4 * 1024 * 1024

/** Hashes in one BlocksByHash request. */
export const BLOCKS_BY_HASH_MAX = 16

/** Certificates in one response. */
export const CERTIFICATES_MAX = 1024

/** Blocks in one FinalizedRange response. */
export const FINALIZED_RANGE_MAX = 128

/**
 * Headers that link the last block of a FinalizedRange response to the block that its certificate names: 2 MiB. Only
 * as many notarized views in a row without one finalization make more necessary.
 */
export const LINK_HEADERS_MAX = 4096

/** Epoch ends in one EpochEnds response; the size bound is reached first where sets are large. */
export const EPOCH_ENDS_MAX = 64

/** Storage slots in one AccountProof request. */
export const PROOF_SLOTS_MAX = 32

/** Headers from the proved state's block to the certificate's. */
export const PROOF_HEADERS_MAX = 64

/** Trie nodes of one account or storage proof: a path of 64 nibbles. */
export const PROOF_NODES_MAX = 65

/** One trie node: a branch of 16 hashes is 532 bytes, a leaf holds ≤ 110 bytes of account. */
export const PROOF_NODE_MAX_BYTES = 1024

/** All trie nodes of one account's or slot's proof. */
export const PROOF_MAX_BYTES = 64 * 1024

/** Text of a chain spec file: about 100 000 plain genesis accounts. */
export const CHAIN_SPEC_MAX_CHARACTERS = 16 * 1024 * 1024

/** Scheduled changes of the validator set in one chain spec. */
export const VALIDATOR_CHANGES_MAX = 1024

/** Blocks of an epoch. */
export const EPOCH_LENGTH_MAX_BLOCKS = 1_000_000

/** Unbonding time of a chain, epochs: validator sets of so many epochs are kept to judge evidence. */
export const UNBONDING_EPOCHS_MAX = 4_096

/** A header may be this far ahead of the local clock (abstain, never invalid). */
export const CLOCK_DRIFT_MAX_MS = 5_000

/** Tries in one snapshot chunk, so that a request stays below `REQUEST_MAX_BYTES`. */
export const SNAPSHOT_OWNERS_MAX = 48

/** Leaves of one range: the cap of a reply over the smallest leaf. */
export const SNAPSHOT_ITEMS_MAX = 65_536

/** One leaf: an account is at most 110 bytes, a slot 33. */
export const SNAPSHOT_VALUE_MAX_BYTES = 128

/** Nodes of a boundary proof: two branches. */
export const SNAPSHOT_PROOF_NODES_MAX = 130

/** Codes in one request. */
export const SNAPSHOT_CODES_MAX = 48

/** One code: far above EIP-170's and EIP-7907's bounds, for genesis allocations. */
export const SNAPSHOT_CODE_MAX_BYTES = 1024 * 1024

/** Headers in one trail: half a megabyte. */
export const HEADER_TRAIL_MAX = 1024
