//! One transaction, as the nouns of the store see it. They add their own methods in their files:
//! `impl Tx { pub async fn insert_lead(&mut self, lead: &Lead) -> … }`.

use std::sync::Arc;

use alc_core::time::Timestamp;

use super::bell::Rung;
use super::postgres::Link;
use super::row::{Row, Source, Val};
use super::{StoreError, Vault, sqlite};
use crate::job::Line;

/// Which database is under the closure. One text must serve both; only the claim of jobs and gathered appends may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

pub struct Tx {
    database: Database,
    vault: Arc<Vault>,
    /// The first error. PostgreSQL refuses everything after one, SQLite would go on: so that code which swallows an error does
    /// not work on one of them only, both refuse the rest and refuse to keep.
    failed: Option<StoreError>,
    /// Jobs that may have become due: the runner is woken when the commit has ended.
    rung: Rung,
}

pub(super) enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(Link),
}

impl Tx {
    pub(super) fn new(database: Database, vault: Arc<Vault>) -> Self {
        Self { database, vault, failed: None, rung: Rung::default() }
    }

    /// Runs one statement; returns how many rows it changed. With `RETURNING`, use `all` or `one`.
    pub async fn exec(&mut self, sql: &str, args: &[Val]) -> Result<u64, StoreError> {
        self.still_good()?;
        let changed = match &mut self.database {
            Database::Sqlite(connection) => sqlite::exec(connection, sql, args),
            Database::Postgres(link) => link.exec(sql, args).await,
        };
        self.remember(changed)
    }

    /// Runs one statement for many rows, each column of them a list; `others` come behind them. Nothing is known of it but that it went
    /// well. To PostgreSQL it travels with the next that is waited for, or with the commit; what is wrong with it is heard there.
    pub(super) async fn exec_rows(
        &mut self,
        sql: &str,
        columns: Vec<Vec<Val>>,
        others: &[Val],
    ) -> Result<(), StoreError> {
        self.still_good()?;
        let done = match &mut self.database {
            Database::Sqlite(connection) => sqlite::exec_rows(connection, sql, &columns, others),
            Database::Postgres(link) => link.post(sql, columns, others).await,
        };
        self.remember(done)
    }

    /// Runs one statement for many rows and reads every row of its answers; their order is nobody's.
    pub(super) async fn all_rows<T: Send>(
        &mut self,
        sql: &str,
        columns: &[Vec<Val>],
        others: &[Val],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.still_good()?;
        let vault = &self.vault;
        let found = match &mut self.database {
            Database::Sqlite(connection) => {
                sqlite::all_rows(connection, sql, columns, others, |row| read(&Row::new(Source::Sqlite(row), vault)))
            }
            Database::Postgres(link) => match link.all(sql, columns, others).await {
                Ok(rows) => rows.iter().map(|row| read(&Row::new(Source::Postgres(row), vault))).collect(),
                Err(error) => Err(error),
            },
        };
        self.remember(found)
    }

    /// Runs one statement and reads every row of its answer.
    pub async fn all<T: Send>(
        &mut self,
        sql: &str,
        args: &[Val],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.still_good()?;
        let vault = &self.vault;
        let found = match &mut self.database {
            Database::Sqlite(connection) => {
                sqlite::all(connection, sql, args, |row| read(&Row::new(Source::Sqlite(row), vault)))
            }
            Database::Postgres(link) => match link.all(sql, &[], args).await {
                Ok(rows) => rows.iter().map(|row| read(&Row::new(Source::Postgres(row), vault))).collect(),
                Err(error) => Err(error),
            },
        };
        self.remember(found)
    }

    /// Like `all`, for a statement that answers with at most one row; a second row is an error.
    pub async fn one<T: Send>(
        &mut self,
        sql: &str,
        args: &[Val],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        let mut found = self.all(sql, args, read).await?;
        if found.len() > 1 {
            let surprise = StoreError::Database(format!("{} rows where at most one was expected", found.len()));
            return self.remember(Err(surprise));
        }
        Ok(found.pop())
    }

    /// Whether the database answers.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        self.one("SELECT 1", &[], |_| Ok(())).await.map(drop)
    }

    /// From here to the end of the transaction, nobody else who locks `what` gets past the same line. Take it first in a closure
    /// that reads, decides and writes: on PostgreSQL two such closures would otherwise decide on the same old row. (On SQLite
    /// writers stand in one line anyway.)
    pub async fn lock(&mut self, what: &str) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Sqlite => self.still_good(),
            Dialect::Postgres => {
                let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)) IS NULL";
                self.one(lock, &[what.into()], |_| Ok(())).await.map(drop)
            }
        }
    }

    /// Holds `what` as it is: several may at once, but nobody who locks it gets past while one does.
    pub async fn lock_shared(&mut self, what: &str) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Sqlite => self.still_good(),
            Dialect::Postgres => {
                let lock = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0)) IS NULL";
                self.one(lock, &[what.into()], |_| Ok(())).await.map(drop)
            }
        }
    }

    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// A job that is due then was written or moved.
    pub(super) fn ring(&mut self, line: Line, due: Timestamp) {
        self.rung.add(line, due);
    }

    /// A job that others may have waited for is out of their way.
    pub(super) fn ring_now(&mut self, line: Line) {
        self.rung.add(line, Timestamp::from_millis(0));
    }

    pub(super) fn take_ring(&mut self) -> Rung {
        std::mem::take(&mut self.rung)
    }

    pub fn dialect(&self) -> Dialect {
        match self.database {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What the closure's answer is worth: `Ok` only if nothing failed on the way, even if the closure swallowed it.
    pub(super) fn verdict<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        match (answer, self.failed.take()) {
            (Ok(_), Some(first)) => Err(first),
            (answer, _) => answer,
        }
    }

    pub(super) fn database(&mut self) -> &mut Database {
        &mut self.database
    }

    fn still_good(&self) -> Result<(), StoreError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn remember<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &outcome {
            self.failed.get_or_insert_with(|| error.clone());
        }
        outcome
    }
}
