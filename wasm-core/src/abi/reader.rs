//! Bounded reading of a request. Nothing is allocated before its bytes are known to be there.

use crate::types::{Failure, Result, codes, error};
use alloy_primitives::{Address, B256, U256};

pub struct Reader<'a> {
    rest: &'a [u8],
}

fn short() -> Failure {
    error(codes::ERROR_MALFORMED, "request too short")
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        if count > self.rest.len() {
            return Err(short());
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| short())
    }

    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Big-endian, as Ethereum writes it.
    pub fn u256(&mut self) -> Result<U256> {
        self.array::<32>().map(U256::from_be_bytes)
    }

    pub fn hash(&mut self) -> Result<B256> {
        self.array().map(B256::new)
    }

    pub fn address(&mut self) -> Result<Address> {
        self.array().map(Address::new)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(error(codes::ERROR_MALFORMED, "option tag")),
        }
    }

    /// @param item_min bytes the smallest item takes: a count that cannot fit is refused before anything is allocated.
    pub fn list<T>(&mut self, item_min: usize, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / item_min {
            return Err(short());
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    pub fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(error(codes::ERROR_MALFORMED, "bytes after the request")) }
    }
}
