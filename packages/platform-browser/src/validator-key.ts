/**
 * The validator key of this browser: created here, sealed at rest, and of no use until its owner has shown that the
 * backup and the passphrase open it (the restore drill). One key for each origin.
 */
import type { Bls } from '@cairn/crypto'
import type { VoteMarker } from '@cairn/node'
import { CodedError, hexFromBytes, tryBytesFromHex } from '@cairn/primitives'
import type { KeyValueStore } from '@cairn/ports'
import { type SealedKey, openKey, parseSealedKey, sealKey } from './sealed-key.ts'
import type { KeyStatus, PasskeyReference } from './tab-snapshot.ts'

export interface UnlockedKey {
  /** 32 bytes; secret. */
  readonly secretKey: Uint8Array
  readonly publicKey: string
  /** Rule R10: set when it may have signed somewhere, so that an empty vote record means a lost one. */
  readonly voteMarker: VoteMarker
}

export interface ValidatorKeys {
  status(): Promise<KeyStatus | undefined>
  /** A new key, and the text of its backup file. @throws CodedError `KEY_EXISTS`, `KEY_PASSPHRASE_SHORT` */
  create(passphrase: string): Promise<string>
  /**
   * Opens a backup file: with the key that is here it is the restore drill, without one the key is taken over.
   * @throws CodedError `KEY_FILE_INVALID`, `KEY_PASSPHRASE_WRONG`, `KEY_OF_OTHER` when another key is here
   */
  restore(backup: string, passphrase: string): Promise<KeyStatus>
  /**
   * For voting.
   * @throws CodedError `KEY_MISSING`, `KEY_NOT_BACKED_UP`, `KEY_PASSPHRASE_WRONG`, `KEY_FILE_INVALID`
   */
  unlock(passphrase: string): Promise<UnlockedKey>
  /**
   * From now on the key opens with the passkey's secret too; its backup stays with the passphrase.
   * @throws CodedError those of `unlock`
   */
  addPasskey(passphrase: string, passkey: PasskeyReference, secret: string): Promise<void>
  /** For voting. @throws CodedError `KEY_MISSING`, `KEY_NOT_BACKED_UP`, `KEY_PASSKEY_WRONG` */
  unlockWithPasskey(secret: string): Promise<UnlockedKey>
}

interface StoredKey {
  readonly sealed: SealedKey
  readonly isBackedUp: boolean
  readonly mayHaveSigned: boolean
  readonly passkey: StoredPasskey | undefined
}

/** The key a second time, sealed with what the passkey gives. */
interface StoredPasskey extends PasskeyReference {
  readonly sealed: SealedKey
}

/** The secret is 32 random bytes: stretching it adds nothing. */
const PASSKEY_KDF_ITERATIONS = 1

