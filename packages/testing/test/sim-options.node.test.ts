import { describe, expect, it } from 'vitest'
import { parseSimOptions } from '../src/sim-options.ts'

describe('the command line of the simulator', () => {
  it('takes what the documentation says', () => {
    expect(parseSimOptions(['--seeds', '7', '--seed', '3', '--nodes', '13', '--adversary', 'twins,silent'])).toEqual({
      seeds: 7,
      firstSeed: 3,
      nodes: 13,
      adversaries: ['twins', 'silent'],
      collectorsAbove: undefined,
      workers: undefined,
      faults: undefined,
      isTraced: false,
    })
    expect(parseSimOptions([]).adversaries).toContain('equivocator')
    expect(parseSimOptions(['--faults', '']).faults).toEqual([])
    expect(parseSimOptions(['--collectors-above', '0']).collectorsAbove).toBe(0)
  })

  it.each([
    ['--nodse', '4'],
    ['--nodes', 'four'],
    ['--nodes', '0'],
    ['--seeds', '-1'],
    ['--collectors-above', 'all'],
    ['--seeds', '1.5'],
    ['--seeds'],
    ['--adversary', 'gremlin'],
    ['--faults', '1,x'],
    ['stray'],
  ])('refuses %s %s in one line with a code', (...args) => {
    const parse = (): unknown => parseSimOptions(args)
    expect(parse).toThrow(expect.objectContaining({ code: 'SIM_BAD_OPTION' }))
    expect(parse).toThrow(/^[^\n]*$/)
  })
})
