/** Starts the node's worker and renders its snapshots. */
import { createRoot } from 'react-dom/client'
import { startTabNode, type TabNodeClient, type TabRole } from '@cairn/platform-browser'
import { optionsFromAddress } from './address-options.ts'
import { App } from './app.tsx'
import { useTabNode } from './tab-node-hook.ts'
import './styles.css'
import './panels/panels.css'

const ROLE_KEY = 'cairn-role'
const container = document.getElementById('root')
if (container === null) throw new Error('the page has no #root')
const root = createRoot(container)
try {
  const options = optionsFromAddress(new URL(location.href), localStorage.getItem(ROLE_KEY))
  const client = startTabNode(options)
  // For the browser's console and for tests, which read `cairn.snapshot()`.
  Object.assign(globalThis, { cairn: client })
  root.render(<Page client={client} />)
} catch (error) {
  root.render(<CannotStart reason={error instanceof Error ? error.message : String(error)} />)
}

function Page({ client }: { readonly client: TabNodeClient }) {
  return <App {...useTabNode(client)} chooseRole={chooseRole} />
}

/** A node is made for one role, so another one means another node. */
function chooseRole(role: TabRole): void {
  localStorage.setItem(ROLE_KEY, role)
  const address = new URL(location.href)
  address.searchParams.delete('role')
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
