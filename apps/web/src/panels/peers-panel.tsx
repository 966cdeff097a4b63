import type { TabSnapshot } from '@cairn/platform-browser'
import { shortenPeerId } from '../format.ts'
import { nameOfTransport } from '../transport-names.ts'
import { Panel } from './panel.tsx'
import { ServerList } from './server-list.tsx'

/** Where data comes from. Peers are not trusted, so this says nothing about what is verified. */
export function PeersPanel({ peers, servers }: Pick<TabSnapshot, 'peers' | 'servers'>) {
  return (
    <Panel className="half" title="Peers" intro="They deliver data and are believed in nothing.">
      {peers.length === 0 ? (
        <p className="empty">No peer connected.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="Table of peers">
          <table>
            <thead>
              <tr>
                <th scope="col">Peer</th>
                <th scope="col">Transport</th>
                <th scope="col">Dialled by</th>
              </tr>
            </thead>
            <tbody data-testid="peers">
              {peers.map(({ peerId, transport, direction }) => (
                <tr key={peerId}>
                  <td>
                    <code title={peerId}>{shortenPeerId(peerId)}</code>
                  </td>
                  <td>{nameOfTransport(transport)}</td>
                  <td>{direction === 'outbound' ? 'this tab' : 'the peer'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ServerList servers={servers} peers={peers} />
    </Panel>
  )
}
