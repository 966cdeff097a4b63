/**
 * Checks an account's Merkle proof (EIP-1186) without a core: for who reads a certified state and executes nothing. The rules
 * are those of the core's VERIFY_PROOF, against which it is tested; no node of the account trie is short enough to stand
 * in its parent. All nodes are a stranger's.
 */
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex, decodeRlpList, failDecode, hashFromBytes } from '@cairn/primitives'
import type { Address, Hash, RlpReader } from '@cairn/primitives'
import { EMPTY_CODE_HASH, decodeAccountLeaf } from './account-leaf.ts'
import type { AccountLeaf } from './account-leaf.ts'
import { PROOF_NODE_MAX_BYTES } from './limits.ts'
import { EMPTY_TRIE_ROOT } from './ordered-trie.ts'

/** What an address without an account reads as. */
const ABSENT: AccountLeaf = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_TRIE_ROOT }

const KEY_NIBBLES = 64

/**
 * The account, or the absent one where its absence is proved; `undefined`: the nodes, root first, do not lead from `stateRoot`
 * to either, or some are not needed.
 */
export function verifyAccountProof(
  stateRoot: Hash,
  address: Address,
  nodes: readonly Uint8Array[],
): AccountLeaf | undefined {
  if (nodes.length === 0) return stateRoot === EMPTY_TRIE_ROOT ? ABSENT : undefined
  const path = keyNibbles(address)
  let expected = stateRoot
  let depth = 0
  for (const [index, node] of nodes.entries()) {
    if (keccak256(node) !== expected) return undefined
    const step = stepInto(node, path, depth)
    if (step === undefined) return undefined
    if ('child' in step) {
      expected = step.child
      depth = step.depth
      continue
    }
    if (index !== nodes.length - 1) return undefined
    if (step.value === undefined) return ABSENT
    const leaf = decodeAccountLeaf(step.value)
    return leaf.ok ? leaf.value : undefined
  }
  return undefined
}

/** Down to a child, or at the end: with the leaf's value, or none. */
type Step = { readonly child: Hash; readonly depth: number } | { readonly value: Uint8Array | undefined }

/** `undefined`: no node of an account trie. */
function stepInto(node: Uint8Array, path: readonly number[], depth: number): Step | undefined {
  const decoded = decodeRlpList(node, PROOF_NODE_MAX_BYTES, readItems)
  if (!decoded.ok) return undefined
  const items = decoded.value
  if (items.length === 2) return stepAlong(items as [Uint8Array, Uint8Array], path, depth)
  const nibble = path[depth]
  if (items.length !== 17 || items[16]?.length !== 0 || nibble === undefined) return undefined
  const child = items[nibble] as Uint8Array
  return child.length === 0 ? { value: undefined } : childOf(child, depth + 1)
}

/** A leaf or an extension. */
function stepAlong(
  [prefix, target]: readonly [Uint8Array, Uint8Array],
  path: readonly number[],
  depth: number,
): Step | undefined {
  const own = pathFromPrefix(prefix)
  if (own === undefined) return undefined
  const end = depth + own.nibbles.length
  const isWhole = end === KEY_NIBBLES
  if (end > KEY_NIBBLES || own.isLeaf !== isWhole || (own.nibbles.length === 0 && !own.isLeaf)) return undefined
  if (own.nibbles.some((nibble, index) => nibble !== path[depth + index])) return { value: undefined }
  return own.isLeaf ? { value: target } : childOf(target, end)
}

function childOf(reference: Uint8Array, depth: number): Step | undefined {
  return reference.length === 32 ? { child: hashFromBytes(reference), depth } : undefined
}

/** Yellow paper appendix C. */
function pathFromPrefix(
  prefix: Uint8Array,
): { readonly isLeaf: boolean; readonly nibbles: readonly number[] } | undefined {
  const [flag, ...nibbles] = nibblesOf(prefix)
  if (flag === undefined || flag > 3) return undefined
  const isOdd = flag % 2 === 1
  if (!isOdd && nibbles[0] !== 0) return undefined
  return { isLeaf: flag >= 2, nibbles: isOdd ? nibbles : nibbles.slice(1) }
}

function readItems(fields: RlpReader): readonly Uint8Array[] {
  const items: Uint8Array[] = []
  while (!fields.isAtEnd) {
    if (items.length === 17) failDecode('DECODE_TOO_MANY_ITEMS')
    items.push(fields.bytes(PROOF_NODE_MAX_BYTES))
  }
  return items
}

function keyNibbles(address: Address): readonly number[] {
  return nibblesOf(bytesFromHex(keccak256(bytesFromHex(address))))
}

function nibblesOf(bytes: Uint8Array): readonly number[] {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15])
}
