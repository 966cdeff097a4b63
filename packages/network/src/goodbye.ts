/**
 * The last word of a node that closes a connection because it has no slot for the peer: the request `goodbye`, as devp2p's Disconnect
 * and eth2's Goodbye. It says why, and for how long it will not take the peer again. Nothing of it is believed about anybody
 * but its sender, and no wait is longer than `GOODBYE_WAIT_MAX_MS`.
 */
import type { Random } from '@cairn/ports'
import { type Decoded, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import { GOODBYE_JITTER, GOODBYE_MAX_BYTES, GOODBYE_WAIT_MAX_MS, GOODBYE_WAIT_MIN_MS } from './limits.ts'

/**
 * `LIMIT_REACHED`: all slots are taken, and none is reserved for the peer · `ADDRESS_LIMIT_REACHED`, `PREFIX_LIMIT_REACHED`: its address,
 * or its neighbourhood, has its share · `OTHER`: a reason that this version does not know.
 */
export type GoodbyeCode = (typeof CODES)[number] | 'OTHER'

const CODES = ['LIMIT_REACHED', 'ADDRESS_LIMIT_REACHED', 'PREFIX_LIMIT_REACHED'] as const

export interface Goodbye {
  readonly code: GoodbyeCode
  /** The sender refuses the peer for so long. */
  readonly waitMs: number
}

/** Whether a refusal is worth telling: the others are for misbehaviour, and their peers know why. */
export function isGoodbyeCode(code: string): code is GoodbyeCode {
  return CODES.some((one) => one === code)
}

/** `[number u8, seconds u16]`, RLP. */
export function encodeGoodbye({ code, waitMs }: Goodbye): Uint8Array {
  return encodeRlp([rlpUint(CODES.findIndex((one) => one === code) + 1), rlpUint(Math.ceil(waitMs / 1000))])
}

export function decodeGoodbye(data: Uint8Array): Decoded<Goodbye> {
  return decodeRlpList(data, GOODBYE_MAX_BYTES, (fields) => {
    const code = CODES[fields.uint() - 1] ?? 'OTHER'
    return { code, waitMs: Math.min(GOODBYE_WAIT_MAX_MS, fields.uint() * 1000) }
  })
}

/** Pause before the sender of a goodbye is dialed again, never shorter than it asks for: doubled by each one in a row, and spread. */
export function backOffMs(
  { waitMs, times }: { readonly waitMs: number; readonly times: number },
  random: Random,
): number {
  const grown = Math.min(GOODBYE_WAIT_MAX_MS, GOODBYE_WAIT_MIN_MS * 2 ** times)
  const spread = 1 + (GOODBYE_JITTER * (random.bytes(1)[0] ?? 0)) / 256
  return Math.max(grown, waitMs) * spread
}
