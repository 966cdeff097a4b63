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
import type { Consensus, ConsensusOptions, Effect, FinalizedHead, Input, Signer, VoteLog } from '@cairn/consensus'
import { ACCEPT, CodedError, bytesFromUint64, reject } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { dropPersistedUpTo } from './disk.ts'
import type { CrashPoint, Disk } from './disk.ts'
import { EPOCH_START_MS, digestOf, executeModel, modelChecks } from './model-application.ts'
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

export interface SimulatedNode extends Actor {
  readonly isUp: boolean
  /** Only while up. */
  readonly consensus: Consensus
  crash(restartAfterMs: number): void
  setTransactionsPending(pending: boolean): void
}

const CRASH_POINTS: readonly CrashPoint[] = ['before-write', 'torn-write', 'after-write']

export function createSimulatedNode(world: World, options: SimulatedNodeOptions): SimulatedNode {
  const { chain, queue, network, invariants } = world
  const { id, slot, disk } = options
  const random: SeededRandom = world.random.fork()
  const verification = { ...chain.verification, validators: options.consensus?.validators ?? chain.validators }
  const skewMs = random.between(-500, 500)
  let running: { readonly consensus: Consensus; readonly signer: Signer } | undefined
  /** Whatever was scheduled by an earlier life is dropped. */
  let life = 0
  let timerId = 0
  let signerFreeAtMs = 0

  const later = (delayMs: number, task: () => void | Promise<void>): void => {
    const scheduledIn = life
    queue.after(delayMs, () => (scheduledIn === life && running !== undefined ? task() : undefined))
  }

  const feed = (input: Input): void => {
    if (running === undefined) return
    try {
      const now = { monotonicMs: queue.nowMs, wallMs: EPOCH_START_MS + queue.nowMs + skewMs }
      for (const effect of running.consensus.step(input, now)) {
        if (options.intercept?.(effect) !== true) perform(effect)
      }
    } catch (error) {
      invariants.violate(`CRASHED: node ${slot}: ${String(error)}`)
    }
  }

  const start = (): void => {
    const recovered = recoverFromWal(options.forgetsWal === true ? [] : disk.readRecords())
    const log: VoteLog = disk.log
    const signer = createSigner(
      { secretKey: chain.secretKeys[slot] as Uint8Array, genesisHash: chain.genesisHash, recovered },
      { bls: chain.bls, log },
    )
    const consensus = createConsensus({
      spec: chain.spec,
      validators: chain.validators,
      leaderSeed: chain.leaderSeed,
      self: options.isVoting ? slot : undefined,
      jitterSeed: random.below(2 ** 32),
      blockChecks: modelChecks,
      ...options.consensus,
    })
    running = { consensus, signer }
    timerId++
    signerFreeAtMs = queue.nowMs
    const blocks = [...disk.persistedBlocks.values()]
    feed({ type: 'start', head: disk.head, blocks, ...recovered })
    feed({ type: 'transactions-pending', pending: world.isBusy })
  }

  const crash = (restartAfterMs: number): void => {
    if (running === undefined) return
    running = undefined
    life++
    disk.crash()
    if (options.forgetsBlocks === true) disk.persistedBlocks.clear()
    world.trace(id, 'crash', restartAfterMs)
    queue.after(restartAfterMs, start)
  }

  const sendToAll = (message: WireMessage): void => {
    for (const to of world.actors.keys()) if (to !== id) network.send(id, to, message)
  }

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'build':
        return later(random.between(1, 5), () => build(effect))
      case 'adopt':
        return later(0, () => feed({ type: 'executed', hash: effect.block.hash, verdict: ACCEPT }))
      case 'execute':
        return later(random.between(1, 8), () => execute(effect.block))
      case 'persist-block':
        return void disk.persistedBlocks.set(effect.block.hash, effect.block)
      case 'sign':
        return sign(effect.subject, effect.validator)
      case 'verify':
        return later(1, () => {
          const result = performVerification(effect.request, verification)
          feed({ type: 'verified', id: effect.id, result })
        })
      case 'set-timer': {
        const armed = ++timerId
        return later(effect.atMs - queue.nowMs, () => (armed === timerId ? feed({ type: 'timer' }) : undefined))
      }
      case 'log-certificate':
        if (options.isHonest) invariants.onCertificate(slot, effect.certificate)
        return disk.appendCertificate(encodeCertificateRecord(effect.certificate))
      case 'commit':
        return later(1, () => commit(effect.blocks, { ...headOf(effect.blocks), finalization: effect.finalization }))
      case 'fetch-block':
        return fetchBlock(effect.hash, effect.hints)
      case 'fetch-certificates':
        return network.send(id, randomPeer(effect.hint), { type: 'get-certificates', fromView: effect.fromView })
      case 'behind':
        return network.send(id, randomPeer(undefined), { type: 'get-range', above: disk.head.header.height })
      case 'report-peer':
        if (world.actors[Number(effect.peer)]?.isHonest === true && options.isHonest) {
          invariants.violate(`HONEST_BLAMED: node ${slot} reports ${effect.peer}: ${effect.code}`)
        }
        return undefined
      case 'halt':
        if (options.isHonest) invariants.violate(`HALT: node ${slot}: ${effect.halt.code}`)
        return undefined
      default:
        return broadcast(effect)
    }
  }

  const broadcast = (effect: Effect): void => {
    if (effect.type === 'broadcast-proposal') sendToAll({ type: 'proposal', proposal: effect.proposal })
    else if (effect.type === 'broadcast-vote') sendToAll({ type: 'vote', vote: effect.vote })
    else if (effect.type === 'broadcast-certificate')
      sendToAll({ type: 'certificate', certificate: effect.certificate })
    else if (effect.type === 'broadcast-status') sendToAll({ type: 'status', status: effect.status })
    else if (effect.type === 'broadcast-evidence') sendToAll({ type: 'evidence', evidence: effect.evidence })
    else if (effect.type === 'send-status')
      network.send(id, Number(effect.to), { type: 'status', status: effect.status })
  }

  const sign = (subject: VoteSubject, validator: number): void => {
    signerFreeAtMs = Math.max(signerFreeAtMs, queue.nowMs) + random.between(1, 4)
    later(signerFreeAtMs - queue.nowMs, async () => {
      if (running === undefined) return
      const { signer } = running
      if (options.isHonest && random.chance(world.crashRate)) disk.crashNextAppend = CRASH_POINTS[random.below(3)]
      try {
        const vote =
          options.isSignerLenient === true ? await signLeniently(subject) : await signer.sign(subject, validator)
        disk.crashNextAppend = undefined
        if (options.isHonest) invariants.onHonestVote(slot, vote)
        feed({ type: 'signed', vote })
      } catch (error) {
        if (error instanceof CodedError && error.code === 'SIMULATED_CRASH') crash(random.between(10, 1_500))
        else invariants.violate(`SIGNER: node ${slot}: ${String(error)}`)
      }
    })
  }

  /** A fresh signer knows of no earlier vote; the log still gets the record. */
  const signLeniently = (subject: VoteSubject): ReturnType<Signer['sign']> => {
    const secretKey = chain.secretKeys[slot] as Uint8Array
    const recovered = { ownVotes: [], floor: undefined }
    const signer = createSigner(
      { secretKey, genesisHash: chain.genesisHash, recovered },
      { bls: chain.bls, log: disk.log },
    )
    return signer.sign(subject, slot)
  }

  const build = ({ view, epoch, parentHash, timeMs }: Extract<Effect, { type: 'build' }>): void => {
    const parent = headerOf(parentHash)
    if (running === undefined || parent === undefined) return feed({ type: 'build-failed', view })
    const payload = bytesFromUint64(random.below(2 ** 32))
    const accessList = new Uint8Array()
    feed({
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
      randaoReveal: running.signer.signRandao(epoch, view),
    })
  }

  const execute = ({ header, hash, payload }: Block): void => {
    const parent = headerOf(header.parentHash)
    // The parent may have been committed and left behind meanwhile.
    const isGood = parent !== undefined && executeModel(parent.stateRoot, payload) === header.stateRoot
    const verdict = isGood
      ? ACCEPT
      : parent === undefined
        ? ({ verdict: 'ignore', code: 'NO_PARENT' } as const)
        : reject('ROOT')
    feed({ type: 'executed', hash, verdict })
  }

  const headerOf = (hash: Hash): ConsensusHeader | undefined => {
    if (running === undefined) return undefined
    const { consensus } = running
    return consensus.head.hash === hash ? consensus.head.header : consensus.block(hash)?.header
  }

  /** Durable, in order; sync may have been faster. */
  const commit = (blocks: readonly Block[], head: FinalizedHead): void => {
    const news = blocks.filter((block) => block.header.height > disk.head.header.height)
    if (news.length === 0 || head.finalization === undefined) return
    if (options.isHonest) invariants.onCommit(slot, news, head.finalization, disk.head.hash)
    disk.committed.push(...news)
    disk.head = head
    dropPersistedUpTo(disk, head.header.height)
  }

  const fetchBlock = (hash: Hash, hints: readonly string[]): void => {
    const own = disk.persistedBlocks.get(hash)
    if (own !== undefined) return later(0, () => feed({ type: 'block-fetched', block: own, from: undefined }))
    network.send(id, randomPeer(hints[0]), { type: 'get-block', hash })
    network.send(id, randomPeer(undefined), { type: 'get-block', hash })
    later(400, () => feed({ type: 'fetch-failed', hash }))
  }

  const randomPeer = (hint: string | undefined): number => {
    if (hint !== undefined && random.chance(0.7)) return Number(hint)
    const peer = random.below(world.actors.length - 1)
    return peer >= id ? peer + 1 : peer
  }

  const onRange = (blocks: readonly Block[], head: FinalizedHead): void => {
    const { validators, keys, genesisHash } = chain.verification
    const news = blocks.filter((block) => block.header.height > disk.head.header.height)
    const isChain = news.every((block, index) => block.header.parentHash === (news[index - 1]?.hash ?? disk.head.hash))
    if (head.finalization === undefined || news.length === 0 || !isChain || news.at(-1)?.hash !== head.hash) return
    if (head.finalization.hash !== head.hash) return
    if (verifyCertificate(head.finalization, validators, keys, genesisHash).verdict !== 'accept') return
    commit(news, head)
    feed({ type: 'synced', head: disk.head })
  }

  const receive = (message: WireMessage, sender: number): void => {
    if (running === undefined) return
    const { consensus } = running
    const from = String(sender)
    switch (message.type) {
      case 'proposal':
        return feed({ type: 'proposal', proposal: message.proposal, from })
      case 'vote':
        return feed({ type: 'vote', vote: message.vote, from })
      case 'certificate':
        return feed({ type: 'certificate', certificate: message.certificate, from, gossiped: true })
      case 'status':
        return feed({ type: 'status', status: message.status, from })
      case 'evidence':
        feed({ type: 'vote', vote: message.evidence.first, from })
        return feed({ type: 'vote', vote: message.evidence.second, from })
      case 'get-block': {
        const { hash } = message
        const block =
          consensus.block(hash) ??
          disk.persistedBlocks.get(hash) ??
          disk.committed.findLast((known) => known.hash === hash)
        return block && network.send(id, sender, { type: 'block', block })
      }
      case 'block':
        return feed({ type: 'block-fetched', block: message.block, from })
      case 'get-certificates':
        return network.send(id, sender, {
          type: 'certificates',
          certificates: consensus.certificatesFrom(message.fromView),
        })
      case 'certificates':
        for (const certificate of message.certificates)
          feed({ type: 'certificate', certificate, from, gossiped: false })
        return undefined
      case 'get-range':
        return network.send(id, sender, {
          type: 'range',
          blocks: disk.committed.slice(message.above),
          head: disk.head,
        })
      case 'range':
        return onRange(message.blocks, message.head)
    }
  }

  return {
    slot,
    isHonest: options.isHonest,
    start,
    receive,
    crash,
    get isUp() {
      return running !== undefined
    },
    get consensus() {
      if (running === undefined) throw new Error('the node is down')
      return running.consensus
    },
    setTransactionsPending: (pending) => feed({ type: 'transactions-pending', pending }),
  }
}

function headOf(blocks: readonly Block[]): { readonly header: ConsensusHeader; readonly hash: Hash } {
  const tip = blocks.at(-1)
  if (tip === undefined) throw new Error('a commit has blocks')
  return { header: tip.header, hash: tip.hash }
}
