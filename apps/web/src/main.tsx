/** Starts the node's worker and renders its snapshots. */
import { createRoot } from 'react-dom/client'
import { startTabNode, type TabNodeClient } from '@cairn/platform-browser'
import { optionsFromAddress } from './address-options.ts'
import { App } from './app.tsx'
import { useTabNode } from './tab-node-hook.ts'
import './styles.css'
import './panels/panels.css'

const container = document.getElementById('root')
if (container === null) throw new Error('the page has no #root')
const root = createRoot(container)
try {
  const client = startTabNode(optionsFromAddress(new URL(location.href)))
  // For the browser's console and for tests, which read `cairn.snapshot()`.
  Object.assign(globalThis, { cairn: client })
  root.render(<Page client={client} />)
} catch (error) {
  root.render(<CannotStart reason={error instanceof Error ? error.message : String(error)} />)
}

function Page({ client }: { readonly client: TabNodeClient }) {
  return <App {...useTabNode(client)} />
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
