/** What each validator has reported as final, and waiting for more of it. */
import { CodedError } from '@cairn/primitives'
import type { FinalizedBlockMeasure } from '@cairn/cli'

export interface HeightWatch {
  add(index: number, block: FinalizedBlockMeasure): void
  /** Every finalized block that validator `index` reported, in order, over restarts. */
  blocks(index: number): readonly FinalizedBlockMeasure[]
  /** 0 before the first report. */
  height(index: number): number
  maxHeight(): number
  /** @throws CodedError `HEIGHT_NOT_REACHED` with the heights there are */
  wait(height: number, indices: readonly number[], timeoutMs: number): Promise<void>
  /** Two roots reported for one height? @throws CodedError `ROOTS_DIFFER` naming height and validators */
  assertSameRoots(indices: readonly number[]): void
}

export function createHeightWatch(): HeightWatch {
  const blocks: FinalizedBlockMeasure[][] = []
  const listeners = new Set<() => void>()
  const height = (index: number): number => blocks[index]?.at(-1)?.height ?? 0
  return {
    add: (index, block) => {
      ;(blocks[index] ??= []).push(block)
      for (const listener of listeners) listener()
    },
    blocks: (index) => blocks[index] ?? [],
    height,
    maxHeight: () => Math.max(0, ...Array.from(blocks.keys(), height)),
    wait: (target, indices, timeoutMs) => {
      const isMet = (): boolean => indices.every((index) => height(index) >= target)
      if (isMet()) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer)
          listeners.delete(listener)
          settle()
        }
        const listener = (): void => {
          if (isMet()) finish(resolve)
        }
        const timer = setTimeout(() => finish(() => reject(notReached(target, indices, height, timeoutMs))), timeoutMs)
        listeners.add(listener)
      })
    },
    assertSameRoots: (indices) => {
      const roots = new Map<number, { readonly root: string; readonly index: number }>()
      for (const index of indices) {
        for (const block of blocks[index] ?? []) {
          const known = roots.get(block.height) ?? { root: block.stateRoot, index }
          if (known.root !== block.stateRoot) throw rootsDiffer(block.height, known.index, index)
          roots.set(block.height, known)
        }
      }
      if (roots.size === 0) throw new CodedError('ROOTS_DIFFER', 'no validator has reported a block to compare')
    },
  }
}

function notReached(
  target: number,
  indices: readonly number[],
  height: (index: number) => number,
  timeoutMs: number,
): CodedError {
  const reached = indices.map((index) => `validator ${index} at ${height(index)}`).join(', ')
  return new CodedError('HEIGHT_NOT_REACHED', `height ${target} not reached in ${timeoutMs / 1_000} s: ${reached}`)
}

function rootsDiffer(height: number, first: number, second: number): CodedError {
  return new CodedError('ROOTS_DIFFER', `validators ${first} and ${second} report different roots at height ${height}`)
}
