/** Evidence found by a peer: its halves are judged as what they are, so that R5's fast path needs no trust in the finder. */
import type { Input } from '../input.ts'
import type { Core } from '../state.ts'
import { onCertificate, onVote } from './on-messages.ts'

export function onEvidence(core: Core, { evidence, from }: Extract<Input, { type: 'evidence' }>): void {
  if (evidence.type === 'votes') {
    for (const vote of [evidence.first, evidence.second]) onVote(core, { vote, from })
    return
  }
  for (const certificate of [evidence.first, evidence.second]) {
    onCertificate(core, { type: 'certificate', certificate, from, gossiped: false })
  }
}
