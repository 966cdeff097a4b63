/** What `cairn export` is asked for, and the blocks it writes: of a node's chain or of an imported one. */

export interface ExportCommandOptions {
  readonly dataDir: string
  /** `-`: standard output. */
  readonly output: string
  /** Heights, both inclusive. Default: all that is certified; RLP begins with genesis, ranges and imported chains with 1. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** Default: `cairn`; of an imported Ethereum chain, which has no certificates, `rlp`. */
  readonly format: 'cairn' | 'rlp' | undefined
}

export interface ExportSource {
  readonly from: number
  readonly chunks: AsyncGenerator<Uint8Array>
  readonly format: 'cairn' | 'rlp'
  /** The last block written, once all chunks are. */
  last(): number
}
