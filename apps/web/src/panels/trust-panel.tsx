import type { TabSnapshot, TrustAnchor } from '@cairn/platform-browser'
import { formatInteger, plural } from '../format.ts'
import { HexText } from '../hex-text.tsx'
import { StateMark } from '../state-mark.tsx'
import { Panel } from './panel.tsx'

/** What has to be right beforehand: everything else on the page follows from it by computation. */
export function TrustPanel({ snapshot }: { readonly snapshot: TabSnapshot }) {
  const { trust } = snapshot
  return (
    <Panel
      className="anchor"
      title="Trust anchor"
      intro="What this tab takes as given, beside its own code. All else is computed from it."
    >
      {trust === undefined ? (
        <p className="empty">Reading the chain spec…</p>
      ) : (
        <Anchor trust={trust} snapshot={snapshot} />
      )}
    </Panel>
  )
}

function Anchor({ trust, snapshot }: { readonly trust: TrustAnchor; readonly snapshot: TabSnapshot }) {
  const { networkName, chainId, genesisHash, isPinned, validators, totalWeight, quorumWeight } = trust
  return (
    <dl className="facts">
      <div>
        <dt>Network</dt>
        <dd>
          {networkName}, chain {formatInteger(chainId)}
        </dd>
      </div>
      <div>
        <dt>Genesis</dt>
        <dd data-testid="genesis-hash">
          <HexText value={genesisHash} whole />
          {isPinned ? (
            <StateMark state="passed" word="Matches the pinned hash" />
          ) : (
            <p className="note">
              Named by the server that sent this page. Compare it with a source of your own, then{' '}
              <a href={`?genesis=${genesisHash}`}>pin it in the address</a>.
            </p>
          )}
        </dd>
      </div>
      <div>
        <dt>Validators</dt>
        <dd>
          {plural(validators, 'validator')}, weight {formatInteger(totalWeight)}; a certificate needs{' '}
          {formatInteger(quorumWeight)}
        </dd>
      </div>
      <div>
        <dt>Execution core</dt>
        <dd data-testid="core-hash">
          <HexText value={trust.coreSha256} />
          <CoreMark snapshot={snapshot} />
        </dd>
      </div>
    </dl>
  )
}

/** The hash above is the chain spec's; whether this tab runs that core is another matter. */
function CoreMark({ snapshot: { role, isCoreChecked } }: { readonly snapshot: TabSnapshot }) {
  if (isCoreChecked) return <StateMark state="passed" word="core.wasm is the one the chain spec names" />
  return role === 'light' ? (
    <StateMark state="omitted" word="Not loaded: the light role executes nothing" />
  ) : (
    <StateMark state="waiting" word="Compared when it is loaded" />
  )
}
