//! The one buffer through which every call's input and output go.

use std::{cell::UnsafeCell, slice};

/// In words, as blst's points are read.
struct Buffer(UnsafeCell<Vec<u64>>);

// SAFETY: the module has one thread, imports nothing that could call back, and no export calls another.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new(Vec::new()));

/// Its address; at least `bytes` long. What was in it is lost where it grows.
pub fn reserve(bytes: usize) -> *mut u8 {
    // SAFETY: see `Buffer`; no slice of it outlives a call.
    let words = unsafe { &mut *BUFFER.0.get() };
    if words.len() * 8 < bytes {
        *words = vec![0; bytes.div_ceil(8)];
    }
    words.as_mut_ptr().cast()
}

/// All of it, once in a call.
pub fn take() -> &'static mut [u8] {
    // SAFETY: see `Buffer`; a word has eight bytes.
    let words = unsafe { &mut *BUFFER.0.get() };
    unsafe { slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 8) }
}

/// What is left of an input.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// `None`, here and below, where the host names more than it reserved.
    pub fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(head)
    }

    pub fn array<const BYTES: usize>(&mut self) -> Option<&'a [u8; BYTES]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(head)
    }
}

/// Puts `output` where the input was. 1, or 0 where there is none.
pub fn answer(buffer: &mut [u8], output: Option<&[u8]>) -> u32 {
    let room = output.and_then(|bytes| Some((buffer.get_mut(..bytes.len())?, bytes)));
    room.map_or(0, |(place, bytes)| {
        place.copy_from_slice(bytes);
        1
    })
}
