/** @module Dev: the seeded simulator. The contract suites of the ports are at `@cairn/testing/contracts`. */
export { ADVERSARIES, simulate } from './simulator/simulation.ts'
export type { Adversary, SimulationOptions, SimulationResult } from './simulator/simulation.ts'
export { MUTANTS } from './simulator/mutants.ts'
export type { Mutant } from './simulator/mutants.ts'
export { createSeededRandom } from './simulator/random.ts'
export type { SeededRandom } from './simulator/random.ts'
