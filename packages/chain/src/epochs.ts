/** Epochs are fixed lengths of blocks: epoch e has heights e·L + 1 … (e + 1)·L; genesis belongs to epoch 0. */
import { epoch, height } from '@cairn/primitives'
import type { Epoch, Height } from '@cairn/primitives'

/** Epoch of the block at `height`. */
export function epochOfHeight(height: Height, epochLengthBlocks: number): Epoch {
  return epoch(height === 0 ? 0 : Math.floor((height - 1) / epochLengthBlocks))
}

/** Whether the block at `height` is its epoch's last. Genesis is not. */
export function isBoundaryHeight(height: Height, epochLengthBlocks: number): boolean {
  return height > 0 && height % epochLengthBlocks === 0
}

/** Height of the last block of an epoch. */
export function boundaryHeight(of: Epoch, epochLengthBlocks: number): Height {
  return height((of + 1) * epochLengthBlocks)
}
