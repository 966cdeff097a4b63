/** ethers from npm, unmodified, against a running network. */
import { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, isError, parseEther } from 'ethers'
import type { EventLog, TransactionReceipt } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { compileToken } from './solidity.ts'

const SUPPLY = 10n ** 24n

describe('ethers', () => {
  let network: TestNetwork
  let provider: JsonRpcProvider
  let wallet: Wallet
  let token: Contract

  beforeAll(async () => {
    network = await startNetwork({ heartbeatMs: 200 })
    provider = new JsonRpcProvider(network.rpcUrl(0), undefined, { polling: true, pollingInterval: 100 })
    wallet = new Wallet(network.fundedKeys[1] as string, provider)
    const { abi, bytecode } = compileToken()
    const deployed = await new ContractFactory(abi as never, bytecode, wallet).deploy(SUPPLY)
    await deployed.waitForDeployment()
    token = new Contract(await deployed.getAddress(), abi as never, wallet)
  })
  afterAll(async () => {
    provider?.destroy()
    await network?.stop()
  })

  test.each([0, 1, 2])('sends a funded transfer of type %d', async (type) => {
    const to = Wallet.createRandom().address
    const response = await wallet.sendTransaction({ type, to, value: parseEther('0.25') })
    const receipt = (await response.wait()) as TransactionReceipt
    expect(receipt).toMatchObject({ status: 1, type, gasUsed: 21_000n, hash: response.hash })
    expect(await provider.getBalance(to)).toBe(parseEther('0.25'))
    const block = await provider.getBlock(receipt.blockNumber, true)
    expect(block?.getPrefetchedTransaction(response.hash).from).toBe(wallet.address)
  })

  test('calls a contract and reads its events', async () => {
    const to = Wallet.createRandom().address
    const call = token.getFunction('transfer')
    const estimate = await call.estimateGas(to, 12n)
    const receipt = (await (await call(to, 12n)).wait()) as TransactionReceipt
    expect(receipt.gasUsed).toBeLessThanOrEqual(estimate)
    expect(await token.getFunction('balanceOf')(to)).toBe(12n)
    const events = await token.queryFilter(token.filters['Transfer']?.(null, to) ?? 'Transfer', 0)
    expect(events).toHaveLength(1)
    expect((events[0] as EventLog).args.toObject()).toMatchObject({ from: wallet.address, to, value: 12n })
  })

  test('hears events and blocks over a WebSocket', async () => {
    const socket = new WebSocketProvider(network.wsUrl(0))
    try {
      const to = Wallet.createRandom().address
      const listener = token.connect(socket) as Contract
      const heard = Promise.withResolvers<bigint>()
      await listener.on(token.filters['Transfer']?.(null, to) ?? 'Transfer', (event: { readonly log: EventLog }) => {
        heard.resolve(event.log.args['value'] as bigint)
      })
      const block = new Promise<number>((resolve) => void socket.once('block', resolve))
      await socket.getBlockNumber()
      await (await token.getFunction('transfer')(to, 34n)).wait()
      expect(await heard.promise).toBe(34n)
      expect(await block).toBeGreaterThan(0)
    } finally {
      await socket.destroy()
    }
  })

  test('explains why a call reverts', async () => {
    const stranger = Wallet.createRandom(provider)
    const foreign = token.connect(stranger) as Contract
    const failureOf = async (name: string, ...parameters: readonly unknown[]): Promise<unknown> =>
      foreign
        .getFunction(name)
        .staticCall(...parameters)
        .catch((error: unknown) => error)
    expect(await failureOf('transfer', wallet.address, 1n)).toMatchObject({
      code: 'CALL_EXCEPTION',
      reason: 'balance too low',
    })
    expect(await failureOf('transferFrom', wallet.address, stranger.address, 9n)).toMatchObject({
      code: 'CALL_EXCEPTION',
      revert: { name: 'InsufficientAllowance', args: [stranger.address, 0n, 9n] },
    })
    expect(await failureOf('share', 1n, 0n)).toMatchObject({ code: 'CALL_EXCEPTION', revert: { name: 'Panic' } })
    const sent = await token.getFunction('transfer')(stranger.address, SUPPLY * 2n, { gasLimit: 100_000n })
    await expect(sent.wait()).rejects.toMatchObject({ code: 'CALL_EXCEPTION', receipt: { status: 0 } })
  })

  test('names what is wrong with a transaction', async () => {
    const poor = Wallet.createRandom(provider)
    const sentBy = (sender: { sendTransaction: Wallet['sendTransaction'] }, request: object): Promise<unknown> =>
      sender
        .sendTransaction({ to: wallet.address, value: 1n, gasLimit: 21_000n, ...request })
        .catch((error: unknown) => error)
    expect(isError(await sentBy(poor, {}), 'INSUFFICIENT_FUNDS')).toBe(true)
    expect(isError(await sentBy(wallet, { nonce: 0 }), 'NONCE_EXPIRED')).toBe(true)
    const nonce = (await wallet.getNonce('pending')) + 1
    const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 9n }
    const waiting = (await sentBy(wallet, { nonce, ...fees })) as { hash: string }
    expect(isError(await sentBy(wallet, { nonce, ...fees, value: 2n }), 'REPLACEMENT_UNDERPRICED')).toBe(true)
    // With the gap filled both are included.
    await wallet.sendTransaction({ to: wallet.address, nonce: nonce - 1 })
    expect((await provider.waitForTransaction(waiting.hash))?.status).toBe(1)
  })
})
