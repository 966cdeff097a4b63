import { shortenHex } from './format.ts'

/** A hash or an address: short for the eye, whole for the pointer, the screen reader and the clipboard. */
export function HexText({ value, whole = false }: { readonly value: string; readonly whole?: boolean }) {
  return (
    <code className={whole ? 'hex hex-whole' : 'hex'} title={value}>
      {whole ? value : shortenHex(value)}
    </code>
  )
}
