/** What is in a state store that no executor has opened yet: who decides how a node begins asks this first. */
import type { KeyValueStore } from '@cairn/ports'
import { RESTORE_KEY } from './restore-records.ts'
import { HEAD_KEY } from './state-key.ts'

/** `whole`: a committed head. `restoring`: a snapshot was begun and not finished. `empty`: neither. */
export type StateStage = 'empty' | 'restoring' | 'whole'

export async function stateStageOf(store: Pick<KeyValueStore, 'getMany'>): Promise<StateStage> {
  const [head, restore] = await store.getMany([HEAD_KEY, RESTORE_KEY])
  if (head !== undefined) return 'whole'
  return restore === undefined ? 'empty' : 'restoring'
}
