/** Drives the real catch-up machine in virtual time, as `@cairn/node`'s sync driver does: statuses on a nudge, ranges by request. */
import { verifyCertificate } from '@cairn/chain'
import type { Block, Certificate } from '@cairn/chain'
import { ignore } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import { createSync } from '@cairn/sync'
import type { FinalizedPoint, SyncEffect, SyncInput } from '@cairn/sync'
import { modelChecks } from '../model/model-chain.ts'
import type { SimulatedChain } from '../model/model-chain.ts'
import type { WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import type { Disk } from './disk.ts'

/** A request without an answer counts as failed after this. */
const REQUEST_TIMEOUT_MS = 400
const NUDGE_DELAY_MS = 25

export interface NodeSyncDeps {
  readonly world: World
  readonly self: number
  readonly disk: Disk
  readonly isHonest: boolean
  send(to: number, message: WireMessage): void
  /** Runs unless the node has crashed meanwhile. */
  later(delayMs: number, task: () => void): void
  apply(blocks: readonly Block[], certificate: Certificate): void
}

export interface NodeSync {
  /** Somebody is ahead: ask everybody where the chain is. */
  nudge(): void
  onHead(head: FinalizedPoint): void
  onMessage(message: Extract<WireMessage, { type: 'chain-status' | 'range' }>, from: number): void
}

export function createNodeSync(deps: NodeSyncDeps): NodeSync {
  const { world, self, disk } = deps
  const { head } = disk
  const { genesisHash, spec } = world.chain
  const sync = createSync(
    { genesisHash, head: { height: head.header.height, hash: head.hash }, epochLengthBlocks: spec.epochLengthBlocks },
    { verifyFinalization: (certificate) => verifyFinalization(certificate, world.chain, disk), ...modelChecks },
  )
  let armed = 0

  const handle = (input: SyncInput): void => {
    for (const effect of sync.handle(input, world.queue.nowMs)) perform(effect)
  }

  const perform = (effect: SyncEffect): void => {
    switch (effect.type) {
      case 'request': {
        const { requestId, fromHeight, countMax } = effect
        deps.send(Number(effect.peer), { type: 'get-range', requestId, fromHeight, countMax })
        return deps.later(REQUEST_TIMEOUT_MS, () => handle({ type: 'request-failed', requestId }))
      }
      case 'apply':
        return deps.apply(effect.blocks, effect.certificate)
      case 'penalize':
        if (!deps.isHonest || world.actors[Number(effect.peer)]?.isHonest !== true) return undefined
        return world.invariants.violate(`HONEST_BLAMED: node ${self} in sync with ${effect.peer}: ${effect.code}`)
      case 'conflict':
        if (deps.isHonest) world.invariants.violate(`HALT: node ${self} in sync at height ${effect.height}`)
        return undefined
      case 'set-timer': {
        const timer = ++armed
        return deps.later(effect.atMs - world.queue.nowMs, () => {
          if (timer === armed) handle({ type: 'tick' })
        })
      }
      default:
        return undefined
    }
  }

  return {
    nudge() {
      deps.later(NUDGE_DELAY_MS, () => {
        for (const to of world.actors.keys()) if (to !== self) deps.send(to, { type: 'get-chain-status' })
      })
    },
    onHead: (head) => handle({ type: 'head', head }),
    onMessage(message, from) {
      if (message.type === 'chain-status') {
        handle({ type: 'peer-status', peer: String(from), status: message.status })
      } else handle({ type: 'response', requestId: message.requestId, data: message.data })
    },
  }
}

/** By the set of its epoch, the current one or the one before. */
function verifyFinalization(certificate: Certificate, { contextOf }: SimulatedChain, disk: Disk): Verdict {
  const { validators, previous } = disk.head.epochState
  const set = [validators, previous].find((candidate) => candidate?.epoch === certificate.epoch)
  if (set === undefined) return ignore('CERTIFICATE_EPOCH_UNKNOWN')
  const { keys, genesisHash } = contextOf(set)
  return verifyCertificate(certificate, set, keys, genesisHash)
}
