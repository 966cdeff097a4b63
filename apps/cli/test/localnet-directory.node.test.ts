import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseChainSpec, verifyChainSpec } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEV_ACCOUNTS } from '../src/localnet/dev-accounts.ts'
import { type LocalnetLayout, openLocalnetDirectory } from '../src/localnet/localnet-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'cairn-test-'))
const path = (...names: readonly string[]): string => join(directory, ...names)
const open = (validatorCount = 2): Promise<LocalnetLayout> => openLocalnetDirectory({ directory, validatorCount })
let made: LocalnetLayout
let files: Readonly<Record<string, string>>

beforeAll(async () => {
  made = await open()
  files = Object.fromEntries(['network.json', 'ports.json'].map((name) => [name, readFileSync(path(name), 'utf8')]))
})
beforeEach(() => {
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('a new local network', () => {
  it('has a chain spec that verifies, funded accounts, and the same spec in every data directory', () => {
    const { chainSpec, chainSpecJson } = made
    expect(chainSpec).toEqual(parseChainSpec(chainSpecJson))
    expect(() => verifyChainSpec(chainSpec, createNativeBls())).not.toThrow()
    const funded = chainSpec.alloc.map(({ address }) => address)
    expect(funded.toSorted()).toEqual(DEV_ACCOUNTS.map(({ address }) => address).toSorted())
    for (const { directory: own } of made.validators) {
      expect(readFileSync(join(own, 'network.json'), 'utf8')).toBe(chainSpecJson)
    }
  })

  it('has ports and addresses of their own, and keys that only the owner reads', () => {
    const ports = made.validators.flatMap(({ p2pPort, tabPort }) => [p2pPort, tabPort])
    expect(new Set(ports).size).toBe(4)
    for (const [index, { address, p2pPort, directory: own }] of made.validators.entries()) {
      const peerId = made.chainSpec.validators[index]?.peerId
      expect(address).toBe(`/ip4/127.0.0.1/udp/${p2pPort}/quic-v1/p2p/${peerId}`)
      for (const name of ['identity.key', 'validator.key']) {
        expect(statSync(join(own, name)).mode & 0o777).toBe(0o600)
      }
    }
  })
})

describe('an existing one', () => {
  it('goes on with the same genesis, keys and ports', async () => {
    const keys = () => made.validators.map(({ directory: own }) => readFileSync(join(own, 'validator.key'), 'hex'))
    const before = keys()
    expect(await open()).toEqual(made)
    expect(keys()).toEqual(before)
  })

  it('refuses another number of validators', async () => {
    await expect(open(3)).rejects.toMatchObject({
      code: 'LOCALNET_MISMATCH',
      message: expect.stringContaining('2 validators'),
    })
  })

  const corruptPorts: Readonly<Record<string, string>> = {
    'no JSON': '{"validators": [',
    nothing: '',
    null: 'null',
    'no list': '{"validators": 7}',
    'a port out of range': portsWith(70_000),
    'a port that is text': portsWith('80'),
  }
  for (const [what, text] of Object.entries(corruptPorts)) {
    it(`refuses ports.json with ${what}, and leaves it`, async () => {
      writeFileSync(path('ports.json'), text)
      await expect(open()).rejects.toMatchObject({ code: 'LOCALNET_CORRUPT' })
      expect(readFileSync(path('ports.json'), 'utf8')).toBe(text)
    })
  }

  it('refuses a damaged network.json with one coded error that names it', async () => {
    for (const text of ['', '{', 'null', '[]', '{"config":{}}', files['network.json']?.slice(0, -20) ?? '']) {
      writeFileSync(path('network.json'), text)
      await expect(open(), text).rejects.toMatchObject({
        code: 'CHAIN_SPEC_INVALID',
        message: expect.stringContaining('network.json'),
      })
    }
  })

  it('refuses a directory whose network.json is gone', async () => {
    rmSync(path('network.json'))
    await expect(open()).rejects.toMatchObject({ code: 'LOCALNET_CORRUPT' })
  })

  it('is made again when its making was cut short, with the keys that are there', async () => {
    rmSync(path('ports.json'))
    const again = await open()
    const publicKeys = ({ chainSpec }: LocalnetLayout) => chainSpec.validators.map(({ publicKey }) => publicKey)
    expect(publicKeys(again)).toEqual(publicKeys(made))
  })
})

function portsWith(port: unknown): string {
  return JSON.stringify({ validators: [0, 1].map(() => ({ peerId: 'x', p2pPort: port, tabPort: 20_001 })) })
}
