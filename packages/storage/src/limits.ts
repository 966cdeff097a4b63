/** Limits of this package; `docs/LIMITS.md` lists them. */

/** Bytes of one write-ahead-log record: a proposal's vote or a certificate of some thousand validators fits. */
export const walRecordMaxBytes = 64 * 1024
