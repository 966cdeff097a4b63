export function createSyncDriver(_deps: any): any {
  return { onBehind: () => {}, isActive: () => false, start: async () => {}, stop: async () => {} }
}
