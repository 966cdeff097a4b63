/**
 * The one map from the executor's and the mempool's reason codes to JSON-RPC errors. Numbers: execution-apis
 * error groups where there is one, else −32000 or −32003; texts: geth's, which viem and ethers match on.
 */
import type { CallOutcome } from '@cairn/ports'
import { hexFromBytes } from '@cairn/primitives'
import { JsonRpcError, RPC_CODE } from './json-rpc-error.ts'
import type { JsonRpcErrorCode } from './json-rpc-error.ts'
import { revertReason } from './revert-reason.ts'

type Reason = readonly [code: JsonRpcErrorCode, text: string]

const REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  // Stateless checks of a transaction.
  ['TRANSACTION_MALFORMED', [RPC_CODE.invalidInput, 'malformed transaction']],
  ['TRANSACTION_TYPE_UNSUPPORTED', [RPC_CODE.transactionRejected, 'transaction type not supported']],
  ['BLOB_FIELDS_INVALID', [RPC_CODE.transactionRejected, 'transaction type not supported: blob fields']],
  ['SIGNATURE_INVALID', [RPC_CODE.invalidSender, 'invalid sender']],
  ['CHAIN_ID_WRONG', [RPC_CODE.invalidSender, 'invalid sender: invalid chain id for signer']],
  ['INTRINSIC_GAS_TOO_LOW', [RPC_CODE.intrinsicGasTooLow, 'intrinsic gas too low']],
  ['INITCODE_TOO_LARGE', [RPC_CODE.transactionRejected, 'max initcode size exceeded']],
  ['GAS_LIMIT_TOO_HIGH', [RPC_CODE.gasLimitTooHigh, 'transaction gas limit too high']],
  ['BLOCK_GAS_LIMIT_REACHED', [RPC_CODE.gasLimitTooHigh, 'exceeds block gas limit']],
  [
    'PRIORITY_FEE_ABOVE_MAX_FEE',
    [RPC_CODE.priorityFeeAboveFeeCap, 'max priority fee per gas higher than max fee per gas'],
  ],
  ['NONCE_AT_MAXIMUM', [RPC_CODE.transactionRejected, 'nonce has max value']],
  ['AUTHORIZATION_LIST_INVALID', [RPC_CODE.transactionRejected, 'invalid authorization list']],
  ['TRANSACTION_TOO_LARGE', [RPC_CODE.transactionRejected, 'oversized data']],
  ['FEE_OVERFLOW', [RPC_CODE.gasOverflow, 'gas uint64 overflow']],
  // Against the state of the head.
  ['NONCE_TOO_LOW', [RPC_CODE.nonceTooLow, 'nonce too low']],
  ['NONCE_TOO_HIGH', [RPC_CODE.nonceTooHigh, 'nonce too high']],
  ['INSUFFICIENT_FUNDS', [RPC_CODE.insufficientFunds, 'insufficient funds for gas * price + value']],
  ['OUT_OF_FUNDS', [RPC_CODE.insufficientFunds, 'insufficient funds for transfer']],
  ['MAX_FEE_BELOW_BASE_FEE', [RPC_CODE.feeCapBelowBaseFee, 'max fee per gas less than block base fee']],
  ['SENDER_HAS_CODE', [RPC_CODE.invalidSender, 'sender not an eoa']],
  // The mempool's own.
  ['ALREADY_KNOWN', [RPC_CODE.alreadyKnown, 'already known']],
  ['TRANSACTION_UNDERPRICED', [RPC_CODE.gasPriceTooLow, 'transaction underpriced']],
  ['REPLACEMENT_UNDERPRICED', [RPC_CODE.gasPriceTooLow, 'replacement transaction underpriced']],
  ['POOL_FULL', [RPC_CODE.limitExceeded, 'txpool is full']],
  // How a call ended.
  ['OUT_OF_GAS', [RPC_CODE.outOfGas, 'out of gas']],
  ['INVALID_OPCODE', [RPC_CODE.invalidOpcode, 'invalid opcode']],
  ['STACK_LIMIT', [RPC_CODE.invalidInput, 'stack limit reached']],
  ['INVALID_JUMP', [RPC_CODE.invalidInput, 'invalid jump destination']],
  ['CREATE_COLLISION', [RPC_CODE.invalidInput, 'contract address collision']],
  ['STATE_CHANGE_IN_STATIC_CALL', [RPC_CODE.invalidInput, 'write protection']],
  ['CALL_TOO_DEEP', [RPC_CODE.invalidInput, 'max call depth exceeded']],
  ['CREATE_CODE_INVALID', [RPC_CODE.invalidInput, 'invalid code of the created contract']],
  ['PRECOMPILE_FAILED', [RPC_CODE.invalidInput, 'precompile failed']],
  ['NONCE_OVERFLOW', [RPC_CODE.invalidInput, 'nonce uint64 overflow']],
])

/** Why a transaction was not admitted. A reason without a row is still «transaction rejected», with its code in `data`. */
export function rejectionError(reason: { readonly code: string; readonly message: string }): JsonRpcError {
  const [code, text] = REASONS.get(reason.code) ?? [RPC_CODE.transactionRejected, 'transaction rejected']
  return new JsonRpcError(code, withDetail(text, reason), { reason: reason.code })
}

/** Why a call has no result: reverted (code 3, with the revert data) or halted. */
export function callError(outcome: Exclude<CallOutcome, { readonly status: 'success' }>): JsonRpcError {
  if (outcome.status === 'revert') {
    const reason = revertReason(outcome.output)
    const text = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
    return new JsonRpcError(RPC_CODE.reverted, text, hexFromBytes(outcome.output))
  }
  const [code, text] = REASONS.get(outcome.code) ?? [RPC_CODE.invalidInput, 'execution failed']
  return new JsonRpcError(code, withDetail(text, outcome), { reason: outcome.code })
}

/** The text clients match on first, then what the component had to say, bounded and only if it says more. */
function withDetail(text: string, reason: { readonly code: string; readonly message: string }): string {
  const detail = reason.message.trim().slice(0, 200)
  if (detail === '' || detail === reason.code || text.includes(detail.toLowerCase())) return text
  return detail.toLowerCase().startsWith(text) ? detail : `${text}: ${detail}`
}
