/**
 * A validator in a tab, with the key of a validator of the test network. The key is put into the browser's storage as
 * one that was made there and has never signed; everything else is the page's own doing.
 */
import { type Browser, type BrowserContext, expect } from '@playwright/test'
import type { VoteSubject } from '@cairn/chain'
import { recoverFromWal } from '@cairn/consensus'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { sealKey } from '@cairn/platform-browser/sealed-key'
import { CodedError } from '@cairn/primitives'
import { decodeWalFrame } from '@cairn/storage'
import { type Tab, type TabOptions, openTab } from './tab.ts'

export interface ValidatorTabOptions extends TabOptions {
  /** Another tab of the same context runs the node: `unlock` follows when that one is gone. */
  readonly isWaiting?: boolean
}

export interface ValidatorTab extends Tab {
  /** Types the passphrase, once the page asks for it; after each load of the page. */
  unlock(): Promise<void>
  /** Rejects when the tab does not say that it votes within `timeoutMs` (default 60 s). */
  waitForVoting(timeoutMs?: number): Promise<void>
  /** What the vote record of this browser shows: everything that the key has signed here lately. */
  votes(): Promise<readonly VoteSubject[]>
}

const PASSPHRASE = 'a passphrase for tests'
/** The key is worth nothing, and each start would cost half a second. */
const KDF_ITERATIONS = 1_000
const VOTING_TIMEOUT_MS = 60_000

/** Opens the page with `secretKey`, unless its browser context has a key already, and lets it vote. */
export async function openValidatorTab(
  browser: Browser,
  url: string,
  secretKey: Uint8Array,
  options: ValidatorTabOptions = {},
): Promise<ValidatorTab> {
  const context = options.context ?? (await browser.newContext({ permissions: ['camera', 'microphone'] }))
  await installKey(context, url, secretKey)
  const query = new URLSearchParams(options.query)
  query.set('role', 'validator')
  const tab = await openTab(browser, url, { ...options, context, query: query.toString() })
  const { page } = tab
  const panel = page.getByTestId('validator')
  const unlock = async (): Promise<void> => {
    const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Start validating' }) })
    await form.getByLabel('Passphrase').fill(PASSPHRASE)
    await form.getByRole('button', { name: 'Start validating' }).click()
  }
  const validator: ValidatorTab = {
    ...tab,
    unlock,
    waitForVoting: (timeoutMs = VOTING_TIMEOUT_MS) => expect(panel).toContainText('Voting', { timeout: timeoutMs }),
    votes: async () => votesFrom(await page.evaluate<readonly (readonly number[])[]>(readVoteFrames)),
    close: async () => {
      await page.close()
      if (options.context === undefined) await context.close()
    },
  }
  if (options.isWaiting !== true) await unlock()
  return validator
}

/** The text of a backup file of `secretKey`, as the page makes and takes one. */
export async function keyBackup(secretKey: Uint8Array, passphrase: string): Promise<string> {
  return JSON.stringify(await sealKey(secretKey, createNativeBls().publicKey(secretKey), passphrase, KDF_ITERATIONS))
}

async function installKey(context: BrowserContext, url: string, secretKey: Uint8Array): Promise<void> {
  const sealed = JSON.parse(await keyBackup(secretKey, PASSPHRASE)) as unknown
  const record = JSON.stringify({ sealed, isBackedUp: true, mayHaveSigned: false })
  const page = await context.newPage()
  // The same origin, without a node.
  await page.goto(new URL('network.json', url).href)
  await page.evaluate(`(${putKeyOnce})(${JSON.stringify(record)})`)
  await page.close()
}

/** For the page: writes what `validator-key.ts` of `@cairn/platform-browser` reads. */
const putKeyOnce = `async (record) => {
  const settle = (request) => new Promise((resolve, reject) => {
    request.onupgradeneeded = () => request.result.createObjectStore('entries')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const bytes = (text) => new TextEncoder().encode(text).buffer
  const database = await settle(indexedDB.open('cairn-keys', 1))
  const store = database.transaction('entries', 'readwrite').objectStore('entries')
  if ((await settle(store.get(bytes('validator')))) === undefined) await settle(store.put(bytes(record), bytes('validator')))
  database.close()
}`

/** For the page: the frames of the vote record, in order. */
const readVoteFrames = `(async () => {
  const settle = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const found = (await indexedDB.databases()).find(({ name }) => name.startsWith('cairn-votes-'))
  if (found === undefined) return []
  const database = await settle(indexedDB.open(found.name))
  const frames = await settle(database.transaction('records').objectStore('records').getAll())
  database.close()
  return frames.map((frame) => [...frame])
})()`

/** @throws CodedError `WAL_CORRUPT` also when two records contradict each other */
function votesFrom(frames: readonly (readonly number[])[]): readonly VoteSubject[] {
  const records = frames.map((frame, index) => {
    const record = decodeWalFrame(Uint8Array.from(frame), index)
    if (record === 'torn') throw new CodedError('WAL_CORRUPT', `record ${index} of the vote record is incomplete`)
    return record
  })
  return recoverFromWal(records).ownVotes
}
