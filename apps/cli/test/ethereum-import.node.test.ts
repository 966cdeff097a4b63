/** `cairn import chain.rlp --genesis`, `export` and `removedb` of an imported chain: ethereum/execution-apis' own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runEthereumImport } from '../src/chain-files/ethereum-import.ts'
import { runExport } from '../src/chain-files/export-command.ts'
import type { ExportCommandOptions } from '../src/chain-files/export-source.ts'
import { runRemovedb } from '../src/chain-files/removedb-command.ts'
import { onlyLine, runCairn } from './run-cairn.ts'

/** Processes take a second or two each, much longer on a busy machine. */
const TIMEOUT_MS = 90_000
const fixtures = join(process.env['CAIRN_ETHEREUM_FIXTURES'] ?? '', 'execution-apis-tests')
const present = process.env['CAIRN_ETHEREUM_FIXTURES'] !== undefined && existsSync(join(fixtures, 'chain.rlp'))
const chainFile = join(fixtures, 'chain.rlp')
const genesisFile = join(fixtures, 'genesis.json')
/** Of block 54, as `headfcu.json` and the block say. */
const HEAD_ROOT = '0x6da8f636cdc85dbe8c1b5299e5db22f462c041febaf3b78cac1040152ee30b3b'

describe.skipIf(!present)(
  'an imported Ethereum chain on disk',
  { meta: { skipReason: 'no Ethereum fixtures (CAIRN_ETHEREUM_FIXTURES)' } },
  () => {
    const root = mkdtempSync(join(tmpdir(), 'cairn-ethereum-'))
    const directory = join(root, 'data')
    let bytes: Buffer

    const importFile = async (
      file: string,
      options: { readonly dataDir?: string; readonly genesisPath?: string | undefined } = {},
    ): Promise<string> => {
      const lines: string[] = []
      const dataDir = options.dataDir ?? directory
      await runEthereumImport(file, { dataDir, genesisPath: options.genesisPath }, (line) => lines.push(line))
      return lines.at(-1) ?? ''
    }
    const exportAll = async (changes: Partial<ExportCommandOptions> = {}): Promise<Buffer> => {
      const output = join(root, 'exported.rlp')
      const given = { dataDir: directory, output, from: undefined, to: undefined, format: undefined, ...changes }
      await runExport(given, () => {})
      return readFileSync(output)
    }

    beforeAll(() => {
      bytes = readFileSync(chainFile)
    })
    afterAll(() => rmSync(root, { recursive: true, force: true }))

    it('stops at the end of a cut file and goes on from there, to the same bytes', async () => {
      const cut = join(root, 'cut.rlp')
      writeFileSync(cut, bytes.subarray(0, 40_000))
      await expect(importFile(cut, { genesisPath: genesisFile })).rejects.toMatchObject({
        code: 'IMPORT_FILE_TRUNCATED',
        message: expect.stringMatching(/what came before is kept: the chain is at height [1-9]/),
      })
      const line = await importFile(chainFile)
      expect(line).toMatch(/^imported \d+ blocks, [1-9]\d* were there already; height 54, state root 0x/)
      expect(line).toContain(HEAD_ROOT)
      expect(await importFile(chainFile, { genesisPath: genesisFile })).toContain('imported 0 blocks, 54 were there')
      expect((await exportAll()).equals(bytes)).toBe(true)
      // With genesis in front, as geth writes it, it is the same chain.
      const withGenesis = join(root, 'with-genesis.rlp')
      writeFileSync(withGenesis, await exportAll({ from: 0 }))
      const other = join(root, 'other')
      const genesisPath = genesisFile
      expect(await importFile(withGenesis, { dataDir: other, genesisPath })).toContain(
        'imported 54 blocks, 1 were there',
      )
    }, 60_000)

    it('refuses what it cannot export', async () => {
      await expect(exportAll({ format: 'cairn' })).rejects.toMatchObject({ code: 'EXPORT_FORMAT_UNAVAILABLE' })
      await expect(exportAll({ to: 55 })).rejects.toMatchObject({ code: 'EXPORT_RANGE_INVALID' })
    })

    it(
      'refuses a bad block with one line that names height and field, and keeps what came before',
      async () => {
        const bad = join(root, 'bad.rlp')
        // In the state root of some block behind the twentieth.
        const damaged = Buffer.from(bytes)
        const at = damaged.length - 3_000
        damaged[at] = (damaged[at] as number) ^ 1
        writeFileSync(bad, damaged)
        const dataDir = join(root, 'damaged')
        const run = await runCairn(['import', bad, '--genesis', genesisFile, '--data-dir', dataDir])
        expect(run.exitCode).toBe(1)
        const line = run.stderr.trimEnd().split('\n').at(-1)
        expect(line).toMatch(
          /block \d+ is invalid: .+; what came before is kept: the chain is at height \d+ \[ETHEREUM_BLOCK_INVALID\]$/,
        )
        expect(await importFile(chainFile, { dataDir })).toContain(HEAD_ROOT)
      },
      TIMEOUT_MS,
    )

    it(
      'is kept apart from a Cairn chain',
      async () => {
        const start = await runCairn(['start', '--data-dir', directory])
        expect({ exitCode: start.exitCode, line: onlyLine(start) }).toMatchObject({
          exitCode: 1,
          line: expect.stringContaining('[CHAIN_SPEC_MISSING]'),
        })
        const node = mkdtempSync(join(root, 'node-'))
        writeFileSync(join(node, 'network.json'), '{}')
        const mixed = importFile(chainFile, { dataDir: node, genesisPath: genesisFile })
        await expect(mixed).rejects.toMatchObject({ code: 'DATA_DIRECTORY_OTHER_CHAIN' })
      },
      TIMEOUT_MS,
    )

    const refused: readonly (readonly [string, (genesis: Record<string, unknown>) => unknown, string])[] = [
      ['another genesis', (genesis) => ({ ...genesis, extraData: '0x00' }), 'GENESIS_MISMATCH'],
      [
        'a fork it does not know',
        (genesis) => ({ ...genesis, config: { chainId: 1, verkleTime: 1 } }),
        'GENESIS_FILE_INVALID',
      ],
      ['no JSON object', () => [], 'GENESIS_FILE_INVALID'],
    ]
    it.each(refused)('refuses %s', async (_, change, code) => {
      const path = join(root, 'genesis.json')
      writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(genesisFile, 'utf8')))))
      await expect(importFile(chainFile, { genesisPath: path })).rejects.toMatchObject({ code })
    })

    it('refuses files that are not there or hold no blocks, and leaves no directory behind', async () => {
      const dataDir = join(root, 'none')
      await expect(importFile(chainFile, { dataDir })).rejects.toMatchObject({ code: 'GENESIS_FILE_MISSING' })
      expect(existsSync(dataDir)).toBe(false)
      await expect(importFile(join(root, 'missing.rlp'))).rejects.toMatchObject({ code: 'IMPORT_FILE_UNREADABLE' })
      const path = join(root, 'text.rlp')
      for (const content of ['hello', Uint8Array.of(0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0), Uint8Array.of(0xf9, 1)]) {
        writeFileSync(path, content)
        await expect(importFile(path)).rejects.toMatchObject({ code: 'IMPORT_FILE_CORRUPT' })
      }
    })

    it('begins again after removedb, with its genesis still there', async () => {
      await runRemovedb({ dataDir: directory, yes: true })
      expect(await importFile(chainFile)).toContain('imported 54 blocks, 0 were there already')
    }, 60_000)
  },
)
