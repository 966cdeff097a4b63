/** The genesis of an imported chain: allocation through the core, then its header in the form of its fork. */
import { rulesAt } from '@cairn/chain'
import type { EthereumGenesis } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { encodeEthereumGenesis } from '../abi/ethereum.ts'
import { readGenesisHeader } from '../abi/state.ts'
import { operations } from '../core-instance.ts'
import type { Core } from '../core-instance.ts'
import { createScratchStore, okBody, writeAlloc } from '../genesis.ts'
import { createStateHost } from '../state-host.ts'

/**
 * The genesis block of an Ethereum chain, its state in `store`; without one in memory, to know which chain it is.
 * @throws CodedError `GENESIS_INVALID`
 */
export async function writeEthereumGenesis(
  core: Core,
  genesis: EthereumGenesis,
  store: KeyValueStore = createScratchStore(),
): Promise<{ readonly payload: Uint8Array; readonly blockHash: Hash; readonly stateRoot: Hash }> {
  const stateRoot = await writeAlloc(genesis.alloc, createStateHost(core, store))
  const timestamp = Number(genesis.timestamp)
  // As in geth, a genesis has the header of a fork by time where one is active.
  const isMerged = genesis.schedule.byTime.some(({ time }) => time <= timestamp)
  const rules = rulesAt(genesis.schedule, { number: 0, timestamp, isMerged })
  const result = core.run(operations.genesisHeader, encodeEthereumGenesis(rules, genesis, stateRoot), () => null)
  if (result.status === 'need') throw new CodedError('GENESIS_INVALID', 'the genesis header asked for state')
  const { payload, blockHash } = readGenesisHeader(okBody(result))
  return { payload, blockHash, stateRoot }
}
