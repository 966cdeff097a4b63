/** Starts the node's worker and renders its snapshots. */
import { createRoot } from 'react-dom/client'
import { startTabNode, type TabNodeClient, type TabRole, type TabSync } from '@cairn/platform-browser'
import { optionsFromAddress } from './address-options.ts'
import { App } from './app.tsx'
import { useTabNode } from './tab-node-hook.ts'
import './styles.css'
import './panels/panels.css'

const ROLE_KEY = 'cairn-role'
const SYNC_KEY = 'cairn-sync'
const container = document.getElementById('root')
if (container === null) throw new Error('the page has no #root')
const root = createRoot(container)
try {
  const options = optionsFromAddress(new URL(location.href), {
    role: localStorage.getItem(ROLE_KEY),
    sync: localStorage.getItem(SYNC_KEY),
  })
  const client = startTabNode(options)
  // For the browser's console and for tests, which read `cairn.snapshot()`.
  Object.assign(globalThis, { cairn: client })
  root.render(<Page client={client} sync={options.sync} />)
} catch (error) {
  root.render(<CannotStart reason={error instanceof Error ? error.message : String(error)} />)
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
