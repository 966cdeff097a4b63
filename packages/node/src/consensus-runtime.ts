/**
 * Drives one consensus instance: inputs are stepped one after the other, effects performed in order, answers
 * fed back as inputs. Persist-then-send (R10) is here: a vote becomes an input, and so a message, only after
 * its WAL record and the block behind it are durable.
 */
import type { Block, Leaving, VoteSubject } from '@cairn/chain'
import type { Consensus, Effect, Input, Signer } from '@cairn/consensus'
import { performVerification } from '@cairn/consensus'
import type { Clock, Log, TimerHandle, Timers } from '@cairn/ports'
import type { EpochKeys } from './epoch-keys.ts'

/** What effects need of the rest of the node. None of these may throw synchronously. */
export interface ConsensusServices {
  /** R2. `undefined`: could not build. */
  buildBlock(effect: EffectOf<'build'>): Promise<InputOf<'built'> | undefined>
  /** Keeps a built execution under its block's hash. `ignore`: overtaken by a commit. */
  adopt(buildId: number, block: Block): Promise<InputOf<'executed'>['verdict']>
  execute(block: Block): Promise<InputOf<'executed'>['verdict']>
  /** Durable once resolved. */
  persistBlock(block: Block): Promise<void>
  broadcast(effect: BroadcastEffect): void
  logCertificate(effect: EffectOf<'log-certificate'>): void
  fetchBlock(effect: EffectOf<'fetch-block'>): Promise<Input>
  fetchCertificates(effect: EffectOf<'fetch-certificates'>): Promise<readonly Input[]>
  commit(effect: EffectOf<'commit'>): void
  onBehind(effect: EffectOf<'behind'>): void
  reportPeer(effect: EffectOf<'report-peer'>): void
}

export type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>
export type InputOf<Type extends Input['type']> = Extract<Input, { type: Type }>
export type BroadcastEffect =
  | EffectOf<
      | 'broadcast-proposal'
      | 'broadcast-vote'
      | 'broadcast-certificate'
      | 'broadcast-status'
      | 'broadcast-evidence'
      | 'send-status'
    >
  | { readonly type: 'broadcast-leaving'; readonly leaving: Leaving }

export interface ConsensusRuntimeDeps {
  readonly consensus: Consensus
  /** Absent on a node that only follows. */
  readonly signer: Signer | undefined
  readonly keys: EpochKeys
  readonly services: ConsensusServices
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** A vote could not be made durable, the stores failed, or the rules halted: stop the node. */
  readonly onFatal: (error: unknown) => void
}

export interface ConsensusRuntime {
  /** Ignored after `stop`. */
  input(input: Input): void
  /** Resolves when no effect is under way. */
  stop(): Promise<void>
}

