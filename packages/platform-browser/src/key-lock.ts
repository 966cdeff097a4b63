/**
 * One signer per validator key in a browser (consensus.md R10): a Web Lock of the key's name, held as long as the worker
 * lives or until it is released. Unlike the node's lock it does not wait: a second tab must not sign later either, without
 * having read what the first one has signed.
 */
import { sha256 } from '@cairn/crypto'
import { CodedError } from '@cairn/primitives'

/** The part of the Web Locks API that is needed; the host's own fits. */
export interface KeyLocks {
  request(name: string, options: { readonly ifAvailable: true }, held: (lock: unknown) => unknown): Promise<unknown>
}

/**
 * Takes the lock of a key in this origin; gives the function that releases it.
 * @throws CodedError `VALIDATOR_KEY_IN_USE`
 */
export async function takeKeyLock(publicKey: Uint8Array, locks: KeyLocks = navigator.locks): Promise<() => void> {
  const released = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<boolean>()
  const name = `cairn-key-${sha256(publicKey).slice(2, 34)}`
  locks
    .request(name, { ifAvailable: true }, (lock) => {
      taken.resolve(lock !== null)
      return lock === null ? undefined : released.promise
    })
    .catch(taken.reject)
  if (await taken.promise) return released.resolve
  throw new CodedError('VALIDATOR_KEY_IN_USE', 'another tab of this browser signs with this validator key')
}
