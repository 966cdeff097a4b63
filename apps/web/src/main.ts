/** Starts the node's worker, and then loads the page that shows its snapshots: its code and the node's come side by side. */
import { prepareTabNode, startTabNode } from '@cairn/platform-browser'
import { ROLE_KEY, SYNC_KEY, optionsFromAddress } from './address-options.ts'

// Before anything is read or shown.
const prepared = prepareTabNode()
const container = document.getElementById('root')
if (container === null) throw new Error('the page has no #root')
const page = () => import('./page.tsx')
try {
  const options = optionsFromAddress(new URL(location.href), {
    role: localStorage.getItem(ROLE_KEY),
    sync: localStorage.getItem(SYNC_KEY),
  })
  const client = startTabNode(options)
  // For the browser's console and for tests, which read `cairn.snapshot()`.
  Object.assign(globalThis, { cairn: client })
  void page().then(({ showPage }) => showPage(container, client, options.sync))
} catch (error) {
  prepared.discard()
  const reason = error instanceof Error ? error.message : String(error)
  void page().then(({ showCannotStart }) => showCannotStart(container, reason))
}
