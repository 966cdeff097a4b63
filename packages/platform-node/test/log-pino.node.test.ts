import { describe, expect, it } from 'vitest'
import { createPinoLog } from '../src/log-pino.ts'

describe('pino log', () => {
  it('writes JSON lines with module and level', () => {
    const lines: string[] = []
    const log = createPinoLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }).child('consensus')
    log.debug('hidden')
    log.info('finalized', { height: 7, weight: 2n ** 70n })
    log.error('failed', { error: new Error('disk full') })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', module: 'consensus', msg: 'finalized', height: 7, weight: '1180591620717411303424' },
      { level: 'error', msg: 'failed', error: { message: 'disk full' } },
    ])
  })

  it('writes one readable line', () => {
    const lines: string[] = []
    createPinoLog({ level: 'debug', format: 'pretty', write: (line) => lines.push(line) })
      .child('rpc')
      .warn('slow call', { method: 'eth_call', reason: 'two words', tookMs: 12 })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}rpc: slow call method=eth_call reason="two words" tookMs=12\n$/,
    )
  })
})
