/** The Log port on pino: one JSON object a line for machines, or one readable line for people. */
import type { Log, LogFields } from '@cairn/ports'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  readonly level: LogLevel
  /** `json`: pino's lines. `pretty`: time, level, module, message, `key=value` fields. */
  readonly format: 'json' | 'pretty'
  /** Where lines go; default: standard output. */
  readonly write?: (line: string) => void
}

export function createPinoLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  const destination: DestinationStream =
    options.format === 'json' ? { write } : { write: (line) => write(prettyLine(line)) }
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
    },
    destination,
  )
  return logFrom(logger)
}

function logFrom(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    error: (message, fields) => logger.error(plain(fields), message),
    child: (module) => logFrom(logger.child({ module })),
  }
}

/** Bigints as decimal text: JSON numbers would round them. */
function plain(fields: LogFields | undefined): Record<string, unknown> {
  if (fields === undefined) return {}
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )
}

/** `13:41:07.512 INFO  consensus: finalized height=7 view=9` */
function prettyLine(line: string): string {
  const { time, level, module, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)}`
  const text = typeof module === 'string' ? `${module}: ${String(msg)}` : String(msg)
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${prettyValue(value)}`)
  return `${head} ${text}${rest.join('')}\n`
}

/** An error shows its message and stack; everything else is JSON, plain words without quotes. */
function prettyValue(value: unknown): string {
  if (typeof value === 'string') return /^\S+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null && 'stack' in value) return `\n  ${String(value.stack)}`
  return JSON.stringify(value) ?? 'undefined'
}
