/** Faults after which nothing false happens, but at some point nothing at all. */
import type { Mutant } from './mutant.ts'

const CONSENSUS = 'packages/consensus/src'

export const LIVENESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'block-arrival-not-looked-at',
    rule: 'R0',
    patches: [
      {
        file: `${CONSENSUS}/rules/blocks.ts`,
        find: '    epochState: undefined,\n  })\n  state.isDirty = true',
        replace: '    epochState: undefined,\n  })',
      },
    ],
    expected: /STALLED|NEEDLESS_NULLIFY/,
  },
  {
    name: 'own-nullify-not-redelivered',
    rule: 'R10',
    patches: [
      {
        file: `${CONSENSUS}/inputs/on-start.ts`,
        find: "if (options.self !== undefined) effects.push({ type: 'sign'",
        replace: "if (options.self !== undefined && subject.kind !== 'nullify') effects.push({ type: 'sign'",
      },
    ],
    expected: /VIEW_HELD|STALLED/,
  },
  {
    name: 'blocks-not-persisted',
    rule: 'R10',
    patches: [
      {
        file: `${CONSENSUS}/request-signature.ts`,
        find: "core.effects.push({ type: 'persist-block', block: entry.block })",
        replace: '',
      },
    ],
    expected: /STALLED/,
  },
  {
    name: 'standstill-missing',
    rule: 'R9',
    patches: [
      {
        file: `${CONSENSUS}/rules/standstill.ts`,
        find: "effects.push({ type: 'broadcast-status', status: statusOf(core) })",
        replace: '',
      },
    ],
    expected: /STALLED/,
  },
  {
    name: 'uncapped-back-off',
    rule: 'R1',
    patches: [
      {
        file: `${CONSENSUS}/rules/enter-view.ts`,
        find: 'const cap = leaderTimeoutMaxMs / leaderTimeoutMs',
        replace: 'const cap = (1e9 * leaderTimeoutMaxMs) / leaderTimeoutMs',
      },
    ],
    expected: /VIEW_HELD|STALLED/,
  },
  {
    name: 'equivocation-fast-path-missing',
    rule: 'R5',
    patches: [
      { file: `${CONSENSUS}/rules/nullify.ts`, find: "if (record.isLeaderEquivocating) return 'leader'", replace: '' },
    ],
    expected: /EQUIVOCATION_TOLERATED/,
  },
  {
    name: 'boundary-block-not-repeated',
    rule: 'Epochs',
    patches: [
      {
        file: `${CONSENSUS}/rules/propose.ts`,
        find: 'if (isBoundaryHeight(parent.height, options.spec.epochLengthBlocks)',
        replace: 'if (isBoundaryHeight(parent.height, options.spec.epochLengthBlocks * 2)',
      },
    ],
    expected: /STALLED|CRASHED/,
  },
  {
    name: 'window-missing',
    rule: 'Limits',
    patches: [
      {
        file: `${CONSENSUS}/screen.ts`,
        find: 'return view > state.finalizedView && view <= state.view + VIEW_WINDOW',
        replace: 'return view > state.finalizedView',
      },
    ],
    expected: /MEMORY/,
  },
  {
    name: 'standstill-too-often',
    rule: 'R9',
    patches: [
      {
        file: `${CONSENSUS}/standstill-timer.ts`,
        find: 'STANDSTILL_MS * (0.8 + 0.4 * nextJitter(state))',
        replace: 'STANDSTILL_MS * (0.4 + 0.4 * nextJitter(state))',
      },
    ],
    expected: /EGRESS/,
  },
  {
    name: 'fall-back-missing',
    rule: 'dissemination',
    patches: [
      {
        file: `${CONSENSUS}/dissemination.ts`,
        find: 'else if (!sent.isShown && now.monotonicMs >= dueAtMs(core, sent)) {',
        replace: 'else if (sent.isShown) {',
      },
    ],
    expected: /COLLECTED_ONLY/,
  },
  {
    name: 'collectors-trusted-for-ever',
    rule: 'dissemination',
    patches: [
      {
        file: `${CONSENSUS}/dissemination.ts`,
        find: 'Math.min(COLLECT_SHARE_MAX * leaderTimeoutMs, Math.max(COLLECT_SHARE_MIN * leaderTimeoutMs, nextMs))',
        replace: 'Math.max(COLLECT_SHARE_MIN * leaderTimeoutMs, nextMs)',
      },
    ],
    expected: /COLLECTED_ONLY/,
  },
  {
    name: 'finalize-not-shown-after-the-view',
    rule: 'dissemination',
    patches: [
      {
        file: `${CONSENSUS}/dissemination.ts`,
        find: "return kind === 'finalize' ? isNullified : view < state.view",
        replace: 'return isNullified || view < state.view',
      },
    ],
    expected: /COLLECTED_ONLY/,
    collectorsAbove: 0,
  },
]
