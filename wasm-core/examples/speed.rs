use alloy_primitives::*;
use cairn_core::{evm::*, state::*, types::*};
use std::collections::BTreeMap;
struct M(BTreeMap<Vec<u8>, Vec<u8>>);
impl PreState for M { fn get(&self, k: &[u8]) -> Lookup { self.0.get(k).map_or(Lookup::Absent, |v| Lookup::Value(v.clone())) } }
fn main() {
    let chain = ChainRules { chain_id: 1, fork: Fork::Osaka, blob_target: 6, blob_max: 9, blob_fraction: 5007716 };
    let mut m = M(BTreeMap::new());
    let a = Address::repeat_byte(0xa1);
    let code: Bytes = hex!("5f355b8080026007018160030190045f51015f526001900380600257 60205ff3").into();
    let c = { let r = StateReader::new(&m); let ch = account_changes(&r, vec![AccountUpdate { address: a, set: Some(SetFields { nonce: None, balance: None, code: Some(code), storage: vec![] }) }]); commit_accounts(&r, alloy_trie::EMPTY_ROOT_HASH, ch).unwrap() };
    for e in c.changeset.into_sorted() { if let Some(v) = e.new { m.0.insert(e.key, v); } }
    for _ in 0..5 {
        let r = StateReader::new(&m);
        let req = CallRequest { chain, state_root: c.root, block: BlockContext { number: 1, timestamp: 1, base_fee: 7, gas_limit: 30000000, coinbase: Address::ZERO, prev_randao: B256::ZERO, excess_blob_gas: 0 }, ancestors: vec![], from: Address::ZERO, to: Some(a), value: U256::ZERO, data: B256::from(U256::from(1000000)).0.to_vec().into(), gas: 1000000000, fees: Fees::None, access_list: Default::default(), authorizations_rlp: Bytes::new(), overrides: vec![] };
        let t = std::time::Instant::now();
        let o = call(&r, &req).unwrap();
        println!("{} {:?}", o.result.tx_gas_used(), t.elapsed());
    }
}
