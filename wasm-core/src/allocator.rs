//! Memory of the wasm module: free lists by size for what is small, the standard library's allocator for the rest. A run
//! makes tens of thousands of small blocks (records, keys, journal entries) and gives them all back; a list's head is a
//! few instructions where dlmalloc splits and joins neighbours, and was a tenth of the time of a state root.
//!
//! Small memory goes back to its list only, never to another size: what a size once took stays its own. The host replaces
//! the instance when it outgrows its budget.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};
use std::alloc::System;

const UNIT_BYTES: usize = 16;
const SMALL_MAX_BYTES: usize = 1_024;
const CLASSES: usize = SMALL_MAX_BYTES / UNIT_BYTES;
/// Small blocks are cut from pieces of this size.
const CHUNK_BYTES: usize = 64 << 10;

#[global_allocator]
static ALLOCATOR: SizedLists =
    SizedLists(UnsafeCell::new(Lists { free: [ptr::null_mut(); CLASSES], chunk: ptr::null_mut(), chunk_left: 0 }));

struct SizedLists(UnsafeCell<Lists>);

struct Lists {
    free: [*mut Block; CLASSES],
    chunk: *mut u8,
    chunk_left: usize,
}

struct Block {
    next: *mut Block,
}

// SAFETY: the module has one thread; the target has no others without shared memory, which the artefact's test excludes.
unsafe impl Sync for SizedLists {}

// SAFETY: a block's class follows from its layout alone, so it returns to the list that it came from.
unsafe impl GlobalAlloc for SizedLists {
    // A call each: in line they made the module a twentieth larger.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: no other reference lives: nothing below calls back.
        let lists = unsafe { &mut *self.0.get() };
        let head = lists.free[class];
        if head.is_null() {
            return lists.cut(class);
        }
        // SAFETY: blocks in the lists hold their link.
        lists.free[class] = unsafe { (*head).next };
        head.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout) else {
            // SAFETY: the caller's promise.
            return unsafe { System.dealloc(block, layout) };
        };
        // SAFETY: as in `alloc`; a block is at least a unit, aligned to it.
        unsafe {
            let lists = &mut *self.0.get();
            let block = block.cast::<Block>();
            block.write(Block { next: lists.free[class] });
            lists.free[class] = block;
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises; `size` is valid for the layout's alignment by the same.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            match (class_of(layout), class_of(new)) {
                (None, None) => System.realloc(block, layout, size),
                (Some(old), Some(new)) if old == new => block,
                _ => {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}

impl Lists {
    /// A new block of a class; the rest of a chunk that is too short for it is left.
    #[cold]
    fn cut(&mut self, class: usize) -> *mut u8 {
        let size = (class + 1) * UNIT_BYTES;
        if self.chunk_left < size {
            // SAFETY: a constant, valid layout.
            let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK_BYTES, UNIT_BYTES)) };
            if chunk.is_null() {
                return chunk;
            }
            self.chunk = chunk;
            self.chunk_left = CHUNK_BYTES;
        }
        let block = self.chunk;
        // SAFETY: inside the chunk, or one past its end.
        self.chunk = unsafe { block.add(size) };
        self.chunk_left -= size;
        block
    }
}

/// `None`: too large for the lists.
#[inline]
fn class_of(layout: Layout) -> Option<usize> {
    let is_small = layout.size() <= SMALL_MAX_BYTES && layout.align() <= UNIT_BYTES;
    // Nobody asks for 0 bytes.
    is_small.then(|| (layout.size() - 1) / UNIT_BYTES)
}
