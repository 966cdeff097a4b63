import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { epoch } from '@cairn/primitives'
import { createStatusDisplay } from '../src/localnet/terminal-table.ts'
import { statusAt } from './sample-reports.ts'

/** Where output is no terminal: a pipe, a log file. */
describe('plain lines', () => {
  const lines: string[] = []
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
    expect(process.stdout.isTTY).toBeFalsy()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    lines.length = 0
  })

  it('has the heading once, then a line for each validator every two seconds, and the columns once a minute', () => {
    const display = createStatusDisplay(2, ['Cairn', '  data here'])
    expect(lines.splice(0)).toEqual(['Cairn', '  data here'])
    display.update(
      1,
      statusAt(7, {
        epoch: epoch(2),
        finalityMs: { count: 3, p50: 31.4, p99: 60.6 },
        transactionFinalityMs: { count: 1, p50: 80, p99: 80 },
        transactionCount: 12,
        peers: [
          { peerId: 'a', direction: 'outbound', transport: 'quic-v1', score: 0, gossiping: true },
          { peerId: 'b', direction: 'outbound', transport: 'quic-v1', score: 0, gossiping: false },
        ],
      }),
    )
    vi.advanceTimersByTime(1_999)
    expect(lines).toEqual([])
    vi.advanceTimersByTime(1)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^validator\s+height\s+epoch\s+view\s/)
    expect(lines[1]).toMatch(/^#0\s+starting$/)
    expect(lines[2]).toMatch(/^#1\s+7\s+2\s+8\s+31 ms \/ 61 ms\s+80 ms\s+12\s+1\s+0x00000000…000007$/)
    lines.length = 0
    vi.advanceTimersByTime(60_000)
    expect(lines.filter((line) => line.startsWith('validator'))).toHaveLength(1)
    expect(lines).toHaveLength(61)
    display.close()
  })

  it('says of a validator that lost its vote log that it abstains', () => {
    const display = createStatusDisplay(1, [])
    display.update(0, statusAt(3, { isAmnesiac: true }))
    vi.advanceTimersByTime(2_000)
    expect(lines.splice(0).slice(1)).toEqual([expect.stringMatching(/^#0 amnesia\s+3\s+0\s+4\s/)])
    display.close()
  })

  it('says at once that a validator is down, keeps saying it, and takes it back', () => {
    const display = createStatusDisplay(1, [])
    display.update(0, statusAt(3))
    display.down(0, 'SIGKILL')
    expect(lines.splice(0)).toEqual(['validator 0 is down: SIGKILL'])
    vi.advanceTimersByTime(2_000)
    expect(lines.splice(0).slice(1)).toEqual([expect.stringMatching(/^#0\s+down: SIGKILL$/)])
    display.update(0, statusAt(4))
    vi.advanceTimersByTime(2_000)
    expect(lines.splice(0)).toEqual([expect.stringMatching(/^#0\s+4\s+0\s+5\s+-\s+-\s+0\s+0\s+0x/)])
    display.close()
  })

  it('ends with the last picture and no escape sequences', () => {
    const display = createStatusDisplay(1, ['Cairn'])
    display.update(0, statusAt(9))
    display.close()
    vi.advanceTimersByTime(60_000)
    expect(lines).toHaveLength(3)
    expect(lines.join('')).not.toContain('\u001b')
  })
})
