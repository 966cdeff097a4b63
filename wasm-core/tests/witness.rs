//! Stateless execution: the witness is enough, and nothing of it can be left out.

mod support;

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use cairn_core::{
    evm::{
        BuildRequest, Candidate, ExecuteRequest, Flags, GenesisRequest, Outcome, Witness, build_block, execute_block,
        genesis_block, witness_of,
    },
    mpt::{Item, Trie, WitnessStore},
    state::{Changeset, StateReader},
    types::{Failure, codes},
};
use std::collections::{BTreeMap, BTreeSet};
use support::{
    CHAIN, MapStore, Seeded, Signer, market_tx, set,
    subject::{Subject, crowded_key},
    system_contracts,
};

const FLAGS: Flags = Flags { strict_timestamp: false, access_list: true, undo: false };
const GAS_LIMIT: u64 = 30_000_000;
/// SSTORE(calldata[0..32], calldata[32..64]).
const SETTER_CODE: [u8; 6] = hex!("6020355f3555");

/// Slots that each setter is called with: small tries collapse more.
const SLOTS: [u64; 4] = [3, 6, 14, 60];

fn setter(index: u64) -> Address {
    Address::left_padding_from(&[0xc0, index as u8])
}

struct Chain {
    store: MapStore,
    header_rlp: Vec<u8>,
    root: B256,
    nonces: [u64; 3],
}

impl Chain {
    fn new(seeded: &mut Seeded) -> Self {
        let mut store = MapStore::default();
        let mut updates = system_contracts();
        updates.extend((1..=3).map(|seed| set(Signer::new(seed).address(), 10u128.pow(20), None, &[])));
        for index in 0..SLOTS.len() {
            let count = SLOTS[index];
            let slots: BTreeMap<u64, u64> =
                (0..count).map(|_| (seeded.below(count), 1 + seeded.below(1 << 40))).collect();
            let slots: Vec<_> = slots.into_iter().collect();
            updates.push(set(setter(index as u64), 1, Some(SETTER_CODE.into()), &slots));
        }
        updates.extend((0..100).map(|_| set(Address::from_word(seeded.hash()), 5, None, &[])));
        let root = store.apply(alloy_trie::EMPTY_ROOT_HASH, updates);
        let header_rlp = genesis_block(GenesisRequest {
            chain: CHAIN,
            state_root: root,
            timestamp: 1_000,
            gas_limit: GAS_LIMIT,
            base_fee: 7,
            extra_data: Bytes::new(),
            coinbase: Address::ZERO,
            prev_randao: B256::ZERO,
            parent_beacon_block_root: B256::ZERO,
            excess_blob_gas: 0,
            difficulty: U256::ZERO,
            nonce: 0,
        })
        .header_rlp;
        Self { store, header_rlp, root, nonces: [0; 3] }
    }

    /// Half of the writes clear a slot.
    fn random_transaction(&mut self, seeded: &mut Seeded) -> Vec<u8> {
        let by = seeded.below(3) as usize;
        let nonce = self.nonces[by];
        self.nonces[by] += 1;
        let signer = Signer::new(by as u8 + 1);
        match seeded.below(8) {
            0 => signer.transfer(nonce, Address::from_word(seeded.hash()), 1),
            1 => {
                let initcode = [&hex!("6006600c60003960066000f3")[..], &SETTER_CODE].concat();
                signer.create(nonce, initcode.into(), 200_000)
            }
            _ => {
                let index = seeded.below(4) as usize;
                let value = seeded.below(2) * seeded.below(1 << 40);
                let data =
                    [U256::from(seeded.below(SLOTS[index])), U256::from(value)].map(|word| word.to_be_bytes::<32>());
                let to = TxKind::Call(setter(index as u64));
                signer.sign(market_tx(nonce, to, U256::ZERO, data.concat().into(), 100_000))
            }
        }
    }

    fn build(&self, raws: &[Vec<u8>]) -> cairn_core::evm::Built {
        let request = BuildRequest {
            chain: CHAIN,
            flags: FLAGS,
            parent_header_rlp: &self.header_rlp,
            ancestors: vec![],
            timestamp: 1_000,
            prev_randao: B256::repeat_byte(3),
            fee_recipient: Address::repeat_byte(0xfe),
            gas_limit_target: GAS_LIMIT,
            extra_data: Bytes::new(),
            parent_beacon_block_root: B256::repeat_byte(4),
            withdrawals: vec![],
            gas_budget: 0,
            payload_size_max: 0,
            candidates: raws.iter().map(|raw| Candidate { sender: None, raw }).collect(),
        };
        build_block(&StateReader::new(&self.store), request).expect("build")
    }

    fn execute(&self, reader: &StateReader<'_>, block_rlp: &[u8]) -> Result<Outcome, Failure> {
        let request = ExecuteRequest {
            chain: CHAIN,
            flags: FLAGS,
            parent_header_rlp: &self.header_rlp,
            block_rlp,
            senders: vec![],
            ancestors: vec![],
        };
        execute_block(reader, request)
    }

    fn stateless(&self, nodes: &[&[u8]], codes: &[&[u8]], block_rlp: &[u8]) -> Result<Outcome, Failure> {
        self.execute(&StateReader::stateless(&WitnessStore::new(self.root, nodes, codes)), block_rlp)
    }
}

