import { type Announcement, createValidatorSet, decodeAnnouncement, encodeAnnouncement } from '@cairn/chain'
import type { VerificationContext } from '@cairn/consensus'
import type { BlsKeySet } from '@cairn/crypto'
import { ACCEPT, ZERO_HASH, addressFromBytes, epoch, ignore, reject, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import type { EpochKeys } from '../src/epoch-keys.ts'
import { createValidatorPeers } from '../src/validator-peers.ts'
import { keepValidatorSlots } from '../src/validator-slots.ts'
import { createFakeNetwork } from './fake-network.ts'
import { createFakeTime, createKeptLog } from './fake-time.ts'

const member = (tag: number, peerId = '') => ({
  publicKey: new Uint8Array(48).fill(tag),
  weight: 1n,
  feeRecipient: addressFromBytes(new Uint8Array(20)),
  peerId,
})
const first = createValidatorSet(epoch(0), [member(1), member(2, 'listed'), member(3), member(4)], ZERO_HASH)
const second = createValidatorSet(epoch(1), [member(4), member(5), member(1), member(2, 'listed')], ZERO_HASH)

/** Takes signatures for good that begin with a 7, and counts the looks. */
function start() {
  const network = createFakeNetwork()
  const time = createFakeTime()
  let verified = 0
  const keys: EpochKeys = {
    contextOf: (validators) => {
      const verify = (_: number, __: Uint8Array, signature: Uint8Array): boolean => {
        verified++
        return signature[0] === 7
      }
      return { keys: { verify } as Partial<BlsKeySet>, genesisHash: ZERO_HASH, validators } as VerificationContext
    },
  }
  const consensus = { self: 0 as number | undefined, view: view(10), validators: first }
  const peers = createValidatorPeers({
    network,
    consensus,
    signer: { signAnnouncement: () => new Uint8Array(96).fill(7) },
    keys,
    ...time,
    log: createKeptLog(),
  })
  let changes = 0
  peers.onChanged(() => void changes++)
  const hear = (change: Partial<Announcement>) =>
    network.deliver(
      'announcements',
      encodeAnnouncement({
        epoch: epoch(0),
        view: view(10),
        validator: 2,
        peerId: 'two',
        signature: new Uint8Array(96).fill(7),
        ...change,
      }),
    )
  const said = (): readonly unknown[] => network.published.map(({ data }) => decodeAnnouncement(data))
  return { network, time, consensus, peers, hear, said, changes: () => changes, verified: () => verified }
}

describe('hearing', () => {
  it('has slots kept for those it knows, and for those of the next epoch once that begins', async () => {
    const { network, peers, consensus, hear } = start()
    keepValidatorSlots(network, peers)
    expect(network.reserved).toEqual(['listed'])
    await hear({})
    expect(network.reserved).toEqual(['listed', 'two'])
    consensus.validators = second
    peers.onEpoch()
    expect(network.reserved).toEqual(['listed'])
  })

  it('knows the peer that the validator named last, before that the one of the set', async () => {
    const { peers, hear, changes } = start()
    expect([0, 1, 2, 9].map((validator) => peers.peerOf(validator))).toEqual([
      undefined,
      'listed',
      undefined,
      undefined,
    ])
    expect(await hear({})).toEqual(ACCEPT)
    expect(await hear({ validator: 1, peerId: 'moved' })).toEqual(ACCEPT)
    expect([1, 2].map((validator) => peers.peerOf(validator))).toEqual(['moved', 'two'])
    expect(peers.peers()).toEqual(['moved', 'two'])
    expect(changes()).toBe(2)
  })

  it('takes no forgery, no word of a stranger, of another epoch or of a view far ahead', async () => {
    const { peers, hear, network, verified } = start()
    expect(await hear({ signature: new Uint8Array(96).fill(8) })).toEqual(reject('ANNOUNCEMENT_BAD_SIGNATURE'))
    expect(await hear({ validator: 4 })).toEqual(reject('ANNOUNCEMENT_UNKNOWN_VALIDATOR'))
    expect(await hear({ epoch: epoch(1) })).toEqual(ignore('EPOCH_AHEAD'))
    expect(await hear({ view: view(43) })).toEqual(ignore('VIEW_OUT_OF_WINDOW'))
    expect(await network.deliver('announcements', new Uint8Array(300))).toMatchObject({ verdict: 'reject' })
    expect(peers.peers()).toEqual(['listed'])
    expect(verified()).toBe(1)
  })

  it('is not moved by an old one that others repeat, and verifies a validator’s words only so often', async () => {
    const { peers, hear, time, verified } = start()
    await hear({})
    expect(await hear({ peerId: 'other' })).toEqual(ignore('DUPLICATE'))
    expect(await hear({ view: view(9), peerId: 'old' })).toEqual(ignore('STALE'))
    expect(await hear({ view: view(11), peerId: 'new' })).toEqual(ignore('TOO_SOON'))
    expect(verified()).toBe(1)
    await time.advance(8_000)
    expect(await hear({ view: view(11), peerId: 'new' })).toEqual(ACCEPT)
    expect(peers.peerOf(2)).toBe('new')
  })

  it('keeps who stays in the set under its new index, and forgets who leaves', async () => {
    const { peers, hear, consensus, changes } = start()
    await hear({})
    await hear({ validator: 3, peerId: 'three' })
    consensus.validators = second
    peers.onEpoch()
    expect([0, 1, 2, 3].map((validator) => peers.peerOf(validator))).toEqual(['three', undefined, undefined, 'listed'])
    expect(changes()).toBe(3)
    consensus.validators = first
    peers.onEpoch()
    expect(peers.peerOf(2)).toBeUndefined()
  })
})

describe('saying', () => {
  it('waits for somebody to hear it, repeats itself for newcomers, not too often, and once a minute', async () => {
    const { peers, network, time, said } = start()
    peers.start()
    expect(said()).toHaveLength(0)
    network.connect('a')
    expect(said()).toMatchObject([{ ok: true, value: { epoch: 0, view: 10, validator: 0, peerId: 'self' } }])
    network.connect('b')
    expect(said()).toHaveLength(1)
    // The first one may have been lost; who waits ten seconds for it hears it again.
    for (const count of [2, 3]) {
      await time.advance(3_000)
      expect(said()).toHaveLength(count)
    }
    await time.advance(6_000)
    expect(said()).toHaveLength(3)
    network.connect('c')
    expect(said()).toHaveLength(4)
    await time.advance(6_000)
    expect(said()).toHaveLength(6)
    await time.advance(54_000)
    expect(said()).toHaveLength(7)
    peers.stop()
    expect(time.pendingCount).toBe(0)
    network.connect('d')
    expect(said()).toHaveLength(7)
  })

  it('says nothing where it is no validator', async () => {
    const { peers, network, time, said, consensus } = start()
    consensus.self = undefined
    peers.start()
    network.connect('a')
    await time.advance(200_000)
    expect(said()).toHaveLength(0)
    peers.stop()
  })

  it('does not count what it had nothing to say for: once it is a validator the next newcomer hears it', () => {
    const { peers, network, said, consensus } = start()
    consensus.self = undefined
    peers.start()
    network.connect('a')
    consensus.self = 0
    network.connect('b')
    expect(said()).toHaveLength(1)
    peers.stop()
  })
})
