/** The command line of the simulator. Anything it does not understand is one line with a code, never a guess. */
import { parseArgs } from 'node:util'
import { CodedError } from '@cairn/primitives'
import { ADVERSARIES } from './simulator/run.ts'
import type { Adversary } from './simulator/run.ts'

export interface SimOptions {
  readonly seeds: number
  readonly firstSeed: number
  readonly nodes: number
  readonly adversaries: readonly Adversary[]
  /** Votes go to collectors in sets with more validators; in a third of the runs where it is `undefined`. */
  readonly collectorsAbove: number | undefined
  readonly workers: number | undefined
  /** Only these faults of the schedule; from the report of a shrunk run. */
  readonly faults: readonly number[] | undefined
  readonly isTraced: boolean
}

const NODES_MAX = 200
const USAGE = `--seeds N --seed S --nodes 4|7|13|25 --adversary all|${ADVERSARIES.join('|')}[,…] --collectors-above 0|4|64 --workers N --faults 0,3 --trace`

/** @throws CodedError `SIM_BAD_OPTION` */
export function parseSimOptions(args: readonly string[]): SimOptions {
  const values = readArguments(args)
  return {
    seeds: integer('seeds', values.seeds ?? '1000', 1, 1e9),
    firstSeed: integer('seed', values.seed ?? '1', 0, 2 ** 31),
    nodes: integer('nodes', values.nodes ?? '4', 1, NODES_MAX),
    adversaries: adversaries(values.adversary ?? 'all'),
    collectorsAbove:
      values['collectors-above'] === undefined
        ? undefined
        : integer('collectors-above', values['collectors-above'], 0, 1_024),
    workers: values.workers === undefined ? undefined : integer('workers', values.workers, 1, 64),
    faults: values.faults === undefined ? undefined : indices(values.faults),
    isTraced: values.trace === true,
  }
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: text,
        seed: text,
        nodes: text,
        adversary: text,
        'collectors-above': text,
        workers: text,
        faults: text,
        trace: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw badOption(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

function adversaries(list: string): readonly Adversary[] {
  if (list === 'all') return ADVERSARIES
  return list.split(',').map((name) => {
    const known = ADVERSARIES.find((adversary) => adversary === name)
    if (known === undefined) throw badOption(`no adversary is called ${JSON.stringify(name)}`)
    return known
  })
}

function indices(list: string): readonly number[] {
  return list === '' ? [] : list.split(',').map((index) => integer('faults', index, 0, 10_000))
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw badOption(`--${name} takes a number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  }
  return value
}

function badOption(why: string): CodedError {
  return new CodedError('SIM_BAD_OPTION', `${why}; usage: ${USAGE}`)
}
