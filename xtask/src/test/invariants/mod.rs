//! The seven invariants of the house. Each is read off the source, and says what to do instead where it does not hold.
//!
//! What only the compiler can tell of the first is the step `core-wasm32`; what only a running service can tell of the seventh is a
//! story that searches all logs for planted canaries.

mod layers;
mod logs;
mod outbound;
mod pure_core;
mod sql;
mod status_codes;
mod tenants;

use anyhow::Result;

use super::report::Outcome;
use super::source::{self, SourceFile};
use super::test_run::TestRun;

const SERVER: &str = "server/src/";
const STORE: &str = "server/src/store/";
const HTTP: &str = "server/src/http/";
const CONNECTORS: &str = "server/src/connectors/";

pub(super) fn check(run: &mut TestRun<'_>) -> Result<Outcome> {
    let files = source::files(&run.workspace.root)?;
    let metadata = run.cargo_metadata()?;
    Ok([
        Outcome::of_findings(
            &pure_core::undeclared(&metadata)?,
            "1. alc-core depends on nothing that does I/O, reads a clock or is random",
            "let the caller do it and pass in the result; a crate that only computes is added to ALLOWED in \
             invariants/pure_core.rs with that change",
        ),
        Outcome::of_findings(
            &pure_core::impure(&files),
            "1. alc-core has no I/O, no clock, no randomness",
            "take the value as an argument: the service reads the clock, the disk and the network and asks the core to decide",
        ),
        Outcome::of_findings(
            &sql::outside_the_store(&files),
            "2. SQL only under server/src/store/",
            "give `Tx` a method named after what the caller wants to know or change, in the store's file of that noun",
        ),
        Outcome::of_findings(
            &status_codes::outside_http(&files),
            "3. only server/src/http/ decides which status code we answer",
            "return an error that names the rule broken; `http::problem` is where it becomes an answer",
        ),
        Outcome::of_findings(
            &outbound::outside_connectors(&files),
            "4. outbound HTTP only under server/src/connectors/",
            "write a function in the connector of that system, over `connectors::http`, which refuses private addresses and \
             bounds every exchange",
        ),
        Outcome::of_findings(
            &layers::against_the_flow(&files),
            "5. dependencies point one way: http, jobs -> moves -> store, connectors -> core",
            "move what both need down to the lower module, or pass it in; a new module, or an edge that does point down, \
             is added to LAYERS in invariants/layers.rs",
        ),
        Outcome::of_findings(
            &tenants::tables_without_workspace(&files),
            "6. every table of tenant data has a column `workspace`",
            "add `workspace TEXT NOT NULL`; a table of the operator's own is added to OPERATORS in invariants/tenants.rs",
        ),
        Outcome::of_findings(
            &tenants::queries_without_workspace(&files),
            "6. every query of tenant data names its workspace",
            "ask `WHERE workspace = $1 AND …` and let the caller say whose row it wants; what must look across workspaces \
             is added to ACROSS in invariants/tenants.rs with the reason",
        ),
        Outcome::of_findings(
            &logs::telling(&files),
            "7. no secret and no personal data in logs",
            "log the id, the count or the stable code; whoever needs the rest looks the id up",
        ),
    ]
    .into_iter()
    .collect())
}

/// The Rust files of the service but those under the given folders or of the given names.
fn service_but<'a>(files: &'a [SourceFile], but: &'a [&'a str]) -> impl Iterator<Item = &'a SourceFile> {
    source::rust_under(files, SERVER).filter(move |file| !but.iter().any(|place| file.path.starts_with(place)))
}
