/** A bounded download: a server may send for ever. */
import { CodedError, concatBytes } from '@cairn/primitives'

/** @throws CodedError with `code` when the address cannot be had, or is larger than `sizeMaxBytes` */
export async function fetchBytes(
  url: string,
  sizeMaxBytes: number,
  code: string,
  init: RequestInit = { cache: 'no-cache' },
): Promise<Uint8Array> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new CodedError(code, `${url} cannot be reached.`, { cause })
  })
  if (!response.ok || response.body === null) throw new CodedError(code, `${url} answers ${response.status}.`)
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body) {
    sizeBytes += chunk.length
    if (sizeBytes > sizeMaxBytes) throw new CodedError(code, `${url} is larger than ${sizeMaxBytes} bytes.`)
    chunks.push(chunk)
  }
  return concatBytes(...chunks)
}
