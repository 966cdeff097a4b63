/**
 * Official tests that the core does not pass, and why. `npm run conformance` reports them as the failures they are;
 * the sample in `npm test` accepts exactly these, so that anything new is seen. A defect that is mended goes from here.
 */

/** Start of the names of the failing tests, by cause. */
export const KNOWN_DEFECTS: Readonly<Record<string, readonly string[]>> = {
  // alloy holds fees as 128-bit integers; no account can pay such a fee.
  'transactions with a fee above 2^128 - 1 are refused': [
    'ttGasPrice/TransactionWithHighGasPrice.json',
    'ttVValue/V_equals38.json',
    'ttEIP1559/GasLimitPriceProductOverflowtMinusOne.json',
  ],
}

/** Whether the failing test is one of `KNOWN_DEFECTS`. */
export function isKnownDefect(test: string): boolean {
  return Object.values(KNOWN_DEFECTS).some((names) => names.some((name) => test.includes(name)))
}
