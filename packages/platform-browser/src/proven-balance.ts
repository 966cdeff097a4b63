/**
 * A balance that a peer proves. Nothing of the answer is believed: its header must be the one this tab has verified at
 * that height (a light tab: one that a finalization certifies), the Merkle proof must lead from that header's root
 * (checked here; the tab's own state by the core), and where the tab's own state is of the same height, both must agree. While nobody is connected,
 * a tab that has state proves the balance to itself.
 */
import {
  EMPTY_CODE_HASH,
  decodeAccountProofResponse,
  decodeExecutionHeader,
  encodeAccountProofRequest,
  hashHeader,
  verifyAccountProof,
} from '@cairn/chain'
import type { AccountProofResponse } from '@cairn/chain'
import type { AccountProof, AccountState, Clock, Executor, PeerId } from '@cairn/ports'
import {
  type Address,
  CodedError,
  type Hash,
  type Height,
  ZERO_HASH,
  addressFromBytes,
  tryBytesFromHex,
} from '@cairn/primitives'
import { browserClock } from './browser-ports.ts'
import type { Answerers } from './http-peers.ts'
import { PROOF_ATTEMPTS_MAX, PROOF_BLOCK_WAIT_MS, PROOF_PEERS_MAX, PROOF_TIMEOUT_MS } from './limits.ts'
import { serversFirst } from './servers-first.ts'
import { markStart } from './start-marks.ts'
import type { BalanceAnswer, ProvenBalance } from './tab-snapshot.ts'

/** A balance for the page; never rejects. */
export type LookUp = (address: string) => Promise<BalanceAnswer>

export interface ProvenBalanceDeps {
  readonly answerers: Answerers
  /** The header whose root the answer is proved against. @throws CodedError `PROOF_…` */
  readonly verifiedHeader: (response: AccountProofResponse, peer: PeerId) => Promise<VerifiedHeader>
  /** Absent: there is no own state. See `compareWithOwnState`. */
  readonly compareWithOwnState?: (address: Address, proved: AccountState, height: number) => Promise<boolean>
  /** The tab's own state, which answers while nobody does. */
  readonly own?: Executor
}

interface VerifiedHeader {
  readonly header: Header
  /** Whether this tab has executed its block. */
  readonly isExecuted: boolean
}

/** The part of the chain store that is needed. */
export interface CommittedChain {
  head(): { readonly height: number }
  blockByHeight(height: Height): Promise<{ readonly hash: Hash } | undefined>
}

type Header = AccountProofResponse['headers'][number]

/** Asks peer after peer until one proves its answer. Never rejects. */
export async function findProvenBalance(text: string, deps: ProvenBalanceDeps): Promise<BalanceAnswer> {
  const address = addressFromText(text)
  if (address === undefined) return malformedAddress
  const peers = serversFirst(deps.answerers.peers()).slice(0, PROOF_PEERS_MAX)
  let last = refuse('NO_PEER', 'No peer is connected that could answer.')
  for (const peerId of peers) {
    const answer = await answerOf(askUntilStill(peerId, address, deps))
    if ('proven' in answer) return answer
    last = answer
    if (isLie(answer.refused.code)) deps.answerers.penalize(peerId, answer.refused.code)
  }
  const isAlone = last.refused.code === 'NO_PEER' || last.refused.code === 'PEER_UNREACHABLE'
  return isAlone && deps.own !== undefined ? findOwnBalance(text, deps.own) : last
}

async function answerOf(work: Promise<ProvenBalance>): Promise<BalanceAnswer> {
  try {
    return { proven: await work }
  } catch (error) {
    const { code, message } = error instanceof CodedError ? error : new CodedError('PROOF_FAILED', String(error))
    return refuse(code, message)
  }
}

/** From the tab's own state, without a network. Never rejects. */
async function findOwnBalance(text: string, executor: Executor): Promise<BalanceAnswer> {
  const address = addressFromText(text)
  if (address === undefined) return malformedAddress
  // A state that was never brought forward says nothing about the network.
  if (executor.head().height === 0) return refuse('NO_PEER', 'No peer is connected that could answer.')
  return answerOf(ownBalance(executor, address))
}

export const malformedAddress = refuse('ADDRESS_INVALID', 'An address has 0x and 40 hexadecimal digits.')

export function isAddress(text: string): boolean {
  return addressFromText(text) !== undefined
}

function addressFromText(text: string): Address | undefined {
  const bytes = tryBytesFromHex(text)
  return bytes?.length === 20 ? addressFromBytes(bytes) : undefined
}

/**
 * From the tab's own state, by the same proof that a peer would send, to the root of the newest block that this tab has
 * verified. @throws CodedError `PROOF_INVALID`: the stored state is not that root's
 */
async function ownBalance(executor: Executor, address: Address): Promise<ProvenBalance> {
  for (let attempt = 0; attempt < PROOF_ATTEMPTS_MAX; attempt++) {
    const { height, stateRoot, executionHeader } = executor.head()
    const claimed = await executor.proof(address, [])
    const proof = await executor.verifyProof(stateRoot, claimed)
    const header = decodeExecutionHeader(executionHeader)
    if (proof !== undefined && header.ok) {
      const own = { isExecuted: true, isOwnStateEqual: true, peerId: undefined }
      return describeProof(proof, { height, stateRoot, timeMs: header.value.timestamp * 1_000 }, own)
    }
    // A block was committed in between: the proof is of the next root.
    if (executor.head().height === height) break
  }
  throw new CodedError('PROOF_INVALID', 'The tab’s own state does not lead to the state root verified here.')
}

