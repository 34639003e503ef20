//! Migrations are compiled in by a macro, which cargo does not see reading them.

#![expect(clippy::print_stdout, reason = "this is how build scripts speak to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
