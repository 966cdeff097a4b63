/**
 * «I am leaving»: a validator's word that it will sign nothing more after a view until it is back, so that nobody waits
 * for the views it leads. A hint for liveness (consensus.md R8) and nothing else: no rule of safety reads it.
 *
 * leaving = [epoch, view, validator, signature (96)]
 */
import type { BlsKeySet } from '@cairn/crypto'
import { ACCEPT, decodeRlp, encodeRlp, epoch, failDecode, reject, rlpUint, view } from '@cairn/primitives'
import type { Decoded, Epoch, Hash, Verdict, View } from '@cairn/primitives'
import { LEAVING_MAX_BYTES, VALIDATORS_MAX } from './limits.ts'
import { leavingSigningBytes } from './signing.ts'
import type { ValidatorSet } from './validator-set.ts'

export interface Leaving {
  readonly epoch: Epoch
  /** The last view in which the validator may have signed: a vote of a later one says that it is back. */
  readonly view: View
  /** Index into the epoch's ordered validator set. */
  readonly validator: number
  /** BLS12-381 signature in G2, compressed, 96 bytes, over `leavingSigningBytes`. */
  readonly signature: Uint8Array
}

/** Canonical RLP. */
export function encodeLeaving(leaving: Leaving): Uint8Array {
  return encodeRlp([rlpUint(leaving.epoch), rlpUint(leaving.view), rlpUint(leaving.validator), leaving.signature])
}

/** Well-formed; the signature is `verifyLeaving`'s. */
export function decodeLeaving(bytes: Uint8Array): Decoded<Leaving> {
  return decodeRlp(bytes, LEAVING_MAX_BYTES, (item) => {
    const fields = item.list()
    const leaving = {
      epoch: epoch(fields.uint()),
      view: view(fields.uint()),
      validator: fields.uint(),
      signature: fields.fixed(96),
    }
    fields.end()
    if (leaving.validator >= VALIDATORS_MAX) failDecode('DECODE_INTEGER_TOO_LARGE')
    return leaving
  })
}

/** Of the set's epoch and signed by its validator. One verification. */
export function verifyLeaving(leaving: Leaving, set: ValidatorSet, keySet: BlsKeySet, genesisHash: Hash): Verdict {
  if (leaving.epoch !== set.epoch) return reject('LEAVING_WRONG_EPOCH')
  if (leaving.validator >= set.validators.length) return reject('LEAVING_UNKNOWN_VALIDATOR')
  const message = leavingSigningBytes(genesisHash, leaving.epoch, leaving.view)
  const isGood = keySet.verify(leaving.validator, message, leaving.signature)
  return isGood ? ACCEPT : reject('LEAVING_BAD_SIGNATURE')
}
