/** Blocks of an imported Ethereum chain for `cairn export`: as they were imported, byte for byte. */
import type { EthereumChain } from '@cairn/executor'
import { CodedError } from '@cairn/primitives'
import { openEthereumDirectory } from './ethereum-directory.ts'
import type { ExportCommandOptions, ExportSource } from './export-source.ts'

/**
 * Begins with block 1 unless told otherwise: import makes genesis itself.
 * @throws CodedError `EXPORT_FORMAT_UNAVAILABLE`, `EXPORT_RANGE_INVALID`, and what opening the directory throws
 */
export async function openEthereumSource(
  options: ExportCommandOptions,
  cleanup: AsyncDisposableStack,
): Promise<ExportSource> {
  if (options.format === 'cairn') {
    const message = 'an imported chain has no certificates: it can be exported in format rlp only'
    throw new CodedError('EXPORT_FORMAT_UNAVAILABLE', message)
  }
  const chain = await openEthereumDirectory({ dataDir: options.dataDir, genesisPath: undefined }, cleanup)
  const head = chain.head().number
  const from = options.from ?? Math.min(1, head)
  const to = options.to ?? head
  if (from > to || to > head) {
    throw new CodedError(
      'EXPORT_RANGE_INVALID',
      `the imported chain has no blocks ${from} to ${to}: its head is ${head}`,
      {
        data: { from, to, head },
      },
    )
  }
  return { from, chunks: blocksOf(chain, from, to), format: 'rlp', last: () => to }
}

async function* blocksOf(chain: EthereumChain, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at <= to; at++) {
    const block = await chain.block(at)
    if (block === undefined) throw new CodedError('CHAIN_STORE_CORRUPT', `block ${at} is missing`)
    yield block
  }
}
