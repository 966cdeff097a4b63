//! Blocks built, executed, and refused.

mod support;

use alloy_consensus::{Block, Header};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use alloy_rlp::{Decodable, Encodable};
use cairn_core::{
    evm::{
        BlockContext, BuildRequest, Built, CallRequest, Candidate, Estimate, ExecuteRequest, Fees, Flags,
        GenesisRequest, Outcome, Tx, build_block, call, estimate_gas, execute_block, genesis_block,
    },
    state::StateReader,
    types::{Failure, codes},
};
use support::{CHAIN, MapStore, Signer, market_tx, set, system_contracts, until_loaded};

const GAS_LIMIT: u64 = 30_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;
const COUNTER: Address = address!("00000000000000000000000000000000000c0de1");
const REVERTER: Address = address!("00000000000000000000000000000000000c0de2");
/// Adds one to slot 0, logs.
const COUNTER_CODE: [u8; 14] = hex!("5f54600101805f555f5260205fa0");
const REVERTER_CODE: [u8; 7] = hex!("602a5f5260205f");
const ALL: Flags = Flags { strict_timestamp: false, access_list: true, undo: true };

struct Chain {
    store: MapStore,
    header_rlp: Vec<u8>,
    root: B256,
}

impl Chain {
    fn new() -> Self {
        let mut store = MapStore::default();
        let mut updates = system_contracts();
        updates.extend((1..=5).map(|seed| set(Signer::new(seed).address(), 100 * ETHER, None, &[])));
        updates.push(set(COUNTER, 0, Some(COUNTER_CODE.into()), &[(0, 41)]));
        updates.push(set(REVERTER, 0, Some([&REVERTER_CODE[..], &hex!("fd")].concat().into()), &[]));
        let root = store.apply(alloy_trie::EMPTY_ROOT_HASH, updates);
        let genesis = genesis_block(GenesisRequest {
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
        });
        Self { store, header_rlp: genesis.header_rlp, root }
    }

    fn build_with(&self, reader: &StateReader<'_>, raws: &[Vec<u8>], gas_budget: u64) -> Result<Built, Failure> {
        build_block(
            reader,
            BuildRequest {
                chain: CHAIN,
                flags: ALL,
                parent_header_rlp: &self.header_rlp,
                ancestors: vec![],
                timestamp: 1_000,
                prev_randao: B256::repeat_byte(3),
                fee_recipient: Address::repeat_byte(0xfe),
                gas_limit_target: GAS_LIMIT,
                extra_data: Bytes::new(),
                parent_beacon_block_root: B256::repeat_byte(4),
                withdrawals: vec![alloy_eips::eip4895::Withdrawal {
                    index: 1,
                    validator_index: 2,
                    address: Address::repeat_byte(0xdd),
                    amount: 5,
                }],
                gas_budget,
                payload_size_max: 0,
                candidates: raws.iter().map(|raw| Candidate { sender: None, raw }).collect(),
            },
        )
    }

    fn build(&self, raws: &[Vec<u8>]) -> Built {
        self.build_with(&StateReader::new(&self.store), raws, 0).expect("build")
    }

    fn execute_with(&self, reader: &StateReader<'_>, block_rlp: &[u8]) -> Result<Outcome, Failure> {
        execute_block(
            reader,
            ExecuteRequest {
                chain: CHAIN,
                flags: ALL,
                parent_header_rlp: &self.header_rlp,
                block_rlp,
                senders: vec![],
                ancestors: vec![],
            },
        )
    }

    fn execute(&self, block_rlp: &[u8]) -> Result<Outcome, Failure> {
        self.execute_with(&StateReader::new(&self.store), block_rlp)
    }

    fn advance(&mut self, built: Built) {
        self.store.write(built.outcome.changeset);
        self.header_rlp = built.header_rlp;
        self.root = built.outcome.state_root;
    }

    fn call_request(&self, to: Option<Address>, data: Bytes) -> CallRequest {
        CallRequest {
            chain: CHAIN,
            state_root: self.root,
            block: BlockContext {
                number: 1,
                timestamp: 1_000,
                base_fee: 7,
                gas_limit: GAS_LIMIT,
                coinbase: Address::ZERO,
                prev_randao: B256::ZERO,
                excess_blob_gas: 0,
            },
            ancestors: vec![],
            from: Signer::new(1).address(),
            to,
            value: U256::ZERO,
            data,
            gas: 0,
            fees: Fees::None,
            access_list: Default::default(),
            authorizations_rlp: Bytes::new(),
            overrides: vec![],
        }
    }
}

