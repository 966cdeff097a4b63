//! The official state and blockchain tests. They run where CAIRN_ETHEREUM_FIXTURES names the unpacked fixtures.

mod support;

use alloy_eips::eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS;
use alloy_primitives::{Address, B256, Bytes, U256};
use cairn_core::{
    evm::{AccountUpdate, BlockContext, ExecuteRequest, Flags, SetFields, execute_block, run_state_test},
    state::StateReader,
    types::{ChainRules, Failure, Fork},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};
use support::MapStore;

fn fixtures(folder: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("CAIRN_ETHEREUM_FIXTURES") else {
        println!("skipped: fixtures not found");
        return None;
    };
    let root = PathBuf::from(root);
    [root.join(folder), root.join("ethereum-fixtures").join(folder)].into_iter().find(|path| path.is_dir())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("0x0")
}

fn number(value: &Value) -> u64 {
    U256::from_str(text(value)).unwrap_or_default().saturating_to()
}

fn parse<T: FromStr + Default>(value: &Value) -> T {
    text(value).parse().unwrap_or_default()
}

fn word(value: &str) -> U256 {
    U256::from_str(if value == "0x" { "0x0" } else { value }).expect("integer")
}

fn alloc(pre: &Value) -> Vec<AccountUpdate> {
    let accounts = pre.as_object().expect("accounts");
    accounts
        .iter()
        .map(|(address, account)| AccountUpdate {
            address: address.parse().expect("address"),
            set: Some(SetFields {
                nonce: Some(number(&account["nonce"])),
                balance: Some(word(text(&account["balance"]))),
                code: Some(parse(&account["code"])),
                storage: account["storage"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(slot, value)| (B256::from(word(slot)), word(text(value))))
                    .collect(),
            }),
        })
        .collect()
}

fn rules(fork: Fork) -> ChainRules {
    let (blob_target, blob_max, blob_fraction) =
        if fork <= Fork::Cancun { (3, 6, 3_338_477) } else { (6, 9, 5_007_716) };
    ChainRules {
        chain_id: 1,
        fork,
        blob_target,
        blob_max,
        blob_fraction,
        deposit_contract: MAINNET_DEPOSIT_CONTRACT_ADDRESS,
    }
}

fn fork_of(name: &str) -> Option<Fork> {
    Some(match name {
        "Frontier" => Fork::Frontier,
        "Homestead" => Fork::Homestead,
        "EIP150" => Fork::TangerineWhistle,
        "EIP158" => Fork::SpuriousDragon,
        "Byzantium" => Fork::Byzantium,
        "Constantinople" => Fork::Constantinople,
        "ConstantinopleFix" => Fork::Petersburg,
        "Istanbul" => Fork::Istanbul,
        "Berlin" => Fork::Berlin,
        "London" => Fork::London,
        "Paris" => Fork::Paris,
        "Shanghai" => Fork::Shanghai,
        "Cancun" => Fork::Cancun,
        "Prague" => Fork::Prague,
        "Osaka" => Fork::Osaka,
        _ => return None,
    })
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failures: Vec<String>,
}

impl Tally {
    fn report(&self, name: &str) {
        println!("{name}: {} passed, {} failed", self.passed, self.failures.len());
        for failure in self.failures.iter().take(40) {
            println!("  {failure}");
        }
        assert!(self.failures.is_empty());
    }
}

fn state_tests(folder: &str) {
    let Some(folder) = fixtures(folder) else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut tally = Tally::default();
    for path in paths {
        let Ok(tests) = serde_json::from_slice::<BTreeMap<String, Value>>(&fs::read(&path).expect("file")) else {
            continue;
        };
        for (name, test) in tests {
            state_test(&name, &test, &mut tally);
        }
    }
    tally.report("state tests");
}

fn state_test(name: &str, test: &Value, tally: &mut Tally) {
    let mut store = MapStore::default();
    let root = store.apply(alloy_trie::EMPTY_ROOT_HASH, alloc(&test["pre"]));
    let env = &test["env"];
    let block = BlockContext {
        number: number(&env["currentNumber"]),
        timestamp: number(&env["currentTimestamp"]),
        base_fee: if env["currentBaseFee"].is_null() { 10 } else { number(&env["currentBaseFee"]) },
        gas_limit: number(&env["currentGasLimit"]),
        coinbase: parse(&env["currentCoinbase"]),
        prev_randao: B256::ZERO,
        excess_blob_gas: number(&env["currentExcessBlobGas"]),
    };
    for (network, posts) in test["post"].as_object().expect("post") {
        let Some(fork) = fork_of(network) else { continue };
        let seed = if fork < Fork::Paris { "currentDifficulty" } else { "currentRandom" };
        let block = BlockContext { prev_randao: B256::from(word(text(&env[seed]))), ..block.clone() };
        for (index, post) in posts.as_array().expect("posts").iter().enumerate() {
            let raw: Bytes = parse(&post["txbytes"]);
            let reader = StateReader::new(&store);
            let sender: Option<Address> = None;
            let done = run_state_test(&reader, &rules(fork), root, &block, &raw, sender);
            let expected: B256 = parse(&post["hash"]);
            let refused = !post["expectException"].is_null();
            let found = match done {
                Ok(done) => (done.state_root, done.logs_hash == parse::<B256>(&post["logs"])),
                Err(Failure::Invalid(..)) if refused => (expected, true),
                Err(failure) => {
                    tally.failures.push(format!("{name} {network} {index}: {failure:?}"));
                    continue;
                }
            };
            if found == (expected, true) {
                tally.passed += 1;
            } else {
                tally.failures.push(format!("{name} {network} {index}: root or logs (logs fit: {})", found.1));
            }
        }
    }
}