/** The chain moves on between answer and check; a few attempts find both at one height. */
async function askUntilStill(peer: PeerId, address: Address, deps: ProvenBalanceDeps): Promise<ProvenBalance> {
  let proven = await ask(peer, address, deps)
  const attempts = deps.compareWithOwnState === undefined ? 1 : PROOF_ATTEMPTS_MAX
  for (let attempt = 1; attempt < attempts && !proven.isOwnStateEqual; attempt++) {
    proven = await ask(peer, address, deps)
  }
  return proven
}

async function ask(peer: PeerId, address: Address, deps: ProvenBalanceDeps): Promise<ProvenBalance> {
  const request = encodeAccountProofRequest({ height: undefined, address, slots: [] })
  markStart('asked')
  const data = await deps.answerers.request(peer, 'account-proof', request, { timeoutMs: PROOF_TIMEOUT_MS })
  markStart('replied')
  const decoded = decodeAccountProofResponse(data)
  if (!decoded.ok) throw lie('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  const response = decoded.value
  if (response.address !== address) throw lie('PROOF_OF_OTHER_ACCOUNT', 'The peer proved another account.')
  const { header, isExecuted } = await deps.verifiedHeader(response, peer)
  const account = verifyAccountProof(header.stateRoot, address, response.accountProof)
  if (account === undefined || !isSameAccount(account, response.account)) {
    throw lie('PROOF_INVALID', 'The peer’s proof does not lead to the state root verified here.')
  }
  markStart('proved')
  const isOwnStateEqual = (await deps.compareWithOwnState?.(address, account, header.height)) ?? false
  return describeProof({ ...response, account }, header, { isExecuted, isOwnStateEqual, peerId: peer })
}

function describeProof(
  { address, account, accountProof }: Pick<AccountProof, 'address' | 'account' | 'accountProof'>,
  { height, stateRoot, timeMs }: Pick<Header, 'stateRoot' | 'timeMs'> & { readonly height: number },
  source: Pick<ProvenBalance, 'isExecuted' | 'isOwnStateEqual' | 'peerId'>,
): ProvenBalance {
  return {
    ...source,
    height,
    stateRoot,
    ageMs: Math.max(0, browserClock.nowMs() - timeMs),
    address,
    balance: account.balance,
    nonce: account.nonce,
    exists: account.nonce > 0n || account.balance > 0n || !isCodeless(account),
    proofNodes: accountProof.length,
    proofBytes: accountProof.reduce((sum, node) => sum + node.length, 0),
  }
}

/** The answer's header, once this tab has committed the same block by itself. */
export async function committedHeader(
  { headers }: AccountProofResponse,
  {
    chain,
    clock,
    nextBlock,
  }: {
    readonly chain: CommittedChain
    readonly clock: Clock
    /** Resolves after the next committed block, or after `timeoutMs`. */
    readonly nextBlock: (timeoutMs: number) => Promise<void>
  },
): Promise<Header> {
  const header = headers[0]
  if (header === undefined) throw lie('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  const giveUpAtMs = clock.monotonicMs() + PROOF_BLOCK_WAIT_MS
  while (chain.head().height < header.height) {
    const leftMs = giveUpAtMs - clock.monotonicMs()
    if (leftMs <= 0) {
      throw new CodedError(
        'PROOF_TOO_NEW',
        `The peer proved a state of block ${header.height}, which is not verified yet.`,
      )
    }
    await nextBlock(leftMs)
  }
  const own = await chain.blockByHeight(header.height)
  if (own?.hash !== hashHeader(header)) {
    throw lie('PROOF_OF_OTHER_BLOCK', `The peer’s block ${header.height} is not the one verified here.`)
  }
  return header
}

/** `false`: the own state has moved on, so that there is nothing to compare. */
export async function compareWithOwnState(
  executor: Executor,
  address: Address,
  proved: AccountState,
  height: number,
): Promise<boolean> {
  const before = executor.head().height
  const own = await executor.account(address)
  if (before !== height || executor.head().height !== height) return false
  if (!isSameAccount(own, proved)) {
    throw lie('PROOF_CONTRADICTS_STATE', 'The proof holds, but the tab’s own state says something else.')
  }
  return true
}

function isSameAccount(a: AccountState, b: AccountState): boolean {
  return a.balance === b.balance && a.nonce === b.nonce && a.codeHash === b.codeHash && a.storageRoot === b.storageRoot
}

/** An absent account's code hash may be zero. */
function isCodeless({ codeHash }: AccountState): boolean {
  return codeHash === EMPTY_CODE_HASH || codeHash === ZERO_HASH
}

export function isLie(code: string): boolean {
  return code.startsWith('PROOF_') && code !== 'PROOF_TOO_NEW' && code !== 'PROOF_FAILED'
}

function lie(code: string, message: string): CodedError {
  return new CodedError(code, message)
}

function refuse(code: string, message: string): Extract<BalanceAnswer, { refused: unknown }> {
  return { refused: { code, message } }
}
