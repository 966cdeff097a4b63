/** One worker: its own instance of the core, one file after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Selection, runFile } from './run-file.ts'
import type { SuiteFile } from './suites.ts'

export interface WorkerSettings extends Selection {
  readonly fixtures: string
}

const settings = workerData as WorkerSettings

parentPort?.on('message', (file: SuiteFile) => {
  parentPort?.postMessage(runFile(settings.fixtures, file, settings))
})
