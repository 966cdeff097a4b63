/** What the rules are fed for a message of a peer. */
import type { Input } from '@cairn/consensus'
import type { WireMessage } from '../wire.ts'

type RulesMessage = Extract<
  WireMessage,
  { type: 'proposal' | 'vote' | 'certificate' | 'status' | 'evidence' | 'leaving' | 'certificates' }
>

const RULES_TYPES: ReadonlySet<WireMessage['type']> = new Set<RulesMessage['type']>([
  'proposal',
  'vote',
  'certificate',
  'status',
  'evidence',
  'leaving',
  'certificates',
])

export function inputsFrom(message: Exclude<WireMessage, { type: `get-${string}` }>, from: string): readonly Input[] {
  if (!isForRules(message)) return []
  switch (message.type) {
    case 'certificate':
      return [{ ...message, from, gossiped: true }]
    case 'certificates':
      return message.certificates.map((certificate) => ({ type: 'certificate', certificate, from, gossiped: false }))
    default:
      return [{ ...message, from }]
  }
}

function isForRules(message: WireMessage): message is RulesMessage {
  return RULES_TYPES.has(message.type)
}
