/**
 * Stateless decoding for the mempool. The core is the judge of every transaction; where the platform recovers senders
 * faster than the core, plain transactions (a call without lists: nearly all traffic) that are certainly valid are
 * answered without it, at a quarter of the cost.
 */
import { TRANSACTION_MAX_BYTES } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { DecodedTransaction } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import type { ChainIdentity } from './abi/chain-rules.ts'
import { encodeRecover, readRecovered } from './abi/state.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import type { SenderCache } from './sender-cache.ts'
import { decodeEnvelope } from './transaction-envelope.ts'
import type { TransactionEnvelope } from './transaction-envelope.ts'

export interface TransactionDecoder {
  /** Same order and length. */
  decode(raw: readonly Uint8Array[]): Promise<readonly DecodedTransaction[]>
}

export interface TransactionDecoderOptions {
  readonly chain: ChainIdentity
  readonly core: Core
  readonly senders: SenderCache
  /** Whether `senders` recovers by itself. */
  readonly recoversSenders: boolean
}

export function createTransactionDecoder(options: TransactionDecoderOptions): TransactionDecoder {
  const { core, senders } = options
  const chainId = BigInt(options.chain.chainId)

  const decodeByCore = (raw: readonly Uint8Array[]): readonly DecodedTransaction[] => {
    if (raw.length === 0) return []
    const result = core.run(operations.recover, encodeRecover(options.chain, raw), () => null)
    if (result.status !== 'ok') throw new CodedError('CORE_RESPONSE_MALFORMED', 'RECOVER did not answer')
    const transactions = readRecovered(result.body)
    for (const [index, transaction] of transactions.entries()) {
      if (transaction.valid) senders.remember(raw[index] as Uint8Array, transaction.sender)
    }
    return transactions
  }

  /** Adds what can be said without the core. */
  const fillPlain = async (raw: readonly Uint8Array[], known: (DecodedTransaction | undefined)[]): Promise<void> => {
    const plain = raw.flatMap((bytes, index) => {
      const envelope = known[index] === undefined ? plainEnvelope(bytes, chainId) : undefined
      return envelope === undefined ? [] : [{ bytes, index, envelope }]
    })
    const recovered = await senders.senders(plain.map(({ bytes }) => bytes))
    for (const [position, { bytes, index, envelope }] of plain.entries()) {
      const sender = recovered[position]
      if (sender !== undefined) known[index] = decodedFromEnvelope(envelope, bytes, sender)
    }
  }

  return {
    decode: async (raw) => {
      // No block may hold a larger one, though Ethereum knows no such bound.
      const known = raw.map((bytes) => (bytes.length > TRANSACTION_MAX_BYTES ? TOO_LARGE : undefined))
      if (options.recoversSenders) await fillPlain(raw, known)
      const judged = decodeByCore(raw.filter((_, index) => known[index] === undefined)).values()
      return known.map((transaction) => transaction ?? (judged.next().value as DecodedTransaction))
    },
  }
}

const TOO_LARGE: DecodedTransaction = {
  valid: false,
  code: 'TRANSACTION_TOO_LARGE',
  message: `more than ${TRANSACTION_MAX_BYTES} bytes`,
}

/** EIP-7825. */
const GAS_LIMIT_MAX = 1n << 24n
const NONCE_MAX = (1n << 64n) - 1n

/** `undefined` where the core has to look: lists, creations, and everything that is not certainly valid. */
function plainEnvelope(raw: Uint8Array, chainId: bigint): TransactionEnvelope | undefined {
  const decoded = decodeEnvelope(raw)
  if (!decoded.ok) return undefined
  const envelope = decoded.value
  const isValid =
    envelope.isPlain &&
    envelope.to !== undefined &&
    envelope.chainId === chainId &&
    envelope.nonce < NONCE_MAX &&
    envelope.gasLimit <= GAS_LIMIT_MAX &&
    envelope.maxPriorityFeePerGas <= envelope.maxFeePerGas &&
    envelope.gasLimit >= intrinsicGas(envelope.data)
  return isValid ? envelope : undefined
}

/** Of a call: 21 000 and 4 or 16 per byte, at least EIP-7623's floor of 10 or 40. */
function intrinsicGas(data: Uint8Array): bigint {
  let tokens = 0
  for (const byte of data) tokens += byte === 0 ? 1 : 4
  return BigInt(21_000 + 10 * tokens)
}

function decodedFromEnvelope(envelope: TransactionEnvelope, raw: Uint8Array, sender: Address): DecodedTransaction {
  const { type, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value, to } = envelope
  const plain = { type, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value, to }
  return { valid: true, hash: keccak256(raw), sender, ...plain, sizeBytes: raw.length, blobCount: 0 }
}