/// Everything of an outcome, the changeset in its final order.
fn comparable(outcome: &Outcome) -> String {
    let sorted = outcome.changeset.clone().into_sorted();
    let entries: Vec<_> = sorted.iter().collect();
    let hashes = (outcome.block_hash, outcome.state_root, outcome.receipts_root, outcome.logs_bloom);
    let lists = (&outcome.receipts, &outcome.transactions, &outcome.requests, &outcome.access_list);
    format!("{hashes:?} {} {lists:?} {entries:?}", outcome.gas_used)
}

fn mixed_transactions() -> Vec<Vec<u8>> {
    let [one, two, three] = [1, 2, 3].map(Signer::new);
    // Initcode that returns the reverter's code.
    let initcode = hex!("6007600c60003960076000f3").iter().chain(&REVERTER_CODE).copied().collect::<Vec<u8>>();
    vec![
        one.transfer(0, Address::repeat_byte(0x99), 1_000),
        one.call(1, COUNTER, Bytes::new(), 100_000),
        two.create(0, initcode.into(), 200_000),
        two.call(1, REVERTER, Bytes::new(), 60_000),
        three.call(0, COUNTER, Bytes::new(), 100_000),
        one.transfer(2, two.address(), 5),
    ]
}

#[test]
fn a_built_block_executes_to_the_same_outcome() {
    let mut chain = Chain::new();
    let built = chain.build(&mixed_transactions());
    assert_eq!(built.candidate_codes, [0; 6]);
    let executed = chain.execute(&built.block_rlp).expect("execute");
    assert!(comparable(&executed) == comparable(&built.outcome));
    let successes: Vec<bool> = executed.transactions.iter().map(|tx| tx.success).collect();
    assert_eq!(successes, [true, true, true, false, true, true]);
    assert_eq!(executed.transactions[2].created, Some(Signer::new(2).address().create(0)));
    assert_eq!(executed.transactions.iter().map(|tx| tx.log_count).sum::<u32>(), 2);
    assert!(executed.access_list.is_some());
    chain.advance(built);
    let next = chain.build(&[Signer::new(1).transfer(3, COUNTER, 0)]);
    assert!(chain.execute(&next.block_rlp).is_ok());
}

#[test]
fn undo_restores_the_state_before_the_block() {
    let mut chain = Chain::new();
    let before = chain.store.entries.clone();
    let built = chain.build(&mixed_transactions());
    let undo = chain.store.write(built.outcome.changeset);
    assert_ne!(chain.store.entries, before);
    chain.store.revert(undo);
    let states = [&chain.store.entries, &before]
        .map(|entries| entries.iter().filter(|(key, _)| key[0] != 3).collect::<Vec<_>>());
    assert_eq!(states[0], states[1]);
}

#[test]
fn a_cold_host_comes_to_the_same_outcome() {
    let chain = Chain::new();
    let warm = chain.build(&mixed_transactions());
    let cold = Chain { store: chain.store.cold(), header_rlp: chain.header_rlp.clone(), root: chain.root };
    let (built, rounds) = until_loaded(&cold.store, |reader| cold.build_with(reader, &mixed_transactions(), 0));
    assert!(comparable(&built.expect("build").outcome) == comparable(&warm.outcome));
    assert!(rounds <= 8, "{rounds} rounds");
    let cold = Chain { store: chain.store.cold(), header_rlp: chain.header_rlp.clone(), root: chain.root };
    let (executed, rounds) = until_loaded(&cold.store, |reader| cold.execute_with(reader, &warm.block_rlp));
    assert!(comparable(&executed.expect("execute")) == comparable(&warm.outcome));
    assert!(rounds <= 8, "{rounds} rounds");
}

