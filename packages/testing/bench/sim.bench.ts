/** What the simulator says about consensus, and how fast it is. All times but the last rows are virtual. */
import { bitmapFromIndices, encodeCertificate } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import { runCampaign, speedOf } from '../src/campaign/campaign.ts'
import { ADVERSARIES } from '../src/simulator/run.ts'
import { measureCalmNetwork } from './calm-network.ts'

export interface BenchRow {
  /** `module/op/key=value` */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

/** No set is so large that it has collectors. */
const TO_ALL = { gossipMax: 1_024, collectors: 0 } as const
const LAN = { delayMinMs: 0.2, delayMaxMs: 1 } as const
const WORLD_WIDE = { delayMinMs: 50, delayMaxMs: 200 } as const
const SILENT_REFERENCES = {
  0: 'goal ≤ 1 s p50, ≤ 2 s p99; TON ~1 s',
  20: '',
  33: 'goal ≤ 1.6 s p99; Tendermint model 8.5 s',
}

export async function runSimBench(): Promise<readonly BenchRow[]> {
  return [
    ...(await silentLeaderRows()),
    ...(await largeSetRows()),
    ...(await messageRows()),
    ...certificateRows(),
    ...(await resumeRows()),
    ...(await campaignRows()),
  ]
}

/** R8 has marked who is silent by then: 6 s without a signature. */
const MARKED_MS = 8_000

/** 15 validators: 20 % are 3 of them, just under a third are 4 of 13. The last row also counts what R8 takes to notice. */
async function silentLeaderRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  for (const [percent, nodes, silent, countedFromMs] of [
    [0, 15, 0, 0],
    [20, 15, 3, MARKED_MS],
    [33, 13, 4, MARKED_MS],
    [33, 13, 4, 0],
  ] as const) {
    const result = await measureCalmNetwork({ seed: 1, nodes, silent, ...WORLD_WIDE, forMs: 60_000, countedFromMs })
    const from = silent > 0 && countedFromMs === 0 ? ',from-the-first-second' : ''
    for (const [what, sorted] of [
      ['block', result.blockFinalMs],
      ['transaction', result.transactionFinalMs],
    ] as const) {
      for (const share of [0.5, 0.99]) {
        rows.push({
          name: `consensus/${what}-final/silent=${percent}%,hops=50–200ms${from},p=${share}`,
          value: quantile(sorted, share),
          unit: 'ms',
          reference: from === '' ? SILENT_REFERENCES[percent] : 'the first turn of each silent leader costs 0.6 s',
        })
      }
    }
  }
  return rows
}

async function largeSetRows(): Promise<readonly BenchRow[]> {
  const options = { seed: 1, nodes: 200, silent: 0, ...WORLD_WIDE, forMs: 4_000 }
  const { blockFinalMs, transactionFinalMs, views } = await measureCalmNetwork(options)
  const reference = `goal ≤ 1 s p50, ≤ 2 s p99; ${views} views, blst costs of one core a node charged`
  const measured = [
    ['block', blockFinalMs],
    ['transaction', transactionFinalMs],
  ] as const
  return measured.flatMap(([what, sorted]) =>
    [0.5, 0.99].map((share) => ({
      name: `consensus/${what}-final/validators=200,hops=50–200ms,p=${share}`,
      value: quantile(sorted, share),
      unit: 'ms',
      reference,
    })),
  )
}

async function messageRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  for (const [nodes, forMs, to] of [
    [4, 20_000, 'all'],
    [16, 8_000, 'all'],
    [64, 1_000, 'all'],
    [100, 600, 'all'],
    [100, 600, 'collectors'],
    [200, 300, 'all'],
    [200, 300, 'collectors'],
  ] as const) {
    const dissemination = to === 'all' ? { dissemination: TO_ALL } : {}
    const result = await measureCalmNetwork({ seed: 2, nodes, silent: 0, ...LAN, forMs, ...dissemination })
    const reference = `all to all but votes to ${to}; gossip forwards each message 8 times instead of n − 1; ${result.views} views`
    const key = `n=${nodes},votes-to=${to}`
    rows.push({ name: `consensus/messages-per-view-and-node/${key}`, value: result.messages, unit: '', reference })
    rows.push({ name: `consensus/votes-per-view-and-node/${key}`, value: result.votes, unit: '', reference })
    rows.push({ name: `consensus/bytes-per-view-and-node/${key}`, value: result.sizeBytes, unit: 'B', reference })
  }
  return rows
}

