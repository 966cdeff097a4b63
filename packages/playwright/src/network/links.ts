/** The links between the validators of a test network: one proxy for each ordered pair. */
import { type LinkFault, type UdpProxy, startUdpProxy } from './udp-proxy.ts'

export type { LinkFault }

export interface Links {
  /** The address by which `from` dials `to`, through the proxy; its target is learnt from `address`. */
  through(from: number, to: number, address: string): string
  /** Cuts every link between validators of different groups; one in no group is alone with the others in none. */
  partition(...groups: readonly (readonly number[])[]): void
  /** Sets for each direction whether what `from` sends to `to` vanishes, whoever dialed. */
  cut(isCut: (from: number, to: number) => boolean): void
  heal(): void
  /** Sets what links do to their datagrams; `between`: only those with both ends in it. */
  setFault(fault: LinkFault | undefined, between?: readonly number[]): void
  close(): Promise<void>
}

export async function createLinks(validators: number, random: () => number): Promise<Links> {
  const links = new Map<string, { readonly from: number; readonly to: number; readonly proxy: UdpProxy }>()
  for (let from = 0; from < validators; from++) {
    for (let to = 0; to < validators; to++) {
      if (from !== to) links.set(`${from}-${to}`, { from, to, proxy: await startUdpProxy(random) })
    }
  }
  const cut: Links['cut'] = (isCut) => {
    for (const { from, to, proxy } of links.values()) {
      proxy.setConnected('forward', !isCut(from, to))
      proxy.setConnected('backward', !isCut(to, from))
    }
  }
  return {
    through: (from, to, address) => {
      const proxy = links.get(`${from}-${to}`)?.proxy
      if (proxy === undefined) throw new RangeError(`no link ${from}-${to}`)
      const replaced = address.replace(/\/udp\/(\d+)\//, (_, port: string) => {
        proxy.setTarget(Number(port))
        return `/udp/${proxy.port}/`
      })
      if (replaced === address) throw new RangeError(`not a QUIC address: ${address}`)
      return replaced
    },
    partition: (...groups) => {
      const groupOf = (index: number): number => groups.findIndex((group) => group.includes(index))
      cut((from, to) => groupOf(from) !== groupOf(to))
    },
    cut,
    heal: () => cut(() => false),
    setFault: (fault, between) => {
      for (const { from, to, proxy } of links.values()) {
        if (between === undefined || (between.includes(from) && between.includes(to))) proxy.setFault(fault)
      }
    },
    close: async () => void (await Promise.all([...links.values()].map(({ proxy }) => proxy.close()))),
  }
}
