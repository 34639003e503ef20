//! Brings either database to the schema of this binary, from the one folder `server/migrations`. Several replicas may start at
//! once: each migration is applied once, and a database newer than the binary is left alone.

use std::collections::BTreeSet;
use std::path::Path;

use refinery::error::Kind;
use refinery::{Migration, Runner, SchemaVersion};
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

/// SQLite has no lock that outlives a transaction, so replicas race: of two that apply the same migrations, the second fails whole
/// (their rows in the history exist already) and looks again.
pub(super) fn sqlite(runner: Runner, path: &Path, options: &StoreOptions) -> Result<Vec<String>, StoreError> {
    let runner = together(runner);
    let mut connection = sqlite::connect(path, options)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let mut seen = BTreeSet::new();
    loop {
        let error = match runner.run(&mut connection) {
            Ok(report) => return Ok(names(report.applied_migrations())),
            Err(error) => error,
        };
        let history = versions(runner.get_applied_migrations(&mut connection));
        if history.is_subset(&seen) {
            return Err(explained(&error, &runner, &history));
        }
        // Somebody else got further: what failed here may be what they have done.
        seen = history;
    }
}

pub(super) async fn postgres(runner: Runner, server: &Server) -> Result<Vec<String>, StoreError> {
    let runner = together(runner);
    let mut client = server.connect().await?;
    // Held until this connection ends, whatever ends it.
    client.batch_execute("SET lock_timeout = '60s'; SELECT pg_advisory_lock(7130214905)").await.map_err(|error| {
        StoreError::Schema(format!("another replica is still migrating the database: {}", StoreError::from(error)))
    })?;
    match runner.run_async(&mut client).await {
        Ok(report) => Ok(names(report.applied_migrations())),
        Err(error) => {
            let history = versions(runner.get_applied_migrations_async(&mut client).await);
            Err(explained(&error, &runner, &history))
        }
    }
}

/// All pending migrations and their rows in the history go in one transaction. Otherwise refinery commits a migration before its
/// row on SQLite, and a crash between the two leaves a database that no start can migrate.
fn together(runner: Runner) -> Runner {
    runner.set_grouped(true)
}

fn versions(history: Result<Vec<Migration>, refinery::Error>) -> BTreeSet<SchemaVersion> {
    // It cannot be read before the first migration: then it is empty.
    history.unwrap_or_default().iter().map(Migration::version).collect()
}

fn names(migrations: &[Migration]) -> Vec<String> {
    migrations.iter().map(ToString::to_string).collect()
}

fn explained(error: &refinery::Error, runner: &Runner, history: &BTreeSet<SchemaVersion>) -> StoreError {
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
            let pending = runner.get_migrations().iter().filter(|known| !history.contains(&known.version()));
            let pending: Vec<_> = pending.map(ToString::to_string).collect();
            format!("{step} ({}), nothing was changed: {cause}", pending.join(", "))
        }
        other => other.to_string(),
    })
}
