/**
 * Who decides in a run: weights, length of the epochs, who joins and leaves at which of them. Whoever is faulty has less
 * than a third of the weight in each epoch's set.
 */
import type { SeededRandom } from '../random.ts'
import type { ChainPlan } from './model-chain.ts'

/** Longer than any run. */
const ONE_EPOCH_BLOCKS = 1_000_000
const EPOCH_MIN_BLOCKS = 3
const EPOCH_MAX_BLOCKS = 12
const CHANGES_MAX = 3
/** Slots that join after genesis. */
const JOINERS = 1

export interface DrawnPlan {
  readonly plan: ChainPlan
  /** Slots that may be faulty, at most as many as were asked for. */
  readonly faulty: readonly number[]
}

export function drawPlan(nodes: number, faultyMax: number, random: SeededRandom): DrawnPlan {
  const spread = [0, 1, 15][random.below(3)] ?? 0
  const drawWeight = (): bigint => BigInt(spread === 0 ? 10 : random.between(5, 5 + spread))
  const genesis = Array.from({ length: nodes }, drawWeight)
  const faulty = chooseFaulty(genesis, faultyMax, random)
  const weights = genesis
  if (random.chance(0.5)) {
    return { plan: { weights, genesisCount: nodes, epochLengthBlocks: ONE_EPOCH_BLOCKS, changes: [] }, faulty }
  }
  const changes: { epoch: number; weights: readonly bigint[] }[] = []
  let current = [...weights, ...Array.from({ length: JOINERS }, () => 0n)]
  for (let epoch = random.between(1, 2); changes.length < CHANGES_MAX; epoch += random.between(1, 2)) {
    const next = changeSet(current, faulty, nodes, random, drawWeight)
    if (isQuorumWithout(next, faulty) && isSmallChange(current, next)) current = next
    changes.push({ epoch, weights: current })
  }
  const epochLengthBlocks = random.between(EPOCH_MIN_BLOCKS, EPOCH_MAX_BLOCKS)
  const all = [...weights, ...Array.from({ length: JOINERS }, drawWeight)]
  return { plan: { weights: all, genesisCount: nodes, epochLengthBlocks, changes }, faulty }
}

/** One joins, leaves or comes back; or weights move. */
function changeSet(
  current: readonly bigint[],
  faulty: readonly number[],
  nodes: number,
  random: SeededRandom,
  drawWeight: () => bigint,
): bigint[] {
  const next = [...current]
  const slot = random.below(next.length)
  if (random.chance(0.3)) return next.map((weight) => (weight === 0n ? 0n : weight + BigInt(random.below(2))))
  if (next[slot] === 0n) next[slot] = drawWeight()
  else if (next.filter((weight) => weight > 0n).length > Math.min(nodes, 4) && !faulty.includes(slot)) next[slot] = 0n
  else next[next.length - 1] = drawWeight()
  return next
}

/** Random slots, less than a third of the weight together. */
function chooseFaulty(weights: readonly bigint[], count: number, random: SeededRandom): readonly number[] {
  const slots = [...weights.keys()]
  const chosen: number[] = []
  while (slots.length > 0 && chosen.length < count) {
    const [slot = 0] = slots.splice(random.below(slots.length), 1)
    if (isQuorumWithout(weights, [...chosen, slot])) chosen.push(slot)
  }
  return chosen
}

function isQuorumWithout(weights: readonly bigint[], faulty: readonly number[]): boolean {
  const total = sum(weights)
  const left = sum(weights.filter((_, slot) => !faulty.includes(slot)))
  return 3n * left > 2n * total
}

/** As the rules have it: less than a third goes, less than a third is new. */
function isSmallChange(before: readonly bigint[], after: readonly bigint[]): boolean {
  const gone = sum(before.map((weight, slot) => (weight > (after[slot] ?? 0n) ? weight - (after[slot] ?? 0n) : 0n)))
  const added = sum(after.map((weight, slot) => (weight > (before[slot] ?? 0n) ? weight - (before[slot] ?? 0n) : 0n)))
  return 3n * gone < sum(before) && 3n * added < sum(after)
}

function sum(weights: readonly bigint[]): bigint {
  return weights.reduce((total, weight) => total + weight, 0n)
}
