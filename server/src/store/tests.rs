//! The failure proofs, on both databases.
