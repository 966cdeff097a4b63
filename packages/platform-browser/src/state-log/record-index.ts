/**
 * Where the newest record of each key is: a hash table in one typed array, open addressing, twelve bytes a slot. It knows
 * hashes, offsets and sizes only; whether a record has the key asked for its file says.
 */

export interface RecordIndex {
  /** Offset of the record for which `matches` holds among those of this hash; `undefined`: none. */
  find(hash: number, matches: (offset: number) => boolean): number | undefined
  /** Puts a record in the place of what `matches`, or beside the others. Size of the one before, 0 for none. */
  put(hash: number, record: Place, matches: (offset: number) => boolean): number
  /** Size of the one that was there, 0 for none. */
  remove(hash: number, matches: (offset: number) => boolean): number
  clear(): void
}

interface Place {
  readonly offset: number
  readonly sizeBytes: number
}

/** Offsets below are not records': what empty and removed slots hold. */
const EMPTY = 0
const REMOVED = 1
/** Of a slot: hash, offset, size. */
const WIDTH = 3

export function createRecordIndex(): RecordIndex {
  let slots = new Uint32Array(WIDTH * SLOTS_MIN)
  let used = 0
  let count = 0

  const slotCount = (): number => slots.length / WIDTH
  const offsetAt = (at: number): number => slots[WIDTH * at + 1] as number
  const sizeAt = (at: number): number => slots[WIDTH * at + 2] as number
  const set = (at: number, hash: number, offset: number, sizeBytes: number): void => {
    slots[WIDTH * at] = hash
    slots[WIDTH * at + 1] = offset
    slots[WIDTH * at + 2] = sizeBytes
  }
  const place = (hash: number, offset: number, sizeBytes: number): void => {
    const mask = slotCount() - 1
    let at = hash & mask
    while (offsetAt(at) > REMOVED) at = (at + 1) & mask
    if (offsetAt(at) === EMPTY) used++
    set(at, hash, offset, sizeBytes)
    count++
  }
  const grow = (): void => {
    const before = slots
    // Removed slots go as well.
    slots = new Uint32Array(count * 4 * WIDTH > before.length ? before.length * 2 : before.length)
    used = 0
    count = 0
    for (let at = 0; at < before.length; at += WIDTH) {
      const offset = before[at + 1] as number
      if (offset > REMOVED) place(before[at] as number, offset, before[at + 2] as number)
    }
  }
  const slotOf = (hash: number, matches: (offset: number) => boolean): number | undefined => {
    const mask = slotCount() - 1
    for (let at = hash & mask; offsetAt(at) !== EMPTY; at = (at + 1) & mask) {
      if (slots[WIDTH * at] === hash && offsetAt(at) > REMOVED && matches(offsetAt(at))) return at
    }
    return undefined
  }

  return {
    find: (hash, matches) => {
      const at = slotOf(hash, matches)
      return at === undefined ? undefined : offsetAt(at)
    },
    put: (hash, { offset, sizeBytes }, matches) => {
      const at = slotOf(hash, matches)
      if (at !== undefined) {
        const before = sizeAt(at)
        set(at, hash, offset, sizeBytes)
        return before
      }
      if ((used + 1) * 4 > slotCount() * 3) grow()
      place(hash, offset, sizeBytes)
      return 0
    },
    remove: (hash, matches) => {
      const at = slotOf(hash, matches)
      if (at === undefined) return 0
      const before = sizeAt(at)
      set(at, 0, REMOVED, 0)
      count--
      return before
    },
    clear: () => {
      slots = new Uint32Array(WIDTH * SLOTS_MIN)
      used = 0
      count = 0
    },
  }
}

const SLOTS_MIN = 1_024

/** 32 bits, never used for anything but finding: murmur3's finalizer over FNV-1a. */
export function hashOfKey(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
