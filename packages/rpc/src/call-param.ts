/** The transaction object of `eth_call` and `eth_estimateGas`. */
import type { CallRequest } from '@cairn/ports'
import * as z from 'zod'
import { addressParam, dataParam, hashParam, uint256, uint64 } from './param-schema.ts'

const accessListParam = z
  .array(z.object({ address: addressParam, storageKeys: z.array(hashParam).max(1_000) }))
  .max(1_000)

/** Members that wallets send and that change nothing here (`type`, `chainId`, …) are let through and dropped. */
export const callParam = z
  .object({
    from: addressParam.nullish(),
    to: addressParam.nullish(),
    gas: uint64.nullish(),
    gasPrice: uint256.nullish(),
    maxFeePerGas: uint256.nullish(),
    maxPriorityFeePerGas: uint256.nullish(),
    value: uint256.nullish(),
    nonce: uint64.nullish(),
    data: dataParam.nullish(),
    input: dataParam.nullish(),
    accessList: accessListParam.nullish(),
    blobVersionedHashes: z.null({ error: 'blob transactions are not supported' }).optional(),
    authorizationList: z.null({ error: 'authorizationList is not supported in calls' }).optional(),
  })
  .superRefine((call, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
    if (call.data != null && call.input != null && call.data !== call.input) {
      refuse('both "data" and "input" are set and not equal')
    }
    if (call.gasPrice != null && (call.maxFeePerGas != null || call.maxPriorityFeePerGas != null)) {
      refuse('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
    }
    if (
      call.maxFeePerGas != null &&
      call.maxPriorityFeePerGas != null &&
      call.maxFeePerGas < call.maxPriorityFeePerGas
    ) {
      refuse('maxFeePerGas is lower than maxPriorityFeePerGas')
    }
  })
  .transform((call): CallRequest => {
    const data = call.input ?? call.data
    return {
      ...(call.from == null ? {} : { from: call.from }),
      ...(call.to == null ? {} : { to: call.to }),
      ...(call.gas == null ? {} : { gas: call.gas }),
      ...(call.gasPrice == null ? {} : { gasPrice: call.gasPrice }),
      ...(call.maxFeePerGas == null ? {} : { maxFeePerGas: call.maxFeePerGas }),
      ...(call.maxPriorityFeePerGas == null ? {} : { maxPriorityFeePerGas: call.maxPriorityFeePerGas }),
      ...(call.value == null ? {} : { value: call.value }),
      ...(call.nonce == null ? {} : { nonce: call.nonce }),
      ...(data == null ? {} : { data }),
      ...(call.accessList == null ? {} : { accessList: call.accessList }),
    }
  })
