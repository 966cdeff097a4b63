/** What stops a node from starting: one line, a failing exit code, and nothing lost for the next start. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseChainSpec, serializeChainSpec } from '@cairn/chain'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openLocalnetDirectory } from '../src/localnet/localnet-directory.ts'
import type { NodeProcess } from '../src/localnet/node-process.ts'
import { type CairnRun, onlyLine, runCairn } from './run-cairn.ts'
import { startArguments, startUntil } from './start-node.ts'

const root = mkdtempSync(join(tmpdir(), 'cairn-test-'))
const template = join(root, 'template')
const running: NodeProcess[] = []
/** Processes take a second or two each, much longer on a busy machine. */
const TIMEOUT_MS = 90_000
let copies = 0
let busy: Server
let busyPort = 0

beforeAll(async () => {
  await openLocalnetDirectory({ directory: template, validatorCount: 1 })
  busy = createServer()
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const address = busy.address()
  busyPort = typeof address === 'object' && address !== null ? address.port : 0
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.kill('SIGKILL')))
})
afterAll(() => {
  busy.close()
  rmSync(root, { recursive: true, force: true })
})

/** A local network of one validator that has not run yet. */
function freshNetwork(): { readonly directory: string; readonly data: string } {
  const directory = join(root, `network-${copies++}`)
  cpSync(template, directory, { recursive: true })
  return { directory, data: join(directory, 'validator-0') }
}

const start = (data: string, rpcPort?: number): Promise<CairnRun> =>
  runCairn(['start', ...startArguments(data, rpcPort)])

async function heightOf({ rpcPort }: NodeProcess): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${rpcPort}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }),
  })
  const { result } = (await response.json()) as { readonly result: string }
  return Number(result)
}

describe('a port in use', () => {
  it(
    'refuses `cairn start` with the port’s number, and gives the directory up',
    async () => {
      const { data } = freshNetwork()
      const run = await start(data, busyPort)
      expect(run.exitCode).toBe(1)
      expect(onlyLine(run)).toMatch(new RegExp(`^cairn: .*\\b${busyPort}\\b.* \\[PORT_IN_USE\\]$`))
      expect(existsSync(join(data, 'LOCK'))).toBe(false)
      expect(existsSync(join(data, 'validator.key'))).toBe(true)
    },
    TIMEOUT_MS,
  )

  it(
    'refuses `cairn localnet` the same way',
    async () => {
      const { directory, data } = freshNetwork()
      const args = [
        'localnet',
        '--validators',
        '1',
        '--no-web',
        '--data-dir',
        directory,
        '--rpc-port',
        String(busyPort),
      ]
      const run = await runCairn(args)
      expect(run).toMatchObject({ exitCode: 1, stdout: '' })
      expect(onlyLine(run)).toMatch(new RegExp(`^cairn: .*\\b${busyPort}\\b.* \\[PORT_IN_USE\\]$`))
      expect(existsSync(join(data, 'LOCK'))).toBe(false)
    },
    TIMEOUT_MS,
  )
})

describe('a data directory with blocks', () => {
  it(
    'outlives a second process and a wrong genesis: refused, nothing lost, put right it goes on',
    async () => {
      const { data } = freshNetwork()
      const first = await startUntil(data, 1, running)
      const second = await start(data)
      expect(second.exitCode).toBe(1)
      expect(onlyLine(second)).toBe(
        `cairn: the data directory ${data} is in use by the process ${first.pid} [DATA_DIRECTORY_IN_USE]`,
      )
      const height = await heightOf(first)
      expect(height).toBeGreaterThanOrEqual(1)
      await first.stop()

      const path = join(data, 'network.json')
      const good = readFileSync(path, 'utf8')
      writeFileSync(path, good.slice(0, -30))
      const corrupt = await start(data)
      expect(corrupt.exitCode).toBe(1)
      expect(onlyLine(corrupt)).toContain(`cairn: ${path}: `)
      expect(onlyLine(corrupt)).toMatch(/\[CHAIN_SPEC_INVALID\]$/)

      const spec = parseChainSpec(good)
      writeFileSync(path, serializeChainSpec({ ...spec, genesisTimeMs: spec.genesisTimeMs + 1_000 }))
      const other = await start(data)
      expect(other.exitCode).toBe(1)
      expect(onlyLine(other)).toMatch(/\[GENESIS_MISMATCH\]$/)

      writeFileSync(path, good)
      const again = await startUntil(data, height, running)
      expect(await heightOf(again)).toBeGreaterThanOrEqual(height)
    },
    TIMEOUT_MS,
  )
})
