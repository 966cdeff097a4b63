/** The rules a block runs under: `Chain` of `wasm-core/ABI.md`. */
import { FORKS } from '@cairn/chain'
import type { BlobSchedule, ChainRules, ChainSpec } from '@cairn/chain'
import type { AbiWriter } from './writer.ts'

/** What a chain spec says of the rules. */
export type ChainIdentity = Pick<ChainSpec, 'chainId' | 'depositContractAddress'>

export function writeChainRules(writer: AbiWriter, { chainId, fork, blobs, depositContract }: ChainRules): AbiWriter {
  // The ABI counts back from Osaka.
  writer.u64(chainId).u8(FORKS.length - 1 - FORKS.indexOf(fork))
  return writer.u32(blobs.target).u32(blobs.max).u64(blobs.fraction).fixed(depositContract)
}

/**
 * Rules of every Cairn chain: Osaka without blob transactions, since nothing makes blob data available yet. The
 * update fraction is mainnet's; with no blobs it never matters.
 */
export function writeChain(writer: AbiWriter, chain: ChainIdentity): AbiWriter {
  const { chainId, depositContractAddress: depositContract } = chain
  return writeChainRules(writer, { chainId: BigInt(chainId), fork: 'osaka', blobs: noBlobs, depositContract })
}

const noBlobs: BlobSchedule = { target: 0, max: 0, fraction: 5_007_716n }
