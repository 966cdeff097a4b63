/** Accounts, storage and their proofs, as of the head. */
import { hexFromBytes } from '@cairn/primitives'
import type { AccountProof } from '@cairn/ports'
import * as z from 'zod'
import { requireHeadState } from '../block-reference.ts'
import { limitExceeded } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import { addressParam, nonceBlockParam, optionalBlockParam, slotParam } from '../param-schema.ts'
import { quantity, quantityFromData } from '../quantity.ts'

export const stateMethods: readonly RpcMethod[] = [
  defineMethod('eth_accounts', 'Always empty: the node holds no user keys.', [], () => []),
  defineMethod(
    'eth_getBalance',
    'Balance in wei.',
    [addressParam, optionalBlockParam],
    async ([address, block], context) => {
      await requireHeadState(block, context)
      return quantity((await context.backend.state.account(address)).balance)
    },
  ),
  defineMethod(
    'eth_getTransactionCount',
    'Nonce; with `pending` the next one after the waiting transactions of the account.',
    [addressParam, nonceBlockParam],
    async ([address, block], context) => {
      if (block === 'pending') return quantity(await context.backend.mempool.nextNonce(address))
      await requireHeadState(block, context)
      return quantity((await context.backend.state.account(address)).nonce)
    },
  ),
  defineMethod(
    'eth_getCode',
    'Code of a contract; 0x for other accounts.',
    [addressParam, optionalBlockParam],
    async ([address, block], context) => {
      await requireHeadState(block, context)
      return hexFromBytes(await context.backend.state.code(address))
    },
  ),
  defineMethod(
    'eth_getStorageAt',
    'One storage slot, 32 bytes.',
    [addressParam, slotParam, optionalBlockParam],
    async ([address, slot, block], context) => {
      await requireHeadState(block, context)
      return context.backend.state.storage(address, slot)
    },
  ),
  defineMethod(
    'eth_getProof',
    'Account and storage slots with Merkle proofs against the head state root (EIP-1186).',
    [addressParam, z.array(slotParam), optionalBlockParam],
    async ([address, slots, block], context) => {
      const { proofSlotsMax } = context.limits
      if (slots.length > proofSlotsMax) throw limitExceeded('proofSlotsMax', `more than ${proofSlotsMax} storage keys`)
      await requireHeadState(block, context)
      return proofJson(await context.proofGate.run(() => context.backend.state.proof(address, slots)))
    },
  ),
]

function proofJson(proof: AccountProof): Readonly<Record<string, unknown>> {
  return {
    address: proof.address,
    accountProof: proof.accountProof.map(hexFromBytes),
    balance: quantity(proof.account.balance),
    codeHash: proof.account.codeHash,
    nonce: quantity(proof.account.nonce),
    storageHash: proof.account.storageRoot,
    storageProof: proof.storageProof.map(({ slot, value, proof: nodes }) => ({
      key: slot,
      value: quantityFromData(value),
      proof: nodes.map(hexFromBytes),
    })),
  }
}
