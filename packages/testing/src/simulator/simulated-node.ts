/**
 * A validator's runtime in virtual time: performs the effects of the real `step`, with the real signer, on a disk
 * that crashes. Persist-then-send as in `@cairn/node`: signatures are made one after the other, and a vote
 * becomes an input only when its record is durable.
 */
import { verifyCertificate } from '@cairn/chain'
import type { Block, ConsensusHeader, VoteSubject } from '@cairn/chain'
import {
  createConsensus,
  createSigner,
  encodeCertificateRecord,
  performVerification,
  recoverFromWal,
} from '@cairn/consensus'
import type { Consensus, ConsensusOptions, Effect, FinalizedHead, Input, Signer, WalFloor } from '@cairn/consensus'
import { ACCEPT, CodedError, assert, bytesFromUint64, ignore, reject } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { dropPersistedUpTo } from './disk.ts'
import type { CrashPoint, Disk } from './disk.ts'
import type { SimulatedEvent } from './event-queue.ts'
import { EPOCH_START_MS, digestOf, executeModel, modelChecks } from './model-application.ts'
import { answerRequest, isRequest } from './peer-answers.ts'
import type { SeededRandom } from './random.ts'
import type { Actor, WireMessage } from './wire.ts'
import type { World } from './world.ts'

export interface SimulatedNodeOptions {
  readonly id: number
  readonly slot: number
  readonly isHonest: boolean
  /** `false`: follows without voting; adversaries learn through it. */
  readonly isVoting: boolean
  readonly disk: Disk
  /** Mutants and adversaries change these. */
  readonly consensus?: Partial<ConsensusOptions>
  /** A signer that forgets: mutants are caught by the invariants, not by the second line of defence. */
  readonly isSignerLenient?: boolean
  /** Restart without the WAL. */
  readonly forgetsWal?: boolean
  /** Crash without the blocks behind own votes. */
  readonly forgetsBlocks?: boolean
  /** `true`: the effect was dealt with. */
  readonly intercept?: (effect: Effect) => boolean
}

const CRASH_POINTS: readonly CrashPoint[] = ['before-write', 'torn-write', 'after-write']
/** A request without an answer counts as failed after this. */
const FETCH_TIMEOUT_MS = 400
/** Share of the commits after which the log is shortened. */
const COMPACT_RATE = 0.1

export class SimulatedNode implements Actor {
  readonly slot: number
  readonly isHonest: boolean
  readonly #world: World
  readonly #options: SimulatedNodeOptions
  readonly #random: SeededRandom
  readonly #skewMs: number
  #running: { readonly consensus: Consensus; readonly signer: Signer } | undefined
  /** Whatever was scheduled by an earlier life is dropped. */
  #life = 0
  #armedTimer = 0
  #signerFreeAtMs = 0

