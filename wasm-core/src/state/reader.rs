//! The reads of one run. A read that cannot be answered leaves its reason here and returns `Unread`; callers unwind or
//! go on to find more missing keys, and `verdict` turns what was left into NEED or ERROR. Errors of revm and
//! alloy-evm need no downcasting this way.

use super::{Lookup, PreState, Value, account_key, record_key, slot_key};
use crate::{
    crypto::{keccak256, keccak256_each},
    mpt::Path,
    types::{AccountRecord, Failure, Result, codes, error},
};
use alloc::{collections::BTreeSet, rc::Rc, string::String, vec::Vec};
use alloy_primitives::{
    Address, B256, U256,
    map::{AddressMap, U256Map},
};
use alloy_rlp::Decodable;
use core::{
    cell::{Cell, RefCell},
    fmt,
};

/// NEED never asks for more keys than this at once.
const MISSING_MAX: usize = 100_000;
/// Guessed record depth below a missing one: a million accounts have their leaves at depth 5 to 6.
const GUESSED_DEPTH: usize = 7;
const SLOT_BYTES_MAX: usize = 32;
/// Their hashes are still near when the accounts are read.
const HASHED_TOGETHER: usize = 32;

/// A read without an answer; the reader knows why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("state not readable")
    }
}

impl core::error::Error for Unread {}
impl revm::context::DBErrorMarker for Unread {}

#[derive(Debug)]
pub struct LoadedAccount {
    pub hash: B256,
    pub record: Option<AccountRecord>,
    /// The flat value, for undo lists.
    pub raw: Option<Value>,
}

pub struct StateReader<'a> {
    store: &'a dyn PreState,
    missing: RefCell<BTreeSet<Vec<u8>>>,
    fault: RefCell<Option<(u16, String)>>,
    accounts: RefCell<AddressMap<Rc<LoadedAccount>>>,
    /// `(account, keccak(slot))` of every slot read, for `audit`.
    slots: RefCell<Vec<(Address, B256)>>,
    slot_hashes: RefCell<U256Map<B256>>,
    /// Code hashes, and trie nodes beside the paths of what was read, for `witness_of`.
    codes: RefCell<BTreeSet<B256>>,
    neighbours: RefCell<Vec<(Option<B256>, Path)>>,
    /// Least number that BLOCKHASH was answered for.
    ancestor: Cell<Option<u64>>,
    stateless: bool,
}

impl fmt::Debug for StateReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateReader")
    }
}

impl<'a> StateReader<'a> {
    pub fn new(store: &'a dyn PreState) -> Self {
        Self {
            store,
            missing: RefCell::default(),
            fault: RefCell::default(),
            accounts: RefCell::default(),
            slots: RefCell::default(),
            slot_hashes: RefCell::default(),
            codes: RefCell::default(),
            neighbours: RefCell::default(),
            ancestor: Cell::default(),
            stateless: false,
        }
    }

    /// Over a witness: nothing is taken from or given to the caches, so that only the witness counts.
    pub fn stateless(store: &'a dyn PreState) -> Self {
        Self { stateless: true, ..Self::new(store) }
    }

    pub fn is_stateless(&self) -> bool {
        self.stateless
    }

    pub fn get(&self, key: &[u8]) -> core::result::Result<Option<Value>, Unread> {
        match self.store.get(key) {
            Lookup::Value(value) => Ok(Some(value)),
            Lookup::Absent => Ok(None),
            Lookup::NotLoaded => {
                self.note_missing(key.to_vec());
                Err(Unread)
            }
            Lookup::Failed => Err(self.fail(codes::ERROR_STORE, "the store failed")),
        }
    }

    pub fn account(&self, address: &Address) -> core::result::Result<Rc<LoadedAccount>, Unread> {
        if let Some(loaded) = self.accounts.borrow().get(address) {
            return Ok(loaded.clone());
        }
        self.read_account(address, keccak256(address))
    }

