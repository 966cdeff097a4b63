/**
 * A validator that breaks every rule of the signer, with the real network and the key of a stopped one: for each proposal
 * it sees, it notarizes two hashes, and nullifies and finalizes the view.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeProposal, encodeVote, parseChainSpec, voteSigningBytes } from '@cairn/chain'
import type { VoteSubject } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import {
  createNodeNetwork,
  createPinoLog,
  createPrometheusMetrics,
  systemClock,
  systemRandom,
  systemTimers,
} from '@cairn/platform-node'
import { ACCEPT, type Hash, ZERO_HASH, hashFromBytes, hexFromBytes } from '@cairn/primitives'

export interface Equivocator {
  /** Index in the validator set. */
  readonly index: number
  stop(): Promise<void>
}

/** Takes the place of validator `slot` of the local network in `directory`, whose process has ended. */
export async function startEquivocator(directory: string, slot: number, genesisHash: Hash): Promise<Equivocator> {
  const own = join(directory, `validator-${slot}`)
  const bls = createNativeBls()
  const secretKey = new Uint8Array(await readFile(join(own, 'validator.key')))
  const spec = parseChainSpec(await readFile(join(directory, 'network.json'), 'utf8'))
  const publicKey = hexFromBytes(bls.publicKey(secretKey))
  const index = spec.validators.findIndex((validator) => hexFromBytes(validator.publicKey) === publicKey)
  const ports = JSON.parse(await readFile(join(directory, 'ports.json'), 'utf8')) as {
    readonly validators: readonly { readonly peerId: string; readonly p2pPort: number }[]
  }
  const others = ports.validators.filter((_, other) => other !== slot)
  const network = await createNodeNetwork(
    {
      genesisHash,
      identity: new Uint8Array(await readFile(join(own, 'identity.key'))),
      listen: { quicPort: 0 },
      peers: others.map(({ peerId, p2pPort }) => `/ip4/127.0.0.1/udp/${p2pPort}/quic-v1/p2p/${peerId}`),
      localNetwork: true,
    },
    {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log: createPinoLog({ level: 'error', format: 'json' }),
      metrics: createPrometheusMetrics(),
    },
  )
  const send = async (subject: VoteSubject): Promise<void> => {
    const signature = bls.sign(secretKey, voteSigningBytes(genesisHash, subject))
    await network.publish('votes', encodeVote({ ...subject, validator: index, signature }))
  }
  for (const topic of ['transactions', 'votes', 'certificates', 'status', 'evidence'] as const) {
    network.onTopic(topic, () => ACCEPT)
  }
  network.onTopic('proposals', async (data) => {
    const decoded = decodeProposal(data)
    if (!decoded.ok) return ACCEPT
    const { epoch, view, block } = decoded.value
    const subject = { epoch, view, hash: block.hash }
    await send({ kind: 'notarize', ...subject })
    await send({ kind: 'notarize', ...subject, hash: hashFromBytes(new Uint8Array(32).fill(7)) })
    await send({ kind: 'nullify', ...subject, hash: ZERO_HASH })
    await send({ kind: 'finalize', ...subject })
    return ACCEPT
  })
  await network.start()
  return { index, stop: () => network.stop() }
}
