/** Entry of the node's worker: everything but rendering and peer connections happens here. */
import type { Bls } from '@cairn/crypto'
import { CodedError } from '@cairn/primitives'
import { expose } from 'comlink'
import { createIndexedDbStore } from './indexeddb-store.ts'
import type { TabNodeApi } from './tab-client.ts'
import { createTabNode, type TabNode } from './tab-node.ts'
import { markStart } from './start-marks.ts'
import { loadBls } from './tab-parts.ts'
import type { KeyAnswer } from './tab-snapshot.ts'
import { type ValidatorKeys, createValidatorKeys } from './validator-key.ts'

let node: TabNode | undefined
const described = Promise.withResolvers<Uint8Array | undefined>()
const provenSpec = Promise.withResolvers<string>()
const compiled = Promise.withResolvers<object | undefined>()
let keys: Promise<ValidatorKeys> | undefined

async function openKeys(): Promise<ValidatorKeys> {
  return createValidatorKeys(await createIndexedDbStore('cairn-keys'), await loadBls(compiled.promise))
}

/** Opened with the first question about it. */
async function withKeys(work: (keys: ValidatorKeys) => Promise<KeyAnswer>): Promise<KeyAnswer> {
  try {
    keys ??= openKeys()
    return await work(await keys)
  } catch (error) {
    const { code, message } = error instanceof CodedError ? error : new CodedError('KEY_FAILED', String(error))
    return { refused: { code, message } }
  }
}

const api: TabNodeApi = {
  start: (options, rtcPort, known, onSnapshot) => {
    const bls = (): Promise<Bls> => loadBls(compiled.promise)
    const proving = { provenSpec: known, onProvenSpec: provenSpec.resolve }
    node ??= createTabNode(options, { rtcPort, described: described.promise, bls, ...proving, onSnapshot })
  },
  provenSpec: () => provenSpec.promise,
  describe: described.resolve,
  giveLight: compiled.resolve,
  announceLeaving: async () => node?.announceLeaving(),
  balance: async (address) =>
    node?.balance(address) ?? { refused: { code: 'NOT_READY', message: 'The node is not started.' } },
  keyStatus: () => withKeys(async (own) => ({ done: '', status: (await own.status()) ?? 'none' })),
  createKey: (passphrase) =>
    withKeys(async (own) => {
      const backup = await own.create(passphrase)
      return { done: 'The key is made. Keep its backup.', backup, status: (await own.status()) ?? 'none' }
    }),
  restoreKey: (backup, passphrase) =>
    withKeys(async (own) => ({ status: await own.restore(backup, passphrase), done: 'The backup opens this key.' })),
  unlockKey: (passphrase) =>
    withKeys(async (own) => {
      node?.unlock(await own.unlock(passphrase))
      return { done: 'The validator starts.', status: (await own.status()) ?? 'none' }
    }),
  addPasskey: (passphrase, passkey, secret) =>
    withKeys(async (own) => {
      await own.addPasskey(passphrase, passkey, secret)
      return { done: 'The passkey opens this key from now on.', status: (await own.status()) ?? 'none' }
    }),
  unlockWithPasskey: (secret) =>
    withKeys(async (own) => {
      node?.unlock(await own.unlockWithPasskey(secret))
      return { done: 'The validator starts.', status: (await own.status()) ?? 'none' }
    }),
}

expose(api)
markStart('evaluated')
