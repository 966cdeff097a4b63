/**
 * A whole validator in virtual time: the real rules, signer, mempool and catch-up on a disk that crashes, around the
 * model's application. Persist-then-send as in `@cairn/node`: signatures are made one after the other, and a vote
 * becomes an input only when its record is durable.
 */
import type { Block, Certificate, ConsensusHeader, VoteSubject } from '@cairn/chain'
import { createConsensus, createEvidenceBook, createSigner, recoverFromWal } from '@cairn/consensus'
import type { Consensus, Effect, Input, RecoveredWal, Signer } from '@cairn/consensus'
import { ACCEPT, CodedError, ZERO_HASH, assert } from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import type { SimulatedEvent } from '../event-queue.ts'
import type { Ledger } from '../model/ledger.ts'
import { EPOCH_START_MS, modelChecks } from '../model/model-chain.ts'
import type { SeededRandom } from '../random.ts'
import type { Actor, WireMessage } from '../wire.ts'
import { createSendingWatch } from '../watch/sending-watch.ts'
import type { SendingWatch } from '../watch/sending-watch.ts'
import type { World } from '../world.ts'
import { commitToDisk, drawCrashPoint, evidenceIn } from './disk.ts'
import type { Disk } from './disk.ts'
import { buildOn, judgeBlock } from './model-executor.ts'
import { inputsFrom } from './inputs-from.ts'
import { createNodeMempool } from './node-mempool.ts'
import type { NodeMempool } from './node-mempool.ts'
import { createNodeRequests } from './node-requests.ts'
import type { NodeRequests } from './node-requests.ts'
import type { SimulatedNodeOptions } from './node-options.ts'
import { createNodeSync } from './node-sync.ts'
import type { NodeSync } from './node-sync.ts'
import { answerRequest, isRequest } from './peer-answers.ts'
import { watchFastPath } from './fast-path.ts'
import { sentFor } from './sent-effect.ts'
import { voteContext } from './vote-context.ts'

interface Running {
  readonly consensus: Consensus
  readonly signer: Signer
  readonly mempool: NodeMempool
  readonly sync: NodeSync
  readonly sending: SendingWatch
}

const TIMER_MIN_MS = 0.1
/** Share of the commits after which the log is shortened. */
const COMPACT_RATE = 0.1
const DRIFT_MAX = 300e-6

export class SimulatedNode implements Actor {
  readonly id: number
  readonly slot: number
  readonly isHonest: boolean
  readonly disk: Disk
  readonly #world: World
  readonly #options: SimulatedNodeOptions
  readonly #random: SeededRandom
  readonly #skewMs: number
  readonly #rate: number
  readonly #requests: NodeRequests
  #running: Running | undefined
  #isRefused = false
  #isPending = false
  /** Whatever was scheduled by an earlier life is dropped. */
  #life = 0
  #armedTimer = 0
  #signerFreeAtMs = 0
  #workedUntilMs = 0

