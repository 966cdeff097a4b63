/** Transports in the words of the page. */
const NAMES: Readonly<Record<string, string>> = {
  'webrtc-direct': 'WebRTC direct',
  webrtc: 'WebRTC',
  ws: 'WebSocket',
  wss: 'WebSocket (TLS)',
}

/** As `TabPeer.transport` has it. */
export function nameOfTransport(transport: string): string {
  return NAMES[transport] ?? transport
}
