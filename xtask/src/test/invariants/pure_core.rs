//! Invariant 1: the core computes, and nothing else.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::super::source::{Finding, SourceFile, finding, paths, rust_under};

/// What the core may depend on: each computes and does nothing else.
const ALLOWED: &[&str] = &["base64", "hmac", "jiff", "serde", "serde_json", "sha2", "subtle", "thiserror", "utoipa"];

/// Modules of the standard library that reach outside. `std::time::Duration` is only a number.
const SYSTEM: &[&str] = &["env", "fs", "io", "net", "os", "process", "thread", "time"];

/// Their order is random for each process: two runs would decide differently.
const RANDOM_ORDER: &[&str] = &["HashMap", "HashSet", "RandomState"];

const OUTSIDE_CRATES: &[&str] = &["getrandom", "rand", "tokio", "uuid"];

/// What a crate that computes with times offers besides: clocks, and what the machine is set to.
const CLOCKS: &[&str] = &["now", "system", "try_system", "from_env"];

const PRINTS: &[&str] = &["println", "eprintln", "print", "eprint", "dbg"];

pub(super) fn undeclared(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let core = packages.iter().find(|package| package["name"] == "alc-core").context("there is no package alc-core")?;
    let dependencies = core["dependencies"].as_array().context("alc-core has no list of dependencies")?;
    let shipped = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    let names = shipped.filter_map(|dependency| dependency["name"].as_str());
    let findings = names.filter(|name| !ALLOWED.contains(name));
    Ok(findings.map(|name| format!("core/Cargo.toml: it depends on {name}")).collect())
}

pub(super) fn impure(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_under(files, "core/src/") {
        for path in paths(&file.words()) {
            let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
            let reaches_out = match segments[..] {
                ["std", "time", "Duration", ..] => false,
                ["std", module, ..] if SYSTEM.contains(&module) => true,
                [only] if PRINTS.contains(&only) => true,
                [first, ..] if OUTSIDE_CRATES.contains(&first) => true,
                [_, .., last] if CLOCKS.contains(&last) => true,
                _ => segments.iter().any(|segment| RANDOM_ORDER.contains(segment)),
            };
            if reaches_out {
                findings.push(finding(file, path.line, format!("`{path}`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_planted_dependency_is_found() {
        let metadata = json!({"packages": [{"name": "alc-core", "dependencies": [
            {"name": "serde", "kind": null}, {"name": "reqwest", "kind": null}, {"name": "proptest", "kind": "dev"},
        ]}]});
        assert_eq!(undeclared(&metadata).unwrap(), ["core/Cargo.toml: it depends on reqwest"]);
    }

    #[test]
    fn planted_clocks_disks_and_dice_are_found() {
        let planted = |text| impure(&[SourceFile::planted("core/src/lead.rs", text)]).len();
        assert_eq!(planted("use std::{fmt, time::{Duration, Instant}};"), 1);
        assert_eq!(planted("fn f() { std::fs::read(\"x\"); }"), 1);
        assert_eq!(planted("fn f() { getrandom::fill(&mut x); }"), 1);
        assert_eq!(planted("use std::collections::{BTreeMap, HashMap};"), 1);
        assert_eq!(planted("fn f() { println!(\"x\"); }"), 1);
        assert_eq!(planted("fn f() { jiff::Timestamp::now(); }"), 1);
        assert_eq!(planted("fn f() { TimeZone::system(); }"), 1);
        assert_eq!(planted("fn f(now: Timestamp) { jiff::Timestamp::from_millisecond(now.as_millis()); }"), 0);
        assert_eq!(planted("use std::fmt; use std::collections::BTreeMap; use std::time::Duration;"), 0);
    }

    #[test]
    fn other_packages_may_reach_out() {
        assert_eq!(impure(&[SourceFile::planted("server/src/door.rs", "use std::fs;")]), []);
    }
}
