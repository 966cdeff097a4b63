/** What a server's executor keeps: sized for 10 M accounts within 2 GiB of process memory. */
import type { ExecutorMemoryBudget, HistoryBlocks } from '@cairn/executor'

/** Blocks below the head whose state stays readable: some minutes of a busy chain, for wallets and explorers. */
export const NODE_HISTORY_BLOCKS: HistoryBlocks = 1024

export const NODE_MEMORY_BUDGET: ExecutorMemoryBudget = {
  stateCacheMaxBytes: 128 * 1024 * 1024,
  /** The five upper levels of the account trie at 10 M accounts. */
  coreCacheMaxBytes: 64 * 1024 * 1024,
  coreMemoryMaxBytes: 512 * 1024 * 1024,
  historyCacheMaxBytes: 32 * 1024 * 1024,
}
