/** What a failed test's report gets: logs, statuses, states and pictures of everything that took part. */
import type { TestInfo } from '@playwright/test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestNetwork } from './network/index.ts'
import type { Tab } from './tab/tab.ts'

/** Last bytes of a validator's log that go into a report. */
const LOG_TAIL_BYTES = 256 * 1024

export async function attachNetwork(testInfo: TestInfo, network: TestNetwork): Promise<void> {
  for (let index = 0; index < network.validators; index++) {
    const path = join(network.directory, `validator-${index}`, 'node.log')
    // One that runs in a tab has none.
    if (!existsSync(path)) continue
    const log = readFileSync(path).subarray(-LOG_TAIL_BYTES)
    await testInfo.attach(`validator-${index}.log`, { body: log, contentType: 'text/plain' })
    await attachJson(testInfo, `validator-${index}-status.json`, network.status(index))
  }
}

export async function attachTab(testInfo: TestInfo, tab: Tab, index: number): Promise<void> {
  await testInfo.attach(`tab-${index}.log`, { body: tab.log.join('\n'), contentType: 'text/plain' })
  // A page that has crashed or is gone has no state; its log says so.
  const state = await tab.state().catch((error: unknown) => String(error))
  await attachJson(testInfo, `tab-${index}-state.json`, state)
  const picture = await tab.page.screenshot().catch(() => undefined)
  if (picture !== undefined) await testInfo.attach(`tab-${index}.png`, { body: picture, contentType: 'image/png' })
}

async function attachJson(testInfo: TestInfo, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value ?? null, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item), 2)
  await testInfo.attach(name, { body: text, contentType: 'application/json' })
}
