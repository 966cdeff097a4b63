/**
 * The `cairn` command. The only place that reads argv and environment; precedence is flag, then
 * environment variable (`CAIRN_<FLAG>`), then default.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Checkpoint } from '@cairn/node'
import { CodedError, epoch } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { isEthereumDirectory } from './chain-files/ethereum-directory.ts'
import { runEthereumImport } from './chain-files/ethereum-import.ts'
import { runExport } from './chain-files/export-command.ts'
import { runImport } from './chain-files/import-command.ts'
import { runRemovedb } from './chain-files/removedb-command.ts'
import { runProtectionExport, runProtectionImport } from './keys/protection-commands.ts'
import { runLocalnet } from './localnet/localnet-command.ts'
import { runStart } from './node/start-command.ts'
import { runSnapshotCreate } from './snapshot/create-command.ts'
import { runSnapshotRestore, runSnapshotVerify } from './snapshot/restore-command.ts'

const program = new Command('cairn').description('A Byzantine-fault-tolerant blockchain node').version('0.1.0')

program
  .command('localnet')
  .description('start a local network: validators as processes of their own, JSON-RPC, web page')
  .addOption(
    flag(
      '--data-dir <directory>',
      'where the network lives (default: .data/localnet; a bounded run uses a temporary one)',
    ),
  )
  .addOption(flag('--validators <count>', 'number of validators').argParser(wholeNumber(1, 16)).default(4))
  .addOption(
    flag('--rpc-port <port>', 'JSON-RPC port of validator 0, the others follow; 0: any free')
      .argParser(wholeNumber(0, 65_535))
      .default(8545),
  )
  .addOption(
    flag('--web-port <port>', 'port of the web page; 0: any free').argParser(wholeNumber(0, 65_535)).default(8080),
  )
  .addOption(flag('--no-web', 'without the web page'))
  .addOption(
    flag('--stop-at-height <height>', 'stop when every validator has finalized this height').argParser(
      wholeNumber(1, 1e9),
    ),
  )
  .addOption(flag('--json', 'print only a JSON summary, as the last line').default(false))
  .addOption(
    flag('--traffic <rate>', 'transfers a second to send (default: 5 in bounded runs, else 0)').argParser(
      wholeNumber(0, 10_000),
    ),
  )
  .addOption(
    flag('--log-level <level>', 'level of the validators’ log files')
      .choices(['debug', 'info', 'warn', 'error'])
      .default('info'),
  )
  .action((options) => runLocalnet(options))

program
  .command('start')
  .description('run one node on its data directory')
  .addOption(flag('--data-dir <directory>', 'data directory with network.json').makeOptionMandatory())
  .addOption(flag('--rpc-port <port>', 'JSON-RPC port; 0: any free').argParser(wholeNumber(0, 65_535)).default(8545))
  .addOption(flag('--p2p-port <port>', 'QUIC (UDP) and TCP port').argParser(wholeNumber(0, 65_535)).default(30_310))
  .addOption(
    flag('--tab-port <port>', 'WebRTC-direct (UDP) and WebSocket (TCP) port')
      .argParser(wholeNumber(0, 65_535))
      .default(30_311),
  )
  .addOption(new Option('--peer <multiaddr>', 'peer to stay connected to (repeatable)').argParser(collect).default([]))
  .addOption(
    flag(
      '--history-blocks <count>',
      'past blocks whose state stays readable; all: an archive (default: 1024)',
    ).argParser(historyBlocks),
  )
  .addOption(
    flag(
      '--checkpoint <epoch:hash>',
      'follow only a chain in which this block ends that epoch: a hash from somebody you trust',
    ).argParser(checkpoint),
  )
  .addOption(
    flag('--sync <way>', 'how a node without a state gets it: executing every block, or a snapshot of its peers')
      .choices(['full', 'snapshot'])
      .default('full'),
  )
  .addOption(
    flag(
      '--collectors-above <count>',
      'votes of sets with more validators go to collectors, which make the certificates (default: 64)',
    ).argParser(wholeNumber(0, 1_024)),
  )
  .addOption(flag('--collectors <count>', 'collectors of each view (default: 8)').argParser(wholeNumber(1, 64)))
  .addOption(
    flag('--inbound-max <count>', 'connections from others than validators (default: 64)').argParser(
      wholeNumber(0, 1_024),
    ),
  )
  .addOption(
    flag('--local-network', 'all peers are on this machine: loopback addresses allowed, no per-address limits').default(
      false,
    ),
  )
  .addOption(flag('--log-level <level>', 'log level').choices(['debug', 'info', 'warn', 'error']).default('info'))
  .action(async (options) => {
    await runStart(options, exitWith)
    // Everything of the node is closed; a connection to a peer that went first would hold the process for seconds.
    process.exit()
  })

program
  .command('export')
  .description('write the finalized blocks of a stopped node, or those of an imported chain, into a file')
  .addOption(flag('--data-dir <directory>', 'data directory of the stopped node').makeOptionMandatory())
  .addOption(flag('--output <file>', 'file to write; -: standard output').makeOptionMandatory())
  .addOption(
    flag('--from <height>', 'first block (default: the first that the format has)').argParser(wholeNumber(0, 2 ** 52)),
  )
  .addOption(
    flag('--to <height>', 'last block (default: the certified head); ranges go on to the next certificate').argParser(
      wholeNumber(0, 2 ** 52),
    ),
  )
  .addOption(
    flag(
      '--format <format>',
      'cairn (default): ranges with certificates, for import; rlp: Ethereum blocks, for other tools, and for an imported chain',
    ).choices(['cairn', 'rlp']),
  )
  .action((options) => runExport(options))

program
  .command('import')
  .description(
    'verify, execute and store the blocks of a file: of `cairn export` in a stopped node, or of an Ethereum chain in a directory of its own',
  )
  .argument('<file>', 'file of format cairn; with --genesis, RLP blocks as of `geth export`')
  .addOption(
    flag('--data-dir <directory>', 'data directory with network.json, or of the imported chain').makeOptionMandatory(),
  )
  .addOption(flag('--genesis <file>', 'genesis of the Ethereum chain in geth’s JSON; needed once'))
  .addOption(
    flag('--history-blocks <count>', 'past blocks whose state stays readable, as for `start` (default: 1024)')
      .argParser(historyBlocks)
      .conflicts('genesis'),
  )
  .action((file, { genesis: genesisPath, ...options }) =>
    genesisPath !== undefined || isEthereumDirectory(options.dataDir)
      ? runEthereumImport(file, { dataDir: options.dataDir, genesisPath })
      : runImport(file, options),
  )

const snapshot = program.command('snapshot').description('the state of one block as a file that proves itself')

snapshot
  .command('create')
  .description('write the state of a stopped node’s newest certified block')
  .argument('<file>', 'file to write')
  .addOption(flag('--data-dir <directory>', 'data directory of the stopped node').makeOptionMandatory())
  .action((file, options) => runSnapshotCreate({ ...options, output: file }))

snapshot
  .command('verify')
  .description('check a snapshot against the chain spec alone: certificate, every chunk, nothing missing')
  .argument('<file>', 'file of `cairn snapshot create`')
  .addOption(flag('--network <file>', 'chain spec, as network.json in a data directory').makeOptionMandatory())
  .action((file, options) => runSnapshotVerify({ ...options, file }))

snapshot
  .command('restore')
  .description('verify a snapshot and make it the state of a node that has none')
  .argument('<file>', 'file of `cairn snapshot create`')
  .addOption(flag('--data-dir <directory>', 'data directory with network.json').makeOptionMandatory())
  .action((file, options) => runSnapshotRestore({ ...options, file }))

program
  .command('removedb')
  .description('remove blocks and state of a stopped node; keys, votes and chain spec stay')
  .addOption(flag('--data-dir <directory>', 'data directory of the stopped node').makeOptionMandatory())
  .addOption(flag('--yes', 'do not ask').default(false))
  .action((options) => runRemovedb(options))

const protection = program
  .command('keys')
  .description('validator keys')
  .command('protection')
  .description('what a validator key has signed, so that it never contradicts itself on another machine')

protection
  .command('export')
  .description('write the slashing-protection record of a stopped validator into a file')
  .addOption(flag('--data-dir <directory>', 'data directory of the stopped validator').makeOptionMandatory())
  .addOption(flag('--output <file>', 'file to write; -: standard output').makeOptionMandatory())
  .addOption(flag('--minimal', 'only the newest view, no single votes').default(false))
  .action((options) => runProtectionExport(options))

protection
  .command('import')
  .description('merge a slashing-protection file into the record of a stopped validator; never lowers protection')
  .argument('<file>', 'file of `cairn keys protection export`')
  .addOption(flag('--data-dir <directory>', 'data directory with network.json and validator.key').makeOptionMandatory())
  .action((file, options) => runProtectionImport(file, options))

try {
  await program.parseAsync()
} catch (error) {
  exitWith(error)
}

/** A node that failed may have parts that did not close, and those would hold the process for ever. */
function exitWith(error: unknown): void {
  process.exitCode = 1
  process.stderr.write(`cairn: ${lineOf(error)}\n`, () => process.exit())
}

/** A coded error is for the user: one line. Anything else is a bug: its stack is the report. */
function lineOf(error: unknown): string {
  if (error instanceof CodedError) return `${error.message} [${error.code}]`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** An option that can be given as an environment variable too. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`CAIRN_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`)
    }
    return value
  }
}

/** A number of blocks, or `all`. */
function historyBlocks(text: string): number | 'all' {
  return text === 'all' ? 'all' : wholeNumber(0, 1e9)(text)
}

/** Epoch number, colon, consensus hash of its last block. */
function checkpoint(text: string): Checkpoint {
  const [, number, hash] = /^(\d{1,15}):(0x[0-9a-f]{64})$/.exec(text) ?? []
  if (number === undefined || hash === undefined) {
    throw new InvalidArgumentError('expected <epoch>:<0x…, 64 hexadecimal digits in lower case>')
  }
  return { epoch: epoch(Number(number)), hash: hash as Hash }
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}
