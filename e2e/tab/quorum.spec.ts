/** Three servers and two validator tabs: four of five are a quorum, so that the network needs the tabs' votes. */
import { type TestNetwork, expect, test } from '@cairn/playwright'
import { standstill } from './standstill.ts'

test.use({ cairn: { validators: 5, tabValidators: 2, heartbeatMs: 200, epochLengthBlocks: 100_000 } })

const [FIRST, SECOND] = [3, 4]
const SERVERS = [0, 1, 2]

/** How long a validator tab is hidden: `npm test` is in a hurry. Chromium has slowed down a hidden window within seconds. */
const HIDDEN_SECONDS = Number(process.env.CAIRN_HIDDEN_SECONDS ?? 6)

test('finality needs both tabs: it stops when they are gone, nobody waits for one alone, it resumes with one', async ({
  network,
  openValidatorTab,
  browser,
}) => {
  test.setTimeout(180_000 + HIDDEN_SECONDS * 1_000)
  const contexts = await Promise.all([browser.newContext(), browser.newContext()])
  const [firstBrowser, secondBrowser] = contexts
  const first = await openValidatorTab(FIRST, { context: firstBrowser })
  expect(network.maxHeight()).toBe(0)
  const second = await openValidatorTab(SECOND, { context: secondBrowser })
  await Promise.all([first, second].map((tab) => tab.waitForVoting()))
  await network.waitForHeight(10)

  await test.step('a closed tab has said so: its views cost no timer', async () => {
    const before = timeouts(network, SECOND)
    await second.close()
    await network.waitForHeight(network.maxHeight() + 30)
    expect(timeouts(network, SECOND)).toBe(before)
  })

  await test.step(`a tab hidden for ${HIDDEN_SECONDS} s goes on voting`, async () => {
    await first.hide()
    const hiddenAtMs = Date.now()
    while (Date.now() - hiddenAtMs < HIDDEN_SECONDS * 1_000) await network.waitForHeight(network.maxHeight() + 5)
    await first.show()
  })

  await test.step('a frozen tab stops the network; thawed it listens before it votes', async () => {
    await first.freeze()
    await standstill(network)
    // A pause counts as one from five seconds on, and a standstill takes three at least.
    const stoppedAt = await standstill(network)
    await first.thaw()
    await expect(first.page.getByTestId('validator')).toContainText('Catching up after a pause')
    await network.waitForHeight(stoppedAt + 5)
    await first.waitForVoting()
  })

  await test.step('both closed it stands still, with one back it goes on', async () => {
    await first.close()
    const stoppedAt = await standstill(network)
    const back = await openValidatorTab(SECOND, { context: secondBrowser })
    await network.waitForHeight(stoppedAt + 5)
    // Its own record says what it has signed before, so that it did not have to listen for an end of R10's amnesia.
    expect((await back.votes()).length).toBeGreaterThan(0)
  })
  network.assertSameRoot(SERVERS)
  await Promise.all(contexts.map((context) => context.close()))
})

/** Views led by validator `index` that the servers gave up because a timer ran out. */
function timeouts(network: TestNetwork, index: number): number {
  return SERVERS.reduce((sum, server) => sum + (network.status(server)?.timedOut[index] ?? 0), 0)
}
