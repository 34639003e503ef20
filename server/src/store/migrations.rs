//! Brings either database to the schema of this binary, from the one folder `server/migrations`. Several replicas may start at
//! once: each migration is applied once, and a database newer than the binary is left alone.

use std::collections::BTreeSet;
use std::path::Path;

use refinery::error::Kind;
use refinery::{Migration, Runner};
use rusqlite::TransactionBehavior;

use super::postgres::Server;
use super::{StoreError, StoreOptions, sqlite};

mod embedded {
    #![allow(unreachable_pub, reason = "the macro writes `pub`")]
    refinery::embed_migrations!("migrations");
}

pub(super) fn runner() -> Runner {
    embedded::migrations::runner()
}

/// SQLite has no lock that spans several transactions, so replicas race: of two that apply the same migration, the second fails
/// whole (its row in the history exists already) and looks again.
pub(super) fn sqlite(runner: &Runner, path: &Path, options: &StoreOptions) -> Result<Vec<String>, StoreError> {
    let mut connection = sqlite::connect(path, options)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let mut applied = Vec::new();
    let mut seen = BTreeSet::new();
    loop {
        let Err(error) = runner.run(&mut connection).map(|report| applied.extend(names(report.applied_migrations())))
        else {
            return Ok(applied);
        };
        applied.extend(error.report().map(|report| names(report.applied_migrations())).unwrap_or_default());
        let history = runner.get_applied_migrations(&mut connection).map_err(|error| explained(&error, runner))?;
        // Somebody else got further: what failed here may be what they have done.
        let history: BTreeSet<_> = history.iter().map(Migration::version).collect();
        if history.is_subset(&seen) {
            let next = runner.get_migrations().iter().filter(|known| !history.contains(&known.version())).min();
            return Err(match (explained(&error, runner), next) {
                (StoreError::Schema(text), Some(next)) => StoreError::Schema(format!("{text} (next is {next})")),
                (explained, _) => explained,
            });
        }
        seen = history;
    }
}

pub(super) async fn postgres(runner: &Runner, server: &Server) -> Result<Vec<String>, StoreError> {
    let mut client = server.connect().await?;
    // Held until this connection ends, whatever ends it.
    client.batch_execute("SET lock_timeout = '60s'; SELECT pg_advisory_lock(7130214905)").await.map_err(|error| {
        StoreError::Schema(format!("another replica is still migrating the database: {}", StoreError::from(error)))
    })?;
    let report = runner.run_async(&mut client).await.map_err(|error| explained(&error, runner))?;
    Ok(names(report.applied_migrations()))
}

fn names(migrations: &[Migration]) -> Vec<String> {
    migrations.iter().map(ToString::to_string).collect()
}

fn explained(error: &refinery::Error, runner: &Runner) -> StoreError {
    let newest = runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default();
    StoreError::Schema(match error.kind() {
        Kind::MissingVersion(missing) if missing.version() > newest => format!(
            "the database is at schema version {}, newer than this binary knows ({newest}); start a binary at least as new",
            missing.version()
        ),
        Kind::DivergentVersion(applied, known) => format!(
            "migration {applied} was applied to the database with a different content than this binary's {known}; \
             never change a migration that has shipped, add one"
        ),
        Kind::Connection(step, cause) => {
            let cause = match cause.downcast_ref::<tokio_postgres::Error>() {
                Some(cause) => {
                    cause.as_db_error().map_or_else(|| cause.to_string(), |refusal| refusal.message().to_owned())
                }
                None => cause.to_string(),
            };
            format!("{step}: {cause}")
        }
        other => other.to_string(),
    })
}
