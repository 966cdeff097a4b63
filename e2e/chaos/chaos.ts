/**
 * One chaos run: rounds of faults on real validator processes, each followed by healing and the wait for a block that
 * everybody finalizes; transfers all the while; then everything is killed and the stores are read.
 */
import { type Fleet, startFleet } from './fleet.ts'
import { type Fault, type FaultKind, type Round, describeFault, faultRounds } from './schedule.ts'
import { type StoreReport, checkStores } from './store-check.ts'
import { type Traffic, startTraffic } from './traffic.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly nodes: number
  /** No round begins after this. */
  readonly durationMs: number
  /** Instead of the seed's rounds; `smallDiskNode` as in `ScheduleOptions`. */
  readonly rounds?: (smallDiskNode: number | undefined) => Iterable<Round>
  readonly print: (line: string) => void
}

export interface ChaosReport {
  readonly violations: readonly string[]
  readonly rounds: number
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly kills: number
  readonly diskFullStops: number
  readonly canFillDisk: boolean
  /** From the end of a round's faults to the first block that is new everywhere, per round, ascending. */
  readonly healToFinalMs: readonly number[]
  /** … and until every validator has finalized it, so also restarted ones have caught up. */
  readonly healToAllMs: readonly number[]
  readonly transfersAccepted: number
  readonly votesChecked: number
  readonly stores: StoreReport
  readonly elapsedMs: number
}

/** Liveness: a block that was not final anywhere when the faults ended is final everywhere after this, or it is a violation. */
const LIVENESS_MAX_MS = 90_000
const DISK_PATIENCE_MS = 20_000
const HEARTBEAT_MS = 200

/** Cleans up whatever happens. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, nodes, print } = options
  const startedMs = performance.now()
  const violations: string[] = []
  const onViolation = (what: string): void => {
    violations.push(what)
    print(`VIOLATION ${what}`)
  }
  const fleet = await startFleet({ nodes, heartbeatMs: HEARTBEAT_MS, seed, onViolation })
  const traffic = startTraffic(fleet, nodes)
  const faults: Partial<Record<FaultKind, number>> = {}
  const healToFinalMs: number[] = []
  const healToAllMs: number[] = []
  let rounds = 0
  try {
    await heal(fleet, nodes, onViolation)
    const schedule =
      options.rounds?.(fleet.smallDiskNode) ?? faultRounds({ seed, nodes, smallDiskNode: fleet.smallDiskNode })
    for (const round of schedule) {
      if (performance.now() - startedMs >= options.durationMs || violations.length > 0) break
      print(`round ${round.number}, ${(round.lengthMs / 1000).toFixed(1)} s, height ${fleet.network.maxHeight()}`)
      for (const fault of round.faults) print(`  ${describeFault(fault)}`)
      await runRound(fleet, round)
      for (const { fault } of round.faults) faults[fault.kind] = (faults[fault.kind] ?? 0) + 1
      rounds++
      const healed = await heal(fleet, nodes, onViolation)
      if (healed === undefined) break
      print(`  healed: next final ${seconds(healed.finalMs)}, everywhere ${seconds(healed.allMs)}`)
      healToFinalMs.push(healed.finalMs)
      healToAllMs.push(healed.allMs)
    }
    if (violations.length === 0) await probeAll(traffic, nodes, onViolation)
    await traffic.stop()
    await fleet.killAll()
    const stores = await checkStores(fleet.network.directory, nodes, onViolation)
    return {
      violations,
      rounds,
      faults,
      kills: fleet.killCount,
      diskFullStops: fleet.diskFullCodes.length,
      canFillDisk: fleet.smallDiskNode !== undefined,
      healToFinalMs: healToFinalMs.toSorted((a, b) => a - b),
      healToAllMs: healToAllMs.toSorted((a, b) => a - b),
      transfersAccepted: traffic.acceptedCount,
      votesChecked: fleet.ledgers.reduce((sum, ledger) => sum + ledger.votes.size, 0),
      stores,
      elapsedMs: performance.now() - startedMs,
    }
  } finally {
    await traffic.stop()
    await fleet.network.stop()
  }
}

async function runRound(fleet: Fleet, round: Round): Promise<void> {
  const endMs = performance.now() + round.lengthMs
  const untilEnd = (): Promise<void> => sleep(Math.max(0, endMs - performance.now()))
  await Promise.all(
    round.faults.map(async ({ atMs, fault }) => {
      await sleep(atMs)
      await inject(fleet, fault, untilEnd)
    }),
  )
  await untilEnd()
}

/** Returns when the fault has run its course; links stay as they are until healing. */
async function inject(fleet: Fleet, fault: Fault, untilEnd: () => Promise<void>): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      await Promise.all(
        fault.nodes.map(async (node) => {
          await fleet.kill(node)
          await sleep(fault.downMs)
          await fleet.start(node)
        }),
      )
      return
    case 'kill-loop':
      await fleet.kill(fault.node)
      for (const lifeMs of fault.livesMs) {
        const started = fleet.start(fault.node)
        await sleep(lifeMs)
        await fleet.kill(fault.node)
        await started
      }
      return fleet.start(fault.node)
    case 'pause':
      // One that is down has nothing to pause.
      if (!fleet.network.isRunning(fault.node)) return
      fleet.network.pause(fault.node)
      await sleep(fault.forMs)
      return fleet.network.resume(fault.node)
    case 'clock':
      await fleet.kill(fault.node)
      await fleet.start(fault.node, fault.offsetMs)
      await untilEnd()
      await fleet.kill(fault.node)
      return fleet.start(fault.node)
    case 'disk-full':
      await fleet.fillDisk(DISK_PATIENCE_MS)
      // It may be started before there is space again; then it must say why it cannot.
      await fleet.start(fault.node)
      fleet.freeDisk()
      return fleet.start(fault.node)
    case 'mute':
      return fleet.network.cut((from) => fault.from.includes(from))
    case 'split':
      return fleet.network.partition(...fault.groups)
    default:
      return fleet.network.delay(fault.delayMs, fault)
  }
}

