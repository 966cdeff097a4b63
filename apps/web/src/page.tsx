/** What is rendered: the node's snapshots, or why there is no node. */
import { render } from 'preact'
import type { TabNodeClient, TabRole, TabSync } from '@cairn/platform-browser'
import { ROLE_KEY, SYNC_KEY } from './address-options.ts'
import { App } from './app.tsx'
import { useTabNode } from './tab-node-hook.ts'
import './styles.css'
import './panels/panels.css'
import './panels/forms.css'

export function showPage(container: HTMLElement, client: TabNodeClient, sync: TabSync): void {
  render(<Page client={client} sync={sync} />, container)
}

export function showCannotStart(container: HTMLElement, reason: string): void {
  render(<CannotStart reason={reason} />, container)
}

function Page({ client, sync }: { readonly client: TabNodeClient; readonly sync: TabSync }) {
  return (
    <App
      {...useTabNode(client)}
      sync={sync}
      chooseRole={(role) => startAnew(ROLE_KEY, 'role', role)}
      chooseSync={(chosen) => startAnew(SYNC_KEY, 'sync', chosen)}
    />
  )
}

/** A node is made with its choices, so another one means another node. */
function startAnew(key: string, parameter: string, chosen: TabRole | TabSync): void {
  localStorage.setItem(key, chosen)
  const address = new URL(location.href)
  address.searchParams.delete(parameter)
  if (address.href === location.href) location.reload()
  else location.replace(address)
}

function CannotStart({ reason }: { readonly reason: string }) {
  return (
    <main>
      <div className="banner banner-failed" role="alert" data-testid="failure">
        <strong>The node was not started</strong>
        <p>{reason}</p>
      </div>
    </main>
  )
}
