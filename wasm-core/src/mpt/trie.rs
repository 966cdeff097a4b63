//! One trie over the state reader: the account trie, or one account's storage trie.

use super::{
    encode::NodeRef,
    path::Path,
    record::{Branch, Edge, decode_root_edge},
    record_cache::{Place, cache_record, cached_record, record_cache_is_on},
};
use crate::{
    crypto::keccak256,
    state::{Key, StateReader, Unread, account_key, record_key, slot_key},
};
use alloc::rc::Rc;
use alloy_primitives::{B256, U256};
use alloy_trie::EMPTY_ROOT_HASH;

pub type Read<T> = Result<T, Unread>;

/// A record read from the host enters the cache when its hash was checked, which costs as much as reading it. Up to this
/// depth (4 369 records, 3 MB) it is met again soon.
const READ_DEPTH_MAX: usize = 3;
/// A record just written has its hash already; deeper ones are many and rarely met again before they change.
pub(super) const WRITTEN_DEPTH_MAX: usize = 4;

pub struct Trie<'a> {
    pub(super) reader: &'a StateReader<'a>,
    pub(super) owner: Option<B256>,
}

/// What a trie's root record says.
pub enum Root {
    Empty,
    Branch(Branch),
    /// One leaf, or a root extension; with the raw record.
    Edge(Edge, Rc<[u8]>),
}

impl<'a> Trie<'a> {
    pub fn accounts(reader: &'a StateReader<'a>) -> Self {
        Self { reader, owner: None }
    }

    pub fn storage(reader: &'a StateReader<'a>, account_hash: &B256) -> Self {
        Self { reader, owner: Some(*account_hash) }
    }

    pub fn key_of(&self, path: &Path) -> Key {
        record_key(self.owner.as_ref(), path)
    }

    /// Reads the root record and checks that it is the root expected.
    pub fn root(&self, expected: &B256) -> Read<Root> {
        if *expected == EMPTY_ROOT_HASH && self.owner.is_some() {
            return Ok(Root::Empty);
        }
        // Read even when cached: this is the check that the host's store stands at the state asked for.
        let raw = self.reader.get(&self.key_of(&Path::ROOT))?;
        if !self.reader.is_stateless()
            && let Some(cached) = cached_record(self.place_of(&Path::ROOT), expected)
            && raw.as_deref() == Some(&cached[..])
        {
            return Ok(Root::Branch(self.parse(cached, Path::ROOT)?));
        }
        let Some(raw) = raw else {
            return if *expected == EMPTY_ROOT_HASH { Ok(Root::Empty) } else { Err(self.reader.root_mismatch()) };
        };
        if let Some(edge) = decode_root_edge(&raw) {
            let reference = match &edge {
                Edge::Leaf { reference, .. } | Edge::Branch { reference, .. } => reference,
            };
            let hash = reference.as_hash().unwrap_or_else(|| keccak256(reference.as_slice()));
            return if hash == *expected { Ok(Root::Edge(edge, raw)) } else { Err(self.reader.root_mismatch()) };
        }
        let branch = self.parse(raw, Path::ROOT)?;
        if keccak256(branch.rlp()) != *expected {
            return Err(self.reader.root_mismatch());
        }
        if !self.reader.is_stateless() {
            cache_record(self.place_of(&Path::ROOT), *expected, branch.raw.clone());
        }
        Ok(Root::Branch(branch))
    }

    /// @param own the branch's own reference where the parent's edge holds it (no extension between).
    /// @param towards a key below the path, to guess what else a cold host will be asked for.
    pub fn branch(&self, path: &Path, own: Option<&NodeRef>, towards: &B256) -> Read<Branch> {
        let hash = own.and_then(NodeRef::as_hash).filter(|_| path.len() <= WRITTEN_DEPTH_MAX && self.may_cache());
        if let Some(raw) = hash.as_ref().and_then(|hash| cached_record(self.place_of(path), hash)) {
            return self.parse(raw, *path);
        }
        let raw = self
            .reader
            .get(&self.key_of(path))
            .inspect_err(|_| self.reader.guess_records(self.owner.as_ref(), towards, path.len()))?;
        let Some(raw) = raw else {
            return Err(self.reader.corrupt("trie record missing"));
        };
        let branch = self.parse(raw, *path)?;
        if let Some(hash) = hash.filter(|_| path.len() <= READ_DEPTH_MAX) {
            if keccak256(branch.rlp()) != hash {
                return Err(self.reader.corrupt("trie record hash"));
            }
            cache_record(self.place_of(path), hash, branch.raw.clone());
        }
        Ok(branch)
    }

    /// The value a leaf carries in the trie: the flat account, or the RLP of the flat slot.
    pub fn leaf_value(&self, key: &B256) -> Read<Rc<[u8]>> {
        let flat = match &self.owner {
            None => self.reader.get(&account_key(key))?,
            Some(owner) => self.reader.get(&slot_key(owner, key))?,
        };
        let Some(bytes) = flat else {
            return Err(self.reader.corrupt("trie leaf without its flat value"));
        };
        if self.owner.is_none() {
            return Ok(bytes);
        }
        if bytes.len() > 32 {
            return Err(self.reader.corrupt("slot value"));
        }
        Ok(alloy_rlp::encode(U256::from_be_slice(&bytes)).into())
    }

    pub(super) fn place_of(&self, path: &Path) -> Place {
        Place::of(self.owner.as_ref(), path)
    }

    fn may_cache(&self) -> bool {
        record_cache_is_on() && !self.reader.is_stateless()
    }

    pub(super) fn bad_edge(&self) -> Unread {
        self.reader.corrupt("trie edge")
    }

    fn parse(&self, raw: Rc<[u8]>, path: Path) -> Read<Branch> {
        Branch::parse(raw, path).ok_or_else(|| self.reader.corrupt("trie record"))
    }
}
