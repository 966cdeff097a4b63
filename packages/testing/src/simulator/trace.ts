/**
 * The digest over everything that happens in a run: two integer lanes, the same on every engine. Two runs with
 * equal digests had the same events at the same times with the same content. Lines of text only when asked for.
 */
import type { Hash } from '@cairn/primitives'

export interface Trace {
  /** Mixes one occurrence in. `hash`: the block it is about, where there is one. */
  note(atMs: number, actor: number, what: string, detail: number, hash?: Hash): void
  /** 16 hex digits. */
  digest(): string
}

export function createTrace(onLine?: (line: string) => void): Trace {
  let a = 0x811c9dc5
  let b = 0x2545f491
  const mix = (value: number): void => {
    a = Math.imul(a ^ value, 0x01000193)
    b = Math.imul(b ^ value, 0x85ebca6b) ^ (b >>> 15)
  }
  return {
    note(atMs, actor, what, detail, hash) {
      mix(Math.floor(atMs * 1000))
      mix(actor)
      mix(what.charCodeAt(0) * 65_536 + what.charCodeAt(what.length - 1) * 256 + what.length)
      mix(detail)
      if (hash !== undefined)
        for (let at = 2; at < 18; at += 2) mix(hash.charCodeAt(at) * 256 + hash.charCodeAt(at + 1))
      onLine?.(`${atMs.toFixed(3).padStart(10)} ms  ${what} ${detail} ${hash?.slice(0, 10) ?? ''}`.trimEnd())
    },
    digest: () => `${hex(a)}${hex(b)}`,
  }
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0')
}
