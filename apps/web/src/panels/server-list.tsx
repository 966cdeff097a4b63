/** What a person should know of the servers: why a better way was not taken, and why one is not there. */
import type { TabSnapshot } from '@cairn/platform-browser'
import { shortenPeerId } from '../format.ts'
import { describeServer } from './server-texts.ts'

interface ServerListProps {
  readonly servers: TabSnapshot['servers']
  readonly peers: TabSnapshot['peers']
}

/** One line for each server of which there is something to tell; nothing while all is well. */
export function ServerList({ servers, peers }: ServerListProps) {
  const told = servers.flatMap((server) => {
    const inUse = peers.find(({ peerId }) => peerId === server.peerId)?.transport
    const text = describeServer(server, inUse)
    return text === undefined ? [] : [{ ...server, text }]
  })
  if (told.length === 0) return undefined
  return (
    <ul className="servers" data-testid="servers" aria-label="Servers">
      {told.map(({ peerId, state, text }) => (
        <li key={peerId} data-state={state}>
          <code title={peerId}>{shortenPeerId(peerId)}</code> {text}
        </li>
      ))}
    </ul>
  )
}
