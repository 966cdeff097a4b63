/**
 * BlockchainTests: a genesis state and blocks as RLP, valid ones and such that must be refused, on the main chain or
 * beside it. Every header field and root is checked by the core itself (EXECUTE), the kinship of ommers by its host. A
 * block whose parent is unknown or unreadable is put to the core as a child of the tip, and must be refused there.
 */
import type { ChainRules } from '@cairn/chain'
import {
  OMMER_ANCESTORS,
  decodeEthereumBlock,
  encodeEthereumExecute,
  encodeHeaderCheck,
  ommerFault,
  operations,
  readEthereumOutcome,
} from '@cairn/executor/abi'
import type { EthereumBlock } from '@cairn/executor/abi'
import { BlockTree } from './block-tree.ts'
import { chainRules } from './chain-rules.ts'
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
  const genesis = decodeEthereumBlock(bytesOf(test['genesisRLP']))
  if (!genesis.ok) return { expected: 'a genesis block', actual: genesis.code }
  const tree = new BlockTree(store, genesis.value)
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
  const decoded = decodeEthereumBlock(rlp)
  const parent = decoded.ok ? tree.get(decoded.value.header.parentHash) : undefined
  if (parent !== undefined) tree.moveTo(parent)
  const expected = `block ${index} ${exception === undefined ? 'valid' : textOf(exception)}`
  const fault = decoded.ok ? ommerFaultOf(store, tree, rules, decoded.value) : undefined
  const ancestors = tree.ancestors(ANCESTORS_MAX).map(({ header }) => header.hash)
  const parameters = { parentHeader: tree.tip.header.bytes, block: rlp, ancestors, wantsUndo: true }
  const result = store.run(operations.execute, encodeEthereumExecute(rules, parameters))
  if (fault !== undefined || result.status === 'invalid') {
    const reason = fault ?? (result.status === 'invalid' ? `${result.code}: ${result.message}` : '')
    return exception === undefined ? { expected, actual: reason } : undefined
  }
  if (exception !== undefined || !decoded.ok) return { expected, actual: 'executed as valid' }
  const { changes, undo } = readEthereumOutcome(result.body)
  tree.extend({ ...decoded.value, changes, undo })
  return undefined
}

function ommerFaultOf(store: StateStore, tree: BlockTree, rules: ChainRules, block: EthereumBlock): string | undefined {
  return ommerFault(block, tree.ancestors(OMMER_ANCESTORS), (ommer, parent) => {
    const result = store.run(operations.header, encodeHeaderCheck(rules, parent.bytes, ommer.bytes))
    return result.status === 'invalid' ? result.code : undefined
  })
}

const ANCESTORS_MAX = 256
