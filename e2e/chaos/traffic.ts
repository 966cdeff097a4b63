/**
 * Transfers to whoever is up, all the time. A validator that dies takes its pool with it, so the sender asks for its
 * nonce again after a failure, and whenever nothing was included for a while.
 */
import { type Fleet } from './fleet.ts'

export interface Traffic {
  readonly acceptedCount: number
  /** Resolves when a transfer sent now to `node` has its receipt there. */
  probe(node: number, timeoutMs: number): Promise<void>
  stop(): Promise<void>
}

const INTERVAL_MS = 250
const CALL_TIMEOUT_MS = 3_000
/** The pool may wait for a nonce that was lost with another validator: asked anew after this many transfers. */
const NONCE_REFRESH_TRANSFERS = 20

/** One account per validator, one transfer every 250 ms in turn. */
export function startTraffic(fleet: Fleet, nodes: number): Traffic {
  const { network } = fleet
  const accounts = network.accounts.slice(0, nodes)
  const nonces = new Map<number, number>()
  const sentCounts = accounts.map(() => 0)
  const underWay = new Set<Promise<void>>()
  let acceptedCount = 0
  let turn = 0

  const call = async (node: number, method: string, params: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(network.rpcUrl(node), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    })
    const answer = (await response.json()) as {
      readonly result?: unknown
      readonly error?: { readonly message: string }
    }
    if (answer.error !== undefined) throw new Error(answer.error.message)
    return answer.result
  }

  const send = async (node: number): Promise<string> => {
    const account = accounts[node]
    if (account === undefined) throw new RangeError(`no account for ${node}`)
    const sent = (sentCounts[node] = (sentCounts[node] ?? 0) + 1)
    if (sent % NONCE_REFRESH_TRANSFERS === 0) nonces.delete(node)
    try {
      const known = nonces.get(node)
      const nonce = known ?? Number(await call(node, 'eth_getTransactionCount', [account.address, 'pending']))
      nonces.set(node, nonce + 1)
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId: network.chainId,
        nonce,
        to: `0x${sent.toString(16).padStart(40, '1')}`,
        value: 1n,
        gas: 21_000n,
        maxFeePerGas: 100_000_000_000n,
        maxPriorityFeePerGas: 1_000_000_000n,
      })
      const hash = (await call(node, 'eth_sendRawTransaction', [raw])) as string
      acceptedCount++
      return hash
    } catch (error) {
      nonces.delete(node)
      throw error
    }
  }

  const timer = setInterval(() => {
    const node = turn++ % nodes
    if (!network.isRunning(node)) return
    // Refusals are normal while validators die; what must get through is the probe at the end.
    const sending: Promise<void> = send(node)
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => underWay.delete(sending))
    underWay.add(sending)
  }, INTERVAL_MS)

  return {
    get acceptedCount() {
      return acceptedCount
    },
    probe: async (node, timeoutMs) => {
      const untilMs = performance.now() + timeoutMs
      nonces.delete(node)
      const hash = await send(node)
      while ((await call(node, 'eth_getTransactionReceipt', [hash])) === null) {
        if (performance.now() > untilMs) throw new Error(`no receipt of ${hash} at validator ${node}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    stop: async () => {
      clearInterval(timer)
      await Promise.allSettled(underWay)
    },
  }
}
