/** Hand-assembled contracts for the benchmarks: no compiler is needed. */
import { bytesOf } from './core-host.ts'

/**
 * The transfer path of an ERC-20 token: two mapping slots (keccak of holder ‖ 0), balance check, Transfer log, `true`.
 * The selector is not looked at.
 */
export const TOKEN = bytesOf(
  [
    '335f52',
    '60405f20',
    '8054',
    '602435',
    '808210',
    '605d57',
    '900390',
    '55', // slot[caller] -= amount, or revert
    '6004355f52',
    '60405f20',
    '8054',
    '602435',
    '01',
    '9055', // slot[to] += amount
    '6024355f52',
    '60043533',
    '7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    '60205fa3', // log
    '60015f5260205ff3',
    '5b5f5ffd',
  ].join(''),
)

/** n rounds (n = first calldata word) of mul, div, add, mload, mstore: 73 gas each. */
export const ARITHMETIC_LOOP = bytesOf(
  '5f355b80800260070181600301900'.concat('45f51015f526001900380600257', '60205ff3'),
)

/** n rounds of keccak over 64 bytes with a multiplication: 106 gas each. */
export const KECCAK_LOOP = bytesOf('5f355b60405f205f525f51602051028101602052'.concat('6001900380600257', '60405ff3'))

export function word(value: bigint | number): Uint8Array {
  return bytesOf(BigInt(value).toString(16).padStart(64, '0'))
}

export function transferCalldata(to: Uint8Array, amount: bigint): Uint8Array {
  return Uint8Array.from([0xa9, 0x05, 0x9c, 0xbb, ...new Uint8Array(12), ...to, ...word(amount)])
}
