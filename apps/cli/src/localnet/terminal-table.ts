/** The live picture of a local network: a table redrawn in place on a terminal, plain lines elsewhere. */
import type { NodeStatus } from '@cairn/node'

export interface StatusDisplay {
  update(index: number, status: NodeStatus): void
  down(index: number, reason: string): void
  /** Leaves the last picture on the screen and restores the cursor. */
  close(): void
}

interface Row {
  readonly status: NodeStatus | undefined
  readonly down: string | undefined
}

const REDRAW_INTERVAL_MS = 250
const PLAIN_INTERVAL_MS = 2_000
/** Pictures between two lines that name the columns, where they scroll away: one a minute. */
const PLAIN_PICTURES_PER_COLUMNS = 30

export function createStatusDisplay(validatorCount: number, heading: readonly string[]): StatusDisplay {
  const rows: Row[] = Array.from({ length: validatorCount }, () => ({ status: undefined, down: undefined }))
  return process.stdout.isTTY ? tableDisplay(rows, heading) : lineDisplay(rows, heading)
}

function tableDisplay(rows: Row[], heading: readonly string[]): StatusDisplay {
  for (const line of heading) console.log(line)
  console.log()
  let drawnLines = 0
  const draw = (): void => {
    // A wrapped line would take two rows of the terminal, and the next redraw would start one too low.
    const lines = tableLines(rows).map((line) => line.slice(0, process.stdout.columns))
    const up = drawnLines === 0 ? '' : `\u001b[${drawnLines}A`
    process.stdout.write(`${up}${lines.map((line) => `\u001b[2K${line}`).join('\n')}\n`)
    drawnLines = lines.length
  }
  process.stdout.write('\u001b[?25l')
  draw()
  const redraw = setInterval(draw, REDRAW_INTERVAL_MS)
  return {
    update: (index, status) => (rows[index] = { status, down: undefined }),
    down: (index, reason) => (rows[index] = { status: rows[index]?.status, down: reason }),
    close: () => {
      clearInterval(redraw)
      draw()
      process.stdout.write('\u001b[?25h')
    },
  }
}

function lineDisplay(rows: Row[], heading: readonly string[]): StatusDisplay {
  for (const line of heading) console.log(line)
  let pictures = 0
  const print = (): void => {
    const namesColumns = pictures++ % PLAIN_PICTURES_PER_COLUMNS === 0
    for (const line of tableLines(rows).slice(namesColumns ? 0 : 1)) console.log(line)
  }
  const printing = setInterval(print, PLAIN_INTERVAL_MS)
  return {
    update: (index, status) => (rows[index] = { status, down: undefined }),
    down: (index, reason) => {
      rows[index] = { status: rows[index]?.status, down: reason }
      console.log(`validator ${index} is down: ${reason}`)
    },
    close: () => {
      clearInterval(printing)
      print()
    },
  }
}

const COLUMNS = [
  'validator',
  'height',
  'epoch',
  'view',
  'finality p50/p99',
  'tx finality p50',
  'txs',
  'peers',
  'state root',
] as const
const WIDTHS = [10, 8, 6, 8, 18, 16, 8, 6, 20] as const

function tableLines(rows: readonly Row[]): readonly string[] {
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
      .join(' ')
      .trimEnd()
  return [format(COLUMNS), ...rows.map((row, index) => format(rowCells(row, index)))]
}

function rowCells(row: Row, index: number): readonly string[] {
  const { status } = row
  if (row.down !== undefined) return [`#${index}`, `down: ${row.down}`]
  if (status === undefined) return [`#${index}`, 'starting']
  const ms = (value: number): string => `${Math.round(value)} ms`
  return [
    // R10: its vote log was lost, so it abstains for now.
    status.isAmnesiac ? `#${index} amnesia` : `#${index}`,
    String(status.height),
    String(status.epoch),
    String(status.view),
    status.finalityMs.count === 0 ? '-' : `${ms(status.finalityMs.p50)} / ${ms(status.finalityMs.p99)}`,
    status.transactionFinalityMs.count === 0 ? '-' : ms(status.transactionFinalityMs.p50),
    String(status.transactionCount),
    String(status.peers.filter((peer) => peer.gossiping).length),
    `${status.stateRoot.slice(0, 10)}…${status.stateRoot.slice(-6)}`,
  ]
}