  constructor(world: World, options: SimulatedNodeOptions) {
    this.slot = options.slot
    this.isHonest = options.isHonest
    this.#world = world
    this.#options = options
    this.#random = world.random.fork()
    this.#skewMs = this.#random.between(-500, 500)
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  /** Only while up. */
  get consensus(): Consensus {
    assert(this.#running !== undefined, 'the node is up')
    return this.#running.consensus
  }

  start(): void {
    const { chain, queue } = this.#world
    const { disk, forgetsWal, isVoting } = this.#options
    const recovered = recoverFromWal(forgetsWal === true ? [] : disk.readRecords())
    const consensus = createConsensus({
      spec: chain.spec,
      publicKey: isVoting ? chain.validators.validators[this.slot]?.publicKey : undefined,
      jitterSeed: this.#random.below(2 ** 32),
      blockChecks: modelChecks,
      ...this.#options.consensus,
    })
    this.#running = { consensus, signer: this.#createSigner(recovered) }
    this.#armedTimer++
    this.#signerFreeAtMs = queue.nowMs
    this.#feed({ type: 'start', head: disk.head, blocks: [...disk.persistedBlocks.values()], ...recovered })
    this.setTransactionsPending(this.#world.isBusy)
  }

  crash(restartAfterMs: number): void {
    if (this.#running === undefined) return
    this.#running = undefined
    this.#life++
    this.#options.disk.crash()
    if (this.#options.forgetsBlocks === true) this.#options.disk.persistedBlocks.clear()
    this.#world.trace(this.#options.id, 'crash', restartAfterMs)
    this.#world.queue.after(restartAfterMs, () => this.start())
  }

  setTransactionsPending(pending: boolean): void {
    this.#feed({ type: 'transactions-pending', pending })
  }

  receive(message: WireMessage, sender: number): void {
    if (this.#running === undefined) return
    const from = String(sender)
    if (isRequest(message)) {
      const answer = answerRequest(message, this.consensus, this.#options.disk)
      if (answer !== undefined) this.#send(sender, answer)
    } else if (message.type === 'certificate') this.#feed({ ...message, from, gossiped: true })
    else if (message.type === 'certificates') {
      for (const certificate of message.certificates) {
        this.#feed({ type: 'certificate', certificate, from, gossiped: false })
      }
    } else if (message.type === 'block') this.#feed({ type: 'block-fetched', block: message.block, from })
    else if (message.type === 'range') this.#onRange(message.blocks, message.head)
    else this.#feed({ ...message, from })
  }

  #feed(input: Input): void {
    if (this.#running === undefined) return
    const { queue, invariants } = this.#world
    const now = { monotonicMs: queue.nowMs, wallMs: EPOCH_START_MS + queue.nowMs + this.#skewMs }
    try {
      for (const effect of this.consensus.step(input, now)) {
        if (this.#options.intercept?.(effect) !== true) this.#perform(effect)
      }
    } catch (error) {
      invariants.violate(`CRASHED: node ${this.slot}: ${String(error)}`)
    }
  }

  #perform(effect: Effect): void {
    const { disk, isHonest, id } = this.#options
    switch (effect.type) {
      case 'build':
        return this.#later(this.#random.between(1, 5), () => this.#build(effect))
      case 'adopt':
        return this.#later(0, () => this.#feed({ type: 'executed', hash: effect.block.hash, verdict: ACCEPT }))
      case 'execute':
        return this.#later(this.#random.between(1, 8), () => this.#execute(effect.block))
      case 'persist-block':
        return void disk.persistedBlocks.set(effect.block.hash, effect.block)
      case 'raise-floor':
        return this.#compact(effect.floor)
      case 'sign':
        return this.#sign(effect.subject, effect.validator)
      case 'verify':
        return this.#later(1, () => this.#verify(effect))
      case 'set-timer': {
        const armed = ++this.#armedTimer
        return this.#later(effect.atMs - this.#world.queue.nowMs, () => {
          if (armed === this.#armedTimer) this.#feed({ type: 'timer' })
        })
      }
      case 'log-certificate':
        if (isHonest) this.#world.invariants.onCertificate(this.slot, effect.certificate)
        return disk.appendCertificate(encodeCertificateRecord(effect.certificate))
      case 'commit': {
        const tip = effect.blocks.at(-1)
        assert(tip !== undefined, 'a commit has blocks')
        const { epochState } = this.consensus.head
        const head = { header: tip.header, hash: tip.hash, finalization: effect.finalization, epochState }
        return this.#later(1, () => this.#commit(effect.blocks, head))
      }
      case 'fetch-block':
        return this.#fetchBlock(effect.hash, effect.hints)
      case 'report-peer':
        if (this.#world.actors[Number(effect.peer)]?.isHonest !== true || !isHonest) return undefined
        return this.#world.invariants.violate(`HONEST_BLAMED: node ${this.slot} reports ${effect.peer}: ${effect.code}`)
      case 'halt':
        if (isHonest) this.#world.invariants.violate(`HALT: node ${this.slot}: ${effect.halt.code}`)
        return undefined
      default: {
        const sent = sentFor(effect, disk)
        if (sent.to === 'all') for (const to of this.#world.actors.keys()) if (to !== id) this.#send(to, sent.message)
        if (sent.to !== 'all') this.#send(sent.to ?? this.#randomPeer(undefined), sent.message)
        return undefined
      }
    }
  }

  #later(delayMs: number, task: SimulatedEvent): void {
    const life = this.#life
    this.#world.queue.after(delayMs, () => (life === this.#life && this.isUp ? task() : undefined))
  }

  #send(to: number, message: WireMessage): void {
    this.#world.network.send(this.#options.id, to, message)
  }

  #verify({ id, request, validators }: Extract<Effect, { type: 'verify' }>): void {
    const { chain } = this.#world
    const result = performVerification(request, { ...chain.verification, validators })
    this.#feed({ type: 'verified', id, result })
  }

  #sign(subject: VoteSubject, validator: number): void {
    const { queue, invariants, crashRate } = this.#world
    const { isHonest, disk } = this.#options
    this.#signerFreeAtMs = Math.max(this.#signerFreeAtMs, queue.nowMs) + this.#random.between(1, 4)
    this.#later(this.#signerFreeAtMs - queue.nowMs, async () => {
      if (this.#running === undefined) return
      if (isHonest && this.#random.chance(crashRate)) disk.crashNextAppend = CRASH_POINTS[this.#random.below(3)]
      const isLenient = this.#options.isSignerLenient === true
      const signer = isLenient ? this.#createSigner({ ownVotes: [], floor: undefined }) : this.#running.signer
      try {
        const vote = await signer.sign(subject, validator)
        disk.crashNextAppend = undefined
        if (vote === undefined) return
        if (isHonest) invariants.onHonestVote(this.slot, vote)
        this.#feed({ type: 'signed', vote })
      } catch (error) {
        if (error instanceof CodedError && error.code === 'SIMULATED_CRASH') this.crash(this.#random.between(10, 1_500))
        else invariants.violate(`SIGNER: node ${this.slot}: ${String(error)}`)
      }
    })
  }

  #createSigner(recovered: Parameters<typeof createSigner>[0]['recovered']): Signer {
    const { bls, secretKeys, genesisHash } = this.#world.chain
    const secretKey = secretKeys[this.slot]
    assert(secretKey !== undefined, 'each slot has a key')
    return createSigner({ secretKey, genesisHash, recovered }, { bls, log: this.#options.disk.log })
  }

  #build({ view, epoch, parentHash, timeMs }: Extract<Effect, { type: 'build' }>): void {
    const parent = this.#headerOf(parentHash)
    if (this.#running === undefined || parent === undefined) return this.#feed({ type: 'build-failed', view })
    const payload = bytesFromUint64(this.#random.below(2 ** 32))
    const accessList = new Uint8Array()
    return this.#feed({
      type: 'built',
      view,
      parentHash,
      timeMs,
      buildId: view,
      payload,
      accessList,
      executionBlockHash: digestOf(payload),
      stateRoot: executeModel(parent.stateRoot, payload),
      accessListHash: digestOf(accessList),
      randaoReveal: this.#running.signer.signRandao(epoch, view),
    })
  }

  #execute({ header, hash, payload }: Block): void {
    const parent = this.#headerOf(header.parentHash)
    // The parent may have been committed and left behind meanwhile.
    if (parent === undefined) return this.#feed({ type: 'executed', hash, verdict: ignore('NO_PARENT') })
    const isGood = executeModel(parent.stateRoot, payload) === header.stateRoot
    return this.#feed({ type: 'executed', hash, verdict: isGood ? ACCEPT : reject('STATE_ROOT_MISMATCH') })
  }

  #headerOf(hash: Hash): ConsensusHeader | undefined {
    const { head } = this.consensus
    return head.hash === hash ? head.header : this.consensus.block(hash)?.header
  }

  /** Durable, in order; sync may have been faster. */
  #commit(blocks: readonly Block[], head: FinalizedHead): void {
    const { disk, isHonest } = this.#options
    const news = blocks.filter((block) => block.header.height > disk.head.header.height)
    if (news.length === 0 || head.finalization === undefined) return
    if (isHonest) this.#world.invariants.onCommit(this.slot, news, head.finalization, disk.head.hash)
    disk.committed.push(...news)
    disk.head = head
    dropPersistedUpTo(disk, head.header.height)
    if (this.#random.chance(COMPACT_RATE)) this.#compact(head.finalization)
  }

  /** The floor is durable in the stores before the log forgets. */
  #compact({ epoch, view }: WalFloor): void {
    this.#later(1, async () => {
      await this.#running?.signer.compact({ epoch, view }, this.consensus.certificatesFrom(epoch, view))
    })
  }

  #fetchBlock(hash: Hash, hints: readonly string[]): void {
    const block = this.#options.disk.persistedBlocks.get(hash)
    if (block !== undefined) {
      this.#later(0, () => this.#feed({ type: 'block-fetched', block, from: undefined }))
      return
    }
    this.#send(this.#randomPeer(hints[0]), { type: 'get-block', hash })
    this.#send(this.#randomPeer(undefined), { type: 'get-block', hash })
    this.#later(FETCH_TIMEOUT_MS, () => this.#feed({ type: 'fetch-failed', hash }))
  }

