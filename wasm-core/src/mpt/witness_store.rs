//! A witness as a store: trie nodes and codes by hash, answered as the flat values and path records a host would hold.
//! So stateless execution is the same engine behind the same port. Nothing is trusted: a node is found by the hash its
//! parent holds, from the state root down.
//!
//! The node of an untouched child is not in a witness, so nothing tells whether it is a leaf, an extension or a branch:
//! its edge says «branch here». Whoever needs to know reads that record, and misses it: `Lookup::Failed`, never a guess.

use super::{
    encode::NodeRef,
    path::{KEY_NIBBLES, Path},
    record::{Edge, TAG_BRANCH, TAG_ROOT_EDGE, write_edge},
    verify::{Expected, ProofError, child, decode_whole, list_items, path_nibbles, string},
};
use crate::{
    crypto::keccak256,
    state::{Lookup, PreState, StateKey},
    types::AccountRecord,
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256, map::HashMap};
use alloy_trie::EMPTY_ROOT_HASH;

pub struct WitnessStore<'a> {
    state_root: B256,
    nodes: HashMap<B256, &'a [u8]>,
    codes: HashMap<B256, &'a [u8]>,
}

/// A node, its path prefix of the whole key taken in.
enum Node<'a> {
    Leaf { key: B256, value: &'a [u8] },
    Extension { path: Path, target: Expected<'a> },
    Branch { children: Vec<&'a [u8]> },
}

enum Found<'a> {
    Nothing,
    Node(Node<'a>, NodeRef),
}

impl<'a> WitnessStore<'a> {
    pub fn new(state_root: B256, nodes: &[&'a [u8]], codes: &[&'a [u8]]) -> Self {
        let by_hash = |preimages: &[&'a [u8]]| preimages.iter().map(|bytes| (keccak256(bytes), *bytes)).collect();
        Self { state_root, nodes: by_hash(nodes), codes: by_hash(codes) }
    }

    fn account(&self, account_hash: &B256) -> Result<Option<&'a [u8]>, ProofError> {
        self.leaf(&self.state_root, account_hash)
    }

    fn storage_root(&self, account_hash: &B256) -> Result<B256, ProofError> {
        match self.account(account_hash)? {
            None => Ok(EMPTY_ROOT_HASH),
            Some(value) => Ok(decode_whole::<AccountRecord>(value)?.storage_root),
        }
    }

    fn slot(&self, account_hash: &B256, slot_hash: &B256) -> Result<Option<Vec<u8>>, ProofError> {
        let leaf = self.leaf(&self.storage_root(account_hash)?, slot_hash)?;
        leaf.map(|value| decode_whole::<U256>(value).map(|value| value.to_be_bytes_trimmed_vec())).transpose()
    }

    fn leaf(&self, root: &B256, key: &B256) -> Result<Option<&'a [u8]>, ProofError> {
        match self.find(root, &Path::prefix_of(key, KEY_NIBBLES))? {
            Found::Node(Node::Leaf { key: found, value }, _) if found == *key => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    /// The record at a path, as `update` would have written it but for the edges of unknown children.
    fn record(&self, root: &B256, path: &Path) -> Result<Option<Vec<u8>>, ProofError> {
        let mut record = Vec::with_capacity(600);
        let edge = match self.find(root, path)? {
            Found::Node(Node::Branch { children }, _) => {
                record.extend_from_slice(&[TAG_BRANCH, 0, 0]);
                let mut mask = 0u16;
                for (nibble, item) in (0..16).zip(children) {
                    if let Some(expected) = child(item)? {
                        mask |= 1 << nibble;
                        write_edge(&mut record, &self.edge(&expected, path.child(nibble))?, path.len() + 1);
                    }
                }
                record[1..3].copy_from_slice(&mask.to_le_bytes());
                return Ok(Some(record));
            }
            Found::Node(Node::Leaf { key, .. }, reference) if path.len() == 0 => Edge::Leaf { key, reference },
            Found::Node(Node::Extension { path, .. }, reference) => Edge::Branch { path, reference },
            _ => return Ok(None),
        };
        record.push(TAG_ROOT_EDGE);
        write_edge(&mut record, &edge, 0);
        Ok(Some(record))
    }

    fn edge(&self, expected: &Expected<'a>, at: Path) -> Result<Edge, ProofError> {
        let reference = reference_of(expected)?;
        let Some(rlp) = self.rlp(expected) else {
            let is_key = at.len() == KEY_NIBBLES;
            return Ok(if is_key {
                Edge::Leaf { key: at.as_key(), reference }
            } else {
                Edge::Branch { path: at, reference }
            });
        };
        Ok(match parse(rlp, &at)? {
            Node::Leaf { key, .. } => Edge::Leaf { key, reference },
            Node::Extension { path, .. } => Edge::Branch { path, reference },
            Node::Branch { .. } => Edge::Branch { path: at, reference },
        })
    }

    /// Walks to the node at `towards`, or to the leaf or gap on the way there. A root extension is found at the root.
    fn find(&self, root: &B256, towards: &Path) -> Result<Found<'a>, ProofError> {
        if *root == EMPTY_ROOT_HASH {
            return Ok(Found::Nothing);
        }
        let mut expected = Expected::Hash(*root);
        let mut at = Path::ROOT;
        loop {
            let node = parse(self.rlp(&expected).ok_or(ProofError)?, &at)?;
            let next = match &node {
                Node::Leaf { .. } => None,
                Node::Extension { path, target } => {
                    let is_asked_for = towards.len() == 0;
                    if !is_asked_for && (path.len() > towards.len() || !path.is_prefix_of(&towards.as_key())) {
                        return Ok(Found::Nothing);
                    }
                    (!is_asked_for).then_some((*path, Some(*target)))
                }
                Node::Branch { .. } if at.len() >= towards.len() => None,
                Node::Branch { children } => {
                    let nibble = towards.nibble(at.len());
                    Some((at.child(nibble), child(children[usize::from(nibble)])?))
                }
            };
            match next {
                None => return Ok(Found::Node(node, reference_of(&expected)?)),
                Some((_, None)) => return Ok(Found::Nothing),
                Some((path, Some(target))) => (at, expected) = (path, target),
            }
        }
    }

    fn rlp(&self, expected: &Expected<'a>) -> Option<&'a [u8]> {
        match expected {
            Expected::Hash(hash) => self.nodes.get(hash).copied(),
            Expected::Embedded(node) => Some(node),
        }
    }
}

impl PreState for WitnessStore<'_> {
    fn get(&self, key: &[u8]) -> Lookup {
        let found = match StateKey::parse(key) {
            Some(StateKey::Account(hash)) => self.account(&hash).map(|value| value.map(<[u8]>::to_vec)),
            Some(StateKey::Slot(owner, slot)) => self.slot(&owner, &slot),
            Some(StateKey::Code(hash)) => self.codes.get(&hash).map(|code| Some(code.to_vec())).ok_or(ProofError),
            Some(StateKey::Record(None, path)) => self.record(&self.state_root, &path),
            Some(StateKey::Record(Some(owner), path)) => {
                self.storage_root(&owner).and_then(|root| self.record(&root, &path))
            }
            None => Err(ProofError),
        };
        match found {
            Ok(Some(value)) => Lookup::Value(value.into()),
            Ok(None) => Lookup::Absent,
            Err(ProofError) => Lookup::Failed,
        }
    }
}

fn reference_of(expected: &Expected<'_>) -> Result<NodeRef, ProofError> {
    match expected {
        Expected::Hash(hash) => Ok(NodeRef::of_hash(hash)),
        Expected::Embedded(node) => NodeRef::from_slice(node).ok_or(ProofError),
    }
}

fn parse<'a>(rlp: &'a [u8], at: &Path) -> Result<Node<'a>, ProofError> {
    let items = list_items(rlp)?;
    match items.as_slice() {
        [path, target] => {
            let (is_leaf, nibbles) = path_nibbles(string(path)?)?;
            let end = at.len() + nibbles.len();
            if end > KEY_NIBBLES || is_leaf != (end == KEY_NIBBLES) || (nibbles.is_empty() && !is_leaf) {
                return Err(ProofError);
            }
            let path = nibbles.iter().fold(*at, |path, nibble| path.child(*nibble));
            Ok(if is_leaf {
                Node::Leaf { key: path.as_key(), value: string(target)? }
            } else {
                Node::Extension { path, target: child(target)?.ok_or(ProofError)? }
            })
        }
        [children @ .., value] if children.len() == 16 && at.len() < KEY_NIBBLES && string(value)?.is_empty() => {
            Ok(Node::Branch { children: children.to_vec() })
        }
        _ => Err(ProofError),
    }
}
