//! What a light client needs, in one small module: BLS12-381 keys, signatures and certificates. It imports nothing; a call
//! finds its input at the head of the buffer and leaves its output there. `ABI.md` has every byte.

mod bls;
mod buffer;

use bls::{Point, SignatureSum};
use buffer::{Input, answer};

#[unsafe(no_mangle)]
pub extern "C" fn reserve(bytes: usize) -> *mut u8 {
    buffer::reserve(bytes)
}

/// key → point. 0: not a key.
#[unsafe(no_mangle)]
pub extern "C" fn decode_public_key() -> u32 {
    let io = buffer::take();
    let point = Input(io).array().and_then(Point::decode);
    answer(io, point.as_ref().map(|point| &point.bytes()[..]))
}

/// added points ‖ subtracted points → the sum. 0: infinity.
#[unsafe(no_mangle)]
pub extern "C" fn sum_public_keys(added: usize, subtracted: usize) -> u32 {
    let io = buffer::take();
    let mut input = Input(io);
    let keys: Option<Vec<Point>> =
        (0..added.saturating_add(subtracted)).map(|_| input.array().map(Point::from_bytes)).collect();
    let sum = keys.and_then(|keys| Point::sum(&keys, added));
    answer(io, sum.as_ref().map(|point| &point.bytes()[..]))
}

/// point of the key ‖ signature ‖ domain ‖ message. 1: it verifies.
#[unsafe(no_mangle)]
pub extern "C" fn verify(domain_bytes: usize, message_bytes: usize) -> u32 {
    let mut input = Input(buffer::take());
    let verified = (|| {
        let key = Point::from_bytes(input.array()?);
        let signature = input.array()?;
        let domain = input.take(domain_bytes)?;
        Some(key.verify(signature, input.take(message_bytes)?, domain))
    })();
    u32::from(verified == Some(true))
}

/// signatures → their aggregate. Answers how many were well-formed before the first that was not.
#[unsafe(no_mangle)]
pub extern "C" fn aggregate(count: usize) -> usize {
    let io = buffer::take();
    let mut input = Input(io);
    let mut sum = SignatureSum::new();
    let good = (0..count).take_while(|_| input.array().is_some_and(|signature| sum.add(signature))).count();
    if good == count {
        answer(io, Some(&sum.compress()));
    }
    good
}

/// secret key, little-endian, in 1 … r − 1 ‖ domain ‖ message → signature.
#[unsafe(no_mangle)]
pub extern "C" fn sign(domain_bytes: usize, message_bytes: usize) -> u32 {
    let io = buffer::take();
    let mut input = Input(io);
    let signature = (|| {
        let secret = input.array()?;
        let domain = input.take(domain_bytes)?;
        Some(bls::sign(secret, input.take(message_bytes)?, domain))
    })();
    answer(io, signature.as_ref().map(|bytes| &bytes[..]))
}

/// secret key, as `sign` takes it → key.
#[unsafe(no_mangle)]
pub extern "C" fn public_key() -> u32 {
    let io = buffer::take();
    let key = Input(io).array().map(bls::public_key);
    answer(io, key.as_ref().map(|bytes| &bytes[..]))
}
