/**
 * A state from a snapshot (EIP-8189's way: leaves, then access lists, no healing). Leaves come by their hashed keys and
 * go through the core's PUT_LEAVES, so flat tables and trie records grow together and the root is known at every step.
 *
 * Invariants: each step is one batch of leaves, records and bookkeeping, so a restore that is cut off goes on from its
 * last step; an account is written after its whole storage; nothing becomes a committed head unless its root is right.
 */
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, decodeAccountLeaf, encodeAccountLeaf, genesisBlock } from '@cairn/chain'
import type { ChainSpec, KeyInterval, PartialStorage, StorageRange } from '@cairn/chain'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import type { AccountState, BatchOperation, ExecutedBlock, KeyValueStore, RestorableState } from '@cairn/ports'
import { CodedError, bytesFromHex, encodeRlp, hashFromBytes, rlpUint } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { encodePutLeaves, readPutLeaves } from './abi/leaves.ts'
import type { TreeLeaves } from './abi/leaves.ts'
import type { ChangesetEntry } from './abi/changeset.ts'
import { accessListChanges } from './access-list-changes.ts'
import type { AccountDifference } from './access-list-changes.ts'
import { clearStore } from './store-clearing.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { computeGenesis } from './genesis.ts'
import { encodeGenesisRecord, encodeHeadRecord } from './head-record.ts'
import type { StoredGenesis } from './head-record.ts'
import {
  RESTORE_KEY,
  RESTORE_STORAGE_PREFIX,
  decodePartialStorage,
  decodeRestoreRecord,
  encodePartialStorage,
  encodeRestoreRecord,
  restoreStorageKey,
} from './restore-records.ts'
import type { StateHost } from './state-host.ts'
import { GENESIS_KEY, HEAD_KEY, accountKey, codeKey } from './state-key.ts'
import { ABSENT_ACCOUNT, decodeStoredAccount } from './stored-account.ts'

export interface StateRestoreDependencies {
  readonly chainSpec: ChainSpec
  readonly wasm: Uint8Array
  readonly store: KeyValueStore
  readonly core: Core
  readonly host: StateHost
}

interface Restore {
  readonly genesis: StoredGenesis
  accountRoot: Hash
  progress: Uint8Array
  readonly storages: Map<Hash, PartialStorage>
}