function certificateRows(): readonly BenchRow[] {
  return [4, 64, 200].map((nodes) => {
    const signers = bitmapFromIndices(
      Array.from({ length: nodes }, (_, index) => index),
      nodes,
    )
    const subject = { kind: 'finalize', epoch: epoch(1), view: view(1_000), hash: ZERO_HASH } as const
    const bytes = encodeCertificate({ ...subject, signers, signature: new Uint8Array(96) })
    return {
      name: `consensus/certificate/n=${nodes}`,
      value: bytes.length,
      unit: 'B',
      reference: 'verified: suite bls',
    }
  })
}

/** More than a third is gone for 30 s: nothing is final meanwhile. */
async function resumeRows(): Promise<readonly BenchRow[]> {
  const resumed: number[] = []
  let commits = 0
  for (let seed = 1; seed <= 40; seed++) {
    const absence = { nodes: 2, fromMs: 2_000, toMs: 32_000 }
    const result = await measureCalmNetwork({ seed, nodes: 4, silent: 0, ...WORLD_WIDE, forMs: 60_000, absence })
    resumed.push(result.resumedMs ?? Number.POSITIVE_INFINITY)
    commits += result.commitsInAbsence
  }
  resumed.sort((a, b) => a - b)
  const reference = 'goal ≤ 20 s after f + 1 are back'
  return [
    { name: 'consensus/resume-after-f+1-silent/n=4,p=0.5', value: quantile(resumed, 0.5), unit: 'ms', reference },
    { name: 'consensus/resume-after-f+1-silent/n=4,max', value: quantile(resumed, 1), unit: 'ms', reference },
    { name: 'consensus/commits-while-f+1-silent/n=4', value: commits, unit: '', reference: 'must be 0' },
  ]
}

async function campaignRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  for (const nodes of [4, 7]) {
    const options = { firstSeed: 1, seeds: 640, nodes, adversaries: ADVERSARIES, workers: undefined }
    const result = await runCampaign(options)
    if (result.failure !== undefined) throw new Error(JSON.stringify(result.failure))
    const heal = 'goal ≤ 1 s p50, ≤ 4 s p99; Besu’s timer doubles without cap (4 096 s seen)'
    rows.push(
      {
        name: `consensus/heal-to-final/n=${nodes},p=0.5`,
        value: quantile(result.healToCommitMs, 0.5),
        unit: 'ms',
        reference: heal,
      },
      {
        name: `consensus/heal-to-final/n=${nodes},p=0.99`,
        value: quantile(result.healToCommitMs, 0.99),
        unit: 'ms',
        reference: heal,
      },
      {
        name: `sim/seeds-per-hour/n=${nodes}`,
        value: (result.seeds / result.elapsedMs) * 3_600_000,
        unit: '',
        reference: 'goal ≥ 60 000 at n = 4 on two cores',
      },
      {
        name: `sim/times-real-time/n=${nodes}`,
        value: speedOf(result).realTime,
        unit: '×',
        reference: 'goal ≥ 1 000 × at n = 4',
      },
      {
        name: `sim/times-a-core’s-time/n=${nodes}`,
        value: speedOf(result).core,
        unit: '×',
        reference: 'what one core not shared with anybody would do',
      },
      {
        name: `sim/times-a-core’s-time/n=${nodes},without-fog`,
        value: speedOf(result).coreWithoutFog,
        unit: '×',
        reference: 'without the runs with minutes in which views only time out',
      },
    )
  }
  return rows
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
}
