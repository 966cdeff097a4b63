/** `KeyValueStore` on LevelDB (`classic-level`). LevelDB itself locks the directory, and the lock dies with the process. */
import { CodedError } from '@cairn/primitives'
import type { KeyValueStore } from '@cairn/ports'
import { ClassicLevel } from 'classic-level'

/** Bytes of uncompressed blocks LevelDB keeps in memory for one store. More measured no gain. */
const cacheSizeBytes = 32 * 1024 * 1024
/** Of what is not in a table file yet. LevelDB's 4 MiB are half a busy block: each flush is a file more that every read asks. */
const writeBufferBytes = 16 * 1024 * 1024
/** LevelDB's 2 MiB make hundreds of files of a large state. */
const tableFileBytes = 8 * 1024 * 1024
/**
 * Table files that LevelDB keeps open, and mapped into memory: all of 10 M accounts, with which a node stays below 2 GiB. A
 * read from another file opens it first, which costs more than the read.
 */
const maxOpenFiles = 220

/**
 * Opens the store in the directory `path`, creating it (not its parents).
 * @throws CodedError `DATA_DIRECTORY_IN_USE`, `STORE_CORRUPT`, `STORE_FULL`, `STORE_FAILED`
 */
export async function createLevelStore(path: string): Promise<KeyValueStore> {
  const level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    cacheSize: cacheSizeBytes,
    writeBufferSize: writeBufferBytes,
    maxFileSize: tableFileBytes,
    maxOpenFiles,
  })
  await coded(level.open(), path)
  return {
    get: async (key) => plain(await coded(level.get(key), path)),
    getSync: (key) => {
      try {
        return plain(level.getSync(key))
      } catch (error) {
        throw codedError(error, path)
      }
    },
    getMany: async (keys) => (await coded(level.getMany([...keys]), path)).map(plain),
    batch: async (operations, options) => {
      const batch = operations.map((operation) =>
        operation.type === 'put'
          ? { type: 'put' as const, key: operation.key, value: operation.value }
          : { type: 'del' as const, key: operation.key },
      )
      await coded(level.batch(batch, { sync: options?.durable === true }), path)
    },
    entries: async function* (range) {
      try {
        for await (const [key, value] of level.iterator({ ...range, limit: range.limit ?? -1 })) {
          yield [view(key), view(value)]
        }
      } catch (error) {
        throw codedError(error, path)
      }
    },
    close: () => coded(level.close(), path),
  }
}

/** LevelDB gives Buffers, whose `slice` and JSON form differ from other byte strings: the same bytes without the class. */
function view(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : view(bytes)
}

async function coded<T>(operation: Promise<T>, path: string): Promise<T> {
  try {
    return await operation
  } catch (error) {
    throw codedError(error, path)
  }
}

function codedError(error: unknown, path: string): CodedError {
  const codes = errorChain(error).flatMap((each) => ('code' in each ? [String(each.code)] : []))
  const text = errorChain(error)
    .map((each) => each.message)
    .join(': ')
  const options = { cause: error, data: { path } }
  if (codes.includes('LEVEL_LOCKED')) {
    return new CodedError('DATA_DIRECTORY_IN_USE', `the store ${path} is open in another process`, options)
  }
  if (codes.includes('LEVEL_CORRUPTION'))
    return new CodedError('STORE_CORRUPT', `the store ${path} is damaged`, options)
  if (/no space left|disk quota exceeded/i.test(text)) {
    return new CodedError('STORE_FULL', `no space left for the store ${path}`, options)
  }
  // With a cause these say why opening failed; alone, that the store was closed before.
  if (codes.length === 1 && (codes[0] === 'LEVEL_DATABASE_NOT_OPEN' || codes[0] === 'LEVEL_ITERATOR_NOT_OPEN')) {
    return new CodedError('STORE_CLOSED', `the store ${path} is closed`, options)
  }
  return new CodedError('STORE_FAILED', `the store ${path} failed: ${text}`, options)
}

function errorChain(error: unknown): readonly Error[] {
  const chain: Error[] = []
  for (let each = error; each instanceof Error && chain.length < 8; each = each.cause) chain.push(each)
  return chain
}
