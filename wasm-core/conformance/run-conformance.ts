/** Distributes the files of the suites over worker threads and adds up what they report. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { WorkerSettings } from './conformance-worker.ts'
import { EMPTY_REPORT, type Report, mergeReports } from './report.ts'
import type { Selection } from './run-file.ts'
import { type SuiteFile, absentFiles, filesOfSuite, suites } from './suites.ts'

export interface ConformanceOptions extends Selection {
  /** The unpacked fixtures. */
  readonly fixtures: string
  /** Names of suites; empty: all. */
  readonly only: readonly string[]
}

/** By suite, in the order of `suites`. @throws where a worker dies */
export async function runConformance(options: ConformanceOptions): Promise<ReadonlyMap<string, Report>> {
  const wanted = suites.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
  const reports = new Map<string, Report>()
  for (const suite of wanted) {
    const absent = absentFiles(suite, options.fixtures)
    reports.set(suite.name, absent === 0 ? EMPTY_REPORT : { ...EMPTY_REPORT, skipped: { 'file absent': absent } })
  }
  const queue = wanted.flatMap((suite) => filesOfSuite(suite, options.fixtures)).reverse()
  const settings = { fixtures: options.fixtures, tenth: options.tenth, filter: options.filter }
  const add = (file: SuiteFile, report: Report): void => {
    reports.set(file.suite, mergeReports(reports.get(file.suite) ?? EMPTY_REPORT, report))
  }
  const workers = Array.from({ length: Math.min(availableParallelism(), queue.length) }, () => createWorker(settings))
  try {
    await Promise.all(workers.map((worker) => drain(worker, queue, add)))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return reports
}

function createWorker(settings: WorkerSettings): Worker {
  return new Worker(new URL('./conformance-worker.ts', import.meta.url), { workerData: settings })
}

/** Gives the worker one file at a time until none is left. */
async function drain(worker: Worker, queue: SuiteFile[], add: (file: SuiteFile, report: Report) => void) {
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) add(file, await runInWorker(worker, file))
}

function runInWorker(worker: Worker, file: SuiteFile): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number): void => {
      settle(() => reject(new Error(`a worker ended with code ${code} in ${file.suite}/${file.path}`)))
    }
    const onError = (error: Error): void => settle(() => reject(error))
    const onMessage = (report: Report): void => settle(() => resolve(report))
    const settle = (finish: () => void): void => {
      worker.off('exit', onExit).off('error', onError).off('message', onMessage)
      finish()
    }
    worker.once('exit', onExit).once('error', onError).once('message', onMessage)
    worker.postMessage(file)
  })
}
