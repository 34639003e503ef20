//! The store remembers: SQLite or PostgreSQL behind one `Store`. All SQL of the service is in this folder, each noun's in the file
//! of its name, as methods on `Tx` written once for both databases. Handlers and jobs come in through `write` and `read`.

pub mod audit;
mod bell;
mod brought;
pub mod called_off;
pub mod campaigns;
pub mod claims;
pub mod clients;
pub mod codes;
mod compact;
pub mod connections;
pub mod consents;
pub mod conversations;
pub mod dead_letters;
pub mod deliveries;
pub mod delivery_log;
pub mod endings;
pub mod erasure;
mod error;
pub mod events;
mod expiry;
pub mod gather;
pub mod grants;
pub mod handsets;
pub mod holds;
pub mod idempotency;
pub mod inboxes;
pub mod jobs;
pub mod leads;
pub mod login_failures;
pub mod messages;
mod migrations;
mod opt_outs;
pub mod overseen;
mod postgres;
pub mod record_updates;
pub mod retention;
mod row;
pub mod sessions;
pub mod signing_secrets;
mod sqlite;
mod stray_messages;
pub mod tallies;
pub mod tokens;
mod tx;
pub mod users;
mod vault;
mod waiting_leads;
pub mod wanted_tests;
pub mod webhooks;
pub mod workspaces;

#[cfg(test)]
pub(crate) mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::bell::Rung;
pub use self::bell::{Bell, Bells};
pub use self::error::StoreError;
pub use self::row::{Row, Val};
pub use self::tokens::Access;
pub use self::tx::{Dialect, Tx};
pub use self::vault::{Vault, hash_token};
pub use crate::params;

#[derive(Clone)]
pub struct Store {
    engine: Engine,
    bells: Arc<Bells>,
    options: StoreOptions,
}

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Threads),
    Postgres(Arc<postgres::Pools>),
}

#[derive(Clone, Debug)]
pub struct StoreOptions {
    pub vault: Arc<Vault>,
    /// Threads that read, on SQLite.
    pub readers: usize,
    /// Connections that write, on PostgreSQL, and as many that read.
    pub connections: usize,
    /// How many writes (and as many reads) may wait; more hear `Busy` at once.
    pub queue: usize,
    /// How long PostgreSQL lets a statement, or the pause between two of them, take.
    pub statement_timeout: Duration,
    /// How long SQLite waits for another process that writes.
    pub busy_timeout: Duration,
}

impl StoreOptions {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self {
            vault,
            readers: 4,
            connections: 16,
            queue: 1024,
            statement_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl Store {
    /// `sqlite:///path/to/file` (made if missing) or `postgres://user:password@host/database?sslmode=require`.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let engine = match url.split_once("://") {
            Some(("sqlite", "")) => {
                return Err(StoreError::Settings("sqlite:// needs a path: sqlite:///var/lib/alc.db".to_owned()));
            }
            Some(("sqlite", path)) if path.contains('?') => {
                return Err(StoreError::Settings("a sqlite:// URL takes no parameters".to_owned()));
            }
            Some(("sqlite", path)) => Engine::Sqlite(sqlite::start(PathBuf::from(path), &options)?),
            Some(("postgres" | "postgresql", _)) => Engine::Postgres(Arc::new(postgres::start(url, &options).await?)),
            _ => {
                let cure = "the database must be sqlite:///path/to/file or postgres://user@host/database";
                return Err(StoreError::Settings(cure.to_owned()));
            }
        };
        Ok(Self { engine, bells: Arc::default(), options })
    }

    /// Brings the schema to what this binary needs; returns what was applied. Safe when several replicas start at once.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.migrate_with(migrations::runner()).await
    }

    async fn migrate_with(&self, runner: refinery::Runner) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Postgres(pools) => migrations::postgres(runner, &pools.server).await,
            Engine::Sqlite(threads) => {
                let (path, options) = (threads.path.clone(), self.options.clone());
                let applied = tokio::task::spawn_blocking(move || migrations::sqlite(runner, &path, &options));
                applied.await.unwrap_or(Err(StoreError::Gone))
            }
        }
    }

    /// All of `work` or nothing, durable before this returns. `work` may run more than once and awaits nothing but `tx`; ids and
    /// times are made outside and brought along, as values: a captured reference, even a `&'static str`, makes the caller's
    /// future "not general enough" to be `Send`. If the caller stops waiting, the change may still happen.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl AsyncFn(&mut Tx) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let rung = Arc::new(Mutex::new(Rung::default()));
        let rings = Arc::clone(&rung);
        let work = async move |tx: &mut Tx| {
            tx.take_ring();
            let answer = work(tx).await;
            *rings.lock().unwrap_or_else(PoisonError::into_inner) = tx.take_ring();
            answer
        };
        let answer = match &self.engine {
            Engine::Sqlite(threads) => sqlite::take_turn(&threads.writer, work).await,
            Engine::Postgres(pools) => pools.run(postgres::Mode::Write, &self.options.vault, work).await,
        };
        if answer.is_ok() {
            self.bells.ring(*rung.lock().unwrap_or_else(PoisonError::into_inner));
        }
        answer
    }

    /// For the claims of jobs: every statement is a commit of its own, and PostgreSQL may forget it when it crashes. What is claimed then
    /// is claimed again, as if its lease had ended, so nobody waits for the disk. (On SQLite it shares a commit with those that do.)
    pub async fn claim<T: Send + 'static>(
        &self,
        work: impl AsyncFn(&mut Tx) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        match &self.engine {
            Engine::Sqlite(threads) => sqlite::take_turn(&threads.writer, work).await,
            Engine::Postgres(pools) => pools.run(postgres::Mode::Claim, &self.options.vault, work).await,
        }
    }

    /// Rung after each commit that may have made a job due.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// Looks, and cannot change anything. Sees every write that was answered before. On PostgreSQL each statement sees what was
    /// committed when it started; a closure whose statements must agree with each other asks in one statement.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl AsyncFn(&mut Tx) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        match &self.engine {
            Engine::Sqlite(threads) => sqlite::take_turn(&threads.readers, work).await,
            Engine::Postgres(pools) => pools.run(postgres::Mode::Read, &self.options.vault, work).await,
        }
    }

    pub fn engine(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgresql",
        }
    }
}
