/** The core's numeric codes as stable names: the one table. `wasm-core/ABI.md` «Codes». */

/** Name of an ERROR code: the request or the store failed, nothing is known of the block. */
export function errorName(code: number): string {
  return errorNames[code] ?? `CORE_ERROR_${code}`
}

/** Name of a transaction code. */
export function transactionCodeName(code: number): string {
  return transactionNames[code] ?? `TRANSACTION_INVALID_${code}`
}

/** Name of an INVALID code: transaction (bare, or 200 + code inside a block), block or proof. */
export function invalidName(code: number): string {
  if (code >= 300) return proofNames[code] ?? `PROOF_INVALID_${code}`
  if (code >= 200) return transactionCodeName(code - 200)
  return code >= 100 ? (blockNames[code] ?? `BLOCK_INVALID_${code}`) : transactionCodeName(code)
}

/** Name of a halt code. */
export function haltName(code: number): string {
  return haltNames[code] ?? 'HALT_OTHER'
}

/** Reasons that later candidates or blocks may lift: such a candidate is not reported as rejected. */
export function isRetryableCandidate(code: number): boolean {
  return retryableCodes.has(code)
}

/** Nonce too high, both fee caps below this block's price, and the four «does not fit». */
const retryableCodes: ReadonlySet<number> = new Set([21, 23, 24, 26, 27, 28, 29])

const errorNames: Readonly<Record<number, string>> = {
  1: 'CORE_UNKNOWN_OPERATION',
  2: 'CORE_ABI_VERSION',
  3: 'CORE_REQUEST_MALFORMED',
  4: 'CORE_REQUEST_TOO_LARGE',
  5: 'STATE_STORE_FAILED',
  6: 'STATE_CORRUPT',
  7: 'STATE_ROOT_UNKNOWN',
  8: 'CORE_REENTERED',
  9: 'CORE_UNKNOWN_FORK',
  10: 'CORE_INTERNAL',
  11: 'CORE_PARENT_HEADER_MALFORMED',
  12: 'WITNESS_INCOMPLETE',
}

const transactionNames: Readonly<Record<number, string>> = {
  1: 'TRANSACTION_MALFORMED',
  2: 'TRANSACTION_TYPE_UNSUPPORTED',
  3: 'SIGNATURE_INVALID',
  4: 'CHAIN_ID_WRONG',
  5: 'INTRINSIC_GAS_TOO_LOW',
  6: 'INITCODE_TOO_LARGE',
  7: 'GAS_LIMIT_TOO_HIGH',
  8: 'PRIORITY_FEE_ABOVE_MAX_FEE',
  9: 'NONCE_AT_MAXIMUM',
  10: 'BLOB_FIELDS_INVALID',
  11: 'AUTHORIZATION_LIST_INVALID',
  12: 'TRANSACTION_TOO_LARGE',
  20: 'NONCE_TOO_LOW',
  21: 'NONCE_TOO_HIGH',
  22: 'INSUFFICIENT_FUNDS',
  23: 'MAX_FEE_BELOW_BASE_FEE',
  24: 'MAX_BLOB_FEE_BELOW_BLOB_BASE_FEE',
  25: 'SENDER_HAS_CODE',
  26: 'BLOCK_GAS_LIMIT_REACHED',
  27: 'BLOCK_GAS_BUDGET_REACHED',
  28: 'BLOCK_SIZE_REACHED',
  29: 'BLOCK_BLOB_GAS_REACHED',
  30: 'FEE_OVERFLOW',
  99: 'TRANSACTION_INVALID',
}

const blockNames: Readonly<Record<number, string>> = {
  100: 'PAYLOAD_MALFORMED',
  101: 'PAYLOAD_PARENT_HASH',
  102: 'PAYLOAD_NUMBER',
  103: 'PAYLOAD_TIMESTAMP',
  104: 'PAYLOAD_GAS_LIMIT',
  105: 'PAYLOAD_BASE_FEE',
  106: 'PAYLOAD_EXTRA_DATA',
  107: 'PAYLOAD_DIFFICULTY',
  108: 'PAYLOAD_FORK_FIELDS',
  109: 'PAYLOAD_TRANSACTIONS_ROOT',
  110: 'PAYLOAD_WITHDRAWALS_ROOT',
  111: 'PAYLOAD_OMMERS',
  112: 'PAYLOAD_TOO_LARGE',
  113: 'PAYLOAD_EXCESS_BLOB_GAS',
  114: 'PAYLOAD_BLOB_GAS_USED',
  115: 'PAYLOAD_GAS_USED',
  116: 'PAYLOAD_RECEIPTS_ROOT',
  117: 'PAYLOAD_LOGS_BLOOM',
  118: 'PAYLOAD_REQUESTS_HASH',
  119: 'PAYLOAD_STATE_ROOT',
  120: 'PAYLOAD_BLOB_GAS_LIMIT',
  121: 'SYSTEM_CALL_FAILED',
  122: 'DEPOSIT_LOG_MALFORMED',
  123: 'PAYLOAD_GAS_ABOVE_LIMIT',
}

const proofNames: Readonly<Record<number, string>> = {
  300: 'ACCOUNT_PROOF_INVALID',
  301: 'STORAGE_PROOF_INVALID',
  302: 'RANGE_PROOF_INVALID',
}

const haltNames: Readonly<Record<number, string>> = {
  1: 'OUT_OF_GAS',
  2: 'INVALID_OPCODE',
  3: 'STACK_LIMIT',
  4: 'INVALID_JUMP',
  5: 'CREATE_COLLISION',
  6: 'STATE_CHANGE_IN_STATIC_CALL',
  7: 'CALL_TOO_DEEP',
  8: 'CREATE_CODE_INVALID',
  9: 'PRECOMPILE_FAILED',
  10: 'NONCE_OVERFLOW',
  11: 'OUT_OF_FUNDS',
}
