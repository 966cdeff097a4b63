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
    subject::{OWNER, Subject, branching_off_key, crowded_key},
    until_loaded,
};

type KeyMaker = fn(&mut Seeded) -> B256;

fn spread_key(seeded: &mut Seeded) -> B256 {
    keccak256(seeded.below(400).to_le_bytes())
}

fn run_random(owner: Option<B256>, seed: u64, new_key: KeyMaker) {
    let mut seeded = Seeded(seed);
    let mut subject = Subject::new(owner);
    for step in 0..120 {
        let mut batch = BTreeMap::new();
        for _ in 0..1 + seeded.below(12) {
            let known = seeded.below(3) > 0 && !subject.model.is_empty();
            let key = if known {
                *subject.model.keys().nth(seeded.below(subject.model.len() as u64) as usize).unwrap()
            } else {
                new_key(&mut seeded)
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
    check_proofs(&subject, &mut seeded, new_key);
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

fn check_proofs(subject: &Subject, seeded: &mut Seeded, new_key: KeyMaker) {
    let reader = StateReader::new(&subject.store);
    let absent = (0..40).map(|_| if seeded.below(2) == 0 { new_key(seeded) } else { seeded.hash() });
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
    (1..=6).for_each(|seed| run_random(None, seed, spread_key));
}

#[test]
fn random_storage_tries_match_the_hash_builder() {
    (11..=16).for_each(|seed| run_random(Some(OWNER), seed, spread_key));
}

#[test]
fn crowded_keys_match_the_hash_builder() {
    (21..=28).for_each(|seed| run_random(Some(OWNER), seed, crowded_key));
    (31..=34).for_each(|seed| run_random(None, seed, crowded_key));
}

#[test]
fn keys_that_leave_one_path_match_the_hash_builder() {
    (41..=56).for_each(|seed| run_random(Some(OWNER), seed, branching_off_key));
    (61..=64).for_each(|seed| run_random(None, seed, branching_off_key));
}

/// So large that parts of them are written while the descent goes on.
#[test]
fn large_updates_match_the_hash_builder() {
    for (owner, seed) in [(None, 71), (Some(OWNER), 72)] {
        let mut seeded = Seeded(seed);
        let mut subject = Subject::new(owner);
        let check = |subject: &Subject, step: &str| {
            assert_eq!(subject.root, subject.expected_root(), "seed {seed} {step}");
            assert_eq!(subject.store.entries, subject.rebuilt().store.entries, "records, seed {seed} {step}");
        };
        let keys: Vec<B256> = (0..8_000).map(|_| seeded.hash()).collect();
        subject.apply(&keys.iter().map(|key| (*key, Some(1))).collect::<Vec<_>>());
        for step in 2..5 {
            let some: BTreeMap<B256, Option<u64>> = (0..3_000)
                .map(|_| (keys[seeded.below(8_000) as usize], (seeded.below(8) > 0).then_some(step)))
                .collect();
            subject.apply(&some.into_iter().collect::<Vec<_>>());
            check(&subject, &format!("step {step}"));
        }
        // The root's only child is one that was written before the root was reached.
        let stays = |key: &B256| key[0] >> 4 == 0;
        let batch: Vec<_> = subject.model.keys().map(|key| (*key, stays(key).then_some(9))).collect();
        subject.apply(&batch);
        check(&subject, "one child");
    }
}

/// A deletion of an absent key stands between others in the order, but belongs to no child of the branch that an insertion makes.
#[test]
fn an_absent_key_deleted_beside_an_extension_changes_nothing() {
    let key = |head: [u8; 3], tail: u8| {
        let mut bytes = [0x11; 32];
        bytes[..3].copy_from_slice(&head);
        bytes[31] = tail;
        B256::new(bytes)
    };
    let below = [(key([0x11, 0x11, 0x11], 0), Some(5)), (key([0x11, 0x11, 0x11], 1), Some(6))];
    for absent in [key([0x01, 0x11, 0x99], 0), key([0x21, 0x11, 0x01], 0), key([0x12, 0x99, 0x11], 0)] {
        for inserted in [key([0x11, 0x11, 0x01], 0), key([0x11, 0x11, 0x21], 0), key([0x11, 0x11, 0x12], 0)] {
            let mut subject = Subject::new(Some(OWNER));
            subject.apply(&below);
            subject.apply(&[(absent, None), (inserted, Some(7)), (below[0].0, None)]);
            assert_eq!(subject.root, subject.expected_root());
            assert_eq!(subject.store.entries, subject.rebuilt().store.entries);
        }
    }
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
