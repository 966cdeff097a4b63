/** A figure of a benchmark, and how times are taken. */

export type BenchRow = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

/** The best of some rounds: V8 has tiered up by then, and other programs disturb least. */
export function best(rounds: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) least = Math.min(least, cpuMsOf(run))
  return least
}

/** Processor time, not the clock's: on a shared machine the clock measures the others. */
export function cpuMsOf(run: () => void): number {
  const from = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1_000
}

export function printRow({ name, value, unit, reference }: BenchRow): void {
  console.log(`${name.padEnd(48)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(8)} ${reference}`)
}