#[test]
fn cancun_state_tests() {
    state_tests("state-tests-cancun");
}

#[test]
fn osaka_state_tests() {
    state_tests("state-tests-osaka");
}

/// Blocks without a forked chain: each valid block extends the last valid one.
#[test]
fn cancun_blockchain_tests() {
    let Some(folder) = fixtures("blockchain-tests-cancun") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut tally = Tally::default();
    for path in paths {
        let Ok(tests) = serde_json::from_slice::<BTreeMap<String, Value>>(&fs::read(&path).expect("file")) else {
            continue;
        };
        for (name, test) in tests {
            if let Some(fork) = fork_of(text(&test["network"])) {
                match blockchain_test(&test, fork) {
                    Ok(()) => tally.passed += 1,
                    Err(reason) => tally.failures.push(format!("{name} ({}): {reason}", path.display())),
                }
            }
        }
    }
    tally.report("blockchain tests");
}

/// A block's header RLP, without decoding the rest.
fn header_of(block: &[u8]) -> Option<Vec<u8>> {
    let mut rest = block;
    let list = alloy_rlp::Header::decode(&mut rest).ok()?;
    let mut after = rest.get(..list.payload_length)?;
    let from = after;
    let header = alloy_rlp::Header::decode(&mut after).ok()?;
    let size = from.len() - after.len() + header.payload_length;
    from.get(..size).map(<[u8]>::to_vec)
}

fn blockchain_test(test: &Value, fork: Fork) -> Result<(), String> {
    let mut store = MapStore::default();
    let root = store.apply(alloy_trie::EMPTY_ROOT_HASH, alloc(&test["pre"]));
    let genesis: Bytes = parse(&test["genesisRLP"]);
    let header = header_of(&genesis).ok_or("genesis")?;
    if root != parse::<B256>(&test["genesisBlockHeader"]["stateRoot"]) {
        return Err("genesis root".into());
    }
    // Every block's state, so that side chains can be followed.
    let mut chain = BTreeMap::new();
    let hash = alloy_primitives::keccak256(&header);
    chain.insert(hash, (header, store, vec![hash]));
    for (index, block) in test["blocks"].as_array().ok_or("blocks")?.iter().enumerate() {
        let rlp: Bytes = parse(&block["rlp"]);
        let expected_invalid = !block["expectException"].is_null();
        let parent = header_of(&rlp).and_then(|header| {
            let mut rest = &header[..];
            alloy_rlp::Header::decode(&mut rest).ok()?;
            Some(B256::from_slice(rest.get(1..33)?))
        });
        let Some((header, store, ancestors)) = parent.and_then(|parent| chain.get(&parent)) else {
            if expected_invalid {
                continue;
            }
            return Err(format!("block {index}: unknown parent"));
        };
        let request = ExecuteRequest {
            chain: rules(fork),
            flags: Flags { strict_timestamp: true, ..Flags::default() },
            parent_header_rlp: header,
            block_rlp: &rlp,
            senders: vec![],
            ancestors: ancestors.iter().rev().take(256).copied().collect(),
        };
        match (execute_block(&StateReader::new(store), request), expected_invalid) {
            (Ok(outcome), false) => {
                let mut store = store.clone();
                store.write(outcome.changeset);
                let hash = outcome.block_hash;
                let ancestors = ancestors.iter().copied().chain([hash]).collect();
                chain.insert(hash, (header_of(&rlp).ok_or("header")?, store, ancestors));
            }
            (Err(Failure::Invalid(..)), true) => {}
            (Ok(_), true) => return Err(format!("block {index} should be invalid: {}", block["expectException"])),
            (Err(failure), _) => return Err(format!("block {index}: {failure:?}")),
        }
    }
    if chain.contains_key(&parse::<B256>(&test["lastblockhash"])) { Ok(()) } else { Err("last block".into()) }
}
