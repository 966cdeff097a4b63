/** One key, several tabs, and tabs that are killed while they write: never two signatures for one view. */
import { type TestNetwork, type ValidatorTab, expect, test } from '@cairn/playwright'

test.use({ cairn: { validators: 4, tabValidators: 1, heartbeatMs: 200, epochLengthBlocks: 100_000 } })

const OWN = 3
const SERVERS = [0, 1, 2]

test('a second tab of the browser waits, takes over when the first is killed, and signs nothing twice', async ({
  network,
  openValidatorTab,
  browser,
}) => {
  test.setTimeout(180_000)
  const context = await browser.newContext()
  let signing = await openValidatorTab(OWN, { context })
  await signing.waitForVoting()
  const seen = new Map<string, string>()
  for (let round = 0; round < 3; round++) {
    const next = await openValidatorTab(OWN, { context, isWaiting: true })
    await expect(next.page.getByTestId('other-tab')).toBeVisible()
    await network.waitForHeight(network.maxHeight() + 10)
    await note(signing, seen)
    // At some moment between a record and the vote that follows it.
    await signing.crash()
    await next.unlock()
    await next.waitForVoting()
    signing = next
  }
  await network.waitForHeight(network.maxHeight() + 10)
  await note(signing, seen)
  expect(seen.size).toBeGreaterThan(40)
  for (const server of SERVERS) expect(await evidenceFound(network, server)).toBe(0)
  await context.close()
})

/** @throws Error when a vote contradicts one that was read before; `votes` itself does for those of one reading */
async function note(tab: ValidatorTab, seen: Map<string, string>): Promise<void> {
  for (const { epoch, view, kind, hash } of await tab.votes()) {
    const place = `${epoch}/${view}/${kind}`
    expect(seen.get(place) ?? hash, place).toBe(hash)
    seen.set(place, hash)
    const opposite = kind === 'nullify' ? 'finalize' : kind === 'finalize' ? 'nullify' : 'none'
    expect(seen.has(`${epoch}/${view}/${opposite}`), place).toBe(false)
  }
}

/** Offences of anybody that a server has proven. */
async function evidenceFound(network: TestNetwork, server: number): Promise<number> {
  const text = await (await fetch(new URL('/metrics', network.rpcUrl(server)))).text()
  expect(text).toContain('cairn_')
  const lines = text.split('\n').filter((line) => line.startsWith('cairn_evidence_found_total'))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
