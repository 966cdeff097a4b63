//! Keccak-f[1600] and Keccak-256 (the Keccak team's submission, padding 0x01), with the whole state in 25 variables. V8
//! keeps those in registers and stack slots where it must load and store an array: less than half the time of the crate
//! that this one replaces, whose interface it keeps as far as sha3 uses it.

#![no_std]

const RATE_BYTES: usize = 136;
const LANES: usize = 25;

pub type State1600 = [u64; LANES];
pub type Fn1600 = fn(&mut State1600);

/// The handle that sha3 holds. There is one implementation here.
#[derive(Debug, Default, Clone, Copy)]
pub struct Keccak;

impl Keccak {
    #[inline]
    pub fn new() -> Self {
        Self
    }

    #[inline]
    pub fn with_f1600(&self, f: impl FnOnce(Fn1600)) {
        f(permute);
    }
}

static ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; LANES];
    let (blocks, rest) = bytes.as_chunks::<RATE_BYTES>();
    for block in blocks {
        absorb(&mut state, block);
        permute(&mut state);
    }
    let mut last = [0; RATE_BYTES];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x01;
    last[RATE_BYTES - 1] |= 0x80;
    absorb(&mut state, &last);
    permute(&mut state);
    let mut digest = [0; 32];
    for (out, lane) in digest.as_chunks_mut::<8>().0.iter_mut().zip(&state) {
        *out = lane.to_le_bytes();
    }
    digest
}

fn absorb(state: &mut State1600, block: &[u8; RATE_BYTES]) {
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane ^= u64::from_le_bytes(*bytes);
    }
}

/// Theta's column parities of a row-wise state.
macro_rules! parity {
    ($a:ident, $b:ident, $c:ident, $d:ident, $e:ident) => {
        $a ^ $b ^ $c ^ $d ^ $e
    };
}

/// One row of rho and pi's result through chi.
macro_rules! chi {
    ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => {{
        let (a, b, c, d, e): (u64, u64, u64, u64, u64) = ($a, $b, $c, $d, $e);
        (a ^ (!b & c), b ^ (!c & d), c ^ (!d & e), d ^ (!e & a), e ^ (!a & b))
    }};
}

/// Keccak-f[1600]. Lane names: row b g k m s (y = 0…4), column a e i o u (x = 0…4), as in the reference.
pub fn permute(state: &mut State1600) {
    let [mut ba, mut be, mut bi, mut bo, mut bu, mut ga, mut ge, mut gi, mut go, mut gu, rest @ ..] = *state;
    let [mut ka, mut ke, mut ki, mut ko, mut ku, mut ma, mut me, mut mi, mut mo, mut mu, rest @ ..] = rest;
    let [mut sa, mut se, mut si, mut so, mut su] = rest;
    for constant in ROUND_CONSTANTS {
        let a = parity!(ba, ga, ka, ma, sa);
        let e = parity!(be, ge, ke, me, se);
        let i = parity!(bi, gi, ki, mi, si);
        let o = parity!(bo, go, ko, mo, so);
        let u = parity!(bu, gu, ku, mu, su);
        let da = u ^ e.rotate_left(1);
        let de = a ^ i.rotate_left(1);
        let di = e ^ o.rotate_left(1);
        let d0 = i ^ u.rotate_left(1);
        let du = o ^ a.rotate_left(1);
        let rotated = |lane: u64, parity: u64, by: u32| (lane ^ parity).rotate_left(by);
        let b = chi!(
            ba ^ da,
            rotated(ge, de, 44),
            rotated(ki, di, 43),
            rotated(mo, d0, 21),
            rotated(su, du, 14)
        );
        let g = chi!(
            rotated(bo, d0, 28),
            rotated(gu, du, 20),
            rotated(ka, da, 3),
            rotated(me, de, 45),
            rotated(si, di, 61)
        );
        let k = chi!(
            rotated(be, de, 1),
            rotated(gi, di, 6),
            rotated(ko, d0, 25),
            rotated(mu, du, 8),
            rotated(sa, da, 18)
        );
        let m = chi!(
            rotated(bu, du, 27),
            rotated(ga, da, 36),
            rotated(ke, de, 10),
            rotated(mi, di, 15),
            rotated(so, d0, 56)
        );
        let s = chi!(
            rotated(bi, di, 62),
            rotated(go, d0, 55),
            rotated(ku, du, 39),
            rotated(ma, da, 41),
            rotated(se, de, 2)
        );
        (ba, be, bi, bo, bu) = (b.0 ^ constant, b.1, b.2, b.3, b.4);
        (ga, ge, gi, go, gu) = g;
        (ka, ke, ki, ko, ku) = k;
        (ma, me, mi, mo, mu) = m;
        (sa, se, si, so, su) = s;
    }
    *state = [
        ba, be, bi, bo, bu, ga, ge, gi, go, gu, ka, ke, ki, ko, ku, ma, me, mi, mo, mu, sa, se, si, so, su,
    ];
}
