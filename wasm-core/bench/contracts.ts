/** Hand-assembled contracts for the benchmarks: no compiler is needed, and their gas per operation is known. */
import { bytesOf } from './core-host.ts'

const TRANSFER_TOPIC = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/**
 * The transfer path of an ERC-20 token: two mapping slots (keccak of holder ‖ 0), a balance check, a Transfer log,
 * `true` returned. Selector is not looked at.
 */
export const TOKEN: Uint8Array = bytesOf(
  [
    '335f52', // mem[0] = caller
    '60405f20', // slot of caller
    '80546024356080', // dup, sload, amount; 0x80: placeholder for the check below
  ]
    .join('')
    .slice(0, -4) +
    [
      '80821060_FAIL_57', // balance < amount → fail
      '90039055', // slot := balance - amount
      '6004355f52', // mem[0] = to
      '60405f20', // slot of to
      '80546024350190', // slot, balance + amount
      '55',
      '6024355f52', // mem[0] = amount
      '60043533', // topics: to, caller
      `7f${TRANSFER_TOPIC}`,
      '60205fa3',
      '60015f5260205ff3',
      '5b5f5ffd',
    ]
      .join('')
      .replace('_FAIL_', '00'),
)
