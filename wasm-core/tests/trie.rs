//! The path-keyed trie against alloy-trie's hash builder, which knows nothing of paths or records.

mod support;

use alloy_primitives::{B256, keccak256};
use cairn_core::{
    mpt::{Item, Trie, verify_proof},
    state::{Changeset, StateReader},
};
use std::collections::BTreeMap;
use support::{
    Seeded,
    subject::{OWNER, Subject, crowded_key},
    until_loaded,
};

fn run_random(owner: Option<B256>, seed: u64, crowded: bool) {
    let mut seeded = Seeded(seed);
    let mut subject = Subject::new(owner);
    for step in 0..120 {
        let mut batch = BTreeMap::new();
        for _ in 0..1 + seeded.below(12) {
            let known = seeded.below(3) > 0 && !subject.model.is_empty();
            let key = if known {
                *subject.model.keys().nth(seeded.below(subject.model.len() as u64) as usize).unwrap()
            } else if crowded {
                crowded_key(&mut seeded)
            } else {
                keccak256(seeded.below(400).to_le_bytes())
            };
            let value = if seeded.below(5) < 2 { None } else { Some(1 + seeded.below(300)) };
            batch.insert(key, value);
        }
        let before = subject.clone();
        let batch: Vec<_> = batch.into_iter().collect();
        let undo = subject.apply(&batch);
        assert_eq!(subject.root, subject.expected_root(), "seed {seed} step {step}");
        assert_eq!(subject.store.entries, subject.rebuilt().store.entries, "records, seed {seed} step {step}");
        let mut undone = subject.store.clone();
        undone.revert(undo);
        assert_eq!(undone.entries, before.store.entries, "undo, seed {seed} step {step}");
        check_cold_update(&before, &batch, subject.root);
    }
    check_proofs(&subject, &mut seeded, crowded);
}

/// From nothing loaded, NEED by NEED, the same root.
fn check_cold_update(before: &Subject, batch: &[(B256, Option<u64>)], root: B256) {
    let cold = before.store.cold();
    let (result, _) = until_loaded(&cold, |reader| {
        let mut items: Vec<Item> = batch.iter().map(|(key, value)| before.item(key, *value)).collect();
        let mut changes = Changeset::default();
        let root = before.trie(reader).update(before.root, &mut items, &mut changes);
        reader.verdict()?;
        Ok(root.expect("root"))
    });
    assert_eq!(result, Ok(root));
}

fn check_proofs(subject: &Subject, seeded: &mut Seeded, crowded: bool) {
    let reader = StateReader::new(&subject.store);
    let absent = (0..40).map(|_| if crowded { crowded_key(seeded) } else { seeded.hash() });
    let keys: Vec<B256> = subject.model.keys().copied().chain(absent).collect();
    for key in keys {
        let proof = subject.trie(&reader).prove(subject.root, &key).expect("proof");
        let nodes: Vec<&[u8]> = proof.nodes.iter().map(Vec::as_slice).collect();
        let expected = subject.model.get(&key).cloned();
        assert_eq!(verify_proof(&subject.root, &key, &nodes).as_ref(), Ok(&expected), "{key}");
        for at in 0..nodes.len() {
            let mut tampered = proof.nodes.clone();
            let byte = seeded.below(tampered[at].len() as u64) as usize;
            tampered[at][byte] ^= 1;
            let nodes: Vec<&[u8]> = tampered.iter().map(Vec::as_slice).collect();
            assert!(verify_proof(&subject.root, &key, &nodes).is_err());
            assert!(verify_proof(&subject.root, &key, &nodes[..at]).is_err());
        }
    }
}

#[test]
fn random_account_tries_match_the_hash_builder() {
    (1..=6).for_each(|seed| run_random(None, seed, false));
}

#[test]
fn random_storage_tries_match_the_hash_builder() {
    (11..=16).for_each(|seed| run_random(Some(OWNER), seed, false));
}

#[test]
fn crowded_keys_match_the_hash_builder() {
    (21..=28).for_each(|seed| run_random(Some(OWNER), seed, true));
    (31..=34).for_each(|seed| run_random(None, seed, true));
}

#[test]
fn wiping_leaves_nothing() {
    let mut seeded = Seeded(99);
    let mut subject = Subject::new(Some(OWNER));
    let batch: BTreeMap<B256, Option<u64>> = (0..300).map(|_| (seeded.hash(), Some(5))).collect();
    subject.apply(&batch.clone().into_iter().collect::<Vec<_>>());
    let reader = StateReader::new(&subject.store);
    let mut changes = Changeset::default();
    let keys = subject.trie(&reader).wipe(subject.root, &mut changes).expect("wipe");
    assert_eq!(keys, batch.keys().copied().collect::<Vec<_>>());
    let mut store = subject.store.clone();
    store.write(changes);
    assert!(store.entries.keys().all(|key| key[0] == 2), "only flat slots are left to the caller");
}

#[test]
fn corrupt_records_are_errors_not_panics() {
    let mut seeded = Seeded(7);
    let mut subject = Subject::new(None);
    let batch: Vec<_> = (0..200).map(|_| (seeded.hash(), Some(9))).collect();
    subject.apply(&batch);
    for _ in 0..3_000 {
        let mut store = subject.store.clone();
        let nth = seeded.below(store.entries.len() as u64) as usize;
        let value = store.entries.values_mut().nth(nth).unwrap();
        let at = seeded.below(value.len() as u64) as usize;
        match seeded.below(3) {
            0 => value[at] ^= 1 << seeded.below(8),
            1 => value.truncate(at),
            _ => value.push(seeded.next() as u8),
        }
        let reader = StateReader::new(&store);
        let mut changes = Changeset::default();
        let mut items: Vec<Item> = batch.iter().take(60).map(|(key, _)| Item { key: *key, value: None }).collect();
        let _root = Trie::accounts(&reader).update(subject.root, &mut items, &mut changes);
    }
}
