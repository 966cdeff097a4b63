//! Range proofs of random tries: complete, and nothing in them can be changed.

mod support;

use alloy_primitives::{B256, keccak256};
use cairn_core::{
    mpt::{RangeItem, RangeLimits, RangeProof, verify_range},
    state::StateReader,
};
use support::{
    Seeded,
    subject::{OWNER, Subject, crowded_key},
    until_loaded,
};

const UNBOUNDED: RangeLimits = RangeLimits { items: usize::MAX, bytes: usize::MAX };

fn subject(owner: Option<B256>, seeded: &mut Seeded, count: u64, crowded: bool) -> Subject {
    let mut subject = Subject::new(owner);
    let batch: std::collections::BTreeMap<B256, Option<u64>> = (0..count)
        .map(|_| {
            let key = if crowded { crowded_key(seeded) } else { seeded.hash() };
            (key, Some(1 + seeded.below(300)))
        })
        .collect();
    if !batch.is_empty() {
        subject.apply(&batch.into_iter().collect::<Vec<_>>());
    }
    subject
}

fn prove(subject: &Subject, start: B256, limits: RangeLimits) -> RangeProof {
    let reader = StateReader::new(&subject.store);
    subject.trie(&reader).prove_range(subject.root, start, limits).expect("range")
}

fn verify(root: &B256, start: B256, items: &[(B256, Vec<u8>)], nodes: &[Vec<u8>]) -> Option<bool> {
    let items: Vec<RangeItem<'_>> = items.iter().map(|(key, value)| (*key, value.as_slice())).collect();
    let nodes: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
    verify_range(root, start, &items, &nodes).ok()
}

fn owned(proof: &RangeProof) -> Vec<(B256, Vec<u8>)> {
    proof.items.iter().map(|(key, value)| (*key, value.to_vec())).collect()
}

fn step(key: &B256, down: bool) -> B256 {
    let number = alloy_primitives::U256::from_be_bytes(key.0);
    let one = alloy_primitives::U256::ONE;
    if down { number.wrapping_sub(one).into() } else { number.wrapping_add(one).into() }
}

fn check_range(subject: &Subject, start: B256, limit: usize, seeded: &mut Seeded) {
    let proof = prove(subject, start, RangeLimits { items: limit, bytes: usize::MAX });
    let after: Vec<_> = subject.model.range(start..).map(|(key, value)| (*key, value.clone())).collect();
    let items = owned(&proof);
    assert_eq!(items, after[..after.len().min(limit.max(1))]);
    assert_eq!(proof.more, after.len() > items.len());
    assert_eq!(verify(&subject.root, start, &items, &proof.nodes), Some(proof.more));
    check_tampering(subject, start, &items, &proof.nodes, seeded);
    let cold = subject.store.cold();
    let (found, _) = until_loaded(&cold, |reader| {
        let limits = RangeLimits { items: limit, bytes: usize::MAX };
        let proof = subject.trie(reader).prove_range(subject.root, start, limits);
        reader.verdict()?;
        Ok(proof.expect("range"))
    });
    let found = found.expect("cold");
    assert_eq!((owned(&found), &found.nodes, found.more), (items, &proof.nodes, proof.more));
}

