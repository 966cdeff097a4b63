//! Comparison of byte strings: WebAssembly's `memcmp` goes byte by byte.

/// Eight bytes at a time: what is compared mostly agrees on long stretches.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    a.len() == b.len() && a_rest.iter().eq(b_rest) && a.iter().zip(b).all(|(a, b)| word(a) == word(b))
}
