/** R4: finalize any notarized view above the finalized one whose block executed well, unless nullified by us. */
import { requestFinalize } from '../request-signature.ts'
import { isVoter } from '../state.ts'
import type { Core } from '../state.ts'

export function finalize(core: Core): void {
  const { state } = core
  for (const record of state.views.values()) {
    const { own, certificates } = record
    if (certificates.notarize === undefined || own.finalize !== undefined || record.view <= state.finalizedView)
      continue
    if (!isVoter(core, record.view)) continue
    if (own.nullify) continue
    if (state.blocks.get(certificates.notarize.hash)?.status !== 'good') continue
    requestFinalize(core, record, certificates.notarize.hash)
  }
}
