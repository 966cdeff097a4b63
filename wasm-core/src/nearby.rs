//! Memory asked for before it is needed. A walk from record to record waits for each of them in turn; loads that do not
//! depend on each other wait together, so what a walk will meet is asked for in batches.

/// Of the processors that matter.
const LINE_BYTES: usize = 64;

/// Brings bytes near the processor: a hint, without any other effect.
#[inline]
pub fn bring_near(bytes: &[u8]) {
    let seen = bytes.iter().step_by(LINE_BYTES).fold(0, |seen, byte| seen ^ byte);
    core::hint::black_box(seen);
}
