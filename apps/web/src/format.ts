/** Numbers, times and hashes as the page writes them. */

/** Grouped digits: 12,345. By hand: the browser's own formats load data and tables of some MiB into the page's process. */
export function formatInteger(value: number | bigint): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `0x1234567…89abcd`: enough to compare by eye, the full text is in the element's title. */
export function shortenHex(hex: string): string {
  return hex.length <= 20 ? hex : `${hex.slice(0, 10)}…${hex.slice(-6)}`
}

/** The end of a peer id, where ids differ. */
export function shortenPeerId(peerId: string): string {
  return peerId.length <= 10 ? peerId : `…${peerId.slice(-8)}`
}

/** Sub-millisecond times keep one digit. */
export function formatMs(value: number): string {
  return `${value < 10 ? value.toFixed(1) : formatInteger(Math.round(value))} ms`
}

/** For what lasts seconds or longer: «8 s», «2 min», «3 h». */
export function formatDuration(ms: number): string {
  if (ms < 90_000) return `${Math.max(1, Math.round(ms / 1000))} s`
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}

/** Wei as whole coins with up to 18 decimals, no rounding: a balance is exact. */
export function formatCoins(wei: bigint): string {
  const whole = wei / 10n ** 18n
  const rest = (wei % 10n ** 18n).toString().padStart(18, '0').replace(/0+$/, '')
  return rest === '' ? formatInteger(whole) : `${formatInteger(whole)}.${rest}`
}

export function formatPercent(part: bigint, whole: bigint): string {
  return whole === 0n ? '0 %' : `${(Number((part * 1000n) / whole) / 10).toFixed(0)} %`
}

/** Local time of day, with seconds. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => `${part}`.padStart(2, '0')).join(':')
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatInteger(count)} ${count === 1 ? one : many}`
}
