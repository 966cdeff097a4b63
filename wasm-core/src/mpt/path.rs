//! A nibble path: a prefix of a 32-byte key. Bits past the length are zero, so equality is bytewise.

use alloy_primitives::B256;

pub const KEY_NIBBLES: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    bytes: [u8; 32],
    len: u8,
}

impl Path {
    pub const ROOT: Self = Self { bytes: [0; 32], len: 0 };

    /// The first `len` nibbles of a key, at most all 64.
    pub fn prefix_of(key: &B256, len: usize) -> Self {
        Self::from_bytes(key.0, len.min(KEY_NIBBLES))
    }

    pub fn prefix(&self, len: usize) -> Self {
        Self::from_bytes(self.bytes, len.min(self.len()))
    }

    fn from_bytes(mut bytes: [u8; 32], len: usize) -> Self {
        let half = len / 2;
        if len % 2 == 1 {
            bytes[half] &= 0xf0;
            bytes[half + 1..].fill(0);
        } else {
            bytes[half..].fill(0);
        }
        Self { bytes, len: len as u8 }
    }

    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub fn nibble(&self, position: usize) -> u8 {
        nibble_of(&self.bytes, position)
    }

    /// The padded bytes; for a whole key its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// One nibble further. The path is no whole key.
    pub fn child(&self, nibble: u8) -> Self {
        let mut bytes = self.bytes;
        let at = self.len();
        bytes[at / 2] |= if at.is_multiple_of(2) { nibble << 4 } else { nibble };
        Self { bytes, len: self.len + 1 }
    }

    /// The last of the keys with this prefix; the first is `as_key`.
    pub fn greatest_key(&self) -> B256 {
        let mut bytes = self.bytes;
        let half = self.len() / 2;
        bytes[self.len().div_ceil(2)..].fill(0xff);
        if self.len() % 2 == 1 {
            bytes[half] |= 0x0f;
        }
        B256::new(bytes)
    }

    pub fn is_prefix_of(&self, key: &B256) -> bool {
        common_nibbles(&self.bytes, &key.0).min(self.len()) == self.len()
    }

    /// Nibbles shared with a key, at most the path's own length.
    pub fn common_with(&self, key: &B256) -> usize {
        common_nibbles(&self.bytes, &key.0).min(self.len())
    }

    /// The child position at `self ‖ nibble`, extended by the edge's packed bytes (ABI.md: from byte `floor(c/2)`).
    /// `None` when the bytes contradict the position.
    pub fn descend(&self, nibble: Option<u8>, count: usize, packed: &[u8]) -> Option<Self> {
        let depth = self.len() + usize::from(nibble.is_some());
        let end = depth + count;
        let from = depth / 2;
        if end > KEY_NIBBLES || packed.len() != end.div_ceil(2) - from {
            return None;
        }
        let mut bytes = self.bytes;
        if let Some(nibble) = nibble {
            let at = self.len() / 2;
            bytes[at] |= if self.len() % 2 == 0 { nibble << 4 } else { nibble };
        }
        let position = bytes;
        bytes[from..from + packed.len()].copy_from_slice(packed);
        let child = Self { bytes, len: end as u8 };
        let repeats_index =
            depth % 2 == 0 || count == 0 || nibble_of(&bytes, depth - 1) == nibble_of(&position, depth - 1);
        let padded = end % 2 == 0 || bytes[end / 2] & 0x0f == 0;
        (repeats_index && padded).then_some(child)
    }

    /// The bytes an edge at depth `depth` stores for this path.
    pub fn packed_from(&self, depth: usize) -> &[u8] {
        &self.bytes[depth / 2..self.len().div_ceil(2)]
    }

    pub fn as_key(&self) -> B256 {
        B256::new(self.bytes)
    }
}

pub fn nibble_of(bytes: &[u8; 32], position: usize) -> u8 {
    let byte = bytes[position / 2];
    if position % 2 == 0 { byte >> 4 } else { byte & 0x0f }
}

/// Length of the common prefix, in nibbles.
pub fn common_nibbles(a: &[u8; 32], b: &[u8; 32]) -> usize {
    for at in 0..32 {
        let difference = a[at] ^ b[at];
        if difference != 0 {
            return at * 2 + usize::from(difference & 0xf0 == 0);
        }
    }
    KEY_NIBBLES
}
