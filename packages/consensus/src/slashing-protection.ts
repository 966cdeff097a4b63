/**
 * Interchange of what keys have signed, after EIP-3076: a key that moves to another machine takes its record along, and
 * the signer there refuses what the signer here would have refused. JSON, integers as decimal text, as in the EIP; a view
 * takes the place of the slot, and a nullify vote has no root.
 *
 *   {"metadata": {"interchange_format_version": "cairn-1", "genesis_hash": "0x…"},
 *    "data": [{"pubkey": "0x…", "floor": {"epoch": "0", "view": "7"},
 *              "signed_votes": [{"kind": "notarize", "epoch": "0", "view": "8", "hash": "0x…"}, …]}]}
 *
 * Nothing at or below the floor is ever signed. The minimal form has a floor and no votes; the complete form every
 * recorded vote above the floor. Merging never lowers protection: the higher floor, all votes above it, and where two
 * records contradict each other a floor above both.
 */
import type { VoteKind, VoteSubject } from '@cairn/chain'
import { CodedError, ZERO_HASH, epoch, view } from '@cairn/primitives'
import type { Hash, Hex } from '@cairn/primitives'
import { PROTECTION_KEYS_MAX, PROTECTION_MAX_CHARACTERS, PROTECTION_VOTES_MAX } from './limits.ts'
import { createVoteGuard, isLater } from './vote-guard.ts'
import type { SignerRecord, WalFloor } from './vote-guard.ts'

/** Whose record it is. */
export interface ProtectedKey {
  readonly genesisHash: Hash
  /** 48 bytes, lower-case hex. */
  readonly publicKey: Hex
}

const VERSION = 'cairn-1'
const KINDS: readonly string[] = ['notarize', 'nullify', 'finalize'] satisfies VoteKind[]