/** Ends what lasts, then waits for a new block everywhere. `undefined`: it did not come, which is a violation. */
async function heal(
  fleet: Fleet,
  nodes: number,
  onViolation: (what: string) => void,
): Promise<{ readonly finalMs: number; readonly allMs: number } | undefined> {
  fleet.network.heal()
  fleet.network.delay(0)
  const healedMs = performance.now()
  const target = fleet.network.maxHeight() + 1
  let finalMs: number | undefined
  const reached = Promise.withResolvers<boolean>()
  const forget = fleet.onBlock((_, height) => {
    if (height >= target) finalMs ??= performance.now() - healedMs
    if (Array.from({ length: nodes }, (__, node) => fleet.height(node)).every((at) => at >= target))
      reached.resolve(true)
  })
  const deadline = setTimeout(() => reached.resolve(false), LIVENESS_MAX_MS)
  const isAlive = await reached.promise
  clearTimeout(deadline)
  forget()
  const allMs = performance.now() - healedMs
  if (isAlive && finalMs !== undefined) return { finalMs, allMs }
  const heights = Array.from({ length: nodes }, (_, node) => fleet.height(node)).join(', ')
  onViolation(
    `no new block everywhere within ${LIVENESS_MAX_MS / 1000} s of healing: heights ${heights}, wanted ${target}`,
  )
  return undefined
}

/** The network is not only alive among its own: a transfer given to any validator gets its receipt there. */
async function probeAll(traffic: Traffic, nodes: number, onViolation: (what: string) => void): Promise<void> {
  for (let node = 0; node < nodes; node++) {
    await traffic.probe(node, LIVENESS_MAX_MS).catch((error: unknown) => onViolation(String(error)))
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
