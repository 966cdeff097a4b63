/** Accounts, storage and their proofs, at the head or at a block whose state is still kept. */
import { hexFromBytes } from '@cairn/primitives'
import type { Height, Hex } from '@cairn/primitives'
import type { AccountProof } from '@cairn/ports'
import * as z from 'zod'
import { readState } from '../block-reference.ts'
import { limitExceeded } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import { addressParam, nonceBlockParam, optionalBlockParam, proofKeyParam, slotParam } from '../param-schema.ts'
import { quantity, quantityFromData } from '../quantity.ts'

export const stateMethods: readonly RpcMethod[] = [
  defineMethod('eth_accounts', 'Always empty: the node holds no user keys.', [], () => []),
  defineMethod(
    'eth_getBalance',
    'Balance in wei.',
    [addressParam, optionalBlockParam],
    async ([address, block], context) =>
      readState(block, context, async (at) => quantity((await context.backend.state.account(address, at)).balance)),
  ),
  defineMethod(
    'eth_getTransactionCount',
    'Nonce; with `pending` the next one after the waiting transactions of the account.',
    [addressParam, nonceBlockParam],
    async ([address, block], context) => {
      if (block === 'pending') return quantity(await context.backend.mempool.nextNonce(address))
      return readState(block, context, async (at) => quantity((await context.backend.state.account(address, at)).nonce))
    },
  ),
  defineMethod(
    'eth_getCode',
    'Code of a contract; 0x for other accounts.',
    [addressParam, optionalBlockParam],
    async ([address, block], context) =>
      readState(block, context, async (at) => hexFromBytes(await context.backend.state.code(address, at))),
  ),
  defineMethod(
    'eth_getStorageAt',
    'One storage slot, 32 bytes.',
    [addressParam, slotParam, optionalBlockParam],
    async ([address, slot, block], context) =>
      readState(block, context, (at) => context.backend.state.storage(address, slot, at)),
  ),
  defineMethod(
    'eth_getProof',
    'Account and storage slots with Merkle proofs against the block’s state root (EIP-1186).',
    [addressParam, z.array(proofKeyParam), optionalBlockParam],
    async ([address, keys, block], context) => {
      const { proofSlotsMax } = context.limits
      const slots = keys.map(({ slot }) => slot)
      if (slots.length > proofSlotsMax) throw limitExceeded('proofSlotsMax', `more than ${proofSlotsMax} storage keys`)
      const prove = (at: Height | undefined) =>
        context.proofGate.run(() => context.backend.state.proof(address, slots, at))
      return proofJson(
        await readState(block, context, prove),
        keys.map(({ key }) => key),
      )
    },
  ),
]

/** `keys` in the order of the proof's slots, as the caller is to see them. */
function proofJson(proof: AccountProof, keys: readonly Hex[]): Readonly<Record<string, unknown>> {
  return {
    address: proof.address,
    accountProof: proof.accountProof.map(hexFromBytes),
    balance: quantity(proof.account.balance),
    codeHash: proof.account.codeHash,
    nonce: quantity(proof.account.nonce),
    storageHash: proof.account.storageRoot,
    storageProof: proof.storageProof.map(({ slot, value, proof: nodes }, index) => ({
      key: keys[index] ?? slot,
      value: quantityFromData(value),
      proof: nodes.map(hexFromBytes),
    })),
  }
}
