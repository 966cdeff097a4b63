import { useState } from 'preact/hooks'
import type { BalanceAnswer, TabRole, TabSync } from '@cairn/platform-browser'
import type { TabNode } from './tab-node-hook.ts'
import { Banners } from './banners.tsx'
import { BalancePanel } from './panels/balance-panel.tsx'
import { BlocksPanel } from './panels/blocks-panel.tsx'
import { ChecksPanel } from './panels/checks-panel.tsx'
import { Lead } from './lead.tsx'
import { RoleChoice } from './role-choice.tsx'
import { PeersPanel } from './panels/peers-panel.tsx'
import { StoragePanel } from './panels/storage-panel.tsx'
import { Summary } from './panels/summary.tsx'
import { TrustPanel } from './panels/trust-panel.tsx'
import { ValidatorPanel } from './panels/validator-panel.tsx'

interface AppProps extends TabNode {
  readonly sync: TabSync
  readonly chooseRole: (role: TabRole) => void
  readonly chooseSync: (sync: TabSync) => void
}

/** The whole page, a function of the node's snapshot. */
export function App({ snapshot, lookUp, keys, isOnline, hasWebRtc, ...choices }: AppProps) {
  const [answer, setAnswer] = useState<BalanceAnswer>()
  const askForBalance = async (address: string): Promise<void> => {
    setAnswer(undefined)
    setAnswer(await lookUp(address))
  }
  // From then on servers are asked over HTTP, peers once there are any, and the tab's own state when nobody answers.
  const canLookUp = snapshot.trust !== undefined && snapshot.failure === undefined
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <p className="brand">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect x="4" y="22" width="24" height="7" rx="3.5" />
            <rect x="7" y="13" width="18" height="7" rx="3.5" />
            <rect x="11" y="4" width="10" height="7" rx="3.5" />
          </svg>
          Cairn
        </p>
        <p className="network">{snapshot.trust === undefined ? 'connecting…' : snapshot.trust.networkName}</p>
      </header>
      <main id="main">
        <div className="lead">
          <Lead role={snapshot.role} phase={snapshot.phase} />
          <RoleChoice role={snapshot.role} choose={choices.chooseRole} />
        </div>
        <Banners snapshot={snapshot} isOnline={isOnline} hasWebRtc={hasWebRtc} />
        <Summary snapshot={snapshot} />
        <div className="grid">
          {snapshot.role === 'validator' ? <ValidatorPanel snapshot={snapshot} keys={keys} /> : undefined}
          <ChecksPanel snapshot={snapshot} answer={answer} />
          <TrustPanel snapshot={snapshot} />
          <BalancePanel
            answer={answer}
            isReady={canLookUp}
            lookUp={askForBalance}
            example={snapshot.trust?.fundedAddress}
          />
          <BlocksPanel snapshot={snapshot} />
          <PeersPanel peers={snapshot.peers} servers={snapshot.servers} />
          <StoragePanel snapshot={snapshot} sync={choices.sync} chooseSync={choices.chooseSync} />
        </div>
      </main>
    </>
  )
}
