/** A fifth node joins a running network of four processes by snapshot, over real QUIC, into real databases. */
import { type ChildProcess, fork } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DEV_ACCOUNTS, type Localnet, startLocalnet } from '@cairn/cli'
import { generateIdentity, openDataDirectory } from '@cairn/platform-node'
import { type Hex, createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileToken } from '../rpc/solidity.ts'
import { TOKEN_ABI } from '../rpc/token-abi.ts'

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'cairn-snapshot-'))
let localnet: Localnet
let joiner: ChildProcess | undefined

beforeAll(async () => {
  localnet = await startLocalnet(
    { directory: join(directory, 'net'), validatorCount: 4, rpcPort: () => 0, heartbeatMs: 300 },
    {},
  )
})
afterAll(async () => {
  joiner?.kill('SIGKILL')
  await localnet?.stop()
  rmSync(directory, { recursive: true, force: true })
})

interface Joined {
  readonly rpcPort: number
  readonly restoredHeight: number
}

/** Resolves when the node serves RPC. */
function startJoiner(dataDir: string): Promise<Joined> {
  const peers = localnet.layout.validators.flatMap(({ address }) => ['--peer', address])
  const ports = ['--rpc-port', '0', '--p2p-port', '0', '--tab-port', '0']
  const child = fork(
    MAIN,
    ['start', '--data-dir', dataDir, '--sync', 'snapshot', '--local-network', ...ports, ...peers],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] },
  )
  joiner = child
  const lines: string[] = []
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line))
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${lines.slice(-5).join('\n')}`)))
    child.on('message', (message: { readonly type: string; readonly rpcPort: number }) => {
      if (message.type !== 'ready') return
      const restored = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'snapshot restored')
      resolve({ rpcPort: message.rpcPort, restoredHeight: restored?.height })
    })
  })
}

test('a fifth node takes the state from the validators and follows them', async () => {
  const url = `http://127.0.0.1:${localnet.process(0)?.rpcPort}`
  const chain = defineChain({
    id: localnet.layout.chainSpec.chainId,
    name: 'Cairn test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const account = privateKeyToAccount(DEV_ACCOUNTS[0]?.privateKey as Hex)
  const wallet = createWalletClient({ account, chain, transport: http() })
  const reader = createPublicClient({ chain, transport: http(), pollingInterval: 100 })
  const deployed = await wallet.deployContract({
    abi: TOKEN_ABI,
    bytecode: compileToken().bytecode,
    args: [10n ** 24n],
  })
  const token = (await reader.waitForTransactionReceipt({ hash: deployed })).contractAddress as Hex
  const to = DEV_ACCOUNTS[3]?.address as Hex
  const transfer = await wallet.writeContract({
    address: token,
    abi: TOKEN_ABI,
    functionName: 'transfer',
    args: [to, 5n],
  })
  await reader.waitForTransactionReceipt({ hash: transfer })

  const dataDir = join(directory, 'joiner')
  const data = await openDataDirectory(dataDir)
  await data.writeKey('identity.key', await generateIdentity())
  copyFileSync(join(directory, 'net', 'network.json'), data.networkPath)
  await data.close()
  const { rpcPort, restoredHeight } = await startJoiner(dataDir)
  expect(restoredHeight).toBeGreaterThan(1)
  const joined = createPublicClient({ chain, transport: http(`http://127.0.0.1:${rpcPort}`), pollingInterval: 100 })
  const later = await wallet.writeContract({ address: token, abi: TOKEN_ABI, functionName: 'transfer', args: [to, 7n] })
  const { blockNumber } = await joined.waitForTransactionReceipt({ hash: later })
  expect(blockNumber).toBeGreaterThan(BigInt(restoredHeight))
  const balanceOf = { address: token, abi: TOKEN_ABI, functionName: 'balanceOf', args: [to] } as const
  expect(await joined.readContract({ ...balanceOf, blockNumber })).toBe(12n)
  const [here, there] = await Promise.all([joined.getBlock({ blockNumber }), reader.getBlock({ blockNumber })])
  expect(here).toEqual(there)
  expect(await joined.getBlock({ blockNumber: 1n }).catch(() => undefined)).toBeUndefined()
  expect(readFileSync(join(directory, 'net', 'validator-0', 'node.log'), 'utf8')).not.toMatch(/"level":"(error|fatal)"/)
})