#[test]
fn candidates_that_cannot_run_are_left_out_with_their_code() {
    let chain = Chain::new();
    let [one, two, poor] = [1, 2, 77].map(Signer::new);
    let mut cheap = market_tx(0, TxKind::Call(COUNTER), U256::ZERO, Bytes::new(), 100_000);
    (cheap.max_fee_per_gas, cheap.max_priority_fee_per_gas) = (1, 0);
    let mut foreign = market_tx(0, TxKind::Call(COUNTER), U256::ZERO, Bytes::new(), 100_000);
    foreign.chain_id = 1;
    let raws = vec![
        one.transfer(1, COUNTER, 0),
        one.transfer(0, Address::ZERO, 0),
        one.transfer(0, Address::ZERO, 0),
        poor.transfer(0, Address::ZERO, 1),
        two.sign(cheap),
        two.sign(foreign),
        two.call(0, COUNTER, Bytes::new(), 20_000),
        vec![0xc0],
        vec![0x05, 0xc0],
        vec![],
        two.call(0, COUNTER, Bytes::new(), 17_000_000),
        two.call(0, COUNTER, Bytes::new(), 16_000_000),
        two.call(1, COUNTER, Bytes::new(), 16_000_000),
        two.call(2, COUNTER, Bytes::new(), 16_000_000),
    ];
    let built = chain.build(&raws);
    let expected = [
        codes::TX_NONCE_HIGH,
        codes::TX_OK,
        codes::TX_NONCE_LOW,
        codes::TX_FUNDS,
        codes::TX_MAX_FEE,
        codes::TX_CHAIN_ID,
        codes::TX_INTRINSIC_GAS,
        codes::TX_MALFORMED,
        codes::TX_TYPE,
        codes::TX_MALFORMED,
        codes::TX_GAS_CAP,
        codes::TX_OK,
        codes::TX_OK,
        codes::TX_OK,
    ];
    assert_eq!(built.candidate_codes, expected);
    assert!(chain.execute(&built.block_rlp).is_ok());
    let tight = chain.build_with(&StateReader::new(&chain.store), &raws, 16_030_000).expect("build");
    assert_eq!(tight.candidate_codes[11..], [codes::TX_OK, codes::TX_NO_BUDGET_LEFT, codes::TX_NO_BUDGET_LEFT]);
}

fn rewritten(block_rlp: &[u8], change: impl FnOnce(&mut Block<Tx>)) -> Vec<u8> {
    let mut block = Block::<Tx>::decode(&mut &block_rlp[..]).expect("block");
    change(&mut block);
    let mut rlp = Vec::new();
    block.encode(&mut rlp);
    rlp
}

#[test]
fn every_wrong_header_field_has_its_code() {
    let chain = Chain::new();
    let built = chain.build(&mixed_transactions());
    let wrong = B256::repeat_byte(0xbb);
    type Change = Box<dyn Fn(&mut Header)>;
    let cases: Vec<(u16, Change)> = vec![
        (codes::BLOCK_PARENT_HASH, Box::new(move |header| header.parent_hash = wrong)),
        (codes::BLOCK_NUMBER, Box::new(|header| header.number += 1)),
        (codes::BLOCK_TIMESTAMP, Box::new(|header| header.timestamp = 999)),
        (codes::BLOCK_GAS_LIMIT, Box::new(|header| header.gas_limit += GAS_LIMIT / 1_024)),
        (codes::BLOCK_GAS_ABOVE_LIMIT, Box::new(|header| header.gas_used = header.gas_limit + 1)),
        (codes::BLOCK_BASE_FEE, Box::new(|header| header.base_fee_per_gas = Some(8))),
        (codes::BLOCK_EXTRA_DATA, Box::new(|header| header.extra_data = vec![0; 33].into())),
        (codes::BLOCK_DIFFICULTY, Box::new(|header| header.difficulty = U256::from(1))),
        (codes::BLOCK_OMMERS, Box::new(move |header| header.ommers_hash = wrong)),
        (codes::BLOCK_FORK_FIELD, Box::new(move |header| header.block_access_list_hash = Some(wrong))),
        (codes::BLOCK_EXCESS_BLOB_GAS, Box::new(|header| header.excess_blob_gas = Some(131_072))),
        (codes::BLOCK_BLOB_GAS_USED, Box::new(|header| header.blob_gas_used = Some(131_072))),
        (codes::BLOCK_TRANSACTIONS_ROOT, Box::new(move |header| header.transactions_root = wrong)),
        (codes::BLOCK_WITHDRAWALS_ROOT, Box::new(move |header| header.withdrawals_root = Some(wrong))),
        (codes::BLOCK_GAS_USED, Box::new(|header| header.gas_used -= 1)),
        (codes::BLOCK_RECEIPTS_ROOT, Box::new(move |header| header.receipts_root = wrong)),
        (codes::BLOCK_LOGS_BLOOM, Box::new(|header| header.logs_bloom.0[0] ^= 1)),
        (codes::BLOCK_REQUESTS_HASH, Box::new(move |header| header.requests_hash = Some(wrong))),
        (codes::BLOCK_STATE_ROOT, Box::new(move |header| header.state_root = wrong)),
    ];
    for (code, change) in cases {
        let rlp = rewritten(&built.block_rlp, |block| change(&mut block.header));
        match chain.execute(&rlp) {
            Err(Failure::Invalid(found, _)) => assert_eq!(found, code),
            other => panic!("expected {code}, got {}", other.is_ok()),
        }
    }
    assert!(matches!(
        chain.execute(&rewritten(&built.block_rlp, |block| block.header.beneficiary = Address::ZERO)),
        Err(Failure::Invalid(codes::BLOCK_STATE_ROOT, _))
    ));
}

