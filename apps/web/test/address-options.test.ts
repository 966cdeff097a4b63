import { describe, expect, it } from 'vitest'
import { optionsFromAddress } from '../src/address-options.ts'

const page = 'https://node.example/cairn/'
const hash = `0x${'Ab'.repeat(32)}`

describe('optionsFromAddress', () => {
  it('takes the network of the page, unpinned, by any transport', () => {
    expect(optionsFromAddress(new URL(page))).toEqual({
      networkUrl: 'https://node.example/cairn/network.json',
      pinnedGenesis: undefined,
      transport: 'any',
      role: 'serving',
      sync: 'auto',
      checkpoint: undefined,
    })
  })

  it('takes the role of the address, else the last one, and serves by default', () => {
    expect(optionsFromAddress(new URL(`${page}?role=light`), { role: 'verifying' }).role).toBe('light')
    expect(optionsFromAddress(new URL(page), { role: 'verifying' }).role).toBe('verifying')
    expect(optionsFromAddress(new URL(page), { role: 'emperor' }).role).toBe('serving')
    expect(() => optionsFromAddress(new URL(`${page}?role=emperor`))).toThrow(/role/)
  })

  it('reads a pin in either case, and a transport', () => {
    const options = optionsFromAddress(new URL(`${page}?genesis=${hash}&transport=ws`))
    expect(options.pinnedGenesis).toBe(hash.toLowerCase())
    expect(options.transport).toBe('ws')
  })

  it('takes the way to a state of the address, else the last one, and a checkpoint', () => {
    expect(optionsFromAddress(new URL(`${page}?sync=full`), { sync: 'snapshot' }).sync).toBe('full')
    expect(optionsFromAddress(new URL(page), { sync: 'snapshot' }).sync).toBe('snapshot')
    expect(optionsFromAddress(new URL(page), { sync: 'magic' }).sync).toBe('auto')
    expect(() => optionsFromAddress(new URL(`${page}?sync=magic`))).toThrow(/sync/)
    const { checkpoint } = optionsFromAddress(new URL(`${page}?checkpoint=7:${hash}`))
    expect(checkpoint).toEqual({ epoch: 7, hash: hash.toLowerCase() })
    for (const wrong of ['', '7', `x:${hash}`, `7:${hash}0`, `7:0x12`]) {
      expect(() => optionsFromAddress(new URL(`${page}?checkpoint=${wrong}`))).toThrow(/checkpoint/)
    }
  })

  it('refuses a pin that it does not understand rather than ignoring it', () => {
    expect(() => optionsFromAddress(new URL(`${page}?genesis=0x1234`))).toThrow(/malformed/)
    expect(() => optionsFromAddress(new URL(`${page}?genesis=`))).toThrow(/malformed/)
    expect(() => optionsFromAddress(new URL(`${page}?transport=carrier-pigeon`))).toThrow(/transport/)
  })
})
