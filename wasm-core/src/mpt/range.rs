//! Range proofs: what a prover and a verifier must agree on. A range is `[start, last]`; its proof is the nodes whose
//! subtree lies partly inside, in pre-order, the root first. Those are the nodes on the paths of `start` and `last`
//! without what lies wholly inside, which the items themselves give. No node is left over, so none can be tampered with.

use super::path::Path;
use alloy_primitives::B256;

/// Where the keys under a position lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Below,
    Inside,
    Above,
    /// On the path of one end at least.
    Boundary,
}

#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub start: B256,
    /// The last item's key; without items the greatest key there can be.
    pub last: B256,
}

impl Range {
    pub fn new(start: B256, last_item: Option<B256>) -> Self {
        Self { start, last: last_item.unwrap_or(B256::repeat_byte(0xff)) }
    }

    pub fn place(&self, position: &Path) -> Place {
        let (low, high) = (*position.bytes(), position.greatest_key());
        if high < self.start {
            Place::Below
        } else if low > self.last.0 {
            Place::Above
        } else if low >= self.start.0 && high <= self.last {
            Place::Inside
        } else {
            Place::Boundary
        }
    }
}