  #randomPeer(hint: string | undefined): number {
    const { id } = this.#options
    if (hint !== undefined && this.#random.chance(0.7)) return Number(hint)
    const peer = this.#random.below(this.#world.actors.length - 1)
    return peer >= id ? peer + 1 : peer
  }

  /** A range from anybody: taken only when it continues the own log up to a certificate. */
  #onRange(blocks: readonly Block[], head: FinalizedHead): void {
    const { disk } = this.#options
    const { validators, keys, genesisHash } = this.#world.chain.verification
    const news = blocks.filter((block) => block.header.height > disk.head.header.height)
    const isChain = news.every((block, at) => block.header.parentHash === (news[at - 1]?.hash ?? disk.head.hash))
    const { finalization } = head
    if (!isChain || news.at(-1)?.hash !== head.hash || finalization?.hash !== head.hash) return
    if (verifyCertificate(finalization, validators, keys, genesisHash).verdict !== 'accept') return
    this.#commit(news, head)
    this.#feed({ type: 'synced', head: disk.head })
  }
}

type SentEffect = Extract<Effect, { type: `broadcast-${string}` | 'send-status' | 'fetch-certificates' | 'behind' }>

/** `to`: an actor, all of them, or `undefined` for anyone. */
function sentFor(
  effect: SentEffect,
  disk: Disk,
): { readonly to: number | 'all' | undefined; readonly message: WireMessage } {
  switch (effect.type) {
    case 'broadcast-proposal':
      return { to: 'all', message: { type: 'proposal', proposal: effect.proposal } }
    case 'broadcast-vote':
      return { to: 'all', message: { type: 'vote', vote: effect.vote } }
    case 'broadcast-certificate':
      return { to: 'all', message: { type: 'certificate', certificate: effect.certificate } }
    case 'broadcast-status':
      return { to: 'all', message: { type: 'status', status: effect.status } }
    case 'broadcast-evidence':
      return { to: 'all', message: { type: 'evidence', evidence: effect.evidence } }
    case 'send-status':
      return { to: Number(effect.to), message: { type: 'status', status: effect.status } }
    case 'fetch-certificates':
      return { to: undefined, message: { type: 'get-certificates', epoch: effect.epoch, fromView: effect.fromView } }
    default:
      return { to: undefined, message: { type: 'get-range', above: disk.head.header.height } }
  }
}