export function createConsensusRuntime(deps: ConsensusRuntimeDeps): ConsensusRuntime {
  const { consensus, services, clock, timers, log } = deps
  const queue: Input[] = []
  const underWay = new Set<Promise<void>>()
  let stepping = false
  let stopped = false
  let timer: TimerHandle | undefined
  let signing: Promise<void> = Promise.resolve()
  let persisting: Promise<void> = Promise.resolve()

  const input = (next: Input): void => {
    if (stopped) return
    queue.push(next)
    if (stepping) return
    stepping = true
    try {
      for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
        const effects = consensus.step(current, { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() })
        for (const effect of effects) perform(effect)
      }
    } catch (error) {
      fail(error)
    } finally {
      stepping = false
    }
  }

  const fail = (error: unknown): void => {
    if (stopped) return
    stopped = true
    queue.length = 0
    timer?.cancel()
    deps.onFatal(error)
  }

  /** Runs an answered effect; a failure of the node's own parts is fatal, never silent. */
  const run = (work: () => Promise<Input | readonly Input[] | undefined>): void => {
    const task: Promise<void> = work()
      .then((answers) => {
        if (answers !== undefined) for (const answer of [answers].flat()) input(answer)
      })
      .catch(fail)
      .finally(() => underWay.delete(task))
    underWay.add(task)
  }

  const sign = (subject: VoteSubject, validator: number): void => {
    const { signer } = deps
    if (signer === undefined) return fail(new Error('a vote was asked of a node without a key'))
    const blockDurable = persisting
    run(async () => {
      const previous = signing
      const vote = previous.then(() => signer.sign(subject, validator))
      signing = vote.then(() => undefined)
      signing.catch(fail)
      const [signed] = await Promise.all([vote, blockDurable])
      // A finalization has overtaken the request: nobody needs the vote.
      return signed && { type: 'signed', vote: signed }
    })
  }

  /** Queued by the signer before the `sign`s that follow. */
  const raiseFloor = ({ floor }: EffectOf<'raise-floor'>): void => {
    log.warn('amnesia has ended: voting again', { epoch: floor.epoch, view: floor.view })
    run(async () => deps.signer?.compact(floor, []).then(() => undefined))
  }

  const perform = (effect: Effect): void => {
    // A failed effect ends the step: nothing that was to follow it leaves the node.
    if (stopped) return
    switch (effect.type) {
      case 'sign':
        return sign(effect.subject, effect.validator)
      case 'persist-block': {
        const persisted = services.persistBlock(effect.block)
        persisting = Promise.all([persisting, persisted]).then(() => undefined)
        persisting.catch(fail)
        return run(() => persisted.then(() => undefined))
      }
      case 'raise-floor':
        return raiseFloor(effect)
      case 'build':
        return run(async () => (await services.buildBlock(effect)) ?? { type: 'build-failed', view: effect.view })
      case 'adopt':
        return run(async () => ({
          type: 'executed',
          hash: effect.block.hash,
          verdict: await services.adopt(effect.buildId, effect.block),
        }))
      case 'execute':
        return run(async () => ({
          type: 'executed',
          hash: effect.block.hash,
          verdict: await services.execute(effect.block),
        }))
      case 'verify':
        return run(async () => ({
          type: 'verified',
          id: effect.id,
          result: performVerification(effect.request, deps.keys.contextOf(effect.validators)),
        }))
      case 'set-timer':
        timer?.cancel()
        timer = timers.after(Math.max(0, effect.atMs - clock.monotonicMs()), () => input({ type: 'timer' }))
        return
      case 'announce-leaving': {
        const { epoch, view, validator } = effect
        const signature = deps.signer?.signLeaving(epoch, view)
        if (signature === undefined) return fail(new Error('a node without a key has nothing to leave'))
        return services.broadcast({ type: 'broadcast-leaving', leaving: { epoch, view, validator, signature } })
      }
      case 'halt':
        log.error('consensus halted', { code: effect.halt.code, message: effect.halt.message })
        return fail(new Error(`consensus halted: ${effect.halt.message}`))
      default:
        return performOutward(effect, services, run)
    }
  }

  return {
    input,
    stop: async () => {
      stopped = true
      timer?.cancel()
      await Promise.allSettled(underWay)
    },
  }
}

type OutwardEffect = Exclude<
  Effect,
  EffectOf<
    | 'sign'
    | 'raise-floor'
    | 'persist-block'
    | 'build'
    | 'adopt'
    | 'execute'
    | 'verify'
    | 'set-timer'
    | 'announce-leaving'
    | 'halt'
  >
>

/** Effects that leave the instance: network, stores, sync. */
function performOutward(
  effect: OutwardEffect,
  services: ConsensusServices,
  run: (work: () => Promise<Input | readonly Input[] | undefined>) => void,
): void {
  switch (effect.type) {
    case 'fetch-block':
      return run(() => services.fetchBlock(effect))
    case 'fetch-certificates':
      return run(() => services.fetchCertificates(effect))
    case 'commit':
      return services.commit(effect)
    case 'behind':
      return services.onBehind(effect)
    case 'report-peer':
      return services.reportPeer(effect)
    case 'log-certificate':
      return services.logCertificate(effect)
    default:
      return services.broadcast(effect)
  }
}
