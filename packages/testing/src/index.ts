/** @module Dev: the seeded simulator. The contract suites of the ports are at `@cairn/testing/contracts`. */
export { ADVERSARIES } from './simulator/run.ts'
export type { Adversary, SimulationOptions } from './simulator/run.ts'
export { simulate } from './simulator/simulation.ts'
export type { SimulationResult } from './simulator/simulation.ts'
export { createSeededRandom } from './simulator/random.ts'
export type { SeededRandom } from './simulator/random.ts'
