/** A file as a state log needs it: OPFS gives workers such files, and tests have them in memory. */

export interface LogFile {
  sizeBytes(): number
  /** Exactly `lengthBytes`, or as many as there are. */
  read(at: number, lengthBytes: number): Uint8Array
  write(at: number, bytes: Uint8Array): void
  truncate(sizeBytes: number): void
  /** What was written survives power loss once it returns. */
  flush(): void
  close(): void
}

/** Two files: one is in use, the other takes its live records when it has become too long. */
export type LogFilePair = readonly [LogFile, LogFile]
