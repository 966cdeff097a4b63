//! `c/certificate.h` in Rust's types: lengths are checked here, and no pointer outlives a call.

const PUBLIC_KEY_BYTES: usize = 48;
const POINT_BYTES: usize = 96;
const SIGNATURE_BYTES: usize = 96;
const SECRET_BYTES: usize = 32;

/// A point of G1 as blst stores it: affine, Montgomery form, all zeros for infinity.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct Point([u8; POINT_BYTES]);

/// A point of G2 as blst calculates with it; zeros for infinity.
#[repr(C, align(16))]
pub struct SignatureSum([u8; 3 * 96]);

/// What is signed, and the domain separation tag it is hashed under.
#[repr(C)]
struct Text {
    message: *const u8,
    message_bytes: usize,
    domain: *const u8,
    domain_bytes: usize,
}

unsafe extern "C" {
    fn bls_decode_public_key(out: *mut Point, key: *const u8) -> i32;
    fn bls_sum_public_keys(out: *mut Point, keys: *const Point, added: usize, subtracted: usize) -> i32;
    fn bls_verify(key: *const Point, signature: *const u8, text: *const Text) -> i32;
    fn bls_add_signature(sum: *mut SignatureSum, signature: *const u8) -> i32;
    fn bls_compress_signature(out: *mut u8, sum: *const SignatureSum);
    fn bls_sign(out: *mut u8, secret: *const u8, text: *const Text);
    fn bls_public_key(out: *mut u8, secret: *const u8);
}

impl Point {
    /// Of a compressed key: encoding, curve, subgroup, not infinity.
    pub fn decode(key: &[u8; PUBLIC_KEY_BYTES]) -> Option<Self> {
        let mut point = Self([0; POINT_BYTES]);
        // SAFETY: both are as long as C takes them to be, here and below.
        (unsafe { bls_decode_public_key(&mut point, key.as_ptr()) } == 1).then_some(point)
    }

    /// The sum of the first `added` keys less that of the others. `None` for infinity.
    pub fn sum(keys: &[Self], added: usize) -> Option<Self> {
        let mut sum = Self([0; POINT_BYTES]);
        let subtracted = keys.len().checked_sub(added)?;
        // SAFETY: `keys` has added + subtracted points.
        (unsafe { bls_sum_public_keys(&mut sum, keys.as_ptr(), added, subtracted) } == 1).then_some(sum)
    }

    pub fn from_bytes(bytes: &[u8; POINT_BYTES]) -> Self {
        Self(*bytes)
    }

    pub fn bytes(&self) -> &[u8; POINT_BYTES] {
        &self.0
    }

    pub fn verify(&self, signature: &[u8; SIGNATURE_BYTES], message: &[u8], domain: &[u8]) -> bool {
        // SAFETY: the text borrows for the call alone.
        unsafe { bls_verify(self, signature.as_ptr(), &Text::new(message, domain)) == 1 }
    }
}

impl SignatureSum {
    pub fn new() -> Self {
        Self([0; 3 * 96])
    }

    /// `false`: malformed, at infinity or outside the subgroup, and not added.
    pub fn add(&mut self, signature: &[u8; SIGNATURE_BYTES]) -> bool {
        // SAFETY: lengths as C takes them to be.
        unsafe { bls_add_signature(self, signature.as_ptr()) == 1 }
    }

    pub fn compress(&self) -> [u8; SIGNATURE_BYTES] {
        let mut bytes = [0; SIGNATURE_BYTES];
        // SAFETY: lengths as C takes them to be.
        unsafe { bls_compress_signature(bytes.as_mut_ptr(), self) };
        bytes
    }
}

/// `secret`: little-endian, in 1 … r − 1.
pub fn sign(secret: &[u8; SECRET_BYTES], message: &[u8], domain: &[u8]) -> [u8; SIGNATURE_BYTES] {
    let mut signature = [0; SIGNATURE_BYTES];
    // SAFETY: lengths as C takes them to be; the text borrows for the call alone.
    unsafe { bls_sign(signature.as_mut_ptr(), secret.as_ptr(), &Text::new(message, domain)) };
    signature
}

pub fn public_key(secret: &[u8; SECRET_BYTES]) -> [u8; PUBLIC_KEY_BYTES] {
    let mut key = [0; PUBLIC_KEY_BYTES];
    // SAFETY: lengths as C takes them to be.
    unsafe { bls_public_key(key.as_mut_ptr(), secret.as_ptr()) };
    key
}

impl Text {
    fn new(message: &[u8], domain: &[u8]) -> Self {
        Self {
            message: message.as_ptr(),
            message_bytes: message.len(),
            domain: domain.as_ptr(),
            domain_bytes: domain.len(),
        }
    }
}
