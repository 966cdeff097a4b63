/** `cairn export`, `import` and `removedb` on the chain of a small local network that was stopped. */
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  decodeFinalizedRangeResponse,
  decodePayload,
  genesisValidatorSet,
  parseChainSpec,
  serializeChainSpec,
  verifyCertificate,
} from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { openDataDirectory } from '@cairn/platform-node'
import { CodedError, type Hash, concatBytes, decodeRlp, height } from '@cairn/primitives'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chainFileHeader, chainFileRecord, openChainFile } from '../src/chain-files/chain-file.ts'
import { runExport } from '../src/chain-files/export-command.ts'
import type { ExportCommandOptions } from '../src/chain-files/export-source.ts'
import { runImport } from '../src/chain-files/import-command.ts'
import { checkRange } from '../src/chain-files/range-check.ts'
import { runRemovedb } from '../src/chain-files/removedb-command.ts'
import { startDemoTraffic } from '../src/localnet/demo-traffic.ts'
import { type Localnet, startLocalnet } from '../src/localnet/localnet.ts'
import { onlyLine, runCairn } from './run-cairn.ts'

/** Processes take a second or two each, much longer on a busy machine. */
const TIMEOUT_MS = 90_000
const root = mkdtempSync(join(tmpdir(), 'cairn-files-'))
const directory = join(root, 'network')
const validator = join(directory, 'validator-0')
const fullFile = join(root, 'full.cairn')
/** The same chain, cut into two ranges. */
const pairFile = join(root, 'pair.cairn')
const roots = new Map<number, string>()
let head = 0
let split = 0
let genesisHash = '' as Hash
let ranges: readonly Uint8Array[] = []
let freshCount = 0

