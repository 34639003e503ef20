//! Starts one local system by hand.

fn main() {}
