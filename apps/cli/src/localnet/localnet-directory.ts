/**
 * What a local network keeps on disk: `network.json` (chain spec), `ports.json`, and a data directory with
 * keys for each validator. Made once; a later start goes on with it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type ChainSpec, serializeChainSpec } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { coreWasmSha256, generateIdentity, openDataDirectory, peerIdFromIdentity } from '@cairn/platform-node'
import { CodedError, addressFromBytes } from '@cairn/primitives'
import { readSpecText } from '../node/spec-text.ts'
import { type Membership, createLocalSpec } from './local-spec.ts'
import { findFreePorts } from './free-ports.ts'

export interface ValidatorLayout {
  readonly index: number
  /** The validator's data directory. */
  readonly directory: string
  /** QUIC (UDP) and TCP. */
  readonly p2pPort: number
  /** WebRTC-direct (UDP) and WebSocket (TCP). */
  readonly tabPort: number
  /** QUIC multiaddress with the peer id. */
  readonly address: string
}

export interface LocalnetLayout {
  readonly chainSpec: ChainSpec
  /** The text of `network.json`. */
  readonly chainSpecJson: string
  readonly validators: readonly ValidatorLayout[]
}

/** Two minutes of an idle network: somebody who looks on sees epochs change. */
const EPOCH_LENGTH_BLOCKS = 120

interface PortsFile {
  readonly validators: readonly { readonly peerId: string; readonly p2pPort: number; readonly tabPort: number }[]
}

/**
 * Opens or makes the directory.
 * @throws CodedError `CHAIN_SPEC_INVALID`, `LOCALNET_MISMATCH` (other number of validators), `LOCALNET_CORRUPT`
 */
export async function openLocalnetDirectory(options: {
  readonly directory: string
  readonly validatorCount: number
  readonly heartbeatMs?: number
  readonly epochLengthBlocks?: number
  readonly memberships?: readonly Membership[]
}): Promise<LocalnetLayout> {
  const { directory } = options
  // Written last, so a half-made directory is made again rather than half used.
  if (!existsSync(join(directory, 'ports.json'))) await makeLocalnetDirectory(options)
  const specPath = join(directory, 'network.json')
  const chainSpecJson = readSpecFile(specPath)
  const chainSpec = readSpecText(chainSpecJson, specPath)
  const ports = readPorts(join(directory, 'ports.json'))
  if (ports.validators.length !== options.validatorCount || chainSpec.validators.length > options.validatorCount) {
    throw new CodedError(
      'LOCALNET_MISMATCH',
      `${directory} holds a network of ${ports.validators.length} validators; start it with as many or choose another --data-dir`,
    )
  }
  const validators = ports.validators.map(({ peerId, p2pPort, tabPort }, index) => ({
    index,
    directory: validatorDirectory(directory, index),
    p2pPort,
    tabPort,
    address: `/ip4/127.0.0.1/udp/${p2pPort}/quic-v1/p2p/${peerId}`,
  }))
  return { chainSpec, chainSpecJson, validators }
}

function validatorDirectory(directory: string, index: number): string {
  return join(directory, `validator-${index}`)
}

async function makeLocalnetDirectory(options: {
  readonly directory: string
  readonly validatorCount: number
  readonly heartbeatMs?: number
  readonly epochLengthBlocks?: number
  readonly memberships?: readonly Membership[]
}): Promise<void> {
  const { directory, validatorCount } = options
  mkdirSync(directory, { recursive: true })
  const bls = createNativeBls()
  const ports = await findFreePorts(2 * validatorCount)
  const members = []
  for (let index = 0; index < validatorCount; index++) {
    const data = await openDataDirectory(validatorDirectory(directory, index))
    try {
      const identity = (await data.readKey('identity.key')) ?? (await generateIdentity())
      const secretKey = (await data.readKey('validator.key')) ?? bls.secretKeyFromEntropy(randomBytes(32))
      await writeIfAbsent(data, 'identity.key', identity)
      await writeIfAbsent(data, 'validator.key', secretKey)
      members.push({
        peerId: peerIdFromIdentity(identity),
        publicKey: bls.publicKey(secretKey),
        proofOfPossession: bls.provePossession(secretKey),
        feeRecipient: addressFromBytes(bls.publicKey(secretKey).slice(0, 20)),
      })
    } finally {
      await data.close()
    }
  }
  const spec = createLocalSpec({
    members,
    coreWasmSha256: coreWasmSha256(),
    genesisTimeMs: Date.now(),
    heartbeatMs: options.heartbeatMs ?? 1_000,
    epochLengthBlocks: options.epochLengthBlocks ?? EPOCH_LENGTH_BLOCKS,
    ...(options.memberships === undefined ? {} : { memberships: options.memberships }),
  })
  const specJson = serializeChainSpec(spec)
  writeWhole(join(directory, 'network.json'), specJson)
  for (let index = 0; index < validatorCount; index++) {
    writeWhole(join(validatorDirectory(directory, index), 'network.json'), specJson)
  }
  const file: PortsFile = {
    validators: members.map(({ peerId }, index) => ({
      peerId,
      p2pPort: ports[2 * index] ?? 0,
      tabPort: ports[2 * index + 1] ?? 0,
    })),
  }
  writeWhole(join(directory, 'ports.json'), JSON.stringify(file, null, 2))
}

/** The data directory of a node that validates nothing: an identity and the chain spec. */
export async function makeNodeDirectory(directory: string, { chainSpecJson }: LocalnetLayout): Promise<void> {
  const data = await openDataDirectory(directory)
  try {
    await writeIfAbsent(data, 'identity.key', await generateIdentity())
    writeWhole(join(directory, 'network.json'), chainSpecJson)
  } finally {
    await data.close()
  }
}

type DataDirectory = Awaited<ReturnType<typeof openDataDirectory>>

async function writeIfAbsent(
  data: DataDirectory,
  name: 'identity.key' | 'validator.key',
  key: Uint8Array,
): Promise<void> {
  if ((await data.readKey(name)) === undefined) await data.writeKey(name, key)
}

/** A reader sees the old file or the whole new one. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

function readSpecFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CodedError('LOCALNET_CORRUPT', `${path} cannot be read`, { cause })
  }
}

function readPorts(path: string): PortsFile {
  try {
    const parsed = JSON.parse(readFileSync(path, 'utf8')) as PortsFile
    const isValid = parsed.validators.every(
      ({ peerId, p2pPort, tabPort }) => typeof peerId === 'string' && isPort(p2pPort) && isPort(tabPort),
    )
    if (isValid) return parsed
  } catch (cause) {
    throw new CodedError('LOCALNET_CORRUPT', `${path} is not readable`, { cause })
  }
  throw new CodedError('LOCALNET_CORRUPT', `${path} is not a list of validators and ports`)
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