    /// Reads accounts ahead of their use: their addresses are hashed together. What is missing is noted.
    pub fn load_accounts<'b>(&self, addresses: impl ExactSizeIterator<Item = &'b Address>) {
        self.accounts.borrow_mut().reserve(addresses.len());
        let is_read = |address: &Address| self.accounts.borrow().contains_key(address);
        let wanted: Vec<&[u8]> = addresses.filter(|address| !is_read(address)).map(|address| &address[..]).collect();
        for wanted in wanted.chunks(HASHED_TOGETHER) {
            for (address, hash) in wanted.iter().zip(keccak256_each(wanted)) {
                // An address that is there twice is hashed twice and read once.
                let address = Address::from_slice(address);
                if !is_read(&address) {
                    let _noted = self.read_account(&address, hash);
                }
            }
        }
    }

    fn read_account(&self, address: &Address, hash: B256) -> core::result::Result<Rc<LoadedAccount>, Unread> {
        let raw = self.get(&account_key(&hash)).inspect_err(|_| self.guess_records(None, &hash, 0))?;
        let record = match &raw {
            None => None,
            Some(bytes) => Some(self.decode_account(bytes)?),
        };
        let loaded = Rc::new(LoadedAccount { hash, record, raw });
        self.accounts.borrow_mut().insert(*address, loaded.clone());
        Ok(loaded)
    }

    /// The flat slot value, big-endian without leading zeros.
    pub fn slot(&self, address: &Address, slot: &U256) -> core::result::Result<U256, Unread> {
        let account = self.account(address)?;
        let slot_hash = self.slot_hash(slot);
        self.slots.borrow_mut().push((*address, slot_hash));
        self.slot_value(&account.hash, &slot_hash)
    }

    /// keccak256 of the slot: a slot that is read and then written is hashed once.
    pub fn slot_hash(&self, slot: &U256) -> B256 {
        *self.slot_hashes.borrow_mut().entry(*slot).or_insert_with(|| keccak256(slot.to_be_bytes::<32>()))
    }

    /// The same by hashes, without noting the read.
    pub fn slot_value(&self, account_hash: &B256, slot_hash: &B256) -> core::result::Result<U256, Unread> {
        match self.get(&slot_key(account_hash, slot_hash))? {
            None => Ok(U256::ZERO),
            Some(bytes) if bytes.len() <= SLOT_BYTES_MAX => Ok(U256::from_be_slice(&bytes)),
            Some(_) => Err(self.corrupt("slot value")),
        }
    }

    /// Every account read so far, by address: the order of a fault found must not depend on the map.
    pub fn accounts_read(&self) -> Vec<Rc<LoadedAccount>> {
        let mut read: Vec<_> = self.accounts.borrow().values().cloned().collect();
        read.sort_unstable_by_key(|loaded| loaded.hash);
        read
    }

    pub fn slots_read(&self) -> Vec<(Address, B256)> {
        self.slots.borrow().clone()
    }

    pub fn note_code(&self, hash: &B256) {
        self.codes.borrow_mut().insert(*hash);
    }

    pub fn codes_read(&self) -> BTreeSet<B256> {
        self.codes.borrow().clone()
    }

    pub fn note_ancestor(&self, number: u64) {
        self.ancestor.set(Some(self.ancestor.get().map_or(number, |least| least.min(number))));
    }

    pub fn oldest_ancestor(&self) -> Option<u64> {
        self.ancestor.get()
    }

    /// A node that an update needs though no key under it was read.
    pub fn note_neighbour(&self, owner: Option<B256>, path: Path) {
        self.neighbours.borrow_mut().push((owner, path));
    }

    pub fn neighbours_read(&self) -> Vec<(Option<B256>, Path)> {
        self.neighbours.borrow().clone()
    }

    pub fn decode_account(&self, bytes: &[u8]) -> core::result::Result<AccountRecord, Unread> {
        let mut rest = bytes;
        match AccountRecord::decode(&mut rest) {
            Ok(record) if rest.is_empty() => Ok(record),
            _ => Err(self.corrupt("account record")),
        }
    }

    /// Adds the record keys a walk towards `key` may want next, so that a cold host needs few rounds.
    pub fn guess_records(&self, owner: Option<&B256>, key: &B256, from_depth: usize) {
        for depth in from_depth..=GUESSED_DEPTH.max(from_depth) {
            self.note_missing(record_key(owner, &Path::prefix_of(key, depth)).to_vec());
        }
    }

    pub fn corrupt(&self, what: &str) -> Unread {
        self.fail(codes::ERROR_CORRUPT, what)
    }

    pub fn root_mismatch(&self) -> Unread {
        self.fail(codes::ERROR_ROOT_MISMATCH, "the store holds another state root")
    }

    pub fn has_trouble(&self) -> bool {
        !self.missing.borrow().is_empty() || self.fault.borrow().is_some()
    }

    /// Faults first: keys asked for after a fault mean nothing.
    pub fn verdict(&self) -> Result<()> {
        if let Some((code, message)) = self.fault.borrow().clone() {
            return Err(error(code, message));
        }
        let missing = self.missing.borrow();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::Need(missing.iter().cloned().collect()))
    }

    /// What a failed step amounts to: trouble noted here, else the given failure.
    pub fn failure_or(&self, other: Failure) -> Failure {
        self.verdict().err().unwrap_or(other)
    }

    fn note_missing(&self, key: Vec<u8>) {
        let mut missing = self.missing.borrow_mut();
        if missing.len() < MISSING_MAX {
            missing.insert(key);
        }
    }

    fn fail(&self, code: u16, message: &str) -> Unread {
        self.fault.borrow_mut().get_or_insert_with(|| (code, message.into()));
        Unread
    }
}
