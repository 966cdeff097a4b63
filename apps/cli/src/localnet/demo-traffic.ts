/** Transfers at a steady rate, so that a bounded run has transactions to measure. */
import { http, createPublicClient, createWalletClient, defineChain } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { DEV_ACCOUNTS } from './dev-accounts.ts'

export interface DemoTraffic {
  stop(): Promise<void>
}

/** Sends from one dev account per RPC end point, in turn. Failures go to `onError` and do not stop it. */
export async function startDemoTraffic(options: {
  readonly rpcUrls: readonly string[]
  readonly chainId: number
  readonly ratePerSecond: number
  readonly onError: (error: unknown) => void
}): Promise<DemoTraffic> {
  const senders = await Promise.all(options.rpcUrls.map((url, index) => createSender(url, options.chainId, index)))
  let sequence = 0
  const underWay = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const send = senders[sequence++ % senders.length]
    if (send === undefined) return
    const sending: Promise<void> = send(sequence)
      .catch(options.onError)
      .finally(() => underWay.delete(sending))
    underWay.add(sending)
  }, 1_000 / options.ratePerSecond)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.allSettled(underWay)
    },
  }
}

/** Nonces are counted here: asking for each would measure the question too. */
async function createSender(url: string, chainId: number, index: number): Promise<(sequence: number) => Promise<void>> {
  const developer = DEV_ACCOUNTS[index % DEV_ACCOUNTS.length]
  if (developer === undefined) throw new RangeError('no dev account')
  const account = privateKeyToAccount(developer.privateKey)
  const chain = defineChain({
    id: chainId,
    name: 'local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const reader = createPublicClient({ chain, transport: http(url) })
  const wallet = createWalletClient({ account, chain, transport: http(url) })
  let nonce = await reader.getTransactionCount({ address: account.address, blockTag: 'pending' })
  return async (sequence) => {
    await wallet.sendTransaction({
      to: `0x${sequence.toString(16).padStart(40, '0')}`,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: 100_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
      nonce: nonce++,
    })
  }
}
