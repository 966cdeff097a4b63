/** The modules that are committed: what each is built from, and where it stands. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Artefact {
  /** `core` executes; `light` verifies certificates. */
  readonly name: 'core' | 'light'
  /** Folder of its crate. */
  readonly crate: string
  /** Files and folders in it that the module is compiled from. */
  readonly sources: readonly string[]
  readonly hasC: boolean
  /** What cargo is told besides for a build that is to be profiled. */
  readonly profileOptions: readonly string[]
  readonly file: string
  readonly lockFile: string
}

const root = fileURLToPath(new URL('.', import.meta.url))

export const artefactFolder: string = join(root, 'artefact')

export const ARTEFACTS: readonly Artefact[] = [
  {
    name: 'core',
    crate: root,
    sources: ['Cargo.toml', 'Cargo.lock', 'src', 'keccak/Cargo.toml', 'keccak/src'],
    hasC: false,
    profileOptions: ['--features', 'bench'],
    ...placeOf('core'),
  },
  {
    name: 'light',
    crate: join(root, 'light'),
    sources: ['Cargo.toml', 'Cargo.lock', 'build.rs', 'c', 'src'],
    hasC: true,
    profileOptions: [],
    ...placeOf('light'),
  },
]

export function isArtefactName(name: string): boolean {
  return ARTEFACTS.some((artefact) => artefact.name === name)
}

function placeOf(name: Artefact['name']): Pick<Artefact, 'file' | 'lockFile'> {
  return { file: join(artefactFolder, `${name}.wasm`), lockFile: join(artefactFolder, `${name}.lock.json`) }
}
