/**
 * The blocks of one blockchain test with their side chains, and the state of one of them. Going from one block to
 * another takes the core's own undo lists back to the common ancestor and the changesets forward from there, so a
 * wrong undo list fails a test.
 */
import type { ChangesetEntry, EthereumBlock } from '@cairn/executor/abi'
import { CodedError } from '@cairn/primitives'
import type { StateStore } from './core-host.ts'

export interface TreeBlock extends EthereumBlock {
  /** Undefined for genesis. */
  readonly parent: TreeBlock | undefined
  readonly depth: number
  readonly changes: readonly ChangesetEntry[]
  readonly undo: readonly ChangesetEntry[]
}

export class BlockTree {
  readonly #store: StateStore
  readonly #blocks = new Map<string, TreeBlock>()
  #tip: TreeBlock

  /** `store` holds the state of genesis. */
  constructor(store: StateStore, genesis: EthereumBlock) {
    this.#store = store
    this.#tip = { ...genesis, parent: undefined, depth: 0, changes: [], undo: [] }
    this.#blocks.set(genesis.header.hash, this.#tip)
  }

  /** The block whose state the store holds. */
  get tip(): TreeBlock {
    return this.#tip
  }

  get(hash: string): TreeBlock | undefined {
    return this.#blocks.get(hash)
  }

  /** Adds a child of the tip, whose changes the store does not hold yet, and makes it the tip. */
  extend(child: Pick<TreeBlock, 'header' | 'ommers' | 'changes' | 'undo'>): void {
    const block = { ...child, parent: this.#tip, depth: this.#tip.depth + 1 }
    this.#blocks.set(block.header.hash, block)
    this.#store.write(block.changes)
    this.#tip = block
  }

  moveTo(target: TreeBlock): void {
    const forward: TreeBlock[] = []
    let other: TreeBlock = target
    while (this.#tip !== other) {
      if (other.depth >= this.#tip.depth) {
        forward.push(other)
        other = parentOf(other)
      } else {
        this.#store.write(this.#tip.undo)
        this.#tip = parentOf(this.#tip)
      }
    }
    for (const block of forward.reverse()) this.#store.write(block.changes)
    this.#tip = target
  }

  /** The tip and its ancestors, newest first. */
  ancestors(countMax: number): readonly EthereumBlock[] {
    const blocks: EthereumBlock[] = []
    for (let block: TreeBlock | undefined = this.#tip; block !== undefined && blocks.length < countMax;) {
      blocks.push(block)
      block = block.parent
    }
    return blocks
  }
}

function parentOf(block: TreeBlock): TreeBlock {
  if (block.parent === undefined) throw new CodedError('TREE_BROKEN', 'two blocks without a common ancestor')
  return block.parent
}
