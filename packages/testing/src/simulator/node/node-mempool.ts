/**
 * A simulated node's pool: the real mempool around the model's ledger, with the transactions of executed but
 * un-finalized blocks left out of builds, as `@cairn/node` does it. Volatile: a crash forgets it.
 */
import type { Block } from '@cairn/chain'
import { createMempool } from '@cairn/mempool'
import type { Hash, Height } from '@cairn/primitives'
import { accountAt, addressOf, pooledTransaction, transactionsOf } from '../model/ledger.ts'
import type { Ledger } from '../model/ledger.ts'

const BLOCK_GAS_MAX = 10_000_000n
const BLOCK_TRANSACTIONS_MAX = 16

export interface NodeMempool {
  /** `true`: it is new here. `ledger` is the committed head's. */
  add(raw: Uint8Array, ledger: Ledger): boolean
  hasPending(): boolean
  /** For a child of `parentHash` whose state is `ledger`. */
  candidates(parentHash: Hash, ledger: Ledger): readonly Uint8Array[]
  onExecuted(block: Block): void
  onCommitted(block: Block, ledger: Ledger): void
}

interface InFlightBlock {
  readonly height: Height
  readonly parentHash: Hash
  readonly hashes: readonly Hash[]
}

export function createNodeMempool(): NodeMempool {
  const mempool = createMempool({ blockGasMax: BLOCK_GAS_MAX, baseFee: 1n })
  const inFlight = new Map<Hash, InFlightBlock>()
  const isInFlight = (hash: Hash): boolean => {
    for (const { hashes } of inFlight.values()) if (hashes.includes(hash)) return true
    return false
  }
  return {
    add: (raw, ledger) => mempool.add(pooledTransaction(raw), accountAt(ledger, raw)).accepted,
    hasPending: () => mempool.hasExecutable((hash) => !isInFlight(hash)),
    candidates(parentHash, ledger) {
      const exclude = new Set<Hash>()
      for (let block = inFlight.get(parentHash); block !== undefined; block = inFlight.get(block.parentHash)) {
        for (const hash of block.hashes) exclude.add(hash)
      }
      const limits = { baseFee: 1n, gasMax: BLOCK_GAS_MAX, sizeMaxBytes: 1_000, countMax: BLOCK_TRANSACTIONS_MAX }
      return executableOn(ledger, mempool.candidates({ ...limits, exclude }))
    },
    onExecuted(block) {
      const hashes = transactionsOf(block.payload).map((raw) => pooledTransaction(raw).hash)
      const { height, parentHash } = block.header
      if (hashes.length > 0) inFlight.set(block.hash, { height, parentHash, hashes })
    },
    onCommitted(block, ledger) {
      const transactions = transactionsOf(block.payload)
      if (transactions.length > 0) {
        mempool.onBlock({
          included: transactions.map((raw) => pooledTransaction(raw).hash),
          accounts: new Map(transactions.map((raw) => [addressOf(raw[0] ?? 0), accountAt(ledger, raw)])),
          baseFee: 1n,
        })
      }
      for (const [hash, { height }] of inFlight) if (height <= block.header.height) inFlight.delete(hash)
    },
  }
}

/** What the executor would include: nonces that follow the parent's state. */
function executableOn(ledger: Ledger, candidates: readonly Uint8Array[]): readonly Uint8Array[] {
  const next = ledger.map(BigInt)
  return candidates.filter((raw) => {
    const sender = raw[0] ?? 0
    const isNext = next[sender] === pooledTransaction(raw).nonce
    if (isNext) next[sender] = (next[sender] ?? 0n) + 1n
    return isNext
  })
}