  constructor(world: World, options: SimulatedNodeOptions) {
    this.id = options.id
    this.slot = options.slot
    this.isHonest = options.isHonest
    this.disk = options.disk
    this.#world = world
    this.#options = options
    this.#random = world.random.fork()
    this.#skewMs = options.skewMs ?? this.#random.between(-500, 500)
    this.#requests = createNodeRequests({
      self: this.id,
      disk: this.disk,
      random: this.#random,
      actorCount: () => world.actors.length,
      send: (to, message) => this.#send(to, message),
      later: (delayMs, task) => this.#later(delayMs, task),
      feed: (input) => this.#feed(input),
    })
    this.#rate = 1 + (this.#random.next() * 2 - 1) * DRIFT_MAX
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  /** Counts its crashes. */
  get life(): number {
    return this.#life
  }

  get isRefused(): boolean {
    return this.#isRefused
  }

  get consensus(): Consensus {
    assert(this.#running !== undefined, 'the node is up')
    return this.#running.consensus
  }

  get ledger(): Ledger {
    return this.#world.chain.ledgers.at(this.disk.head.header.stateRoot)
  }

  start(): void {
    const recovered = this.#recover()
    if (recovered === undefined) return
    const { chain, queue, dissemination } = this.#world
    const consensus = createConsensus({
      spec: chain.spec,
      publicKey: this.#options.isVoting ? chain.publicKeys[this.slot] : undefined,
      jitterSeed: this.#random.below(2 ** 32),
      blockChecks: modelChecks,
      ...(dissemination === undefined ? {} : { dissemination }),
      evidence: createEvidenceBook({ ...chain.spec, committed: evidenceIn(this.disk.committed) }),
    })
    const mempool = createNodeMempool()
    const secretKey = chain.secretKeys[this.slot]
    assert(secretKey !== undefined, 'each slot has a key')
    const { bls, genesisHash } = chain
    const signer = createSigner({ secretKey, genesisHash, recovered }, { bls, log: this.disk.log })
    const sending = createSendingWatch(queue.nowMs * this.#rate)
    this.#running = { consensus, signer, mempool, sync: this.#createSync(), sending }
    this.#armedTimer++
    this.#isPending = false
    this.#signerFreeAtMs = queue.nowMs
    const blocks = [...this.disk.persistedBlocks.values()]
    const isAmnesiac = this.disk.isLogLost && this.isHonest
    this.#feed({ type: 'start', head: this.disk.head, blocks, ...recovered, isAmnesiac })
    this.#running?.sync.nudge()
    // Connections come back one after the other.
    for (const to of this.#world.actors.keys()) {
      this.#later(this.#random.between(1, 50), () => this.#feed({ type: 'peer-connected', peer: String(to) }))
    }
  }

  /** `isDamaged`: one bit of the log flips on the way down. Now and then it is no crash, and says so before. */
  crash(restartAfterMs: number, isDamaged = false): void {
    if (!isDamaged && this.#random.chance(0.3)) this.#feed({ type: 'leave' })
    if (this.#running === undefined) return
    this.#running = undefined
    this.#life++
    this.disk.crash(isDamaged)
    this.#world.trace.note(this.#world.queue.nowMs, this.id, `crash of ${this.id}`, restartAfterMs)
    this.#world.queue.after(restartAfterMs, () => this.start())
  }

  /** From a client, or gossiped. */
  submit(raw: Uint8Array): void {
    if (this.#running?.mempool.add(raw, this.ledger) !== true) return
    this.#sendAll({ type: 'transaction', raw })
    this.#tellPending()
  }

  receive(message: WireMessage, sender: number): void {
    if (this.#running === undefined) return
    const from = String(sender)
    if (isRequest(message)) return this.#answer(message, sender)
    if (message.type === 'transaction') return this.submit(message.raw)
    if (message.type === 'chain-status' || message.type === 'range') {
      return this.#running.sync.onMessage(message, sender)
    }
    if (message.type === 'block') return this.#requests.onAnswer(message.block.hash, message, from)
    if (message.type === 'no-block') return this.#requests.onAnswer(message.hash, undefined, from)
    for (const input of inputsFrom(message, from)) this.#feed(input)
    return undefined
  }

  /** `undefined`: the log is damaged, and without it nothing is signed again. */
  #recover(): RecoveredWal | undefined {
    try {
      return recoverFromWal(this.disk.readRecords())
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'WAL_CORRUPT')) throw error
      this.#world.trace.note(this.#world.queue.nowMs, this.id, `damaged log of ${this.id}`, 0)
      this.#isRefused = this.#random.chance(0.5)
      if (this.#isRefused) return undefined
      // The operator has the log thrown away: R10's amnesia.
      this.disk.wipe()
      return recoverFromWal(this.disk.readRecords())
    }
  }

  #feed(input: Input): void {
    if (this.#running === undefined) return
    const { queue, invariants } = this.#world
    const { nowMs } = queue
    const now = { monotonicMs: nowMs * this.#rate, wallMs: EPOCH_START_MS + nowMs + this.#skewMs }
    try {
      const { consensus, sending } = this.#running
      for (const effect of consensus.step(input, now)) {
        const fault = this.isHonest ? sending.note(effect, now.monotonicMs, consensus) : undefined
        if (fault !== undefined) invariants.violate(`${fault.code}: node ${this.slot}: ${fault.what}`)
        if (this.#options.onEffect?.(effect) !== true) this.#perform(effect)
      }
    } catch (error) {
      invariants.violate(`CRASHED: node ${this.slot}: ${String(error)}`)
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'build':
        return this.#later(this.#random.between(1, 5), () => this.#build(effect))
      case 'adopt':
        return this.#later(0, () => this.#onExecuted(effect.block, ACCEPT))
      case 'execute':
        return this.#later(this.#random.between(1, 8), () => this.#execute(effect.block))
      case 'persist-block':
        return void this.disk.persistedBlocks.set(effect.block.hash, effect.block)
      case 'raise-floor':
        return void this.#running?.signer.compact(effect.floor, [])
      case 'sign':
        return this.#sign(effect.subject, effect.validator)
      case 'verify': {
        const { verifyCostMs, verifications, chain } = this.#world
        return this.#later(verifyCostMs === undefined ? 1 : this.#workFor(verifyCostMs(effect.request)), () => {
          const result = verifications.perform(effect.request, chain.contextOf(effect.validators))
          this.#feed({ type: 'verified', id: effect.id, result })
        })
      }
      case 'set-timer':
        return this.#setTimer(effect.atMs)
      case 'log-certificate':
        if (this.isHonest) this.#world.invariants.onCertificate(this.slot, effect.certificate)
        return this.disk.appendCertificate(effect.certificate)
      case 'commit': {
        const tip = effect.blocks.at(-1)
        assert(tip !== undefined, 'a commit has blocks')
        return this.#later(1, () => this.#commit(effect.blocks, effect.finalization))
      }
      case 'fetch-block':
        return this.#requests.fetchBlock(effect.hash, effect.hints)
      case 'behind':
        return this.#running?.sync.nudge()
      case 'report-peer':
        if (this.#world.actors[Number(effect.peer)]?.isHonest !== true || !this.isHonest) return undefined
        return this.#world.invariants.violate(`HONEST_BLAMED: node ${this.slot} reports ${effect.peer}: ${effect.code}`)
      case 'halt':
        if (this.isHonest) this.#world.invariants.violate(`HALT: node ${this.slot}: ${effect.halt.code}`)
        return undefined
      default: {
        if (effect.type === 'broadcast-evidence' && this.isHonest) watchFastPath(this, this.#world, effect.evidence)
        const { to, message } = sentFor(effect, this.#running?.signer, this.#world, this.consensus.validators)
        if (to === 'all') return this.#sendAll(message)
        for (const one of to ?? [this.#requests.randomPeer()]) if (one !== this.id) this.#send(one, message)
        return undefined
      }
    }
  }

  #setTimer(atMs: number): void {
    const armed = ++this.#armedTimer
    // No real timer is exact, and one that fires a rounding error early would set itself for ever.
    this.#later(Math.max(TIMER_MIN_MS, atMs / this.#rate - this.#world.queue.nowMs), () => {
      if (armed === this.#armedTimer) this.#feed({ type: 'timer' })
    })
  }

  /** One thing after the other: when it is done, from now. */
  #workFor(costMs: number): number {
    const { nowMs } = this.#world.queue
    this.#workedUntilMs = Math.max(this.#workedUntilMs, nowMs) + costMs
    return this.#workedUntilMs - nowMs
  }

  #later(delayMs: number, task: SimulatedEvent): void {
    const life = this.#life
    this.#world.queue.after(delayMs, () => (life === this.#life && this.isUp ? task() : undefined))
  }

  #send(to: number, message: WireMessage): void {
    if (this.#options.onSend?.(to, message) !== true) this.#world.network.send(this.id, to, message)
  }

  #sendAll(message: WireMessage): void {
    const { length } = this.#world.actors
    for (let to = 0; to < length; to++) if (to !== this.id) this.#send(to, message)
  }

  #answer(request: Parameters<typeof answerRequest>[0], to: number): void {
    this.#later(0, async () => {
      const answer = await answerRequest(request, this.consensus, this.disk, this.#world.chain)
      if (answer !== undefined) this.#send(to, answer)
    })
  }

  #sign(subject: VoteSubject, validator: number): void {
    const { queue, invariants } = this.#world
    if (this.isHonest) invariants.onVoteAsked(this.slot, subject, this.consensus.block(subject.hash))
    this.#signerFreeAtMs = Math.max(this.#signerFreeAtMs, queue.nowMs) + this.#random.between(1, 4)
    this.#later(this.#signerFreeAtMs - queue.nowMs, async () => {
      if (this.#running === undefined) return
      if (this.isHonest && this.#random.chance(this.#world.crashRate)) {
        // The process dies with the append: whatever it does after a failed one happens first.
        this.disk.crashNextAppend = drawCrashPoint(this.#random)
        const restartAfterMs = this.#random.between(10, 1_500)
        this.#later(0, () => this.crash(restartAfterMs))
      }
      try {
        const vote = await this.#running.signer.sign(subject, validator)
        this.disk.crashNextAppend = undefined
        if (vote === undefined) return
        if (this.isHonest) {
          const context = voteContext(vote, this.consensus, this.#world, (hash) => this.#headerOf(hash))
          invariants.onHonestVote(this.slot, vote, context)
        }
        this.#feed({ type: 'signed', vote })
      } catch (error) {
        if (error instanceof CodedError && error.code === 'SIMULATED_CRASH') return
        invariants.violate(`SIGNER: node ${this.slot}: ${String(error)}`)
      }
    })
  }

  #createSync(): NodeSync {
    return createNodeSync({
      world: this.#world,
      self: this.id,
      disk: this.disk,
      isHonest: this.isHonest,
      send: (to, message) => this.#send(to, message),
      later: (delayMs, task) => this.#later(delayMs, task),
      apply: (blocks, certificate) => this.#applySynced(blocks, certificate),
    })
  }

  #build(effect: Extract<Effect, { type: 'build' }>): void {
    const { view, parentHash } = effect
    const parent = this.#headerOf(parentHash)
    if (this.#running === undefined || parent === undefined) return this.#feed({ type: 'build-failed', view })
    const { ledgers } = this.#world.chain
    const { mempool, signer } = this.#running
    const transactions = mempool.candidates(parentHash, ledgers.at(parent.stateRoot))
    return this.#feed(buildOn(effect, parent, transactions, this.#random.below(2 ** 32), ledgers, signer))
  }

  #execute(block: Block): void {
    const parent = this.#headerOf(block.header.parentHash)
    this.#onExecuted(block, judgeBlock(block, parent, this.#world.chain.ledgers))
  }

  #onExecuted(block: Block, verdict: Verdict): void {
    if (verdict.verdict === 'accept') this.#running?.mempool.onExecuted(block)
    this.#feed({ type: 'executed', hash: block.hash, verdict })
    this.#tellPending()
  }

  #headerOf(hash: Hash): ConsensusHeader | undefined {
    const { head } = this.consensus
    return head.hash === hash ? head.header : this.consensus.block(hash)?.header
  }

  /** Durable, in order; sync may have been faster. */
  #commit(blocks: readonly Block[], finalization: Certificate): void {
    const news = blocks.filter((block) => block.header.height > this.disk.head.header.height)
    if (news.length === 0) return
    const { invariants, chain } = this.#world
    const before = this.disk.head
    commitToDisk(this.disk, news, finalization, chain)
    if (this.isHonest) invariants.onCommit(this.slot, news, before, this.disk.head)
    for (const block of news) this.#running?.mempool.onCommitted(block, chain.ledgers.at(block.header.stateRoot))
    this.#running?.sync.onHead({ height: this.disk.head.header.height, hash: this.disk.head.hash })
    this.#tellPending()
    const isEpochEnd = this.disk.head.header.nextValidatorSetHash !== ZERO_HASH
    if (isEpochEnd || this.#random.chance(COMPACT_RATE)) this.#later(1, () => this.#compact())
  }

  /** The floor is durable in the stores before the log forgets. */
  async #compact(): Promise<void> {
    const { validators, finalizedView: view, isAmnesiac } = this.consensus
    // Only the end of the amnesia may say from where on the log is whole.
    if (isAmnesiac) return
    await this.#running?.signer.compact(
      { epoch: validators.epoch, view },
      this.consensus.certificatesFrom(validators.epoch, view),
    )
  }

  #applySynced(blocks: readonly Block[], finalization: Certificate): void {
    this.#later(1, () => {
      this.#commit(blocks, finalization)
      this.#feed({ type: 'synced', head: this.disk.head, blocks })
    })
  }

  #tellPending(): void {
    if (this.#running === undefined) return
    const pending = this.#running.mempool.hasPending()
    if (pending === this.#isPending) return
    this.#isPending = pending
    this.#feed({ type: 'transactions-pending', pending })
  }
}
