/**
 * GeneralStateTests: one transaction on a given state, without system calls or header. Expected are the state root
 * and the keccak of the logs' RLP; a transaction with `expectException` must be refused and leave the state alone.
 */
import type { ChainRules, Fork } from '@cairn/chain'
import { AbiWriter, operations, writeChainRules } from '@cairn/executor/abi'
import { CodedError } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { chainRules, isProofOfWork } from './chain-rules.ts'
import { StateStore, encodeAlloc } from './core-host.ts'
import { type JsonObject, bytesOf, integerOf, listOf, objectOf, textOf, uint64Of } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

/** Whether one of its posts is of a fork that the core knows. */
export function isStateTestRunnable(test: JsonObject): boolean {
  return Object.keys(objectOf(test['post'])).some((fork) => chainRules(fork) !== undefined)
}

export function runStateTest(name: string, test: JsonObject, isWanted: (id: string) => boolean, tally: Tally): void {
  const posts = Object.entries(objectOf(test['post']))
  let known: State | undefined
  const state = (): State => (known ??= createState(objectOf(test['pre'])))
  for (const [fork, cases] of posts) {
    const rules = chainRules(fork, test['config'] === undefined ? undefined : objectOf(test['config']))
    for (const [index, item] of listOf(cases).entries()) {
      const id = `${name} ${fork} ${index}`
      if (!isWanted(id)) continue
      if (rules === undefined) {
        tally.skip('fork before what import needs')
        continue
      }
      tally.check(id, () => runPost(state(), rules, objectOf(test['env']), objectOf(item)))
    }
  }
}

interface State {
  readonly store: StateStore
  readonly root: Hash
}

function createState(pre: JsonObject): State {
  const store = new StateStore()
  return { store, root: store.apply(encodeAlloc(pre)) }
}

function runPost(
  { store, root }: State,
  rules: ChainRules,
  env: JsonObject,
  post: JsonObject,
): Omit<Failure, 'test'> | undefined {
  const exception = post['expectException']
  const expectedRoot = textOf(post['hash'])
  const result = store.run(operations.stateTest, encodeStateTest(root, rules, env, bytesOf(post['txbytes'])))
  if (result.status === 'invalid') {
    const left = emptyAccountForks.includes(rules.fork) ? rootWithCoinbase(store, root, env) : root
    const actual = `${result.code}, state root ${left}`
    if (exception === undefined) return { expected: `state root ${expectedRoot}`, actual }
    return left === expectedRoot ? undefined : { expected: `${textOf(exception)}, state root ${expectedRoot}`, actual }
  }
  const actual = `state root ${result.body.hash()}, logs ${result.body.hash()}`
  if (exception !== undefined) return { expected: textOf(exception), actual }
  const expected = `state root ${expectedRoot}, logs ${textOf(post['logs'])}`
  return actual === expected ? undefined : { expected, actual }
}

/**
 * The fixtures' tool pays the coinbase a reward of nothing even where the transaction is refused, and before EIP-158
 * that leaves an empty account. @returns the root with it, written nowhere
 */
function rootWithCoinbase(store: StateStore, root: Hash, env: JsonObject): Hash {
  const coinbase = bytesOf(env['currentCoinbase'])
  const writer = new AbiWriter().fixed(root).u32(1).raw(coinbase).u8(1).u8(0).u8(0).u8(0).u32(0)
  const result = store.run(operations.apply, writer.finish())
  if (result.status === 'invalid') throw new CodedError(result.code, result.message)
  return result.body.hash()
}

function encodeStateTest(root: Hash, rules: ChainRules, env: JsonObject, transaction: Uint8Array): Uint8Array {
  const writer = writeChainRules(new AbiWriter(transaction.length + 512), rules).fixed(root)
  writer.u64(uint64Of(env['currentNumber'])).u64(uint64Of(env['currentTimestamp']))
  writer.u64(env['currentBaseFee'] === undefined ? BASE_FEE_DEFAULT : uint64Of(env['currentBaseFee']))
  writer.u64(uint64Of(env['currentGasLimit'])).raw(bytesOf(env['currentCoinbase']))
  writer
    .u256(integerOf(env[isProofOfWork(rules) ? 'currentDifficulty' : 'currentRandom']))
    .u64(uint64Of(env['currentExcessBlobGas']))
  return writer.bytes(transaction).u8(SENDER_UNKNOWN).finish()
}

/** Before EIP-158. */
const emptyAccountForks: readonly Fork[] = ['frontier', 'homestead', 'tangerineWhistle']
/** What the fixtures' tool took where a test from before London names none. */
const BASE_FEE_DEFAULT = 10n
/** The core recovers the sender. */
const SENDER_UNKNOWN = 0
