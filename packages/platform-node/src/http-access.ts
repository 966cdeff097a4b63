/**
 * Who may talk to the RPC port from a browser. The Host check stops DNS rebinding (a page that makes its own
 * name point here), the Origin check stops foreign pages; programs send no Origin and are not concerned.
 */
import { isIP } from 'node:net'

export interface AccessOptions {
  /** Further host names that requests may be addressed to; `*` for any. Loopback names and IP addresses always pass. */
  readonly allowedHosts: readonly string[]
  /** Further origins (`https://wallet.example`) whose pages may call; `*` for any. Loopback origins always pass. */
  readonly allowedOrigins: readonly string[]
}

/** Whether a request with this `Host` header may go on. */
export function isHostAllowed(host: string | undefined, options: AccessOptions): boolean {
  if (options.allowedHosts.includes('*')) return true
  if (host === undefined) return false
  const name = hostNameOf(`http://${host}`)
  if (name === undefined) return false
  return isIP(withoutBrackets(name)) !== 0 || isLoopbackName(name) || options.allowedHosts.includes(name)
}

/** Whether a page of this origin may call; an absent header is a program. */
export function isOriginAllowed(origin: string | undefined, options: AccessOptions): boolean {
  if (origin === undefined || options.allowedOrigins.includes('*')) return true
  if (options.allowedOrigins.includes(origin)) return true
  const name = hostNameOf(origin)
  return name !== undefined && isLoopbackName(name)
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

function hostNameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

function withoutBrackets(name: string): string {
  return name.startsWith('[') ? name.slice(1, -1) : name
}
