/** Execution without a transaction, at the head or at a block whose state is still kept. */
import { hexFromBytes } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { readState } from '../block-reference.ts'
import { callParam } from '../call-param.ts'
import { JsonRpcError, RPC_CODE } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcContext, RpcMethod } from '../method.ts'
import { optionalBlockParam } from '../param-schema.ts'
import { quantity } from '../quantity.ts'
import { callError } from '../rejection.ts'

export const callMethods: readonly RpcMethod[] = [
  defineMethod(
    'eth_call',
    'Result of a call; gas is capped, a revert is error 3 with its data.',
    [callParam, optionalBlockParam],
    async ([call, block], context) => {
      const gasMax = context.limits.callGasMax
      const gas = bigintMin(call.gas ?? gasMax, gasMax)
      const outcome = await readState(block, context, (at) =>
        bounded(() => context.backend.state.call({ ...call, gas }, { gasMax, ...heightOption(at) }), context),
      )
      if (outcome.status !== 'success') throw callError(outcome)
      return hexFromBytes(outcome.output)
    },
  ),
  defineMethod(
    'eth_estimateGas',
    'Gas limit with which the call succeeds as a transaction.',
    [callParam, optionalBlockParam],
    async ([call, block], context) => {
      const gas = call.gas === undefined ? {} : { gas: bigintMin(call.gas, context.limits.callGasMax) }
      const outcome = await readState(block, context, (at) =>
        bounded(() => context.backend.state.estimateGas({ ...call, ...gas }, heightOption(at)), context),
      )
      if ('gas' in outcome) return quantity(outcome.gas)
      if (outcome.status === 'success') return quantity(outcome.gasUsed)
      throw callError(outcome)
    },
  ),
]

/** At most so many at once, and a caller waits only so long; the executor bounds the work itself by gas. */
function bounded<Value>(operation: () => Promise<Value>, context: RpcContext): Promise<Value> {
  const { callTimeoutMs } = context.limits
  const signal = AbortSignal.timeout(callTimeoutMs)
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void =>
      reject(new JsonRpcError(RPC_CODE.resourceUnavailable, `call took longer than ${callTimeoutMs} ms`))
    signal.addEventListener('abort', onAbort, { once: true })
    // The gate is held until the operation ends, also when nobody waits for it any more.
    context.callGate
      .run(operation)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function heightOption(at: Height | undefined): { readonly at?: Height } {
  return at === undefined ? {} : { at }
}

function bigintMin(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
