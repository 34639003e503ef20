//! Invariant 5: which module of the service may know which. The list has no circles (a test sees to it), so neither has the code.

use std::collections::BTreeSet;

use super::super::source::{Finding, PathUse, SourceFile, finding, paths, rust_under};
use super::SERVER;

/// From the outside in: a module, and those it may know.
const LAYERS: &[(&str, &[&str])] = &[
    // The binary `alc`: main.rs and what it alone holds.
    ("cli", &["app", "door", "job", "logging", "open", "operator", "password", "serve", "settings", "store"]),
    ("serve", &["app", "connectors", "door", "http", "jobs", "settings", "store"]),
    // What the operator does with connections.
    ("connections", &["operator", "store"]),
    // The same with workspaces.
    ("workspaces", &["operator", "store"]),
    // The rules of scopes and redirect URIs live beside the endpoints that enforce them.
    ("operator", &["app", "door", "http", "job", "moves", "notices", "password", "settings", "store"]),
    (
        "http",
        &[
            "app",
            "connectors",
            "door",
            "event",
            "fail_point",
            "inbound",
            "job",
            "moves",
            "notices",
            "password",
            "settings",
            "store",
        ],
    ),
    (
        "jobs",
        &[
            "app",
            "conduct",
            "connectors",
            "door",
            "event",
            "fail_point",
            "inbound",
            "job",
            "moves",
            "notices",
            "settings",
            "store",
        ],
    ),
    // Whether a text may go out now: what the job that sends it asks.
    ("conduct", &["app", "settings", "store"]),
    // A reply is told by the gateway's request or found by a job that looks; what it means is the same.
    ("inbound", &["app", "moves", "store"]),
    // A webhook that is disabled or tested: steps inside a commit, as the moves of a lead are.
    ("notices", &["app", "event", "moves", "store"]),
    ("moves", &["app", "door", "job", "settings", "store"]),
    ("app", &["connectors", "door", "settings", "store"]),
    ("open", &["door", "settings", "store"]),
    ("connectors", &["door", "settings"]),
    ("store", &["door", "event", "job"]),
    ("logging", &["settings"]),
    ("password", &["door"]),
    ("fail_point", &[]),
    ("job", &[]),
    ("event", &[]),
    ("door", &[]),
    ("settings", &[]),
];

pub(super) fn against_the_flow(files: &[SourceFile]) -> Vec<Finding> {
    let modules: BTreeSet<&str> = rust_under(files, SERVER).filter_map(|file| module_of(&file.path)).collect();
    let mut findings = Vec::new();
    for file in rust_under(files, SERVER) {
        // The library's root only lists its modules.
        let Some(module) = module_of(&file.path) else { continue };
        let Some((_, may_know)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            findings.push(finding(file, 1, format!("the module `{module}` has no place among the layers")));
            continue;
        };
        for path in paths(&file.words()) {
            // A test may call in from anywhere.
            let Some(known) = known_by(&path, file).filter(|_| !path.in_tests) else { continue };
            if modules.contains(known) && known != module && !may_know.contains(&known) {
                findings.push(finding(file, path.line, format!("{module} -> {known} (`{path}`)")));
            }
        }
    }
    findings
}

/// `server/src/http/leads.rs` belongs to `http`, `server/src/moves.rs` to `moves`.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SERVER)?;
    match inside.split_once('/') {
        Some((module, _)) => Some(module),
        None if inside == "lib.rs" => None,
        None if inside == "main.rs" => Some("cli"),
        None => inside.strip_suffix(".rs"),
    }
}

/// The module of the service's library that a path leads into, if it leaves its own.
fn known_by<'a>(path: &'a PathUse, file: &SourceFile) -> Option<&'a str> {
    let segments = &path.segments;
    let root = match segments[0].as_str() {
        "crate" | "alc_server" => 1,
        "super" => {
            let climbs = segments.iter().take_while(|segment| *segment == "super").count();
            (climbs == depth_of(&file.path) + path.depth).then_some(climbs)?
        }
        _ => return None,
    };
    segments.get(root).map(String::as_str)
}

/// How deep a file's own module lies: `server/src/http/leads.rs` is `http::leads`, two deep.
fn depth_of(path: &str) -> usize {
    let inside = path.strip_prefix(SERVER).unwrap_or(path);
    let folders = inside.matches('/').count();
    if inside.ends_with("mod.rs") || inside == "main.rs" { folders } else { folders + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, source: &str) -> Vec<String> {
        let all = [
            SourceFile::planted(path, source),
            SourceFile::planted("server/src/http/mod.rs", ""),
            SourceFile::planted("server/src/store/mod.rs", ""),
        ];
        against_the_flow(&all).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn planted_edges_upwards_are_found() {
        assert_eq!(
            found("server/src/store/leads.rs", "use crate::http::Json;"),
            ["store -> http (`crate::http::Json`)"]
        );
        assert_eq!(found("server/src/moves.rs", "fn f() { crate::http::router() }").len(), 1);
        assert_eq!(found("server/src/store/row.rs", "use super::super::http;").len(), 1);
        assert_eq!(found("server/src/store/row.rs", "mod deep { use super::super::super::{http, door}; }").len(), 1);
        assert_eq!(found("server/src/jobs/mod.rs", "use crate::{params, store::{Tx, leads}, http::x};").len(), 1);
    }

    #[test]
    fn edges_downwards_and_within_are_not() {
        assert_eq!(found("server/src/http/leads.rs", "use crate::store::{Store, Tx}; use super::Json;"), [""; 0]);
        assert_eq!(found("server/src/store/row.rs", "mod deep { use super::super::http; }"), [""; 0]);
        assert_eq!(found("server/src/store/row.rs", "#[cfg(test)] mod tests { use crate::http; }"), [""; 0]);
        assert_eq!(found("server/src/cli/token.rs", "use alc_server::store::Store;"), [""; 0]);
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        assert_eq!(found("server/src/reports.rs", ""), ["the module `reports` has no place among the layers"]);
    }

    #[test]
    fn the_layers_have_no_circles() {
        for (place, (module, may_know)) in LAYERS.iter().enumerate() {
            for known in *may_know {
                let below = LAYERS[place + 1..].iter().any(|(name, _)| name == known);
                assert!(below, "{module} may know {known}, which is not below it");
            }
        }
    }
}
