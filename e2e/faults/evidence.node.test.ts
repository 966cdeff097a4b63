/** A validator that signs twice: the honest ones go on, prove it, and have the proof in finalized blocks for good. */
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import type { Hash } from '@cairn/primitives'
import { afterEach, expect, test } from 'vitest'
import { type Equivocator, startEquivocator } from './equivocator.ts'

const HONEST = [0, 1, 2] as const
const EPOCH_LENGTH_BLOCKS = 40
let network: TestNetwork | undefined
let equivocator: Equivocator | undefined

afterEach(async () => {
  await equivocator?.stop()
  await network?.stop()
  ;[equivocator, network] = [undefined, undefined]
})

interface EvidenceAnswer {
  readonly height: number
  readonly hash: string
  readonly kind: string
  readonly offenders: readonly { readonly index: number; readonly publicKey: string }[]
}

test('equivocation ends up in finalized blocks, four offences at the most, and ends the membership', async () => {
  const net = (network = await startNetwork({ heartbeatMs: 200, epochLengthBlocks: EPOCH_LENGTH_BLOCKS }))
  await net.waitForHeight(3)
  await net.kill(3)
  const { genesisHash } = (await call(net, 0, 'cairn_status')) as { readonly genesisHash: Hash }
  equivocator = await startEquivocator(net.directory, 3, genesisHash)
  const offender = equivocator.index

  const all = await waitForEvidence(net, 4)
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['double-notarize', 'nullify-and-finalize']))
  for (const { offenders } of all) expect(offenders.map(({ index }) => index)).toEqual([offender])
  const block = (await call(net, 0, 'cairn_getBlock', all[0]?.height)) as { readonly evidenceRoot: string }
  expect(block.evidenceRoot).not.toBe(EMPTY_LIST_HASH)

  // It goes on equivocating: nobody is more guilty for it, the chain goes on, and the next epoch is without it.
  await net.waitForHeight(EPOCH_LENGTH_BLOCKS + 5, HONEST)
  for (const index of HONEST) {
    expect(await call(net, index, 'cairn_evidence')).toEqual(all)
    const members = (await call(net, index, 'cairn_validators')) as readonly { readonly publicKey: string }[]
    expect(members).toHaveLength(3)
    expect(members.map(({ publicKey }) => publicKey)).not.toContain(all[0]?.offenders[0]?.publicKey)
  }
  expect(await metric(net, 1, 'cairn_evidence_included_total')).toBe(4)
  net.assertSameRoot(HONEST)

  await net.restart(0)
  await net.waitForHeight(net.maxHeight() + 5, HONEST)
  expect(await call(net, 0, 'cairn_evidence')).toEqual(all)
})

const EMPTY_LIST_HASH = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'

/** Until every honest validator has as many in finalized blocks. */
async function waitForEvidence(net: TestNetwork, count: number): Promise<readonly EvidenceAnswer[]> {
  for (;;) {
    const answers = await Promise.all(HONEST.map((index) => call(net, index, 'cairn_evidence')))
    const [first = []] = answers as (readonly EvidenceAnswer[])[]
    if (answers.every((answer) => (answer as readonly unknown[]).length >= count)) return first
    await net.waitForHeight(net.maxHeight() + 1, HONEST)
  }
}

async function call(net: TestNetwork, index: number, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(net.rpcUrl(index), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { readonly result?: unknown; readonly error?: unknown }
  if (error !== undefined) throw new Error(JSON.stringify(error))
  return result
}

/** Sum over its labels. */
async function metric(net: TestNetwork, index: number, name: string): Promise<number> {
  const text = await (await fetch(`${net.rpcUrl(index)}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
