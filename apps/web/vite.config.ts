import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Plugin, defineConfig } from 'vite'

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url))
/** Its copies of `@noble/…` are the ones that everything shares. */
const NOBLE_OWNER = '@libp2p/noise/node_modules/'
const NOBLE_USERS = ['@libp2p/noise/node_modules/', '@libp2p/crypto/node_modules/']

/**
 * npm puts the same version of the curves and hashes below each package that needs another one than the root has: a tab would
 * load them several times, and keep a table of curve points for each. @throws Error when they are not of one version any more
 */
function sharedNoble(name: 'curves' | 'hashes'): { find: RegExp; replacement: string } {
  const versions = NOBLE_USERS.map((user) => {
    const manifest = JSON.parse(readFileSync(`${MODULES}${user}@noble/${name}/package.json`, 'utf8')) as {
      readonly version: string
    }
    return manifest.version
  })
  if (new Set(versions).size > 1) throw new Error(`@noble/${name} differs: ${versions.join(', ')}`)
  return { find: new RegExp(`^@noble/${name}/`), replacement: `${MODULES}${NOBLE_OWNER}@noble/${name}/` }
}

/** One character beyond Latin-1 makes the browser keep the whole script with two bytes a character. */
function escapeBeyondLatin1(): Plugin {
  return {
    name: 'escape-beyond-latin1',
    generateBundle: (_, bundle) => {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        chunk.code = chunk.code.replaceAll(
          /[\u0100-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
      }
    },
  }
}

export default defineConfig({
  plugins: [escapeBeyondLatin1()],
  // Relative addresses: the page also works below a path.
  base: './',
  resolve: { alias: [sharedNoble('curves'), sharedNoble('hashes')] },
  worker: { format: 'es', plugins: () => [escapeBeyondLatin1()] },
  build: { target: 'es2024', chunkSizeWarningLimit: 2048 },
})
