//! Proof of a key's value or absence: the RLP nodes from the root down, as EIP-1186 lists them. A node embedded in its
//! parent is not listed.

use super::{
    encode::{NodeRef, extension_rlp, leaf_rlp},
    path::Path,
    record::{Branch, Edge},
    trie::{Read, Root, Trie},
};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::B256;

#[derive(Debug, Default)]
pub struct Proof {
    /// Branches at this depth or deeper end the walk.
    until: usize,
    pub nodes: Vec<Vec<u8>>,
    /// The leaf's value (RLP); `None` is proved absence.
    pub value: Option<Rc<[u8]>>,
}

impl Trie<'_> {
    pub fn prove(&self, root: B256, key: &B256) -> Read<Proof> {
        self.prove_to(root, key, usize::MAX)
    }

    /// The same, but no deeper than the first branch at depth `until`: the path to a node and not beyond.
    pub fn prove_to(&self, root: B256, key: &B256, until: usize) -> Read<Proof> {
        let mut proof = Proof { until, ..Proof::default() };
        match self.root(&root)? {
            Root::Empty => {}
            Root::Branch(branch) => self.prove_branch(&branch, key, true, &mut proof)?,
            Root::Edge(edge, _) => self.prove_edge(&edge, 0, key, true, &mut proof)?,
        }
        Ok(proof)
    }

    fn prove_branch(&self, branch: &Branch, key: &B256, listed: bool, proof: &mut Proof) -> Read<()> {
        if listed {
            proof.nodes.push(branch.rlp());
        }
        let nibble = super::path::nibble_of(&key.0, branch.path.len());
        if !branch.has(nibble) || branch.path.len() >= proof.until {
            return Ok(());
        }
        let edge = branch.edge(nibble).ok_or_else(|| self.bad_edge())?;
        self.prove_edge(&edge, branch.path.len() + 1, key, false, proof)
    }

    /// @param is_root the root node is listed whatever its size.
    fn prove_edge(&self, edge: &Edge, depth: usize, key: &B256, is_root: bool, proof: &mut Proof) -> Read<()> {
        let (Edge::Leaf { reference, .. } | Edge::Branch { reference, .. }) = edge;
        let listed = is_root || reference.as_hash().is_some();
        match edge {
            Edge::Leaf { key: leaf_key, .. } => {
                let value = self.leaf_value(leaf_key)?;
                if listed {
                    proof.nodes.push(leaf_rlp(leaf_key, depth, &value));
                }
                if leaf_key == key {
                    proof.value = Some(value);
                }
                Ok(())
            }
            Edge::Branch { path, .. } => self.prove_subtree(path, reference, depth, key, listed, proof),
        }
    }

    fn prove_subtree(
        &self,
        path: &Path,
        reference: &NodeRef,
        depth: usize,
        key: &B256,
        listed: bool,
        proof: &mut Proof,
    ) -> Read<()> {
        let own = (path.len() == depth).then_some(reference);
        let branch = self.branch(path, own, key)?;
        let mut branch_listed = listed;
        if path.len() > depth {
            let own = NodeRef::of_rlp(&branch.rlp());
            if listed {
                proof.nodes.push(extension_rlp(path, depth, &own));
            }
            branch_listed = own.as_hash().is_some();
        }
        // An extension that leads elsewhere proves the absence by itself.
        if path.is_prefix_of(key) { self.prove_branch(&branch, key, branch_listed, proof) } else { Ok(()) }
    }
}
