/**
 * A balance that a peer proves. Nothing of the answer is believed: its header must be the one this tab has verified at
 * that height (a light tab: one that a finalization certifies), the Merkle proof must lead from that header's root
 * (checked in the core), and where the tab's own state is of the same height, both must agree. While nobody is connected,
 * a tab that has state proves the balance to itself.
 */
import { EMPTY_CODE_HASH, decodeAccountProofResponse, encodeAccountProofRequest, hashHeader } from '@cairn/chain'
import type { AccountProofResponse } from '@cairn/chain'
import type { AccountProof, AccountState, Clock, Executor, Network, PeerId } from '@cairn/ports'
import {
  type Address,
  CodedError,
  type Hash,
  type Height,
  ZERO_HASH,
  addressFromBytes,
  tryBytesFromHex,
} from '@cairn/primitives'
import { PROOF_ATTEMPTS_MAX, PROOF_BLOCK_WAIT_MS, PROOF_PEERS_MAX, PROOF_TIMEOUT_MS } from './limits.ts'
import type { TabTrust } from './tab-chain.ts'
import { serversFirst } from './servers-first.ts'
import type { BalanceAnswer, ProvenBalance } from './tab-snapshot.ts'

/** A balance for the page; never rejects. */
export type LookUp = (address: string) => Promise<BalanceAnswer>

export interface ProvenBalanceDeps {
  readonly network: Network
  readonly executor: Executor
  /** The header whose root the answer is proved against. @throws CodedError `PROOF_…` */
  readonly verifiedHeader: (response: AccountProofResponse) => Promise<Header>
  /** Absent: there is no own state. See `compareWithOwnState`. */
  readonly compareWithOwnState?: (address: Address, proved: AccountState, height: number) => Promise<boolean>
  /** The executor's state is the tab's own, and answers while nobody is connected. */
  readonly hasOwnState: boolean
}

/** The part of the chain store that is needed. */
interface CommittedChain {
  head(): { readonly height: number }
  blockByHeight(height: Height): Promise<{ readonly hash: Hash } | undefined>
}

type Header = AccountProofResponse['headers'][number]

/** Asks peer after peer until one proves its answer. Never rejects. */
export async function findProvenBalance(text: string, deps: ProvenBalanceDeps): Promise<BalanceAnswer> {
  const address = addressFromText(text)
  if (address === undefined) return refuse('ADDRESS_INVALID', 'An address has 0x and 40 hexadecimal digits.')
  const peers = serversFirst(deps.network.peers()).slice(0, PROOF_PEERS_MAX)
  if (peers.length === 0 && deps.hasOwnState) return findOwnBalance(text, deps.executor)
  let last = refuse('NO_PEER', 'No peer is connected that could answer.')
  for (const peerId of peers) {
    const answer = await answerOf(askUntilStill(peerId, address, deps))
    if ('proven' in answer) return answer
    last = answer
    if (isLie(answer.refused.code)) deps.network.penalize(peerId, answer.refused.code)
  }
  return last
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
export async function findOwnBalance(text: string, executor: Executor): Promise<BalanceAnswer> {
  const address = addressFromText(text)
  if (address === undefined) return refuse('ADDRESS_INVALID', 'An address has 0x and 40 hexadecimal digits.')
  // A state that was never brought forward says nothing about the network.
  if (executor.head().height === 0) return refuse('NO_PEER', 'No peer is connected that could answer.')
  return answerOf(ownBalance(executor, address))
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
    const { height, stateRoot } = executor.head()
    const claimed = await executor.proof(address, [])
    const proof = await executor.verifyProof(stateRoot, claimed)
    if (proof !== undefined)
      return describeProof(proof, { height, stateRoot, isOwnStateEqual: true, peerId: undefined })
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
  const data = await deps.network.request(peer, 'account-proof', request, { timeoutMs: PROOF_TIMEOUT_MS })
  const decoded = decodeAccountProofResponse(data)
  if (!decoded.ok) throw lie('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  const response = decoded.value
  if (response.address !== address) throw lie('PROOF_OF_OTHER_ACCOUNT', 'The peer proved another account.')
  const header = await deps.verifiedHeader(response)
  const proof = await deps.executor.verifyProof(header.stateRoot, { ...response, storageProof: [] })
  if (proof === undefined || !isSameAccount(proof.account, response.account)) {
    throw lie('PROOF_INVALID', 'The peer’s proof does not lead to the state root verified here.')
  }
  const { height, stateRoot } = header
  const isOwnStateEqual = (await deps.compareWithOwnState?.(address, proof.account, height)) ?? false
  return describeProof(proof, { height, stateRoot, isOwnStateEqual, peerId: peer })
}

function describeProof(
  { address, account, accountProof }: AccountProof,
  where: Pick<ProvenBalance, 'height' | 'stateRoot' | 'isOwnStateEqual' | 'peerId'>,
): ProvenBalance {
  return {
    ...where,
    address,
    balance: account.balance,
    nonce: account.nonce,
    exists: account.nonce > 0n || account.balance > 0n || !isCodeless(account),
    proofNodes: accountProof.length,
    proofBytes: accountProof.reduce((sum, node) => sum + node.length, 0),
  }
}

/** The answer's header for a light tab: decoding has checked the links, here the certificate is verified. */
export function certifiedHeader(
  { headers, finalization }: AccountProofResponse,
  { genesisHash, verifyFinalization }: TabTrust,
): Header {
  const header = headers[0]
  if (header === undefined) throw lie('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  if (finalization === undefined) {
    if (headers.length === 1 && hashHeader(header) === genesisHash) return header
    throw lie('PROOF_NOT_CERTIFIED', 'The validators have not finalized what the peer proved.')
  }
  const verdict = verifyFinalization(finalization)
  if (verdict.verdict === 'ignore')
    throw new CodedError('EPOCH_UNKNOWN', 'The validators of that epoch are not known here.')
  if (verdict.verdict === 'reject') {
    throw lie('PROOF_NOT_CERTIFIED', 'The validators have not finalized what the peer proved.')
  }
  return header
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
