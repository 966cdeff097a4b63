/** @module Layer 1: what the chain is made of, its canonical bounded encoding and its stateless checks. */
export { verifyAccountProof } from './account-proof-check.ts'
export { EMPTY_CODE_HASH, decodeAccountLeaf, encodeAccountLeaf } from './account-leaf.ts'
export type { AccountLeaf } from './account-leaf.ts'
export {
  decodeAccountProofRequest,
  decodeAccountProofResponse,
  encodeAccountProofRequest,
  encodeAccountProofResponse,
} from './account-proof.ts'
export type { AccountProofRequest, AccountProofResponse, ProvedSlot } from './account-proof.ts'
export { decodeAttackReport, encodeAttackReport } from './attack-report.ts'
export type { AttackReport, SignedEnd } from './attack-report.ts'
export { EMPTY_LIST_HASH, checkBlock, checkBlockData, isTimestampAcceptable } from './block-check.ts'
export type { BlockContext } from './block-check.ts'
export {
  blockFromParts,
  decodeBlock,
  decodeProposal,
  decodeStatus,
  encodeBlock,
  encodeProposal,
  encodeStatus,
} from './block-codec.ts'
export type { Block, ConsensusHeader, Proposal, Status } from './block.ts'
export { assembleCertificate, checkCertificateShape, verifyCertificate, verifyVote } from './certificate.ts'
export type { Certificate, EntryProof } from './certificate.ts'
export { parseChainSpec, serializeChainSpec } from './chain-spec-json.ts'
export { chainSpecChecks, chainSpecHash, encodeChainSpec, verifyChainSpec } from './chain-spec.ts'
export type { ChainSpec, ConsensusTiming, GenesisAccount, GenesisValidator, ValidatorChange } from './chain-spec.ts'
export { decodeHeader, encodeHeader, hashHeader } from './consensus-header.ts'
export {
  decodeEpochEndsRequest,
  decodeEpochEndsResponse,
  encodeEpochEndsRequest,
  encodeEpochEndsResponse,
  verifyEpochEnd,
} from './epoch-end.ts'
export type { EpochEnd, EpochEndsRequest, EpochEndsResponse } from './epoch-end.ts'
export { epochStateAfter, genesisEpochState, isSmallChange, nextValidatorSet } from './epoch-state.ts'
export type { EpochContent, EpochState, SetChanges } from './epoch-state.ts'
export { boundaryHeight, epochOfHeight, isBoundaryHeight } from './epochs.ts'
export {
  decodeEvidence,
  decodeEvidenceList,
  encodeEvidence,
  encodeEvidenceList,
  evidenceHash,
  NO_EVIDENCE,
} from './evidence-codec.ts'
export {
  accusedOf,
  evidenceFromCertificates,
  evidenceFromVoteAndCertificate,
  evidenceFromVotes,
  offenceOf,
  verifyEvidence,
} from './evidence.ts'
export type {
  CertificateEvidence,
  Evidence,
  EvidenceVerdict,
  MixedEvidence,
  Offence,
  OffenceKind,
  VoteEvidence,
} from './evidence.ts'
export { parseEthereumGenesis } from './ethereum-genesis.ts'
export type { EthereumGenesis } from './ethereum-genesis.ts'
export { decodePayload, transactionHash } from './execution-body.ts'
export type { ExecutionBody } from './execution-body.ts'
export { decodeExecutionHeader } from './execution-header.ts'
export type { ExecutionHeader } from './execution-header.ts'
export { FORKS, rulesAt } from './fork-schedule.ts'
export type { BlobSchedule, ChainRules, Fork, ForkSchedule } from './fork-schedule.ts'
export { genesisBlock, genesisValidatorSet } from './genesis.ts'
export type { GenesisExecution } from './genesis.ts'
export { createCollectorSchedule } from './collectors.ts'
export type { CollectorSchedule } from './collectors.ts'
export { createLeaderSchedule, leader } from './leader.ts'
export type { LeaderSchedule } from './leader.ts'
export { decodeAnnouncement, encodeAnnouncement, verifyAnnouncement } from './announcement.ts'
export type { Announcement } from './announcement.ts'
export { decodeLeaving, encodeLeaving, verifyLeaving } from './leaving.ts'
export type { Leaving } from './leaving.ts'
export {
  decodeLightBlock,
  decodeLightBlockRequest,
  decodeLightBlockResponse,
  encodeLightBlock,
  encodeLightBlockRequest,
  encodeLightBlockResponse,
} from './light-block.ts'
export type { LightBlock, LightBlockRequest, LightBlockResponse } from './light-block.ts'
export {
  BLOCKS_BY_HASH_MAX,
  BLOCK_DATA_MAX_BYTES,
  BLOCK_MAX_BYTES,
  CERTIFICATES_MAX,
  CERTIFICATE_MAX_BYTES,
  CLOCK_DRIFT_MAX_MS,
  EPOCH_ENDS_MAX,
  EVIDENCE_MAX_BYTES,
  EVIDENCE_PER_BLOCK_MAX,
  FINALIZED_RANGE_MAX,
  HEADER_TRAIL_MAX,
  LIGHT_BLOCK_MAX_BYTES,
  LINK_HEADERS_MAX,
  NULLIFICATIONS_MAX,
  PROOF_HEADERS_MAX,
  PROOF_SLOTS_MAX,
  PROPOSAL_MAX_BYTES,
  REQUEST_MAX_BYTES,
  RESPONSE_MAX_BYTES,
  SNAPSHOT_CODES_MAX,
  SNAPSHOT_OWNERS_MAX,
  STATUS_MAX_BYTES,
  STATUS_VOTES_MAX,
  TRANSACTION_MAX_BYTES,
  VALIDATORS_MAX,
  VOTE_MAX_BYTES,
} from './limits.ts'
export { EMPTY_TRIE_ROOT, orderedTrieRoot } from './ordered-trie.ts'
export { prevRandaoFromReveal, verifyRandaoReveal } from './randao.ts'
export {
  decodeBlocksByHashRequest,
  decodeBlocksByHashResponse,
  decodeCertificatesRequest,
  decodeCertificatesResponse,
  decodeChainStatus,
  decodeChainStatusRequest,
  decodeFinalizedRangeRequest,
  decodeFinalizedRangeResponse,
  encodeBlocksByHashRequest,
  encodeBlocksByHashResponse,
  encodeCertificatesRequest,
  encodeCertificatesResponse,
  encodeChainStatus,
  encodeChainStatusRequest,
  encodeFinalizedRangeRequest,
  encodeFinalizedRangeResponse,
} from './requests.ts'
export type {
  BlocksByHashRequest,
  BlocksByHashResponse,
  CertificatesRequest,
  CertificatesResponse,
  ChainStatus,
  FinalizedRangeRequest,
  FinalizedRangeResponse,
} from './requests.ts'
export {
  decodeHeaderTrailRequest,
  decodeHeaderTrailResponse,
  decodeSnapshotChunkRequest,
  decodeSnapshotChunkResponse,
  decodeSnapshotCodesRequest,
  decodeSnapshotCodesResponse,
  encodeHeaderTrailRequest,
  encodeHeaderTrailResponse,
  encodeSnapshotChunkRequest,
  encodeSnapshotChunkResponse,
  encodeSnapshotCodesRequest,
  encodeSnapshotCodesResponse,
} from './snapshot-requests.ts'
export type {
  HeaderTrailRequest,
  HeaderTrailResponse,
  SnapshotChunkRequest,
  SnapshotChunkResponse,
  SnapshotCodesRequest,
  SnapshotCodesResponse,
  SnapshotRange,
} from './snapshot-requests.ts'
export type { KeyInterval, OpenedRestore, PartialStorage, StorageRange } from './snapshot-state.ts'
export { bitmapFromIndices, indicesFromBitmap } from './signers.ts'
export { announcementSigningBytes, leavingSigningBytes, randaoSigningBytes, voteSigningBytes } from './signing.ts'
export { createValidatorSet, decodeValidatorSet, encodeValidatorSet, weightOf } from './validator-set.ts'
export type { Validator, ValidatorSet } from './validator-set.ts'
export {
  decodeCertificate,
  decodeEntryProof,
  decodeVote,
  encodeCertificate,
  encodeEntryProof,
  encodeVote,
} from './vote-codec.ts'
export type { Vote, VoteKind, VoteSubject } from './vote.ts'
