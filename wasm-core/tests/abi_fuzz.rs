//! Random and mutated requests: an answer with a known status every time, never a panic.

mod support;

use alloy_primitives::{Address, B256};
use cairn_core::abi::run_op;
use support::{CHAIN, MapStore, Seeded, Signer, set, system_contracts};

const OPS: u32 = 21;
const VERSION: u8 = 2;
const STATUS_ERROR: u8 = 3;

#[derive(Default)]
struct Request(Vec<u8>);

impl Request {
    fn new() -> Self {
        Self(vec![VERSION])
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u32(self, value: u32) -> Self {
        self.raw(&value.to_le_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.raw(&value.to_le_bytes())
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        self.u32(bytes.len() as u32).raw(bytes)
    }

    fn chain(self) -> Self {
        let fork = [0];
        self.u64(CHAIN.chain_id)
            .raw(&fork)
            .u32(CHAIN.blob_target)
            .u32(CHAIN.blob_max)
            .u64(CHAIN.blob_fraction)
            .raw(CHAIN.deposit_contract.as_slice())
    }
}

struct Fixture {
    store: MapStore,
    requests: Vec<(u32, Vec<u8>)>,
}

/// One good request of every operation, as seeds for mutation.
fn fixture() -> Fixture {
    let mut store = MapStore::default();
    let signer = Signer::new(1);
    let mut updates = system_contracts();
    updates.push(set(signer.address(), 10u128.pow(20), None, &[(1, 2), (3, 4)]));
    let root = store.apply(alloy_trie::EMPTY_ROOT_HASH, updates);
    let zero = B256::ZERO;
    let genesis = Request::new().chain().raw(root.as_slice()).u64(1).u64(30_000_000).u64(7).bytes(b"x").raw(&[0; 20]);
    let genesis = genesis.raw(zero.as_slice()).raw(zero.as_slice()).u64(0).raw(zero.as_slice()).u64(0).0;
    let answer = run_op(2, &genesis, &store);
    let (_, rest) = read_bytes(&answer[4..]);
    let (header, _) = read_bytes(rest);
    let raw = signer.transfer(0, Address::repeat_byte(9), 5);
    let build = Request::new().chain().raw(&[6]).bytes(header).u32(0).u64(1).raw(zero.as_slice()).raw(&[1; 20]);
    let build = build.u64(30_000_000).bytes(b"").raw(zero.as_slice()).u32(1).u64(1).u64(2).raw(&[3; 20]).u64(4);
    let build = build.u64(0).u32(0).u32(1).raw(&[0]).bytes(&raw).0;
    let built = run_op(4, &build, &store);
    assert_eq!(built[1], 0, "build");
    let (block, _) = read_bytes(&built[4 + 4 + 2..]);
    let execute = Request::new().chain().raw(&[6]).bytes(header).bytes(block).u32(0).u32(1).raw(zero.as_slice()).0;
    let call = Request::new().chain().raw(root.as_slice()).u64(1).u64(1).u64(7).u64(30_000_000).raw(&[0; 20]);
    let call = call.raw(zero.as_slice()).u64(0).u32(0).raw(signer.address().as_slice()).raw(&[1]).raw(&[9; 20]);
    let call =
        call.raw(zero.as_slice()).bytes(b"data").u64(100_000).raw(&[2]).raw(&[0; 31]).raw(&[9]).raw(zero.as_slice());
    let call = call.u32(1).raw(&[5; 20]).u32(1).raw(zero.as_slice()).bytes(b"").u32(1).raw(&[8; 20]).raw(&[1, 0, 0, 0]);
    let call = call.u32(1).raw(zero.as_slice()).raw(&[7; 32]).0;
    let apply = Request::new().raw(root.as_slice()).u32(2).raw(&[4; 20]).raw(&[0]).raw(signer.address().as_slice());
    let apply = apply.raw(&[1, 1]).u64(9).raw(&[0, 1]).bytes(b"code").u32(1).raw(zero.as_slice()).raw(&[1; 32]).0;
    let prove = Request::new()
        .raw(root.as_slice())
        .raw(signer.address().as_slice())
        .u32(2)
        .raw(&[0; 31])
        .raw(&[1])
        .raw(&[7; 32])
        .0;
    let proof = run_op(8, &prove, &store);
    let verify = verify_request(&proof, root, signer.address());
    let recover = Request::new().chain().u32(2).bytes(&raw).bytes(b"junk").0;
    let state_test = Request::new().chain().raw(root.as_slice()).u64(1).u64(1).u64(7).u64(30_000_000).raw(&[0; 20]);
    let state_test = state_test.raw(zero.as_slice()).u64(0).bytes(&raw).raw(&[0]).0;
    let read = Request::new().raw(signer.address().as_slice()).0;
    let range = Request::new().raw(root.as_slice()).raw(&[0]).raw(&[0x40; 32]).u32(4).u32(10_000).0;
    let chunk = run_op(14, &range, &store);
    let check = Request::new().raw(root.as_slice()).raw(&[0x40; 32]).raw(&chunk[4..chunk.len() - 1]).0;
    let witness = run_op(16, &execute, &store);
    // Without the least number that BLOCKHASH was answered for, of which there is none.
    let stateless = Request(execute.clone()).raw(&witness[4..witness.len() - 1]).0;
    let trie_update = Request::new().raw(root.as_slice()).u32(2).raw(&[0x40; 32]).raw(&[1]).bytes(b"leaf");
    let trie_update = trie_update.raw(&[0x41; 32]).raw(&[0]).0;
    let trie_root = Request::new().u32(3).bytes(b"do").raw(&[1]).bytes(b"verb").bytes(b"dog").raw(&[1]).bytes(b"puppy");
    let trie_root = trie_root.bytes(b"do").raw(&[0]).0;
    let header_check = Request::new().chain().raw(&[0]).bytes(header).bytes(header_of(block)).0;
    let requests = vec![
        (1, apply),
        (2, genesis),
        (3, execute.clone()),
        (4, build),
        (5, call.clone()),
        (6, call),
        (7, read),
        (8, prove),
        (9, verify),
        (10, recover),
        (11, vec![VERSION]),
        (12, state_test),
        (14, range),
        (15, check),
        (16, execute),
        (17, stateless),
        (19, trie_update),
        (20, trie_root),
        (21, header_check),
    ];
    for (op, request) in &requests {
        let answer = run_op(*op, request, &store);
        assert_eq!(answer[1], 0, "operation {op}: {}", String::from_utf8_lossy(&answer[8..]));
    }
    Fixture { store, requests }
}

/// Account (105 bytes), account nodes, then slots with value and nodes.
fn verify_request(proof: &[u8], root: B256, address: Address) -> Vec<u8> {
    let mut at = 4 + 105;
    let nodes = |at: &mut usize| {
        let from = *at;
        let count = u32::from_le_bytes(proof[*at..*at + 4].try_into().unwrap());
        *at += 4;
        for _ in 0..count {
            *at += 4 + u32::from_le_bytes(proof[*at..*at + 4].try_into().unwrap()) as usize;
        }
        proof[from..*at].to_vec()
    };
    let mut request = Request::new().raw(root.as_slice()).raw(address.as_slice()).raw(&nodes(&mut at));
    let count = u32::from_le_bytes(proof[at..at + 4].try_into().unwrap());
    at += 4;
    request = request.u32(count);
    for _ in 0..count {
        let slot = proof[at..at + 32].to_vec();
        at += 64;
        request = request.raw(&slot).raw(&nodes(&mut at));
    }
    request.0
}

fn read_bytes(bytes: &[u8]) -> (&[u8], &[u8]) {
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    bytes[4..].split_at(length)
}

/// The first item of the block's list, with its prefix.
fn header_of(block: &[u8]) -> &[u8] {
    let mut rest = block;
    alloy_rlp::Header::decode(&mut rest).expect("block");
    let mut after = rest;
    let header = alloy_rlp::Header::decode(&mut after).expect("header");
    &rest[..rest.len() - after.len() + header.payload_length]
}

fn check(op: u32, request: &[u8], store: &MapStore) {
    let answer = run_op(op, request, store);
    assert!(answer.len() >= 4 && answer[0] == VERSION && answer[1] <= STATUS_ERROR);
}

#[test]
fn random_bytes_are_answered() {
    let Fixture { store, .. } = fixture();
    let mut seeded = Seeded(77);
    for _ in 0..20_000 {
        let length = seeded.below(200) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| seeded.next() as u8).collect();
        if let Some(first) = bytes.first_mut() {
            *first = VERSION;
        }
        check(seeded.below(u64::from(OPS) + 2) as u32, &bytes, &store);
    }
}

#[test]
fn mutated_requests_are_answered() {
    let Fixture { store, requests } = fixture();
    let cold = store.cold();
    let mut seeded = Seeded(78);
    for round in 0..12_000 {
        let (op, request) = &requests[seeded.below(requests.len() as u64) as usize];
        let mut bytes = request.clone();
        for _ in 0..1 + seeded.below(3) {
            let at = seeded.below(bytes.len() as u64) as usize;
            match seeded.below(5) {
                0 => bytes[at] ^= 1 << seeded.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][seeded.below(5) as usize],
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, seeded.next() as u8),
                _ => {
                    let from = seeded.below(bytes.len() as u64) as usize;
                    let run: Vec<u8> = bytes[from..].iter().take(40).copied().collect();
                    bytes.splice(at..at, run);
                }
            }
        }
        check(*op, &bytes, if round % 3 == 0 { &cold } else { &store });
    }
}

#[test]
fn trailing_bytes_versions_and_operations_are_checked() {
    let Fixture { store, requests } = fixture();
    for (op, request) in &requests {
        let longer = [request.as_slice(), &[0]].concat();
        let answer = run_op(*op, &longer, &store);
        assert_eq!((answer[1], answer[2]), (STATUS_ERROR, 3), "operation {op}");
        let other = [&[VERSION - 1], &request[1..]].concat();
        assert_eq!(run_op(*op, &other, &store)[1..3], [STATUS_ERROR, 2], "operation {op}");
    }
    assert_eq!(run_op(99, &[VERSION], &store)[1..3], [STATUS_ERROR, 1]);
}
