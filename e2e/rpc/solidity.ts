/** Compiles the test contract with the npm package `solc`, as a developer's tool would. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import solc from 'solc'
import type { Abi, Hex } from 'viem'

export interface CompiledContract {
  readonly abi: Abi
  /** Creation code without constructor arguments. */
  readonly bytecode: Hex
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts: Record<
    string,
    Record<string, { readonly abi: Abi; readonly evm: { readonly bytecode: { readonly object: string } } }>
  >
}

export function compileToken(): CompiledContract {
  const file = fileURLToPath(new URL('token.sol', import.meta.url))
  const input = {
    language: 'Solidity',
    sources: { 'token.sol': { content: readFileSync(file, 'utf8') } },
    settings: { optimizer: { enabled: true }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput
  const errors = output.errors?.filter(({ severity }) => severity === 'error') ?? []
  const contract = output.contracts['token.sol']?.['Token']
  if (errors.length > 0 || contract === undefined) {
    throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n') || 'no contract Token')
  }
  return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` }
}
