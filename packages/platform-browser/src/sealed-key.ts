/**
 * A validator's key at rest: sealed with AES-256-GCM under a key that PBKDF2-SHA256 makes of a passphrase. The same JSON
 * is what stands in the browser's storage and what the owner downloads as a backup. The public part is authenticated, so
 * that a file cannot be passed off as another key's.
 */
import { CodedError, bytesFromHex, hexFromBytes, tryBytesFromHex } from '@cairn/primitives'
import { KDF_ITERATIONS, KDF_ITERATIONS_MAX, KEY_FILE_MAX_CHARACTERS, PASSPHRASE_MIN_CHARACTERS } from './limits.ts'

export interface SealedKey {
  readonly version: 1
  /** BLS public key, 48 bytes, `0x` and hex; so are the other byte strings. */
  readonly publicKey: string
  readonly kdf: { readonly name: 'PBKDF2-SHA256'; readonly iterations: number; readonly salt: string }
  readonly cipher: { readonly name: 'AES-256-GCM'; readonly iv: string; readonly data: string }
}

/** @throws CodedError `KEY_PASSPHRASE_SHORT` */
export async function sealKey(
  secretKey: Uint8Array,
  publicKey: Uint8Array,
  passphrase: string,
  iterations = KDF_ITERATIONS,
): Promise<SealedKey> {
  if (passphrase.length < PASSPHRASE_MIN_CHARACTERS) {
    throw new CodedError(
      'KEY_PASSPHRASE_SHORT',
      `A passphrase has at least ${PASSPHRASE_MIN_CHARACTERS} characters; some words are better than one.`,
    )
  }
  const salt = hexFromBytes(crypto.getRandomValues(new Uint8Array(16)))
  const iv = hexFromBytes(crypto.getRandomValues(new Uint8Array(12)))
  const header = {
    version: 1,
    publicKey: hexFromBytes(publicKey),
    kdf: { name: 'PBKDF2-SHA256', iterations, salt },
  } as const
  const key = await deriveKey(passphrase, header.kdf)
  const data = await crypto.subtle.encrypt(gcm(iv, header), key, new Uint8Array(secretKey))
  return { ...header, cipher: { name: 'AES-256-GCM', iv, data: hexFromBytes(new Uint8Array(data)) } }
}

/** The secret key. @throws CodedError `KEY_PASSPHRASE_WRONG`, also for a sealed key that was tampered with */
export async function openKey(sealed: SealedKey, passphrase: string): Promise<Uint8Array> {
  const key = await deriveKey(passphrase, sealed.kdf)
  try {
    const data = new Uint8Array(bytesFromHex(sealed.cipher.data))
    return new Uint8Array(await crypto.subtle.decrypt(gcm(sealed.cipher.iv, sealed), key, data))
  } catch (cause) {
    throw new CodedError('KEY_PASSPHRASE_WRONG', 'The passphrase does not open this key.', { cause })
  }
}

/** Reads a backup file or a stored record: neither is trusted. @throws CodedError `KEY_FILE_INVALID` */
export function parseSealedKey(text: string): SealedKey {
  if (text.length > KEY_FILE_MAX_CHARACTERS) throw invalid()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid()
  }
  const { version, publicKey, kdf, cipher } = fieldsOf(value)
  const { name: kdfName, iterations, salt } = fieldsOf(kdf)
  const { name: cipherName, iv, data } = fieldsOf(cipher)
  if (version !== 1 || kdfName !== 'PBKDF2-SHA256' || cipherName !== 'AES-256-GCM') throw invalid()
  // A file that asks for a thousand times the work would hang the tab.
  if (typeof iterations !== 'number' || !Number.isSafeInteger(iterations)) throw invalid()
  if (iterations < 1 || iterations > KDF_ITERATIONS_MAX) throw invalid()
  return {
    version,
    publicKey: hexOf(publicKey, 48),
    kdf: { name: kdfName, iterations, salt: hexOf(salt, 16) },
    cipher: { name: cipherName, iv: hexOf(iv, 12), data: hexOf(data, 48) },
  }
}

async function deriveKey(passphrase: string, { iterations, salt }: SealedKey['kdf']) {
  // The same words typed on another keyboard must give the same bytes.
  const bytes = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const material = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', iterations, salt: new Uint8Array(bytesFromHex(salt)) },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

function gcm(iv: string, { version, publicKey, kdf }: Omit<SealedKey, 'cipher'>) {
  const { name, iterations, salt } = kdf
  return {
    name: 'AES-GCM',
    iv: new Uint8Array(bytesFromHex(iv)),
    additionalData: new TextEncoder().encode(JSON.stringify([version, publicKey, name, iterations, salt])),
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw invalid()
  return value as Readonly<Record<string, unknown>>
}

function hexOf(value: unknown, sizeBytes: number): `0x${string}` {
  const bytes = typeof value === 'string' ? tryBytesFromHex(value) : undefined
  if (bytes?.length !== sizeBytes) throw invalid()
  return hexFromBytes(bytes)
}

function invalid(): CodedError {
  return new CodedError('KEY_FILE_INVALID', 'This is no backup of a Cairn validator key.')
}
