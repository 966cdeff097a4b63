//! Encodings of nodes that are hashed together.

use super::{
    encode::{NodeRef, write_extension},
    path::Path,
};
use crate::crypto::keccak256_each;
use alloc::vec::Vec;
use core::ops::Range;

#[derive(Default)]
pub(super) struct Nodes {
    bytes: Vec<u8>,
    nodes: Vec<Node>,
}

enum Node {
    Encoded(Range<usize>),
    Known(NodeRef),
}

impl Nodes {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.nodes.clear();
    }

    pub fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let from = self.bytes.len();
        write(&mut self.bytes);
        let span = from..self.bytes.len();
        // Shorter ones are embedded.
        let node = if span.len() < 32 { Node::Known(NodeRef::of_rlp(&self.bytes[span])) } else { Node::Encoded(span) };
        self.nodes.push(node);
    }

    pub fn add_known(&mut self, reference: NodeRef) {
        self.nodes.push(Node::Known(reference));
    }

    /// The branch itself, or the extension that leads to it from `depth`.
    pub fn add_branch(&mut self, path: &Path, own: &NodeRef, depth: usize) {
        if path.len() == depth {
            self.add_known(*own);
        } else {
            self.add(|bytes| write_extension(bytes, path, depth, own));
        }
    }

    /// In the order in which they were added.
    pub fn references(&self) -> Vec<NodeRef> {
        let encoded = self.nodes.iter().filter_map(|node| match node {
            Node::Encoded(span) => Some(&self.bytes[span.clone()]),
            Node::Known(_) => None,
        });
        let mut hashes = keccak256_each(&encoded.collect::<Vec<_>>()).into_iter();
        let reference = |node: &Node| match node {
            Node::Known(reference) => *reference,
            Node::Encoded(_) => hashes.next().map_or(NodeRef::EMPTY, |hash| NodeRef::of_hash(&hash)),
        };
        self.nodes.iter().map(reference).collect()
    }
}
