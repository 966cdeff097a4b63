/** What a tab reads that has not executed the block: a finalization vouches for its root. */
import { type AccountProofResponse, hashHeader } from '@cairn/chain'
import type { Executor, PeerId } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Answerers } from './http-peers.ts'
import type { LightTrust } from './light-trust.ts'
import { markStart } from './start-marks.ts'
import { type LookUp, findProvenBalance } from './proven-balance.ts'

type Header = AccountProofResponse['headers'][number]

/**
 * Decoding has checked the links, here the certificate is verified. Of an epoch that is not known yet, the peer that named it
 * also has to prove who its validators are. @throws CodedError `PROOF_…`, `EPOCH_UNKNOWN`; those of `Network.request`
 */
export async function certifiedHeader(
  response: AccountProofResponse,
  { peer, answerers, trust }: { readonly peer: PeerId; readonly answerers: Answerers; readonly trust: LightTrust },
): Promise<Header> {
  const known = knownHeader(response, trust)
  if (known !== undefined) return known
  await trust.lightEpochs.advance(peer, answerers)
  const header = knownHeader(response, trust)
  if (header !== undefined) return header
  throw new CodedError('EPOCH_UNKNOWN', 'The validators of that epoch are not known here.')
}

export interface CertifiedReaderDeps {
  readonly answerers: Answerers
  readonly trust: Promise<LightTrust>
  /** State of an earlier visit, once it is open. */
  readonly own?: () => Executor | undefined
}

/** Balances from the first moment on, in every role. */
export function certifiedReader({ answerers, trust, own }: CertifiedReaderDeps): LookUp {
  return (address) => {
    const executor = own?.()
    return findProvenBalance(address, {
      answerers,
      verifiedHeader: async (response, peer) => {
        const header = await certifiedHeader(response, { peer, answerers, trust: await trust })
        return { header, isExecuted: false }
      },
      ...(executor === undefined ? {} : { own: executor }),
    })
  }
}

/** `undefined`: of an epoch that is not known here. */
function knownHeader(
  { headers, finalization }: AccountProofResponse,
  { genesisHash, lightEpochs, verifyFinalization }: LightTrust,
): Header | undefined {
  const header = headers[0]
  if (header === undefined) throw new CodedError('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  if (finalization === undefined) {
    if (headers.length === 1 && hashHeader(header) === genesisHash) return header
    throw notCertified()
  }
  const { verdict } = verifyFinalization(finalization)
  markStart('certified')
  if (verdict === 'reject') throw notCertified()
  if (verdict === 'ignore') return undefined
  lightEpochs.confirm(headers.at(-1) ?? header)
  return header
}

function notCertified(): CodedError {
  return new CodedError('PROOF_NOT_CERTIFIED', 'The validators have not finalized what the peer proved.')
}
