/**
 * BlockchainTests: a genesis state and blocks as RLP, valid ones and such that must be refused, on the main chain or
 * beside it. Every header field and root is checked by the core itself (EXECUTE). A block whose parent is unknown or
 * unreadable is put to the core as a child of the tip, and must be refused there.
 */
import { keccak256 } from '@cairn/crypto'
import { AbiWriter, operations, readChangeset } from '@cairn/executor/abi'
import type { AbiReader } from '@cairn/executor/abi'
import { type Hash, decodeRlp } from '@cairn/primitives'
import { BlockTree, type TreeBlock } from './block-tree.ts'
import { type ChainRules, chainRules, writeChainRules } from './chain-rules.ts'
import { StateStore, encodeAlloc } from './core-host.ts'
import { type JsonObject, bytesOf, listOf, objectOf, textOf } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

export function isBlockchainTestRunnable(test: JsonObject): boolean {
  return chainRules(textOf(test['network'])) !== undefined
}

export function runBlockchainTest(
  name: string,
  test: JsonObject,
  isWanted: (id: string) => boolean,
  tally: Tally,
): void {
  if (!isWanted(name)) return
  const rules = chainRules(textOf(test['network']))
  if (rules === undefined) tally.skip('fork before what import needs')
  else tally.check(name, () => runBlocks(test, rules))
}

function runBlocks(test: JsonObject, rules: ChainRules): Omit<Failure, 'test'> | undefined {
  const store = new StateStore()
  const root = store.apply(encodeAlloc(objectOf(test['pre'])))
  const expectedRoot = textOf(objectOf(test['genesisBlockHeader'])['stateRoot'])
  if (root !== expectedRoot) return { expected: `genesis root ${expectedRoot}`, actual: root }
  const genesis = headerOfBlock(bytesOf(test['genesisRLP']))
  if (genesis === undefined) return { expected: 'a genesis block', actual: 'its RLP does not decode' }
  const tree = new BlockTree(store, { hash: keccak256(genesis), header: genesis })
  for (const [index, item] of listOf(test['blocks']).entries()) {
    const failure = runBlock(tree, store, rules, objectOf(item), index)
    if (failure !== undefined) return failure
  }
  const last = textOf(test['lastblockhash'])
  return tree.get(last) === undefined
    ? { expected: `last block ${last}`, actual: 'not among the valid ones' }
    : undefined
}

function runBlock(
  tree: BlockTree,
  store: StateStore,
  rules: ChainRules,
  block: JsonObject,
  index: number,
): Omit<Failure, 'test'> | undefined {
  const rlp = bytesOf(block['rlp'])
  const exception = block['expectException']
  const header = headerOfBlock(rlp)
  const parent = header === undefined ? undefined : tree.get(parentOfHeader(header) ?? '')
  if (parent !== undefined) tree.moveTo(parent)
  const result = store.run(operations.execute, encodeExecute(rules, tree.tip, rlp, tree.ancestors(ANCESTORS_MAX)))
  const expected = `block ${index} ${exception === undefined ? 'valid' : textOf(exception)}`
  if (result.status === 'invalid') {
    return exception === undefined ? { expected, actual: `${result.code}: ${result.message}` } : undefined
  }
  if (exception !== undefined || header === undefined) return { expected, actual: 'executed as valid' }
  tree.extend({ header, ...readOutcome(result.body) })
  return undefined
}

/** The header's RLP. */
function headerOfBlock(block: Uint8Array): Uint8Array | undefined {
  const decoded = decodeRlp(block, block.length, (item) => {
    const fields = item.list()
    return fields.isNextList ? fields.raw().bytes : undefined
  })
  return decoded.ok ? decoded.value : undefined
}

function parentOfHeader(header: Uint8Array): Hash | undefined {
  const decoded = decodeRlp(header, header.length, (item) => item.list().hash())
  return decoded.ok ? decoded.value : undefined
}

function encodeExecute(
  rules: ChainRules,
  parent: TreeBlock,
  block: Uint8Array,
  ancestors: readonly Hash[],
): Uint8Array {
  const writer = writeChainRules(new AbiWriter(block.length + 16 * 1024), rules).u8(STRICT_TIMESTAMPS | RETURN_UNDO)
  writer.bytes(parent.header).bytes(block).u32(NO_SENDERS)
  return writer.list(ancestors, (hash) => writer.fixed(hash)).finish()
}

function readOutcome(body: AbiReader): Pick<TreeBlock, 'hash' | 'changes' | 'undo'> {
  const hash = body.hash()
  body.skip(32 + 32 + 8 + 8 + 256)
  body.bytes()
  body.list((result) => {
    result.skip(32 + 20 + 2 + 8 + 32)
    result.optional((created) => created.skip(20))
    result.skip(4)
  })
  body.list((request) => request.bytes())
  body.optional((list) => list.bytes() && list.hash())
  const changes = readChangeset(body)
  const undo = readChangeset(body)
  body.end()
  return { hash, changes, undo }
}

const STRICT_TIMESTAMPS = 1
const RETURN_UNDO = 4
const NO_SENDERS = 0
const ANCESTORS_MAX = 256
