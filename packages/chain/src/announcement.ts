/**
 * «I am reached at this peer»: a validator's word which libp2p peer it is, so that votes can be sent to it directly and
 * connections be kept for it (ADR 041). A hint for transport and nothing else: no rule reads it. It does not show that the peer
 * agrees; a validator that names another one's peer only sends its own mail there.
 *
 * announcement = [epoch, view, validator, peer id (text), signature (96)]
 */
import type { BlsKeySet } from '@cairn/crypto'
import { ACCEPT, decodeRlp, encodeRlp, epoch, failDecode, reject, rlpUint, view } from '@cairn/primitives'
import type { Decoded, Epoch, Hash, Verdict, View } from '@cairn/primitives'
import { ANNOUNCEMENT_MAX_BYTES, PEER_ID_MAX_BYTES, VALIDATORS_MAX } from './limits.ts'
import { announcementSigningBytes } from './signing.ts'
import type { ValidatorSet } from './validator-set.ts'

export interface Announcement {
  readonly epoch: Epoch
  /** View in which it was made: of two, the later one holds, so that an old one repeated by others changes nothing. */
  readonly view: View
  /** Index into the epoch's ordered validator set. */
  readonly validator: number
  /** 1 to 128 printable characters of ASCII. */
  readonly peerId: string
  /** BLS12-381 signature in G2, compressed, 96 bytes, over `announcementSigningBytes`. */
  readonly signature: Uint8Array
}

/** Canonical RLP. */
export function encodeAnnouncement({ epoch: of, view: at, validator, peerId, signature }: Announcement): Uint8Array {
  return encodeRlp([rlpUint(of), rlpUint(at), rlpUint(validator), new TextEncoder().encode(peerId), signature])
}

/** Well-formed; the signature is `verifyAnnouncement`'s. */
export function decodeAnnouncement(bytes: Uint8Array): Decoded<Announcement> {
  return decodeRlp(bytes, ANNOUNCEMENT_MAX_BYTES, (item) => {
    const fields = item.list()
    const announcement = {
      epoch: epoch(fields.uint()),
      view: view(fields.uint()),
      validator: fields.uint(),
      peerId: fields.text(PEER_ID_MAX_BYTES),
      signature: fields.fixed(96),
    }
    fields.end()
    if (announcement.validator >= VALIDATORS_MAX) failDecode('DECODE_INTEGER_TOO_LARGE')
    if (!/^[\x21-\x7e]+$/.test(announcement.peerId)) failDecode('DECODE_BAD_PEER_ID')
    return announcement
  })
}

/** Of the set's epoch and signed by its validator. One verification. */
export function verifyAnnouncement(
  announcement: Announcement,
  set: ValidatorSet,
  keySet: BlsKeySet,
  genesisHash: Hash,
): Verdict {
  const { validator, peerId, signature } = announcement
  if (announcement.epoch !== set.epoch) return reject('ANNOUNCEMENT_WRONG_EPOCH')
  if (validator >= set.validators.length) return reject('ANNOUNCEMENT_UNKNOWN_VALIDATOR')
  const message = announcementSigningBytes(genesisHash, announcement, peerId)
  return keySet.verify(validator, message, signature) ? ACCEPT : reject('ANNOUNCEMENT_BAD_SIGNATURE')
}
