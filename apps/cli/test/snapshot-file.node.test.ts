/** `cairn snapshot create`, `verify` and `restore` on the state of a small local network that was stopped. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoppedChain } from '../src/chain-files/stopped-chain.ts'
import { startDemoTraffic } from '../src/localnet/demo-traffic.ts'
import { startLocalnet } from '../src/localnet/localnet.ts'
import { runSnapshotCreate } from '../src/snapshot/create-command.ts'
import { runSnapshotRestore, runSnapshotVerify } from '../src/snapshot/restore-command.ts'
import { openSnapshotFile } from '../src/snapshot/snapshot-file.ts'

const TIMEOUT_MS = 90_000
const root = mkdtempSync(join(tmpdir(), 'cairn-snapshot-file-'))
const validator = join(root, 'network', 'validator-0')
const network = join(root, 'network', 'network.json')
const file = join(root, 'state.snapshot')
const lines: string[] = []
const say = (line: string): void => void lines.push(line)

beforeAll(async () => {
  await runNetwork(6)
  await runSnapshotCreate({ dataDir: validator, output: file }, say)
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** One validator is a network of its own. */
async function runNetwork(height: number): Promise<void> {
  const reached = Promise.withResolvers<void>()
  const localnet = await startLocalnet(
    { directory: join(root, 'network'), validatorCount: 1, rpcPort: () => 0, heartbeatMs: 100 },
    { onFinalized: (_index, block) => (block.height >= height ? reached.resolve() : undefined) },
  )
  const traffic = await startDemoTraffic({
    rpcUrls: [`http://127.0.0.1:${localnet.process(0)?.rpcPort}`],
    chainId: localnet.layout.chainSpec.chainId,
    ratePerSecond: 20,
    onError: () => {},
  })
  await reached.promise
  await traffic.stop()
  await localnet.stop()
}

/** An empty node of the same chain. */
function emptyNode(name: string): string {
  const directory = join(root, name)
  mkdirSync(directory, { recursive: true })
  copyFileSync(network, join(directory, 'network.json'))
  return directory
}

async function headOf(dataDir: string) {
  await using cleanup = new AsyncDisposableStack()
  const { chain, executor } = await openStoppedChain({ dataDir, historyBlocks: 'all' }, cleanup)
  return { chain: chain.head(), state: executor.head() }
}

const damaged = (at: number): string => {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 1
  const path = join(root, `damaged-${at}`)
  writeFileSync(path, bytes)
  return path
}

describe('snapshot files', () => {
  it('are written, verified against the chain spec alone, and restored', { timeout: TIMEOUT_MS }, async () => {
    await runSnapshotVerify({ file, network }, say)
    expect(lines.at(-1)).toMatch(/^the snapshot is good: block \d+, \d+ accounts, \d+ slots, state root 0x/)
    const dataDir = emptyNode('restored')
    await runSnapshotRestore({ file, dataDir }, say)
    expect(lines.at(-1)).toMatch(/^restored block \d+/)
    const source = await headOf(validator)
    const restored = await headOf(dataDir)
    expect(restored.state.height).toBe(source.chain.certifiedHeight)
    expect(restored.chain).toMatchObject({ baseHeight: source.chain.certifiedHeight, hash: restored.state.blockHash })
    const again = runSnapshotRestore({ file, dataDir }, say)
    await expect(again).rejects.toMatchObject({ code: 'STATE_NOT_EMPTY' })
  })

  it('are refused when anything in them is changed or cut off', { timeout: TIMEOUT_MS }, async () => {
    const { length } = readFileSync(file)
    // The header with its genesis hash is another chain's or no file; all else is corrupt or not certified.
    const places = [3, 20, length >> 2, length >> 1, length - 40]
    for (const at of places) {
      const code = expect.stringMatching(/^SNAPSHOT_(FILE_CORRUPT|WRONG_CHAIN|CERTIFICATE_INVALID)$/)
      await expect(runSnapshotVerify({ file: damaged(at), network }, say)).rejects.toMatchObject({ code })
    }
    const cut = join(root, 'cut')
    writeFileSync(cut, readFileSync(file).subarray(0, length >> 1))
    const dataDir = emptyNode('not-restored')
    const corrupt = { code: 'SNAPSHOT_FILE_CORRUPT' }
    await expect(runSnapshotRestore({ file: cut, dataDir }, say)).rejects.toMatchObject(corrupt)
    const missing = runSnapshotVerify({ file: join(root, 'nowhere'), network }, say)
    await expect(missing).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_UNREADABLE' })
    // What failed half-way is begun anew.
    await runSnapshotRestore({ file, dataDir }, say)
    expect((await headOf(dataDir)).state.height).toBeGreaterThan(0)
  })

  it('name their parts', async () => {
    const opened = await openSnapshotFile(file)
    const kinds: string[] = []
    for await (const { record } of opened.records()) kinds.push(record.kind)
    await opened.close()
    expect(kinds[0]).toBe('trail')
    expect(kinds).toContain('chunk')
    expect(kinds).toContain('codes')
    expect(kinds.at(-1)).toBe('manifest')
    expect(existsSync(`${file}.new`)).toBe(false)
  })
})
