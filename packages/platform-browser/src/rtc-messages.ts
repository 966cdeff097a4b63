/**
 * What the window's RTC host and the worker's shim say to each other over one MessagePort. Both sides are ours and
 * of one build. Numbers name connections, channels and calls; the worker chooses them.
 */

/** The methods that only forward their argument and return a description or nothing. */
export type RtcMethod =
  | 'createOffer'
  | 'createAnswer'
  | 'setLocalDescription'
  | 'setRemoteDescription'
  | 'addIceCandidate'

export type RtcArgument = RTCSessionDescriptionInit | RTCIceCandidateInit | undefined

export type ToRtcHost =
  | { readonly type: 'generate-certificate'; readonly call: number; readonly algorithm: AlgorithmIdentifier }
  | {
      readonly type: 'create'
      readonly connection: number
      readonly configuration: RTCConfiguration
      /** Calls of `generate-certificate` whose results to use: certificates stay in the window. */
      readonly certificates: readonly number[]
    }
  | {
      readonly type: 'create-channel'
      readonly connection: number
      readonly channel: number
      readonly label: string
      readonly init: RTCDataChannelInit
    }
  | {
      readonly type: 'call'
      readonly call: number
      readonly connection: number
      readonly method: RtcMethod
      readonly argument: RtcArgument
    }
  | { readonly type: 'close'; readonly connection: number }

export type FromRtcHost =
  | {
      readonly type: 'result'
      readonly call: number
      readonly description: RTCSessionDescriptionInit | undefined
      readonly localDescription: RTCSessionDescriptionInit | undefined
    }
  | { readonly type: 'error'; readonly call: number; readonly name: string; readonly message: string }
  /** The real channel of `create-channel`. */
  | { readonly type: 'channel'; readonly connection: number; readonly channel: number; readonly real: RTCDataChannel }
  | { readonly type: 'channel-failed'; readonly connection: number; readonly channel: number; readonly message: string }
  /** A channel the remote peer opened. */
  | { readonly type: 'remote-channel'; readonly connection: number; readonly real: RTCDataChannel }
  | { readonly type: 'state'; readonly connection: number; readonly connectionState: RTCPeerConnectionState }
  /** `undefined`: gathering has ended. */
  | { readonly type: 'candidate'; readonly connection: number; readonly candidate: RTCIceCandidateInit | undefined }
