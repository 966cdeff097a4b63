/**
 * A secret that only a passkey gives: the PRF extension of WebAuthn (level 3, 10.1.4), a pseudo-random function inside the
 * authenticator, evaluated at a salt after the user was verified. Windows only. The page's host must be a name, not an
 * address of digits, or the browser refuses.
 */
import { CodedError, bytesFromHex, hexFromBytes } from '@cairn/primitives'
import type { PasskeyReference } from './tab-snapshot.ts'

/** Makes a passkey for the validator key. @throws CodedError `PASSKEY_REFUSED`, `PASSKEY_WITHOUT_PRF` */
export async function createPasskey(publicKey: string): Promise<PasskeyReference> {
  const name = `Cairn validator ${publicKey.slice(0, 10)}`
  const credential = await asked(
    navigator.credentials.create({
      publicKey: {
        challenge: randomBytes(32),
        rp: { name: 'Cairn' },
        user: { id: randomBytes(16), name, displayName: name },
        // ES256, Ed25519, RS256: no signature of the credential is ever used.
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        extensions: { prf: {} },
      },
    }),
  )
  if (credential.getClientExtensionResults().prf?.enabled !== true) throw withoutPrf()
  const credentialId = hexFromBytes(new Uint8Array(credential.rawId))
  return { credentialId, salt: hexFromBytes(randomBytes(32)) }
}

/** 32 bytes as `0x` and hex, always the same; secret. @throws CodedError `PASSKEY_REFUSED`, `PASSKEY_WITHOUT_PRF` */
export async function passkeySecret({ credentialId, salt }: PasskeyReference): Promise<string> {
  const credential = await asked(
    navigator.credentials.get({
      publicKey: {
        challenge: randomBytes(32),
        allowCredentials: [{ type: 'public-key', id: new Uint8Array(bytesFromHex(credentialId)) }],
        userVerification: 'required',
        extensions: { prf: { eval: { first: new Uint8Array(bytesFromHex(salt)) } } },
      },
    }),
  )
  const secret = credential.getClientExtensionResults().prf?.results?.first
  if (!(secret instanceof ArrayBuffer)) throw withoutPrf()
  return hexFromBytes(new Uint8Array(secret))
}

async function asked(request: Promise<Credential | null>): Promise<PublicKeyCredential> {
  const credential = await request.catch((cause: unknown) => {
    throw new CodedError('PASSKEY_REFUSED', 'No passkey was given.', { cause })
  })
  if (!(credential instanceof PublicKeyCredential)) throw new CodedError('PASSKEY_REFUSED', 'No passkey was given.')
  return credential
}

function randomBytes(sizeBytes: number) {
  return crypto.getRandomValues(new Uint8Array(sizeBytes))
}

function withoutPrf(): CodedError {
  return new CodedError('PASSKEY_WITHOUT_PRF', 'This passkey cannot keep a secret; use the passphrase.')
}
