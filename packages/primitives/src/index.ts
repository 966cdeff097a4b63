/** @module Layer 0: what every package may use. Depends on nothing of Cairn. */
export type { Address, Brand, Epoch, Hash, Height, Hex, View } from './brand.ts'
export { epoch, height, view } from './brand.ts'
export { bytesFromUint64, compareBytes, concatBytes, equalBytes } from './bytes.ts'
export { ACCEPT, AssertionError, CodedError, assert, ignore, reject } from './errors.ts'
export type { Verdict } from './errors.ts'
export {
  ZERO_ADDRESS,
  ZERO_HASH,
  addressFromBytes,
  bytesFromHex,
  hashFromBytes,
  hexFromBytes,
  tryBytesFromHex,
} from './hex.ts'
export { RlpReader, decodeRlp, decodeRlpList, encodeRlp, failDecode, rlpUint } from './rlp.ts'
export type { Decoded, RlpInput } from './rlp.ts'