/** `store` keeps one record. */
export function createValidatorKeys(store: KeyValueStore, bls: Bls): ValidatorKeys {
  const read = async (): Promise<StoredKey | undefined> => {
    const bytes = await store.get(RECORD)
    return bytes && parseRecord(new TextDecoder().decode(bytes))
  }
  const write = (key: StoredKey): Promise<void> =>
    store.batch([{ type: 'put', key: RECORD, value: new TextEncoder().encode(JSON.stringify(key)) }], { durable: true })
  const openChecked = async (sealed: SealedKey, passphrase: string): Promise<Uint8Array> => {
    const secretKey = await openKey(sealed, passphrase)
    if (hexFromBytes(bls.publicKey(secretKey)) !== sealed.publicKey) throw notTheKey()
    return secretKey
  }

  const readUsable = async (): Promise<StoredKey> => {
    const key = await read()
    if (key === undefined) throw new CodedError('KEY_MISSING', 'There is no validator key in this browser.')
    if (key.isBackedUp) return key
    throw new CodedError('KEY_NOT_BACKED_UP', 'The key votes only once its backup has been opened successfully.')
  }
  const markerOf = (key: StoredKey): VoteMarker => ({
    isSet: async () => ((await read()) ?? key).mayHaveSigned,
    set: () => write({ ...key, mayHaveSigned: true }),
  })

  const unlocked = (key: StoredKey, secretKey: Uint8Array): UnlockedKey => ({
    secretKey,
    publicKey: key.sealed.publicKey,
    voteMarker: markerOf(key),
  })

  return {
    async status() {
      const key = await read()
      return key && statusOf(key)
    },
    async create(passphrase) {
      if ((await read()) !== undefined) throw new CodedError('KEY_EXISTS', 'This browser has a validator key already.')
      const secretKey = bls.secretKeyFromEntropy(crypto.getRandomValues(new Uint8Array(32)))
      const sealed = await sealKey(secretKey, bls.publicKey(secretKey), passphrase)
      await write({ sealed, isBackedUp: false, mayHaveSigned: false, passkey: undefined })
      return JSON.stringify(sealed, undefined, 2)
    },
    async restore(backup, passphrase) {
      const sealed = parseSealedKey(backup)
      const own = await read()
      if (own !== undefined && own.sealed.publicKey !== sealed.publicKey) {
        throw new CodedError('KEY_OF_OTHER', 'That is the backup of another key than the one in this browser.')
      }
      await openChecked(sealed, passphrase)
      // A key from elsewhere may have signed there.
      const key = { sealed, isBackedUp: true, mayHaveSigned: own?.mayHaveSigned ?? true, passkey: own?.passkey }
      await write(key)
      return statusOf(key)
    },
    async unlock(passphrase) {
      const key = await readUsable()
      return unlocked(key, await openChecked(key.sealed, passphrase))
    },
    async addPasskey(passphrase, { credentialId, salt }, secret) {
      const key = await readUsable()
      const secretKey = await openChecked(key.sealed, passphrase)
      const sealed = await sealKey(secretKey, bls.publicKey(secretKey), secret, PASSKEY_KDF_ITERATIONS)
      await write({ ...key, passkey: { credentialId, salt, sealed } })
    },
    async unlockWithPasskey(secret) {
      const key = await readUsable()
      if (key.passkey === undefined) throw wrongPasskey()
      const secretKey = await openChecked(key.passkey.sealed, secret).catch((cause: unknown) => {
        throw wrongPasskey(cause)
      })
      return unlocked(key, secretKey)
    },
  }
}

const RECORD = new TextEncoder().encode('validator')

/** What is not clearly said counts as the dangerous case. */
function parseRecord(text: string): StoredKey {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new CodedError('KEY_FILE_INVALID', 'The key stored in this browser is damaged: restore it from its backup.')
  }
  const { sealed, isBackedUp, mayHaveSigned, passkey } = (value ?? {}) as Readonly<Record<string, unknown>>
  return {
    sealed: parseSealedKey(JSON.stringify(sealed ?? null)),
    isBackedUp: isBackedUp === true,
    mayHaveSigned: mayHaveSigned !== false,
    passkey: parsePasskey(passkey),
  }
}

/** What is damaged is dropped: the passphrase opens the key all the same. */
function parsePasskey(value: unknown): StoredPasskey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { credentialId, salt, sealed } = value as Readonly<Record<string, unknown>>
  if (typeof credentialId !== 'string' || typeof salt !== 'string') return undefined
  if (tryBytesFromHex(credentialId) === undefined || tryBytesFromHex(salt)?.length !== 32) return undefined
  try {
    return { credentialId, salt, sealed: parseSealedKey(JSON.stringify(sealed ?? null)) }
  } catch {
    return undefined
  }
}

function statusOf({ sealed, isBackedUp, passkey }: StoredKey): KeyStatus {
  const reference = passkey && { credentialId: passkey.credentialId, salt: passkey.salt }
  return { publicKey: sealed.publicKey, isBackedUp, passkey: reference }
}

function wrongPasskey(cause?: unknown): CodedError {
  return new CodedError('KEY_PASSKEY_WRONG', 'This passkey does not open the key; use the passphrase.', { cause })
}

function notTheKey(): CodedError {
  return new CodedError('KEY_FILE_INVALID', 'The file’s secret key is not the one its public key names.')
}
