/**
 * Recovered senders of recent transactions: a transaction is recovered when it enters the mempool and not again when
 * it is built and executed. Keyed by the whole transaction, so that no collision can lend it another sender, and
 * a key costs a tenth of the hash it replaces.
 */
import type { SenderRecovery } from '@cairn/ports'
import type { Address } from '@cairn/primitives'
import { SENDER_CACHE_ENTRIES_MAX, SENDER_CACHE_TRANSACTION_MAX_BYTES } from './limits.ts'
import { textFromBytes } from './state-key.ts'

export interface SenderCache {
  /** Cached or recovered senders; `undefined` where unknown or the signature is bad. Same order and length. */
  senders(raw: readonly Uint8Array[]): Promise<readonly (Address | undefined)[]>
  /** What the core itself recovered. */
  remember(raw: Uint8Array, sender: Address): void
}

/** Without `recovery` only what was remembered is known. */
export function createSenderCache(recovery: SenderRecovery | undefined): SenderCache {
  const known = new Map<string, Address>()

  const remember = (raw: Uint8Array, sender: Address): void => {
    if (raw.length > SENDER_CACHE_TRANSACTION_MAX_BYTES) return
    if (known.size >= SENDER_CACHE_ENTRIES_MAX) {
      const oldest = known.keys().next()
      if (oldest.done !== true) known.delete(oldest.value)
    }
    known.set(textFromBytes(raw), sender)
  }

  const lookUp = (raw: Uint8Array): Address | undefined =>
    raw.length > SENDER_CACHE_TRANSACTION_MAX_BYTES ? undefined : known.get(textFromBytes(raw))

  return {
    remember,
    senders: async (raw) => {
      const senders = raw.map(lookUp)
      if (recovery === undefined) return senders
      const missing: number[] = []
      for (let index = 0; index < raw.length; index++) if (senders[index] === undefined) missing.push(index)
      if (missing.length === 0) return senders
      const recovered = await recovery.recover(missing.map((index) => raw[index] as Uint8Array))
      for (const [position, index] of missing.entries()) {
        const sender = recovered[position]
        if (sender === undefined) continue
        senders[index] = sender
        remember(raw[index] as Uint8Array, sender)
      }
      return senders
    },
  }
}
