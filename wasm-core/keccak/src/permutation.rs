//! The text of the permutation, once for all kinds of lane: u64, and two of them side by side.

/// Keccak-f[1600] on `$state: &mut [lane; 25]`. Lane names: row b g k m s (y = 0…4), column a e i o u (x = 0…4), as in the
/// reference. `rounds` are as many names, a divisor of 24, as rounds stand one after the other: what goes around the loop goes through
/// memory, because no processor has registers for all lanes.
macro_rules! permutation {
    (
        $state:ident: $type:ty,
        |$x:ident, $y:ident| $xor:expr,
        |$p:ident, $q:ident, $r:ident| $chi:expr,
        |$lane:ident, $by:ident| $rotate:expr,
        |$constant:ident| $splat:expr,
        rounds: $($round:ident)+
    ) => {{
        // Closures: an attribute of the function around them holds for them too, and all are inlined.
        let xor = |$x: $type, $y: $type| $xor;
        let chi = |$p: $type, $q: $type, $r: $type| $chi;
        let rotate = |$lane: $type, $by: u32| $rotate;
        let splat = |$constant: u64| $splat;
        let rotated = |lane: $type, parity: $type, by: u32| rotate(xor(lane, parity), by);
        let row = |a: $type, b: $type, c: $type, d: $type, e: $type| {
            (chi(a, b, c), chi(b, c, d), chi(c, d, e), chi(d, e, a), chi(e, a, b))
        };
        let [mut ba, mut be, mut bi, mut bo, mut bu, mut ga, mut ge, mut gi, mut go, mut gu, rest @ ..] = *$state;
        let [mut ka, mut ke, mut ki, mut ko, mut ku, mut ma, mut me, mut mi, mut mo, mut mu, rest @ ..] = rest;
        let [mut sa, mut se, mut si, mut so, mut su] = rest;
        for [$($round),+] in $crate::ROUND_CONSTANTS.as_chunks().0 {
            $(
                let a = xor(xor(xor(xor(ba, ga), ka), ma), sa);
                let e = xor(xor(xor(xor(be, ge), ke), me), se);
                let i = xor(xor(xor(xor(bi, gi), ki), mi), si);
                let o = xor(xor(xor(xor(bo, go), ko), mo), so);
                let u = xor(xor(xor(xor(bu, gu), ku), mu), su);
                let da = xor(u, rotate(e, 1));
                let de = xor(a, rotate(i, 1));
                let di = xor(e, rotate(o, 1));
                let d0 = xor(i, rotate(u, 1));
                let du = xor(o, rotate(a, 1));
                let b =
                    row(xor(ba, da), rotated(ge, de, 44), rotated(ki, di, 43), rotated(mo, d0, 21), rotated(su, du, 14));
                let g = row(
                    rotated(bo, d0, 28),
                    rotated(gu, du, 20),
                    rotated(ka, da, 3),
                    rotated(me, de, 45),
                    rotated(si, di, 61),
                );
                let k = row(
                    rotated(be, de, 1),
                    rotated(gi, di, 6),
                    rotated(ko, d0, 25),
                    rotated(mu, du, 8),
                    rotated(sa, da, 18),
                );
                let m = row(
                    rotated(bu, du, 27),
                    rotated(ga, da, 36),
                    rotated(ke, de, 10),
                    rotated(mi, di, 15),
                    rotated(so, d0, 56),
                );
                let s = row(
                    rotated(bi, di, 62),
                    rotated(go, d0, 55),
                    rotated(ku, du, 39),
                    rotated(ma, da, 41),
                    rotated(se, de, 2),
                );
                (ba, be, bi, bo, bu) = (xor(b.0, splat(*$round)), b.1, b.2, b.3, b.4);
                (ga, ge, gi, go, gu) = g;
                (ka, ke, ki, ko, ku) = k;
                (ma, me, mi, mo, mu) = m;
                (sa, se, si, so, su) = s;
            )+
        }
        *$state = [ba, be, bi, bo, bu, ga, ge, gi, go, gu, ka, ke, ki, ko, ku, ma, me, mi, mo, mu, sa, se, si, so, su];
    }};
}

pub(crate) use permutation;
