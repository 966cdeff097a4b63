/** Encodes and signs transactions of types 0–4 (EIP-155, 2930, 1559, 4844, 7702) from plain fields, bad ones too. */
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex, concatBytes, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Address, Hash, RlpInput } from '@cairn/primitives'
import { privateKeyToAddress, sign } from 'viem/accounts'

export interface Signer {
  readonly privateKey: Hash
  readonly address: Address
}

export interface Authorization {
  readonly chainId: number
  readonly address: Address
  readonly nonce: bigint
  readonly signer: Signer
}

export interface TransactionFields {
  readonly type: 0 | 1 | 2 | 3 | 4
  /** Type 0 only: `false` signs without EIP-155. */
  readonly isReplayProtected?: boolean
  readonly chainId: number
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** Types 0 and 1: the gas price. */
  readonly maxFee: bigint
  readonly maxPriorityFee: bigint
  readonly to: Address | undefined
  readonly value: bigint
  readonly data: Uint8Array
  readonly accessList: readonly { readonly address: Address; readonly slots: readonly Uint8Array[] }[]
  readonly authorizations: readonly Authorization[]
}

/** The same index gives the same account, everywhere. */
export function createSigner(index: number): Signer {
  const privateKey = keccak256(new TextEncoder().encode(`differential account ${index}`))
  return { privateKey, address: privateKeyToAddress(privateKey).toLowerCase() as Address }
}

/** EIP-2718 bytes. Signatures are RFC 6979: deterministic. */
export async function signTransaction(signer: Signer, fields: TransactionFields): Promise<Uint8Array> {
  if (fields.type === 0) return signLegacy(signer, fields)
  const items = await typedItems(fields)
  const type = Uint8Array.of(fields.type)
  const { yParity, r, s } = await signatureOf(signer, concatBytes(type, encodeRlp(items)))
  return concatBytes(type, encodeRlp([...items, rlpUint(yParity), rlpUint(r), rlpUint(s)]))
}

async function signLegacy(signer: Signer, fields: TransactionFields): Promise<Uint8Array> {
  const items = [
    rlpUint(fields.nonce),
    rlpUint(fields.maxFee),
    rlpUint(fields.gasLimit),
    toBytes(fields.to),
    rlpUint(fields.value),
    fields.data,
  ]
  const isProtected = fields.isReplayProtected !== false
  const none = new Uint8Array(0)
  const message = encodeRlp(isProtected ? [...items, rlpUint(fields.chainId), none, none] : items)
  const { yParity, r, s } = await signatureOf(signer, message)
  const v = isProtected ? yParity + 35 + 2 * fields.chainId : yParity + 27
  return encodeRlp([...items, rlpUint(v), rlpUint(r), rlpUint(s)])
}

async function typedItems(fields: TransactionFields): Promise<readonly RlpInput[]> {
  const fees = fields.type === 1 ? [rlpUint(fields.maxFee)] : [rlpUint(fields.maxPriorityFee), rlpUint(fields.maxFee)]
  const items: RlpInput[] = [
    rlpUint(fields.chainId),
    rlpUint(fields.nonce),
    ...fees,
    rlpUint(fields.gasLimit),
    toBytes(fields.to),
    rlpUint(fields.value),
    fields.data,
    fields.accessList.map(({ address, slots }) => [bytesFromHex(address), slots]),
  ]
  if (fields.type === 3) items.push(rlpUint(1_000_000_000), [Uint8Array.of(1, ...new Uint8Array(31))])
  if (fields.type === 4) items.push(await Promise.all(fields.authorizations.map(signAuthorization)))
  return items
}

async function signAuthorization({ chainId, address, nonce, signer }: Authorization): Promise<RlpInput> {
  const items = [rlpUint(chainId), bytesFromHex(address), rlpUint(nonce)]
  const { yParity, r, s } = await signatureOf(signer, concatBytes(Uint8Array.of(5), encodeRlp(items)))
  return [...items, rlpUint(yParity), rlpUint(r), rlpUint(s)]
}

async function signatureOf(
  { privateKey }: Signer,
  message: Uint8Array,
): Promise<{ readonly yParity: number; readonly r: bigint; readonly s: bigint }> {
  const { yParity, r, s } = await sign({ hash: keccak256(message), privateKey })
  return { yParity: yParity ?? 0, r: BigInt(r), s: BigInt(s) }
}

function toBytes(to: Address | undefined): Uint8Array {
  return to === undefined ? new Uint8Array(0) : bytesFromHex(to)
}
