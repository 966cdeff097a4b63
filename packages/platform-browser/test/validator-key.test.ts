import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { hexFromBytes } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { beforeAll, describe, expect, test } from 'vitest'
import { KDF_ITERATIONS_MAX } from '../src/limits.ts'
import { type SealedKey, openKey, parseSealedKey, sealKey } from '../src/sealed-key.ts'
import { createValidatorKeys } from '../src/validator-key.ts'

const passphrase = 'correct horse battery'
let bls: Awaited<ReturnType<typeof createWasmBls>>
let secretKey: Uint8Array
let publicKey: Uint8Array

beforeAll(async () => {
  bls = await createWasmBls(readLightWasm())
  secretKey = bls.secretKeyFromEntropy(new Uint8Array(32).fill(7))
  publicKey = bls.publicKey(secretKey)
})

describe('a sealed key', () => {
  const seal = (): Promise<SealedKey> => sealKey(secretKey, publicKey, passphrase, 1_000)

  test('opens with its passphrase alone, and survives its file', async () => {
    const sealed = parseSealedKey(JSON.stringify(await seal()))
    expect(await openKey(sealed, passphrase)).toEqual(secretKey)
    await expect(openKey(sealed, 'correct horse batterz')).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' })
    expect(JSON.stringify(sealed)).not.toContain(hexFromBytes(secretKey).slice(2))
  })

  test('spelled in another Unicode form the passphrase is the same', async () => {
    const sealed = await sealKey(secretKey, publicKey, 'Stra\u00dfenl\u00e4rm 123', 1_000)
    expect(await openKey(sealed, 'Stra\u00dfenla\u0308rm 123')).toEqual(secretKey)
  })

  test('does not pass for another key, nor with fewer iterations', async () => {
    const sealed = await seal()
    const other = { ...sealed, publicKey: `0x${'ab'.repeat(48)}` }
    await expect(openKey(other, passphrase)).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' })
    const cheap = { ...sealed, kdf: { ...sealed.kdf, iterations: 1 } }
    await expect(openKey(cheap, passphrase)).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' })
  })

  test('needs a passphrase worth the name', async () => {
    await expect(sealKey(secretKey, publicKey, 'short')).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_SHORT' })
  })

  test('a file that is none, or asks for absurd work, is refused', async () => {
    const good = await seal()
    const bad: unknown[] = [
      null,
      [],
      'x',
      { ...good, version: 2 },
      { ...good, publicKey: '0x12' },
      { ...good, kdf: { ...good.kdf, iterations: KDF_ITERATIONS_MAX + 1 } },
      { ...good, kdf: { ...good.kdf, iterations: 0.5 } },
      { ...good, kdf: null },
      { ...good, cipher: { ...good.cipher, data: '0x' } },
    ]
    for (const value of bad) {
      expect(() => parseSealedKey(JSON.stringify(value))).toThrow(expect.objectContaining({ code: 'KEY_FILE_INVALID' }))
    }
    for (const text of ['', '{', 'x'.repeat(10_000)]) expect(() => parseSealedKey(text)).toThrow()
  })
})

describe('the validator key of a browser', () => {
  test('votes only after its backup was shown to open', async () => {
    const keys = createValidatorKeys(createMemoryStore(), bls)
    await expect(keys.unlock(passphrase)).rejects.toMatchObject({ code: 'KEY_MISSING' })
    const backup = await keys.create(passphrase)
    await expect(keys.create(passphrase)).rejects.toMatchObject({ code: 'KEY_EXISTS' })
    await expect(keys.unlock(passphrase)).rejects.toMatchObject({ code: 'KEY_NOT_BACKED_UP' })
    await expect(keys.restore(backup, 'something else')).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' })
    expect(await keys.status()).toMatchObject({ isBackedUp: false })
    expect(await keys.restore(backup, passphrase)).toMatchObject({ isBackedUp: true })
    const unlocked = await keys.unlock(passphrase)
    expect(hexFromBytes(bls.publicKey(unlocked.secretKey))).toBe(unlocked.publicKey)
  }, 20_000)

  test('opens with a passkey’s secret too, once the passphrase has allowed it', async () => {
    const keys = createValidatorKeys(createMemoryStore(), bls)
    const passkey = { credentialId: '0x0102', salt: `0x${'03'.repeat(32)}` }
    const secret = `0x${'5e'.repeat(32)}`
    await keys.restore(await keys.create(passphrase), passphrase)
    await expect(keys.unlockWithPasskey(secret)).rejects.toMatchObject({ code: 'KEY_PASSKEY_WRONG' })
    await expect(keys.addPasskey('something else', passkey, secret)).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_WRONG',
    })
    expect(await keys.status()).toMatchObject({ passkey: undefined })
    await keys.addPasskey(passphrase, passkey, secret)
    expect(await keys.status()).toMatchObject({ passkey })
    await expect(keys.unlockWithPasskey(`0x${'5f'.repeat(32)}`)).rejects.toMatchObject({ code: 'KEY_PASSKEY_WRONG' })
    const unlocked = await keys.unlockWithPasskey(secret)
    expect(unlocked.secretKey).toEqual((await keys.unlock(passphrase)).secretKey)
    await unlocked.voteMarker.set()
    expect(await keys.status()).toMatchObject({ passkey })
  }, 20_000)

  test('a new key has signed nothing; after its first start it may have, whatever happens to its record', async () => {
    const store = createMemoryStore()
    const first = createValidatorKeys(store, bls)
    await first.restore(await first.create(passphrase), passphrase)
    const { voteMarker } = await first.unlock(passphrase)
    expect(await voteMarker.isSet()).toBe(false)
    await voteMarker.set()
    const second = createValidatorKeys(store, bls)
    expect(await (await second.unlock(passphrase)).voteMarker.isSet()).toBe(true)
  }, 20_000)

  test('a key from elsewhere may have signed there, and does not push out another', async () => {
    const backup = JSON.stringify(await sealKey(secretKey, publicKey, passphrase, 1_000))
    const keys = createValidatorKeys(createMemoryStore(), bls)
    await keys.restore(backup, passphrase)
    const unlocked = await keys.unlock(passphrase)
    expect(unlocked.publicKey).toBe(hexFromBytes(publicKey))
    expect(await unlocked.voteMarker.isSet()).toBe(true)
    const other = createValidatorKeys(createMemoryStore(), bls)
    await other.create(passphrase)
    await expect(other.restore(backup, passphrase)).rejects.toMatchObject({ code: 'KEY_OF_OTHER' })
  }, 20_000)

  test('a file whose secret key is another’s is refused', async () => {
    const otherPublicKey = bls.publicKey(bls.secretKeyFromEntropy(new Uint8Array(32).fill(8)))
    const backup = JSON.stringify(await sealKey(secretKey, otherPublicKey, passphrase, 1_000))
    const keys = createValidatorKeys(createMemoryStore(), bls)
    await expect(keys.restore(backup, passphrase)).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' })
  })
})