/** JSON text, two-space indent. */
export function serializeProtection(
  { genesisHash, publicKey }: ProtectedKey,
  record: SignerRecord,
  form: 'complete' | 'minimal',
): string {
  const { floor, ownVotes } = form === 'minimal' ? minimalRecord(record) : record
  const file = {
    metadata: { interchange_format_version: VERSION, genesis_hash: genesisHash },
    data: [
      {
        pubkey: publicKey,
        ...(floor === undefined ? {} : { floor: { epoch: String(floor.epoch), view: String(floor.view) } }),
        signed_votes: ownVotes.map((vote) => ({
          kind: vote.kind,
          epoch: String(vote.epoch),
          view: String(vote.view),
          ...(vote.kind === 'nullify' ? {} : { hash: vote.hash }),
        })),
      },
    ],
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/**
 * The record of `key` in a file, which may hold other keys too.
 * @throws CodedError `PROTECTION_TOO_LARGE`, `PROTECTION_MALFORMED` (with the `path` in its data), `PROTECTION_VERSION`,
 * `PROTECTION_WRONG_CHAIN`, `PROTECTION_KEY_MISSING`
 */
export function parseProtection(text: string, key: ProtectedKey): SignerRecord {
  if (text.length > PROTECTION_MAX_CHARACTERS) {
    throw new CodedError('PROTECTION_TOO_LARGE', `the file has more than ${PROTECTION_MAX_CHARACTERS} characters`)
  }
  const file = fieldsOf(parseJson(text), 'file')
  const metadata = fieldsOf(file['metadata'], 'metadata')
  const version = metadata['interchange_format_version']
  if (version !== VERSION) {
    throw new CodedError('PROTECTION_VERSION', `the format version is not ${VERSION}: ${JSON.stringify(version)}`)
  }
  const genesisHash = textOf(metadata['genesis_hash'], /^0x[0-9a-f]{64}$/i, 'metadata.genesis_hash').toLowerCase()
  if (genesisHash !== key.genesisHash) {
    throw new CodedError('PROTECTION_WRONG_CHAIN', `the file is of the chain with genesis ${genesisHash}`, {
      data: { found: genesisHash, expected: key.genesisHash },
    })
  }
  const entries = listOf(file['data'], PROTECTION_KEYS_MAX, 'data').map((entry, index) => readEntry(entry, index))
  const own = entries.filter(({ publicKey }) => publicKey === key.publicKey)
  if (own.length === 0) {
    throw new CodedError('PROTECTION_KEY_MISSING', `the file says nothing of the key ${key.publicKey}`)
  }
  return own.map(({ record }) => record).reduce(mergeProtection)
}

/** Refuses whatever one of the two refuses. */
export function mergeProtection(a: SignerRecord, b: SignerRecord): SignerRecord {
  const guard = createVoteGuard()
  for (const { floor } of [a, b]) if (floor !== undefined) guard.raiseFloor(floor)
  for (const vote of [...a.ownVotes, ...b.ownVotes]) {
    if (guard.floor !== undefined && !isLater(vote, guard.floor)) continue
    // Signed against the rules already: nothing more may come of it.
    if (guard.conflictOf(vote) === undefined) guard.record(vote)
    else guard.raiseFloor(placeOf(vote))
  }
  return { floor: guard.floor, ownVotes: guard.votes() }
}

/** Nothing at or below the newest vote is signed again. */
function minimalRecord({ floor, ownVotes }: SignerRecord): SignerRecord {
  const places = [...(floor === undefined ? [] : [floor]), ...ownVotes.map(placeOf)]
  const newest = places.reduce<WalFloor | undefined>(
    (best, place) => (best === undefined || isLater(place, best) ? place : best),
    undefined,
  )
  return { floor: newest, ownVotes: [] }
}

function placeOf({ epoch: ofEpoch, view: ofView }: VoteSubject): WalFloor {
  return { epoch: ofEpoch, view: ofView }
}

function readEntry(value: unknown, index: number): { readonly publicKey: string; readonly record: SignerRecord } {
  const path = `data[${index}]`
  const entry = fieldsOf(value, path)
  const publicKey = textOf(entry['pubkey'], /^0x[0-9a-f]{96}$/i, `${path}.pubkey`).toLowerCase()
  const votes = listOf(entry['signed_votes'], PROTECTION_VOTES_MAX, `${path}.signed_votes`)
  const ownVotes = votes.map((vote, at) => readVote(vote, `${path}.signed_votes[${at}]`))
  const floor = entry['floor'] === undefined ? undefined : readPlace(entry['floor'], `${path}.floor`)
  // A list that contradicts itself becomes a floor.
  return { publicKey, record: mergeProtection({ floor, ownVotes }, { floor: undefined, ownVotes: [] }) }
}

function readVote(value: unknown, path: string): VoteSubject {
  const vote = fieldsOf(value, path)
  const kind = textOf(vote['kind'], /^[a-z]+$/, `${path}.kind`)
  if (!isKind(kind)) throw malformed(`${path}.kind`, `no kind of vote: ${kind}`)
  const place = readPlace(value, path)
  if (kind === 'nullify') {
    if (vote['hash'] !== undefined) throw malformed(`${path}.hash`, 'a nullify vote has none')
    return { kind, ...place, hash: ZERO_HASH }
  }
  const hash = textOf(vote['hash'], /^0x[0-9a-f]{64}$/i, `${path}.hash`).toLowerCase() as Hash
  if (hash === ZERO_HASH) throw malformed(`${path}.hash`, 'a block has another hash')
  return { kind, ...place, hash }
}

function isKind(text: string): text is VoteKind {
  return KINDS.includes(text)
}

function readPlace(value: unknown, path: string): WalFloor {
  const fields = fieldsOf(value, path)
  return {
    epoch: epoch(integerOf(fields['epoch'], `${path}.epoch`)),
    view: view(integerOf(fields['view'], `${path}.view`)),
  }
}

function integerOf(value: unknown, path: string): number {
  const integer = Number(textOf(value, /^(0|[1-9][0-9]{0,15})$/, path))
  if (!Number.isSafeInteger(integer)) throw malformed(path, 'too large')
  return integer
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's message may quote the file, over several lines.
    throw malformed('file', 'not JSON')
  }
}

function fieldsOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(path, 'not an object')
  return value as Readonly<Record<string, unknown>>
}

function listOf(value: unknown, countMax: number, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(path, 'not a list')
  if (value.length > countMax) throw malformed(path, `more than ${countMax} entries`)
  return value
}

function textOf(value: unknown, form: RegExp, path: string): string {
  if (typeof value !== 'string' || !form.test(value)) throw malformed(path, 'missing, or not of the right form')
  return value
}

function malformed(path: string, why: string): CodedError {
  return new CodedError('PROTECTION_MALFORMED', `${path}: ${why}`, { data: { path } })
}
