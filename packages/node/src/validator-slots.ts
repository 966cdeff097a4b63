/** Keeps connection slots for the validators of the current epoch, at the peers that they name (reliability.md 5). */
import type { Network } from '@cairn/ports'
import type { ValidatorPeers } from './validator-peers.ts'

/** From now on, for as long as both live. */
export function keepValidatorSlots(
  network: Pick<Network, 'reserve'>,
  validators: Pick<ValidatorPeers, 'peers' | 'onChanged'>,
): void {
  const reserve = (): void => network.reserve(validators.peers())
  reserve()
  validators.onChanged(reserve)
}