beforeAll(async () => {
  const network = await networkOfHeight(10)
  genesisHash = network.genesisHash as Hash
  await network.stop()
  await exportTo(fullFile)
  await exportTo(join(root, 'first.cairn'), { to: 4 })
  await exportTo(join(root, 'blocks.rlp'), { format: 'rlp' })
  const [first] = await recordsOf(join(root, 'first.cairn'))
  split = blocksOf(first).at(-1)?.header.height ?? 0
  const rest = join(root, 'rest.cairn')
  await exportTo(rest, { from: split + 1 })
  ranges = [first ?? new Uint8Array(0), ...(await recordsOf(rest))]
  head = blocksOf(ranges.at(-1)).at(-1)?.header.height ?? 0
  writeRanges(pairFile, ranges)
  const headers = ranges.flatMap(blocksOf).map(({ header }) => header)
  // Neither the first blocks nor the last one need have been reported.
  for (const { height: at, stateRoot } of headers) {
    expect(roots.get(at) ?? stateRoot).toBe(stateRoot)
    roots.set(at, stateRoot)
  }
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Starts the network, of one validator to be quick, with transfers, and waits until it has finalized the height. */
async function networkOfHeight(lastHeight: number): Promise<Localnet> {
  const enough = Promise.withResolvers<void>()
  let transactions = 0
  const network = await startLocalnet(
    { directory, validatorCount: 1, rpcPort: () => 0, heartbeatMs: 100 },
    {
      onFinalized: (_, block) => {
        roots.set(block.height, block.stateRoot)
        transactions += block.transactionCount
        if (block.height >= lastHeight && transactions > 0) enough.resolve()
      },
      onDied: (_, reason) => enough.reject(new Error(`the validator died: ${reason}`)),
    },
  )
  const traffic = await startDemoTraffic({
    rpcUrls: [`http://127.0.0.1:${network.process(0)?.rpcPort}`],
    chainId: network.layout.chainSpec.chainId,
    ratePerSecond: 20,
    onError: () => {},
  })
  try {
    await enough.promise
    return network
  } catch (error) {
    await network.stop()
    throw error
  } finally {
    await traffic.stop()
  }
}

function exportTo(output: string, more: Partial<ExportCommandOptions> = {}): Promise<string> {
  return exportFrom(validator, { output, ...more })
}

function exportFrom(
  dataDir: string,
  given: Partial<ExportCommandOptions> & { readonly output: string },
): Promise<string> {
  const all = { dataDir, from: undefined, to: undefined, format: 'cairn' } as const
  return lastLine((writeLine) => runExport({ ...all, ...given }, writeLine))
}

const importInto = (dataDir: string, file: string): Promise<string> =>
  lastLine((writeLine) => runImport(file, { dataDir, historyBlocks: undefined }, writeLine))

/** What a command that runs in this process says last: most do, since starting one costs a second. */
async function lastLine(run: (writeLine: (line: string) => void) => Promise<void>): Promise<string> {
  let last = ''
  await run((line) => (last = line))
  return last
}

async function refusalOf(command: Promise<string>): Promise<CodedError> {
  const outcome = await command.catch((error: unknown) => error)
  if (outcome instanceof CodedError) return outcome
  throw new Error('not refused', { cause: outcome })
}

/** With the chain spec and nothing else: no keys. */
function freshDirectory(): string {
  const data = join(root, `fresh-${freshCount++}`)
  mkdirSync(data)
  cpSync(join(directory, 'network.json'), join(data, 'network.json'))
  return data
}

async function recordsOf(path: string): Promise<readonly Uint8Array[]> {
  const file = await openChainFile(path)
  try {
    const records: Uint8Array[] = []
    for await (const record of file.records()) records.push(record)
    return records
  } finally {
    await file.close()
  }
}

function blocksOf(range: Uint8Array | undefined) {
  const decoded = decodeFinalizedRangeResponse(range ?? new Uint8Array(0))
  if (!decoded.ok) throw new Error(decoded.code)
  return decoded.value.blocks
}

function writeRanges(path: string, records: readonly Uint8Array[]): void {
  const parts = [...records, new Uint8Array(0)].map(chainFileRecord)
  writeFileSync(path, concatBytes(chainFileHeader(genesisHash), ...parts))
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x10
  return copy
}

const summary = (imported: number, present: number, at = head): string =>
  `imported ${imported} blocks, ${present} were there already; height ${at}, state root ${roots.get(at)}, `

describe('an exported chain', () => {
  it(
    'is imported without any key to the same head and state root, once',
    async () => {
      const data = freshDirectory()
      const first = await runCairn(['import', pairFile, '--data-dir', data])
      expect(first).toMatchObject({ exitCode: 0, stdout: '' })
      expect(first.stderr.trimEnd().split('\n').at(-1)).toContain(summary(head, 0))
      expect(await importInto(data, fullFile)).toContain(summary(0, head))
      expect(readdirSync(data).toSorted()).toEqual(['VERSION', 'chain', 'network.json', 'state'])
      expect(readdirSync(root).filter((name) => /\.cairn\..+/.test(name))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'goes on where an earlier import ended, in the middle of a range',
    async () => {
      const data = freshDirectory()
      expect(await importInto(data, join(root, 'first.cairn'))).toContain(summary(split, 0, split))
      expect(await importInto(data, fullFile)).toContain(summary(head - split, split))
    },
    TIMEOUT_MS,
  )

  it('as RLP is Ethereum’s blocks in order, each naming its parent', () => {
    const bytes = readFileSync(join(root, 'blocks.rlp'))
    const payloads = decodeRlp(listOf(bytes), bytes.length + 9, (item) => {
      const items = item.list()
      const found: Uint8Array[] = []
      while (!items.isAtEnd) found.push(items.raw().bytes)
      return found
    })
    if (!payloads.ok) throw new Error(payloads.code)
    const headers = payloads.value.slice(1).map((payload) => {
      const body = decodePayload(payload)
      if (!body.ok) throw new Error(body.code)
      return { ...body.value.header, hash: keccak256(body.value.headerBytes) }
    })
    expect(headers.map(({ number }) => number)).toEqual(Array.from({ length: head }, (_, index) => index + 1))
    for (const [index, header] of headers.slice(1).entries()) expect(header.parentHash).toBe(headers[index]?.hash)
  })

  it(
    'goes to standard output too, and only as far as it is certified',
    async () => {
      const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
      const args = ['export', '--data-dir', validator, '--output', '-']
      const piped = await promisify(execFile)(process.execPath, [main, ...args], { encoding: 'buffer' })
      expect(piped.stdout.equals(readFileSync(fullFile))).toBe(true)
      const tooFar = await refusalOf(exportTo(join(root, 'no.cairn'), { to: head + 1 }))
      expect(tooFar).toMatchObject({ code: 'EXPORT_RANGE_INVALID' })
      expect(tooFar.message).toContain(`up to height ${head} only`)
      expect(existsSync(join(root, 'no.cairn'))).toBe(false)
    },
    TIMEOUT_MS,
  )
})

describe('a file that is not whole', () => {
  it(
    'is refused with a code, and keeps the ranges before the damage',
    async () => {
      const [first = new Uint8Array(0), second = new Uint8Array(0)] = ranges
      const damaged = join(root, 'damaged.cairn')
      writeRanges(damaged, [first, flipped(second, Math.floor(second.length / 2))])
      const cut = join(root, 'cut.cairn')
      cpSync(pairFile, cut)
      truncateSync(cut, readFileSync(cut).length - 10)
      const gap = join(root, 'gap.cairn')
      writeRanges(gap, [second])
      const cases = [
        { file: damaged, code: /^IMPORT_(FILE_CORRUPT|CERTIFICATE_INVALID)$/, kept: split },
        { file: cut, code: /^IMPORT_FILE_TRUNCATED$/, kept: split },
        { file: gap, code: /^IMPORT_GAP$/, kept: 0 },
      ]
      for (const { file, code, kept } of cases) {
        const data = freshDirectory()
        const refusal = await refusalOf(importInto(data, file))
        expect(refusal.code).toMatch(code)
        expect(refusal.message).toContain(`the chain is at height ${kept}`)
        if (file === damaged) expect(await importInto(data, pairFile)).toContain(summary(head - kept, kept))
      }
    },
    TIMEOUT_MS,
  )

  it('is refused wherever a bit of a range is flipped', async () => {
    const [first = new Uint8Array(0)] = ranges
    const spec = parseChainSpec(readFileSync(join(directory, 'network.json'), 'utf8'))
    const validators = genesisValidatorSet(spec)
    const keys = createNativeBls().keySet(validators.validators.map(({ publicKey }) => publicKey))
    const own = {
      head: { height: height(0), hash: genesisHash },
      hashAt: async () => genesisHash,
      verifyFinalization: (certificate: Parameters<typeof verifyCertificate>[0]) =>
        verifyCertificate(certificate, validators, keys, genesisHash),
    }
    expect((await checkRange(first, own)).added).toHaveLength(split)
    for (let at = 0; at < first.length; at += 61) {
      const outcome = await checkRange(flipped(first, at), own).catch((error: unknown) => error)
      expect(outcome, `byte ${at}`).toBeInstanceOf(CodedError)
    }
  })

  it(
    'or of another kind or chain is refused before anything is touched',
    async () => {
      const other = freshDirectory()
      const spec = parseChainSpec(readFileSync(join(other, 'network.json'), 'utf8'))
      const changed = serializeChainSpec({ ...spec, genesisTimeMs: spec.genesisTimeMs + 1_000 })
      writeFileSync(join(other, 'network.json'), changed)
      const fresh = freshDirectory()
      const rlp = await runCairn(['import', join(root, 'blocks.rlp'), '--data-dir', fresh])
      expect(rlp).toMatchObject({ exitCode: 1, stdout: '' })
      expect(onlyLine(rlp)).toMatch(/RLP.* no finalization certificates.* \[IMPORT_FORMAT_UNKNOWN\]$/)
      const text = await refusalOf(importInto(fresh, join(fresh, 'network.json')))
      expect(text).toMatchObject({ code: 'IMPORT_FORMAT_UNKNOWN' })
      expect(await refusalOf(importInto(other, fullFile))).toMatchObject({ code: 'GENESIS_MISMATCH' })
      expect(readdirSync(fresh)).toEqual(['network.json'])
    },
    TIMEOUT_MS,
  )
})

describe('a data directory', () => {
  it(
    'in use is refused by all three',
    async () => {
      const path = validator
      const data = await openDataDirectory(path)
      try {
        const output = join(root, 'no.cairn')
        const inUse = { code: 'DATA_DIRECTORY_IN_USE' }
        expect(await refusalOf(exportFrom(path, { output }))).toMatchObject(inUse)
        expect(await refusalOf(importInto(path, fullFile))).toMatchObject(inUse)
        expect(await refusalOf(lastLine(() => runRemovedb({ dataDir: path, yes: true })))).toMatchObject(inUse)
        expect(existsSync(data.chainPath)).toBe(true)
      } finally {
        await data.close()
      }
    },
    TIMEOUT_MS,
  )

  it(
    'that is none is refused and not made',
    async () => {
      const path = join(root, 'mistyped')
      const missing = { code: 'DATA_DIRECTORY_MISSING' }
      expect(await refusalOf(exportFrom(path, { output: join(root, 'no.cairn') }))).toMatchObject(missing)
      expect(await refusalOf(lastLine(() => runRemovedb({ dataDir: path, yes: true })))).toMatchObject(missing)
      expect(await refusalOf(importInto(path, fullFile))).toMatchObject({ code: 'CHAIN_SPEC_MISSING' })
      expect(existsSync(path)).toBe(false)
    },
    TIMEOUT_MS,
  )

  it(
    'loses only blocks and state to removedb, and gets them back by import',
    async () => {
      const path = validator
      const kept = ['identity.key', 'validator.key', 'wal', 'network.json']
      const before = kept.map((name) => readFileSync(join(path, name), 'hex'))
      const unasked = await runCairn(['removedb', '--data-dir', path])
      expect(onlyLine(unasked)).toMatch(/--yes.*\[REMOVEDB_NOT_CONFIRMED\]$/)
      expect(existsSync(join(path, 'chain'))).toBe(true)
      const removed = await runCairn(['removedb', '--data-dir', path, '--yes'])
      expect(removed).toMatchObject({ exitCode: 0, stderr: '' })
      expect(removed.stdout).toMatch(/kept wal: it records what this validator has signed/)
      expect([existsSync(join(path, 'chain')), existsSync(join(path, 'state'))]).toEqual([false, false])
      expect(await importInto(path, fullFile)).toContain(summary(head, 0))
      expect(kept.map((name) => readFileSync(join(path, name), 'hex'))).toEqual(before)
    },
    TIMEOUT_MS,
  )
})

/** The concatenation as one RLP list, so that the bounded reader can walk it. */
function listOf(items: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(9)
  new DataView(prefix.buffer).setBigUint64(1, BigInt(items.length))
  const lengthBytes = prefix.subarray(1).subarray(prefix.subarray(1).findIndex((byte) => byte > 0))
  return concatBytes(Uint8Array.of(0xf7 + lengthBytes.length), lengthBytes, items)
}
