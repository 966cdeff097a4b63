/** Where a browser is on this machine. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface ExecutableSearch {
  /** Environment variable that names it; where it is set, nothing else is looked at. */
  readonly variable: string
  /** Names in the folders of `PATH`. */
  readonly systemNames: readonly string[]
  /** Looked at after those. */
  readonly furtherPaths: readonly string[]
}

export function findExecutable({ variable, systemNames, furtherPaths }: ExecutableSearch): string | undefined {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => systemNames.map((name) => join(folder, name)))
  return [...onPath, ...furtherPaths].find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
