/** A node's network identity: an Ed25519 key as libp2p's protobuf bytes. Not a validator key. */
import { CodedError } from '@cairn/primitives'
import type { PeerId } from '@cairn/ports'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'

/** New secret identity, to be stored by the caller. */
export async function generateIdentity(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

/** The public name of an identity. @throws CodedError `IDENTITY_INVALID` */
export function peerIdFromIdentity(identity: Uint8Array): PeerId {
  return peerIdFromPrivateKey(privateKeyFromIdentity(identity) as never).toString()
}

/** libp2p's key object. @throws CodedError `IDENTITY_INVALID` */
export function privateKeyFromIdentity(identity: Uint8Array): unknown {
  try {
    return privateKeyFromProtobuf(identity)
  } catch (cause) {
    throw new CodedError('IDENTITY_INVALID', 'not a libp2p private key', { cause })
  }
}
