/** Faults that let two blocks be final, a key sign what it must not, or something false be believed. */
import type { Mutant } from './mutant.ts'

const CONSENSUS = 'packages/consensus/src'
const GUARD = `${CONSENSUS}/vote-guard.ts`

/** The signer refuses by itself what the rules ask for; rules are only tested without that second line. */
const GUARD_ALLOWS = {
  finalizeAfterNullify: {
    file: GUARD,
    find: "if (kind === 'finalize' && flags.nullify !== undefined) return",
    replace: 'if (false as boolean) return',
  },
  nullifyAfterFinalize: {
    file: GUARD,
    find: "if (kind === 'nullify' && flags.finalize !== undefined) return",
    replace: 'if (false as boolean) return',
  },
  anotherHash: {
    file: GUARD,
    find: 'if (signed !== undefined && signed !== subject.hash) return',
    replace: 'if (false as boolean) return',
  },
} as const

export const SAFETY_MUTANTS: readonly Mutant[] = [
  {
    name: 'finalize-after-nullify',
    rule: 'R4',
    patches: [
      { file: `${CONSENSUS}/rules/finalize.ts`, find: 'if (own.nullify) continue', replace: '' },
      GUARD_ALLOWS.finalizeAfterNullify,
    ],
    expected: /SLASHABLE_VOTE|FINALIZED/,
  },
  {
    name: 'nullify-after-finalize',
    rule: 'R5',
    patches: [
      {
        file: `${CONSENSUS}/rules/nullify.ts`,
        find: 'if (record.own.nullify || record.own.finalize !== undefined) return false',
        replace: 'if (record.own.nullify) return false',
      },
      GUARD_ALLOWS.nullifyAfterFinalize,
      // A node that has finalized a view is in a later one, unless a restart has lost the certificates, which R10 allows.
      {
        file: `${CONSENSUS}/inputs/on-start.ts`,
        find: 'for (const certificate of certificates) offerCertificate(core, certificate, undefined, false)',
        replace: '',
      },
    ],
    expected: /SLASHABLE_VOTE|FINALIZED/,
  },
  {
    name: 'second-proposal-accepted',
    rule: 'R3',
    patches: [
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: 'const proposal = record?.proposals[0]',
        replace: 'const proposal = record?.proposals.at(-1)',
      },
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: 'if (record.own.notarize !== undefined) return false',
        replace: 'if (record.own.notarize === proposal.block.hash) return false',
      },
      {
        file: `${CONSENSUS}/request-signature.ts`,
        find: "assert(record.own.notarize === undefined, 'one notarize vote per view')",
        replace: '',
      },
      GUARD_ALLOWS.anotherHash,
    ],
    expected: /SLASHABLE_VOTE|TWO_CERTIFICATES/,
  },
  {
    name: 'gap-check-missing',
    rule: 'R3',
    patches: [
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: 'if (!isGapNullified(state, parentView, proposal.view)) return false',
        replace: '',
      },
    ],
    expected: /FINALIZED_CONFLICT|HALT|STALLED/,
  },
  {
    name: 'parent-not-justified',
    rule: 'R3',
    patches: [
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: '|| !isJustified(state, parentView, proposal.parentHash)) return false',
        replace: ') return false',
      },
    ],
    expected: /UNJUSTIFIED_PARENT/,
  },
  {
    name: 'notarize-without-execution',
    rule: 'R3',
    patches: [
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: "if (entry?.status !== 'good' || entry.repeatsEvidence) return false",
        replace: '',
      },
    ],
    expected: /INVALID_BLOCK_SIGNED|INVALID_STATE|HALT/,
  },
  {
    name: 'weak-quorum',
    rule: 'Objects',
    patches: [
      {
        file: 'packages/chain/src/validator-set.ts',
        find: 'quorum: (2n * totalWeight) / 3n + 1n,',
        replace: 'quorum: totalWeight / 2n,',
      },
    ],
    expected: /BAD_CERTIFICATE|TWO_CERTIFICATES|FINALIZED/,
  },
  {
    name: 'heads-counted-not-weight',
    rule: 'R6',
    patches: [
      {
        file: 'packages/chain/src/certificate.ts',
        find: 'if (weightOf(set, indices) < set.quorum) return',
        replace: 'if (3 * indices.length <= 2 * set.validators.length) return',
      },
      {
        file: `${CONSENSUS}/tally.ts`,
        find: 'if ((tally.weightByHash.get(hash) ?? 0n) < core.options.validators.quorum) return',
        replace: 'if (3 * tally.byValidator.size <= 2 * core.options.validators.validators.length) return',
      },
    ],
    expected: /BAD_CERTIFICATE|CRASHED|HONEST_BLAMED/,
  },
  {
    name: 'signer-counted-twice',
    rule: 'R6',
    patches: [
      {
        file: `${CONSENSUS}/tally.ts`,
        find: 'if (!candidates.some((other) => other.vote.hash === vote.hash)) addWeight(core, tally, vote)',
        replace: 'addWeight(core, tally, vote)',
      },
    ],
    // A heavy vote alone passes for a quorum; that its certificate is none is blamed on the voter.
    expected: /BAD_CERTIFICATE|CRASHED|HONEST_BLAMED/,
  },
  {
    name: 'padding-bits-accepted',
    rule: 'R6',
    patches: [
      {
        file: 'packages/chain/src/signers.ts',
        find: 'if (index >= size) return undefined',
        replace: 'if (index >= size) continue',
      },
    ],
    expected: /BAD_CERTIFICATE/,
  },
  {
    name: 'certificate-not-verified',
    rule: 'R6',
    patches: [
      {
        file: `${CONSENSUS}/inputs/on-verified.ts`,
        find: 'if (result.isValid) acceptCertificate',
        replace: 'if (result.isValid || !result.isValid) acceptCertificate',
      },
    ],
    expected: /BAD_CERTIFICATE|HALT/,
  },
  {
    name: 'whole-aggregate-blamed',
    rule: 'R6',
    patches: [
      {
        file: `${CONSENSUS}/verification.ts`,
        find: 'invalid: bisect(votes, context).toSorted((a, b) => a - b)',
        replace: 'invalid: votes.map((vote) => vote.validator).toSorted((a, b) => a - b)',
      },
    ],
    expected: /HONEST_BLAMED|STALLED/,
  },
  {
    name: 'clock-judges-validity',
    rule: 'R3',
    patches: [
      {
        file: `${CONSENSUS}/rules/notarize.ts`,
        find: '// A clock is no judge of validity: abstain and look again when the time has come.',
        replace: "Object.assign(state.blocks.get(proposal.block.hash) ?? {}, { status: 'bad' })",
      },
    ],
    expected: /HALT/,
  },
  {
    name: 'wal-not-replayed',
    rule: 'R10',
    patches: [
      {
        file: `${CONSENSUS}/wal-record.ts`,
        find: 'return { ownVotes, certificates, floor }',
        replace: 'return { ownVotes: [], certificates, floor }',
      },
    ],
    expected: /SLASHABLE_VOTE/,
  },
  {
    name: 'vote-before-fsync',
    rule: 'R10',
    patches: [
      {
        file: `${CONSENSUS}/signer.ts`,
        find: 'await write(log.append(encodeVoteRecord(subject)))',
        replace: 'void log.append(encodeVoteRecord(subject)).catch(() => undefined)',
      },
    ],
    expected: /SLASHABLE_VOTE/,
  },
  {
    name: 'log-damage-passed-over',
    rule: 'R10',
    patches: [
      {
        file: 'packages/storage/src/wal-frame.ts',
        find: "throw corrupt(position, 'frame header')",
        replace: "return 'torn'",
      },
      {
        file: 'packages/storage/src/wal-frame.ts',
        find: "throw corrupt(position, 'record')",
        replace: "return 'torn'",
      },
    ],
    expected: /SLASHABLE_VOTE/,
  },
  {
    name: 'amnesia-skipped',
    rule: 'R10',
    patches: [
      {
        file: `${CONSENSUS}/core.ts`,
        find: 'amnesia: isAmnesiac === true ? createAmnesia(now.monotonicMs) : undefined',
        replace: 'amnesia: isAmnesiac === undefined ? createAmnesia(now.monotonicMs) : undefined',
      },
    ],
    expected: /SLASHABLE_VOTE/,
  },
  {
    name: 'stale-epoch-accepted',
    rule: 'Epochs',
    patches: [
      {
        file: `${CONSENSUS}/consensus.ts`,
        find: 'if (isMessage(input) && epochOf(input) !== core.options.validators.epoch) {',
        replace: 'if (isMessage(input) && epochOf(input) > core.options.validators.epoch) {',
      },
    ],
    expected: /BAD_CERTIFICATE|CRASHED|HONEST_BLAMED|FINALIZED/,
  },
  {
    name: 'part-of-a-quorum-believed',
    rule: 'dissemination',
    patches: [
      {
        file: 'packages/chain/src/certificate.ts',
        find: "if (weightOf(set, indices) < set.quorum) return reject('CERTIFICATE_BELOW_QUORUM')",
        replace: '',
      },
    ],
    expected: /BAD_CERTIFICATE/,
    collectorsAbove: 0,
  },
]
