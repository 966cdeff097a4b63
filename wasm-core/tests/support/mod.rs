//! What the native tests share: a map store that can forget, a seeded generator, and a signer.
#![allow(dead_code)]

pub mod subject;

use alloy_consensus::{SignableTransaction, TxEip1559, transaction::RlpEcdsaEncodableTx};
use alloy_eips::{eip2718::Encodable2718, eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use cairn_core::{
    evm::{AccountUpdate, SetFields, account_changes},
    state::{Changeset, Lookup, PreState, StateReader, commit_accounts},
    types::{ChainRules, Failure, Fork},
};
use k256::ecdsa::SigningKey;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

pub const CHAIN: ChainRules = ChainRules {
    chain_id: 7_777,
    fork: Fork::Osaka,
    blob_target: 6,
    blob_max: 9,
    blob_fraction: 5_007_716,
    deposit_contract: MAINNET_DEPOSIT_CONTRACT_ADDRESS,
};

/// xorshift64*: the seed is in the test's name or message, so a failure repeats.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn hash(&mut self) -> B256 {
        keccak256(self.next().to_le_bytes())
    }
}

#[derive(Default, Clone)]
pub struct MapStore {
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// `Some`: only these keys are loaded, the rest answers «not loaded».
    pub loaded: Option<RefCell<BTreeSet<Vec<u8>>>>,
    pub reads: Cell<usize>,
}

impl PreState for MapStore {
    fn get(&self, key: &[u8]) -> Lookup {
        self.reads.set(self.reads.get() + 1);
        if let Some(loaded) = &self.loaded
            && !loaded.borrow().contains(key)
        {
            return Lookup::NotLoaded;
        }
        self.entries.get(key).map_or(Lookup::Absent, |value| Lookup::Value(value.as_slice().into()))
    }
}

impl MapStore {
    /// @return the undo list.
    pub fn write(&mut self, changes: Changeset) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut undo = Vec::new();
        for entry in changes.into_sorted().iter() {
            assert!(
                !entry.undoable || self.entries.get(&*entry.key).map(Vec::as_slice) == entry.old.as_deref(),
                "old value of {:02x?}",
                entry.key
            );
            match &entry.new {
                Some(value) => self.entries.insert(entry.key.to_vec(), value.to_vec()),
                None => self.entries.remove(&*entry.key),
            };
            if entry.undoable {
                undo.push((entry.key.to_vec(), entry.old.as_ref().map(|old| old.to_vec())));
            }
        }
        undo
    }

    pub fn revert(&mut self, undo: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        for (key, value) in undo {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
    }

    pub fn cold(&self) -> Self {
        Self { loaded: Some(RefCell::default()), ..self.clone() }
    }

    pub fn load(&self, keys: Vec<Vec<u8>>) {
        if let Some(loaded) = &self.loaded {
            loaded.borrow_mut().extend(keys);
        }
    }

    /// Applies updates and writes the result. @return the new root.
    pub fn apply(&mut self, root: B256, updates: Vec<AccountUpdate>) -> B256 {
        let reader = StateReader::new(self);
        let changes = account_changes(&reader, updates);
        let committed = commit_accounts(&reader, root, changes).expect("apply");
        self.write(committed.changeset);
        committed.root
    }
}

/// Runs until it no longer answers NEED, loading what it asks for. @return result and number of rounds.
pub fn until_loaded<T>(
    store: &MapStore,
    mut run: impl FnMut(&StateReader<'_>) -> Result<T, Failure>,
) -> (Result<T, Failure>, usize) {
    for round in 1..=64 {
        match run(&StateReader::new(store)) {
            Err(Failure::Need(keys)) => {
                let before = store.loaded.as_ref().unwrap().borrow().len();
                store.load(keys);
                assert!(store.loaded.as_ref().unwrap().borrow().len() > before, "asked again for what it had");
            }
            done => return (done, round),
        }
    }
    panic!("still not loaded after 64 rounds");
}

pub fn set(address: Address, balance: u128, code: Option<Bytes>, storage: &[(u64, u64)]) -> AccountUpdate {
    let storage = storage.iter().map(|(slot, value)| (B256::from(U256::from(*slot)), U256::from(*value))).collect();
    AccountUpdate { address, set: Some(SetFields { nonce: None, balance: Some(U256::from(balance)), code, storage }) }
}

pub fn system_contracts() -> Vec<AccountUpdate> {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../../resources/system-contracts.json")).expect("resource");
    let entries = json.as_object().expect("object");
    entries
        .iter()
        .map(|(address, entry)| {
            let storage = entry["storage"].as_object().into_iter().flatten();
            AccountUpdate {
                address: address.parse().expect("address"),
                set: Some(SetFields {
                    nonce: entry["nonce"].as_u64(),
                    balance: None,
                    code: Some(entry["code"].as_str().expect("code").parse().expect("hex")),
                    storage: storage
                        .map(|(slot, value)| (slot.parse().unwrap(), value.as_str().unwrap().parse().unwrap()))
                        .collect(),
                }),
            }
        })
        .collect()
}

pub struct Signer(SigningKey);

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).expect("key"))
    }

    pub fn address(&self) -> Address {
        Address::from_public_key(self.0.verifying_key())
    }

    pub fn sign<T: SignableTransaction<Signature> + RlpEcdsaEncodableTx>(&self, tx: T) -> Vec<u8>
    where
        alloy_consensus::Signed<T>: Encodable2718,
    {
        let (signature, recovery) = self.0.sign_prehash_recoverable(tx.signature_hash().as_slice()).expect("signature");
        let signed = tx.into_signed(Signature::from((signature, recovery)));
        signed.encoded_2718()
    }

    /// r, s, and whether y is odd.
    pub fn sign_hash(&self, hash: &B256) -> (U256, U256, bool) {
        let signed = self.0.sign_prehash_recoverable(hash.as_slice()).expect("signature");
        let signature = Signature::from(signed);
        (signature.r(), signature.s(), signature.v())
    }

    pub fn transfer(&self, nonce: u64, to: Address, value: u64) -> Vec<u8> {
        self.sign(market_tx(nonce, TxKind::Call(to), U256::from(value), Bytes::new(), 21_000))
    }

    pub fn call(&self, nonce: u64, to: Address, data: Bytes, gas: u64) -> Vec<u8> {
        self.sign(market_tx(nonce, TxKind::Call(to), U256::ZERO, data, gas))
    }

    pub fn create(&self, nonce: u64, initcode: Bytes, gas: u64) -> Vec<u8> {
        self.sign(market_tx(nonce, TxKind::Create, U256::ZERO, initcode, gas))
    }
}

pub fn market_tx(nonce: u64, to: TxKind, value: U256, input: Bytes, gas_limit: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN.chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 1,
        to,
        value,
        access_list: Default::default(),
        input,
    }
}
