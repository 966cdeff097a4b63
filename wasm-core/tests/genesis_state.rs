//! States put together from updates, as genesis is.

mod support;

use alloy_primitives::Address;
use support::{MapStore, Seeded, set, system_contracts};

#[test]
fn order_of_updates_does_not_reach_the_root() {
    let mut seeded = Seeded(5);
    let updates = || -> Vec<_> {
        let mut seeded = Seeded(6);
        (0..200u64)
            .map(|_| {
                let address = Address::from_slice(&seeded.hash()[12..]);
                set(
                    address,
                    u128::from(seeded.next()),
                    Some(vec![1, 2].into()),
                    &[(seeded.below(9), 7), (seeded.below(9) + 10, 9)],
                )
            })
            .collect()
    };
    let mut first = MapStore::default();
    let root = first.apply(alloy_trie::EMPTY_ROOT_HASH, updates());
    for _ in 0..5 {
        let mut shuffled = updates();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, seeded.below(at as u64 + 1) as usize);
        }
        let mut store = MapStore::default();
        assert_eq!(store.apply(alloy_trie::EMPTY_ROOT_HASH, shuffled), root);
        assert_eq!(store.entries, first.entries);
    }
}

#[test]
fn system_contract_addresses_are_the_protocols() {
    let known = [
        alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS,
        alloy_eips::eip4788::BEACON_ROOTS_ADDRESS,
        alloy_eips::eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS,
        alloy_eips::eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        alloy_eips::eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    ];
    let mut found: Vec<Address> = system_contracts().iter().map(|update| update.address).collect();
    found.sort_unstable();
    let mut known = known.to_vec();
    known.sort_unstable();
    assert_eq!(found, known);
}
