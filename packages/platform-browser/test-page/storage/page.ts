/** Hands the bench's question to a worker, where the stores of a tab are. */
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => Object.assign(globalThis, { figures: data }))
worker.addEventListener('error', ({ message }) => Object.assign(globalThis, { figures: { error: message } }))
worker.postMessage(Object.fromEntries(new URLSearchParams(location.search)))