fn check_tampering(subject: &Subject, start: B256, items: &[(B256, Vec<u8>)], nodes: &[Vec<u8>], seeded: &mut Seeded) {
    let refused = |items: &[(B256, Vec<u8>)], nodes: &[Vec<u8>], what: &str| {
        assert_eq!(verify(&subject.root, start, items, nodes), None, "{what}");
    };
    for at in 0..items.len() {
        let mut changed = items.to_vec();
        changed[at].1[0] ^= 1;
        refused(&changed, nodes, "value");
        let mut changed = items.to_vec();
        changed.remove(at);
        // Without its last item a range may be a shorter range, as true as the longer one.
        let verdict = verify(&subject.root, start, &changed, nodes);
        assert!(verdict.is_none() || (verdict == Some(true) && at > 0 && at + 1 == items.len()), "item dropped");
        let mut changed = items.to_vec();
        let byte = seeded.below(32) as usize;
        changed[at].0.0[byte] ^= 1 << seeded.below(8);
        refused(&changed, nodes, "key");
        if at > 0 {
            let mut changed = items.to_vec();
            changed.swap(at - 1, at);
            refused(&changed, nodes, "order");
        }
    }
    let mut more = items.to_vec();
    let key = step(&items.get(seeded.below(items.len().max(1) as u64) as usize).map_or(start, |item| item.0), false);
    if key >= start && !subject.model.contains_key(&key) {
        more.push((key, vec![5]));
        more.sort();
        refused(&more, nodes, "item made up");
    }
    for at in 0..nodes.len() {
        let mut changed = nodes.to_vec();
        let byte = seeded.below(changed[at].len() as u64) as usize;
        changed[at][byte] ^= 1 << seeded.below(8);
        refused(items, &changed, "node");
        let mut changed = nodes.to_vec();
        changed.remove(at);
        // Without any node the items must be the whole trie, which they may be.
        if !(changed.is_empty() && items.len() == subject.model.len()) {
            refused(items, &changed, "node dropped");
        }
        let mut changed = nodes.to_vec();
        changed.insert(at, nodes[at].clone());
        refused(items, &changed, "node twice");
        if at > 0 {
            let mut changed = nodes.to_vec();
            changed.swap(at - 1, at);
            refused(items, &changed, "nodes in another order");
        }
    }
}

fn run(owner: Option<B256>, seed: u64, crowded: bool) {
    let mut seeded = Seeded(seed);
    for count in [0, 1, 2, 3, 17, 60, 300] {
        let subject = subject(owner, &mut seeded, count, crowded);
        let keys: Vec<B256> = subject.model.keys().copied().collect();
        for round in 0..24 {
            let known = keys.get(seeded.below(keys.len().max(1) as u64) as usize).copied().unwrap_or_default();
            let start = match round % 6 {
                0 => B256::ZERO,
                1 => known,
                2 => step(&known, false),
                3 => step(&known, true),
                4 => keys.last().map_or(B256::repeat_byte(0xff), |last| step(last, false)),
                _ => seeded.hash(),
            };
            let limit = [1, 2, 5, 40, usize::MAX][seeded.below(5) as usize];
            check_range(&subject, start, limit, &mut seeded);
        }
        check_range(&subject, B256::repeat_byte(0xff), 3, &mut seeded);
    }
}

#[test]
fn ranges_of_account_tries() {
    (1..=3).for_each(|seed| run(None, seed, false));
}

#[test]
fn ranges_of_storage_tries() {
    (11..=13).for_each(|seed| run(Some(OWNER), seed, false));
}

#[test]
fn ranges_of_crowded_tries() {
    (21..=24).for_each(|seed| run(Some(OWNER), seed, true));
    (31..=32).for_each(|seed| run(None, seed, true));
}

#[test]
fn chunk_by_chunk_gives_the_whole_trie() {
    let mut seeded = Seeded(5);
    let subject = subject(None, &mut seeded, 2_000, false);
    let mut start = B256::ZERO;
    let mut found = Vec::new();
    loop {
        let proof = prove(&subject, start, RangeLimits { items: usize::MAX, bytes: 4_096 });
        let items = owned(&proof);
        assert_eq!(verify(&subject.root, start, &items, &proof.nodes), Some(proof.more));
        found.extend(items);
        if !proof.more {
            break;
        }
        start = step(&found.last().expect("item").0, false);
    }
    assert_eq!(found, subject.model.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_whole_trie_needs_no_nodes_and_a_part_of_it_does() {
    let mut seeded = Seeded(6);
    let subject = subject(None, &mut seeded, 100, false);
    let whole = prove(&subject, B256::ZERO, UNBOUNDED);
    assert!(whole.nodes.is_empty() && !whole.more);
    let items = owned(&whole);
    assert_eq!(verify(&subject.root, B256::ZERO, &items[..99], &[]), None);
    assert_eq!(verify(&subject.root, B256::ZERO, &[], &[]), None);
    assert_eq!(verify(&alloy_trie::EMPTY_ROOT_HASH, keccak256("any"), &[], &[]), Some(false));
}