/** The caller runs one method after the other. */
export function createStateRestore(deps: StateRestoreDependencies): RestorableState {
  const { store, host } = deps
  let opened: Restore | undefined

  const restore = (): Restore => {
    if (opened === undefined) throw new CodedError('RESTORE_CLOSED', 'no restore is under way')
    return opened
  }
  const putLeaves = (trees: readonly TreeLeaves[]): ReturnType<typeof evaluateLeaves> => evaluateLeaves(host, trees)

  /** One step: what was computed, with the bookkeeping that says so. */
  const write = async (changes: readonly ChangesetEntry[], step: Partial<Step>): Promise<void> => {
    const state = restore()
    const { accountRoot = state.accountRoot, progress = state.progress, storages = new Map() } = step
    const records: BatchOperation[] = [recordPut(state.genesis, accountRoot, progress)]
    for (const [owner, partial] of storages) {
      const key = restoreStorageKey(owner)
      if (partial === undefined) records.push({ type: 'delete', key })
      else records.push({ type: 'put', key, value: encodePartialStorage(partial) })
    }
    await host.write(changes, records, false)
    state.accountRoot = accountRoot
    state.progress = progress
    for (const [owner, partial] of storages) {
      if (partial === undefined) state.storages.delete(owner)
      else state.storages.set(owner, partial)
    }
  }

  return {
    openRestore: async () => {
      if ((await store.get(HEAD_KEY)) !== undefined) {
        throw new CodedError('STATE_NOT_EMPTY', 'the state store has a committed head')
      }
      const executed = await computeGenesis(deps.chainSpec, deps.wasm)
      const genesis = { ...executed, blockHash: genesisBlock(deps.chainSpec, executed).hash }
      const bytes = await store.get(RESTORE_KEY)
      const record = bytes === undefined ? undefined : decodeRestoreRecord(bytes)
      const isOurs = record?.genesisHash === genesis.blockHash
      if (!isOurs) await clearStore(store)
      const storages = isOurs ? await readStorages(store) : []
      opened = {
        genesis,
        accountRoot: isOurs ? record.accountRoot : EMPTY_TRIE_ROOT,
        progress: isOurs ? record.progress : new Uint8Array(0),
        storages: new Map(storages.map((storage) => [storage.owner, storage])),
      }
      return { genesis: executed, progress: isOurs ? record.progress : undefined, storages }
    },
    restoreStorages: async (ranges, progress) => {
      const { storages } = restore()
      const trees = ranges.map(({ owner, items }) => ({
        owner,
        root: storages.get(owner)?.root ?? EMPTY_TRIE_ROOT,
        leaves: items,
      }))
      const { roots, changes } = await putLeaves(trees)
      const partial = ranges.map(({ owner, next }: StorageRange, index): readonly [Hash, PartialStorage] => [
        owner,
        { owner, root: roots[index] as Hash, next },
      ])
      await write(changes, { progress, storages: new Map(partial) })
      return roots
    },
    missingCodes: async (hashes) => {
      const found = await host.read(hashes.map((hash) => codeKey(bytesFromHex(hash))))
      return hashes.filter((_, index) => found[index] === undefined)
    },
    restoreCodes: (codes) => write(codes.map(codeEntry), {}),
    restoreAccounts: async (accounts, progress) => {
      const state = restore()
      for (const { key, value } of accounts) assertStorageWhole(key, value, state.storages)
      const tree = { owner: undefined, root: state.accountRoot, leaves: accounts }
      const { roots, changes } = await putLeaves([tree])
      const done = accounts.flatMap(({ key }) => (state.storages.has(key) ? [[key, undefined] as const] : []))
      await write(changes, { accountRoot: roots[0] as Hash, progress, storages: new Map(done) })
    },
    restoreAccessList: async (accessList, missing, progress) => {
      const state = restore()
      const step = await carryForward(host, state, accessListChanges(accessList), missing)
      await write(step.changes, { ...step, progress })
    },
    finishRestore: async (block) => {
      const { genesis, accountRoot, storages } = restore()
      if (storages.size > 0 || accountRoot !== block.stateRoot) {
        throw new CodedError('RESTORE_ROOT_MISMATCH', 'the restored state is not the block’s', {
          data: { restored: accountRoot, expected: block.stateRoot, unfinishedStorages: storages.size },
        })
      }
      await host.write([], finalRecords(genesis, block), true)
      opened = undefined
    },
    discardRestore: async () => {
      const state = restore()
      host.forget()
      await clearStore(store)
      state.storages.clear()
      state.accountRoot = EMPTY_TRIE_ROOT
      state.progress = new Uint8Array(0)
    },
  }
}

interface Step {
  readonly accountRoot: Hash
  readonly progress: Uint8Array
  /** `undefined`: its account is written. */
  readonly storages: ReadonlyMap<Hash, PartialStorage | undefined>
}

function recordPut(genesis: StoredGenesis, accountRoot: Hash, progress: Uint8Array): BatchOperation {
  const value = encodeRestoreRecord({ genesisHash: genesis.blockHash, accountRoot, progress })
  return { type: 'put', key: RESTORE_KEY, value }
}

function finalRecords(genesis: StoredGenesis, block: ExecutedBlock): readonly BatchOperation[] {
  return [
    { type: 'put', key: GENESIS_KEY, value: encodeGenesisRecord(genesis) },
    { type: 'put', key: HEAD_KEY, value: encodeHeadRecord(block) },
    { type: 'delete', key: RESTORE_KEY },
  ]
}

/** @throws CodedError `RESTORE_INVALID` */
async function evaluateLeaves(
  host: StateHost,
  trees: readonly TreeLeaves[],
): Promise<{ readonly roots: readonly Hash[]; readonly changes: readonly ChangesetEntry[] }> {
  const result = await host.evaluate(operations.putLeaves, encodePutLeaves(trees), { layers: [] })
  if (result.status === 'ok') return readPutLeaves(result.body)
  throw new CodedError('RESTORE_INVALID', result.message, { data: { reason: result.code } })
}

async function readStorages(store: KeyValueStore): Promise<readonly PartialStorage[]> {
  const range = { gte: RESTORE_STORAGE_PREFIX, lt: Uint8Array.of(0, (RESTORE_STORAGE_PREFIX[1] as number) + 1) }
  const found: PartialStorage[] = []
  for await (const [, value] of store.entries(range)) found.push(decodePartialStorage(value))
  return found
}

