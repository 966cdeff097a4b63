import type { Address } from '@cairn/primitives'

/** Fast native or WASM public-key recovery, off the main thread where that pays. */
export interface SenderRecovery {
  /** Senders of raw EIP-2718 transactions; `undefined` where the signature is bad. Same order and length. */
  recover(raw: readonly Uint8Array[]): Promise<readonly (Address | undefined)[]>
}
