/** Where the chain file commands report to: standard error, since standard output may be the file itself. */
export function writeErrorLine(line: string): void {
  process.stderr.write(`${line}\n`)
}
