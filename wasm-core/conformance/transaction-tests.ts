/**
 * TransactionTests: raw transactions through RECOVER. Valid ones must give the hash and the sender; the others must be
 * refused by what the transaction alone tells. `intrinsicGas` is not compared: RECOVER does not return it; that a gas
 * limit below it is refused is.
 */
import type { ChainRules } from '@cairn/chain'
import { AbiWriter, operations, writeChainRules } from '@cairn/executor/abi'
import { chainRules } from './chain-rules.ts'
import { StateStore } from './core-host.ts'
import { type JsonObject, bytesOf, objectOf, textOf } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

export function runTransactionTest(
  name: string,
  test: JsonObject,
  isWanted: (id: string) => boolean,
  tally: Tally,
): void {
  const store = new StateStore()
  const transaction = bytesOf(test['txbytes'])
  for (const [fork, expected] of Object.entries(objectOf(test['result']))) {
    const id = `${name} ${fork}`
    if (!isWanted(id)) continue
    const rules = chainRules(fork)
    if (rules === undefined) tally.skip('fork before what import needs')
    else tally.check(id, () => recover(store, rules, transaction, objectOf(expected)))
  }
}

function recover(
  store: StateStore,
  rules: ChainRules,
  transaction: Uint8Array,
  result: JsonObject,
): Omit<Failure, 'test'> | undefined {
  const writer = writeChainRules(new AbiWriter(transaction.length + 64), rules)
  const answer = store.run(operations.recover, writer.u32(1).bytes(transaction).finish())
  if (answer.status === 'invalid') return { expected: 'an answer', actual: answer.code }
  const { body } = answer
  const exception = result['exception']
  const count = body.u32()
  const code = body.u16()
  if (count !== 1) return { expected: 'one transaction', actual: `${count}` }
  if (code !== 0) {
    if (exception !== undefined) return undefined
    return { expected: `valid, hash ${textOf(result['hash'])}`, actual: `transaction code ${code}` }
  }
  const hash = body.hash()
  body.skip(1)
  const actual = `hash ${hash}, sender ${body.address()}`
  if (exception !== undefined) return { expected: textOf(exception), actual: `valid, ${actual}` }
  const expected = `hash ${textOf(result['hash'])}, sender ${textOf(result['sender'])}`
  return actual === expected ? undefined : { expected, actual }
}