#[test]
fn a_block_without_request_contracts_is_invalid() {
    let mut chain = Chain::new();
    chain.store = MapStore::default();
    chain.root = chain.store.apply(alloy_trie::EMPTY_ROOT_HASH, vec![set(COUNTER, 1, None, &[])]);
    let mut header = Header::decode(&mut &chain.header_rlp[..]).expect("header");
    header.state_root = chain.root;
    chain.header_rlp = alloy_rlp::encode(header);
    let built = chain.build_with(&StateReader::new(&chain.store), &[], 0);
    assert!(matches!(built, Err(Failure::Invalid(codes::BLOCK_SYSTEM_CALL, _))));
}

#[test]
fn a_store_at_another_state_is_an_error_not_an_invalid_block() {
    let mut chain = Chain::new();
    let built = chain.build(&mixed_transactions());
    let root = chain.root;
    chain.root = chain.store.apply(root, vec![set(Address::repeat_byte(8), 1, None, &[])]);
    assert!(matches!(chain.execute(&built.block_rlp), Err(Failure::Error(codes::ERROR_ROOT_MISMATCH, _))));
}

/// A node with a damaged store must say so, and not that the block is bad.
#[test]
fn damaged_values_are_errors_not_invalid_blocks() {
    let mut chain = Chain::new();
    let built = chain.build(&mixed_transactions());
    let sender = cairn_core::state::account_key(&keccak256(Signer::new(1).address()));
    let slot = cairn_core::state::slot_key(&keccak256(COUNTER), &keccak256(B256::ZERO));
    for key in [sender.to_vec(), slot.to_vec()] {
        let good = chain.store.entries[&key].clone();
        let value = chain.store.entries.get_mut(&key).unwrap();
        let last = value.len().min(8) - 1;
        value[last] ^= 1;
        assert!(matches!(chain.execute(&built.block_rlp), Err(Failure::Error(codes::ERROR_CORRUPT, _))));
        chain.store.entries.insert(key, good);
    }
    assert!(chain.execute(&built.block_rlp).is_ok());
}

#[test]
fn calls_and_estimates() {
    let chain = Chain::new();
    let reader = StateReader::new(&chain.store);
    let counted = call(&reader, &chain.call_request(Some(COUNTER), Bytes::new())).expect("call");
    assert_eq!(counted.logs().len(), 1);
    assert_eq!(counted.logs()[0].data.data[31], 42);
    assert_eq!(counted.accessed, [(COUNTER, vec![B256::ZERO])]);
    let reverted = call(&reader, &chain.call_request(Some(REVERTER), Bytes::new())).expect("call");
    assert_eq!(reverted.result.output().expect("output")[31], 0x2a);
    let mut overridden = chain.call_request(Some(COUNTER), Bytes::new());
    overridden.overrides = vec![set(COUNTER, 0, None, &[(0, 99)])];
    assert_eq!(call(&reader, &overridden).expect("call").logs()[0].data.data[31], 100);
    overridden.overrides = vec![set(Address::repeat_byte(5), 7, Some(COUNTER_CODE.into()), &[(0, 1)])];
    overridden.to = Some(Address::repeat_byte(5));
    assert_eq!(call(&reader, &overridden).expect("call").logs()[0].data.data[31], 2);
    let transfer = chain.call_request(Some(Address::repeat_byte(0x31)), Bytes::new());
    assert!(matches!(estimate_gas(&reader, &transfer), Ok(Estimate::Gas(21_000))));
    let Ok(Estimate::Gas(gas)) = estimate_gas(&reader, &chain.call_request(Some(COUNTER), Bytes::new())) else {
        panic!()
    };
    let built = chain.build(&[Signer::new(1).call(0, COUNTER, Bytes::new(), gas)]);
    assert!(built.outcome.transactions[0].success);
    assert!(matches!(
        estimate_gas(&reader, &chain.call_request(Some(REVERTER), Bytes::new())),
        Ok(Estimate::Revert(_))
    ));
    let mut rich = chain.call_request(Some(COUNTER), Bytes::new());
    rich.value = U256::MAX;
    assert!(matches!(call(&reader, &rich), Err(Failure::Invalid(codes::TX_FUNDS, _))));
}
