import { decodePayload, transactionHash } from '@cairn/chain'
import { type Hash, height } from '@cairn/primitives'
import { type SampleBlock, createSampleChain } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { createInFlight } from '../src/in-flight.ts'

const chain = createSampleChain({ length: 4 })
const blockAt = (at: number) => (chain.blocks[at - 1] as SampleBlock).block
const transactionAt = (at: number): Hash => {
  const body = decodePayload(blockAt(at).payload)
  if (!body.ok) throw new Error(body.code)
  return transactionHash(body.value.transactions[0] as Uint8Array)
}

describe('transactions in flight', () => {
  it('are those of a block and its un-finalized ancestors', () => {
    const inFlight = createInFlight()
    for (const at of [1, 2, 3]) inFlight.add(blockAt(at))
    expect(inFlight.hashesUpTo(blockAt(2).hash)).toEqual(new Set([transactionAt(1), transactionAt(2)]))
    expect(inFlight.hashesUpTo(chain.genesis.hash).size).toBe(0)
    expect(inFlight.has(transactionAt(3))).toBe(true)
    expect(inFlight.has(transactionAt(4))).toBe(false)
  })

  it('leave with their height, whatever order blocks came in', () => {
    const inFlight = createInFlight()
    for (const at of [3, 1, 2, 2]) inFlight.add(blockAt(at))
    inFlight.dropUpTo(height(2))
    expect([1, 2, 3].map((at) => inFlight.has(transactionAt(at)))).toEqual([false, false, true])
    inFlight.dropUpTo(height(3))
    expect(inFlight.has(transactionAt(3))).toBe(false)
  })

  it('stay while a sibling at a later height carries them', () => {
    const inFlight = createInFlight()
    const early = blockAt(1)
    const late = { ...early, hash: blockAt(2).hash, header: { ...early.header, height: height(2) } }
    inFlight.add(early)
    inFlight.add(late)
    inFlight.dropUpTo(height(1))
    expect(inFlight.has(transactionAt(1))).toBe(true)
    inFlight.dropUpTo(height(2))
    expect(inFlight.has(transactionAt(1))).toBe(false)
  })

  it('takes a block whose payload does not decode as one without transactions', () => {
    const inFlight = createInFlight()
    inFlight.add({ ...blockAt(1), payload: Uint8Array.of(1, 2, 3) })
    expect(inFlight.hashesUpTo(blockAt(1).hash).size).toBe(0)
  })
})