function assertStorageWhole(owner: Hash, leaf: Uint8Array, storages: ReadonlyMap<Hash, PartialStorage>): void {
  const account = decodeAccountLeaf(leaf)
  if (!account.ok) throw new CodedError('RESTORE_INVALID', `an account does not decode: ${account.code}`)
  const found = storages.get(owner)
  const isWhole = found === undefined || found.next === undefined
  if (isWhole && (found?.root ?? EMPTY_TRIE_ROOT) === account.value.storageRoot) return
  throw new CodedError('RESTORE_INVALID', `the storage of account ${owner} is not the account’s`, {
    data: { owner, expected: account.value.storageRoot, restored: found?.root },
  })
}

/** The next block's values of everything that is restored: storages first, since accounts hold their roots. */
async function carryForward(
  host: StateHost,
  state: Restore,
  differences: readonly AccountDifference[],
  missing: readonly KeyInterval[],
): Promise<Omit<Step, 'progress'> & { readonly changes: readonly ChangesetEntry[] }> {
  const touched = differences
    .map((difference) => ({ ...difference, key: hashFromBytes(difference.owner) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const isCovered = (key: Hash): boolean => !missing.some(({ start, end }) => start <= key && key <= end)
  const covered = touched.filter(({ key }) => isCovered(key))
  const stored = await host.read(covered.map(({ owner }) => accountKey(owner)))
  const accounts = new Map(covered.map(({ key }, index) => [key, decodeStoredAccount(stored[index])]))

  const slotsOf = ({ key, slots }: (typeof touched)[number]): TreeLeaves['leaves'] => {
    const partial = state.storages.get(key)
    if (!accounts.has(key) && partial === undefined) return []
    const end = accounts.has(key) ? undefined : partial?.next
    return slots
      .map((slot) => ({ key: hashFromBytes(slot.key), value: slotLeaf(slot.value) }))
      .filter((slot) => end === undefined || slot.key < end)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }
  const trees = touched.flatMap((difference): readonly TreeLeaves[] => {
    const { key } = difference
    const leaves = slotsOf(difference)
    const root = accounts.get(key)?.storageRoot ?? state.storages.get(key)?.root ?? EMPTY_TRIE_ROOT
    return leaves.length === 0 ? [] : [{ owner: key, root, leaves }]
  })
  const grown = await evaluateLeaves(host, trees)
  const roots = new Map(trees.map(({ owner }, index) => [owner as Hash, grown.roots[index] as Hash]))

  const leaves = covered.map((difference) => {
    const before = accounts.get(difference.key) ?? ABSENT_ACCOUNT
    const storageRoot = roots.get(difference.key) ?? before.storageRoot
    return { key: difference.key, value: accountAfter(before, difference, storageRoot) }
  })
  const top = await evaluateLeaves(host, [{ owner: undefined, root: state.accountRoot, leaves }])
  const storages = [...state.storages.values()].flatMap((partial) => {
    const root = roots.get(partial.owner)
    return root === undefined ? [] : [[partial.owner, { ...partial, root }] as const]
  })
  const codes = touched.flatMap(({ code }) => (code === undefined || code.length === 0 ? [] : [codeEntry(code)]))
  return {
    accountRoot: top.roots[0] as Hash,
    storages: new Map(storages),
    changes: [...grown.changes, ...top.changes, ...codes],
  }
}

/** `undefined`: the account is gone (EIP-161). */
function accountAfter(
  before: AccountState,
  { balance, nonce, code }: AccountDifference,
  storageRoot: Hash,
): Uint8Array | undefined {
  const after = {
    nonce: nonce ?? before.nonce,
    balance: balance ?? before.balance,
    storageRoot,
    codeHash: code === undefined ? before.codeHash : keccak256(code),
  }
  const isEmpty = after.nonce === 0n && after.balance === 0n && after.codeHash === EMPTY_CODE_HASH
  return isEmpty && storageRoot === EMPTY_TRIE_ROOT ? undefined : encodeAccountLeaf(after)
}

/** RLP of the integer; zero is absence. */
function slotLeaf(value: bigint): Uint8Array | undefined {
  return value === 0n ? undefined : encodeRlp(rlpUint(value))
}

function codeEntry(code: Uint8Array): ChangesetEntry {
  return { key: codeKey(keccak256Bytes(code)), value: code }
}