fn comparable(outcome: &Outcome) -> String {
    let hashes = (outcome.block_hash, outcome.state_root, outcome.receipts_root, outcome.gas_used);
    format!("{hashes:?} {:?} {:?}", (&outcome.receipts, &outcome.transactions), outcome.access_list)
}

fn slices(preimages: &BTreeSet<Vec<u8>>) -> Vec<&[u8]> {
    preimages.iter().map(Vec::as_slice).collect()
}

fn without<'a>(all: &[&'a [u8]], at: usize) -> Vec<&'a [u8]> {
    [&all[..at], &all[at + 1..]].concat()
}

/// @return nodes that the update needed beside the paths read.
fn check_block(chain: &Chain, block_rlp: &[u8], every_node: bool) -> usize {
    let reader = StateReader::new(&chain.store);
    let outcome = chain.execute(&reader, block_rlp).expect("execute");
    let Witness { state, codes } = witness_of(&reader, chain.root).expect("witness");
    let (nodes, codes) = (slices(&state), slices(&codes));
    let stateless = chain.stateless(&nodes, &codes, block_rlp).expect("stateless");
    assert!(comparable(&stateless) == comparable(&outcome));
    if every_node {
        let lacks = |result| assert!(matches!(result, Err(Failure::Error(codes::ERROR_STORE, _))));
        (0..nodes.len()).for_each(|at| lacks(chain.stateless(&without(&nodes, at), &codes, block_rlp)));
        (0..codes.len()).for_each(|at| lacks(chain.stateless(&nodes, &without(&codes, at), block_rlp)));
    }
    reader.neighbours_read().len()
}

#[test]
fn random_blocks_execute_from_their_witness_and_not_from_less() {
    let mut collapses = 0;
    for seed in 1..=8 {
        let mut seeded = Seeded(seed);
        let mut chain = Chain::new(&mut seeded);
        for block in 0..12 {
            let raws: Vec<_> = (0..seeded.below(30)).map(|_| chain.random_transaction(&mut seeded)).collect();
            let built = chain.build(&raws);
            assert!(built.candidate_codes.iter().all(|code| *code == codes::TX_OK));
            collapses += check_block(&chain, &built.block_rlp, block % 4 == 3);
            chain.store.write(built.outcome.changeset);
            (chain.header_rlp, chain.root) = (built.header_rlp, built.outcome.state_root);
        }
    }
    assert!(collapses > 30, "only {collapses} nodes beside a path");
}

/// Tries of any shape, deletions in most batches: the same root, or no root at all.
fn run_trie(seed: u64, crowded: bool) {
    let mut seeded = Seeded(seed);
    let mut subject = Subject::new(None);
    for step in 0..60 {
        let mut batch = BTreeMap::new();
        for _ in 0..1 + seeded.below(8) {
            let known = seeded.below(3) > 0 && !subject.model.is_empty();
            let key = if known {
                *subject.model.keys().nth(seeded.below(subject.model.len() as u64) as usize).expect("key")
            } else if crowded {
                crowded_key(&mut seeded)
            } else {
                alloy_primitives::keccak256(seeded.below(60).to_le_bytes())
            };
            batch.insert(key, (seeded.below(5) < 2).then(|| 1 + seeded.below(300)));
        }
        let batch: Vec<_> = batch.into_iter().collect();
        let before = subject.clone();
        subject.apply(&batch);
        let nodes = trie_witness(&before, &batch);
        let nodes = slices(&nodes);
        assert_eq!(stateless_root(&before, &batch, &nodes), Some(subject.root), "seed {seed} step {step}");
        for at in 0..nodes.len() {
            let root = stateless_root(&before, &batch, &without(&nodes, at));
            assert!(root.is_none_or(|root| root == subject.root), "seed {seed} step {step} node {at}");
        }
    }
}

fn update(subject: &Subject, reader: &StateReader<'_>, batch: &[(B256, Option<u64>)]) -> Option<B256> {
    let mut items: Vec<Item> = batch.iter().map(|(key, value)| subject.item(key, *value)).collect();
    let root = Trie::accounts(reader).update(subject.root, &mut items, &mut Changeset::default());
    reader.verdict().ok().and(root.ok())
}

fn trie_witness(subject: &Subject, batch: &[(B256, Option<u64>)]) -> BTreeSet<Vec<u8>> {
    let reader = StateReader::new(&subject.store);
    update(subject, &reader, batch).expect("update");
    let trie = Trie::accounts(&reader);
    let keys = batch.iter().map(|(key, _)| (*key, usize::MAX));
    let neighbours = reader.neighbours_read().into_iter().map(|(_, path)| (path.as_key(), path.len()));
    keys.chain(neighbours)
        .flat_map(|(key, until)| trie.prove_to(subject.root, &key, until).expect("proof").nodes)
        .collect()
}

fn stateless_root(subject: &Subject, batch: &[(B256, Option<u64>)], nodes: &[&[u8]]) -> Option<B256> {
    let store = WitnessStore::new(subject.root, nodes, &[]);
    update(subject, &StateReader::stateless(&store), batch)
}

#[test]
fn updates_of_random_tries_from_a_witness() {
    (1..=6).for_each(|seed| run_trie(seed, false));
    (21..=28).for_each(|seed| run_trie(seed, true));
}
