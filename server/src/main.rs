//! The `alc` command.

fn main() {}
