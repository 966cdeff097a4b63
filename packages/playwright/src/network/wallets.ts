/** viem clients of a test network, and money for accounts that a test makes. */
import { http, createPublicClient, createWalletClient, defineChain } from 'viem'
import type { Account, Address, Chain, HttpTransport, PublicClient, WalletClient } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { DEV_ACCOUNTS } from '@cairn/cli'

/** How often viem asks for a receipt: a block takes a tenth of a second here. */
const POLLING_INTERVAL_MS = 100

export type FundedAccount = ReturnType<typeof privateKeyToAccount>

export interface Wallets {
  readonly chain: Chain
  /** Accounts with 10 000 coins each in the genesis. The first one pays for `fund`. */
  readonly accounts: readonly FundedAccount[]
  publicClient(validator?: number): PublicClient<HttpTransport, Chain>
  walletClient(account: Account, validator?: number): WalletClient<HttpTransport, Chain, Account>
  /** Sends `value` wei to `address` and waits until it is final on all running validators. @throws Error when it failed */
  fund(address: Address, value: bigint): Promise<void>
}

/** Those that the genesis of every test network funds. */
export function fundedAccounts(): readonly FundedAccount[] {
  return DEV_ACCOUNTS.map(({ privateKey }) => privateKeyToAccount(privateKey))
}

/** `waitForHeight` resolves when the running validators have finalized the block. */
export function createWallets(
  chainId: number,
  rpcUrl: (validator: number) => string,
  waitForHeight: (height: number) => Promise<void>,
): Wallets {
  const accounts = fundedAccounts()
  const chain = defineChain({
    id: chainId,
    name: 'Cairn test network',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  })
  const clientOptions = (validator: number) => ({
    chain,
    transport: http(rpcUrl(validator)),
    pollingInterval: POLLING_INTERVAL_MS,
  })
  const publicClient: Wallets['publicClient'] = (validator = 0) => createPublicClient(clientOptions(validator))
  const walletClient: Wallets['walletClient'] = (account, validator = 0) =>
    createWalletClient({ ...clientOptions(validator), account })
  return {
    chain,
    accounts,
    publicClient,
    walletClient,
    fund: async (to, value) => {
      const [payer] = accounts
      if (payer === undefined) throw new Error('the genesis funds no account')
      const hash = await walletClient(payer).sendTransaction({ to, value })
      const { status, blockNumber } = await publicClient().waitForTransactionReceipt({ hash })
      if (status !== 'success') throw new Error(`the transfer of ${value} wei to ${to} failed`)
      await waitForHeight(Number(blockNumber))
    },
  }
}
