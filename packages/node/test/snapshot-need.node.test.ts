import { decodeChainStatus, encodeChainStatus } from '@cairn/chain'
import { CodedError, height } from '@cairn/primitives'
import type { RequestProtocol } from '@cairn/ports'
import { describe, expect, it } from 'vitest'
import { needsSnapshot } from '../src/snapshot-need.ts'
import { createFakeNetwork } from './fake-network.ts'
import { createFakeTime } from './fake-time.ts'
import { createWorld, worldBls } from './snapshot-world.ts'
import type { World } from './snapshot-world.ts'

/** How peers say where they are. */
type Manner = (world: World) => Uint8Array

const honest: Manner = (world) => world.status()
const FAR = 5_000

/** A certificate as good as any, of a block that is said to be far above. */
function claiming(isSigned: boolean): Manner {
  return (world) => {
    const status = decodeChainStatus(world.status())
    if (!status.ok || status.value.finalization === undefined) throw new Error('the world has a status')
    const { finalization } = status.value
    const certificate = isSigned ? finalization : { ...finalization, signature: new Uint8Array(96) }
    return encodeChainStatus({ ...status.value, height: height(FAR), finalization: certificate })
  }
}

async function ask(manners: readonly Manner[], patienceMs?: number) {
  const world = await createWorld({ accounts: 3, slots: 1, epochLengthBlocks: 2 })
  await world.grow(5)
  const time = createFakeTime()
  const network = createFakeNetwork(async (peer, protocol: RequestProtocol, data) => {
    const manner = manners[Number(peer.slice(1))] as Manner
    const answer = protocol === 'chain-status' ? manner(world) : await world.answer(protocol, data)
    if (answer instanceof Uint8Array) return answer
    throw new CodedError('REQUEST_REFUSED', 'refused')
  })
  const { spec: chainSpec, genesisHash } = world
  const options = { chainSpec, genesisHash, headHeight: height(0), patienceMs }
  const answer = needsSnapshot(options, { network, timers: time.timers, bls: worldBls })
  return { answer, network, time }
}

describe('needsSnapshot', () => {
  it('says no near the head, and yes far behind what a certificate proves', async () => {
    const near = await ask([honest])
    near.network.connect('p0')
    expect(await near.answer).toBe(false)
    const far = await ask([claiming(true)])
    far.network.connect('p0')
    expect(await far.answer).toBe(true)
    expect(far.network.penalties).toEqual([])
  })

  it('believes no claim without a certificate that verifies, and waits for another peer', async () => {
    const { answer, network } = await ask([claiming(false), honest])
    network.connect('p0')
    await expect.poll(() => network.penalties).toEqual([{ peer: 'p0', code: 'SNAPSHOT_BAD_CERTIFICATE' }])
    network.connect('p1')
    expect(await answer).toBe(false)
  })

  it('says no when nobody has answered in time', async () => {
    const { answer, time } = await ask([], 1_000)
    await time.advance(1_000)
    expect(await answer).toBe(false)
  })
})
