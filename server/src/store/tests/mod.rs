//! The store's promises, each on both databases: a fresh SQLite file, and a fresh database on the PostgreSQL server that
//! `ALC_TEST_POSTGRES` names (a URL whose user may create databases).

mod bringing;
mod claiming;
mod migrating;
mod on_postgres;
mod on_sqlite;
mod promises;

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Store, StoreError, StoreOptions, Tx, Vault, params};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Sqlite,
    Postgres,
}

/// A database of one test's own.
#[derive(Clone)]
pub(crate) struct Scratch {
    pub(crate) store: Store,
    pub(super) url: String,
    pub(super) on: On,
}

/// Makes each story a test per database.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() { $crate::store::tests::on_sqlite(super::$story).await; }
        )* }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() { $crate::store::tests::on_postgres(super::$story).await; }
        )* }
    };
}
pub(super) use on_both;

pub(crate) async fn on_sqlite<F: Future<Output = ()> + Send + 'static>(story: impl Fn(Scratch) -> F) {
    let folder = std::env::temp_dir().join(unique());
    std::fs::create_dir(&folder).unwrap();
    let url = format!("sqlite://{}", folder.join("alc.db").display());
    let ended = tokio::spawn(story(scratch(&url, On::Sqlite).await)).await;
    std::fs::remove_dir_all(&folder).unwrap();
    ended.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}

pub(crate) async fn on_postgres<F: Future<Output = ()> + Send + 'static>(story: impl Fn(Scratch) -> F) {
    let Some(server) = postgres_server() else { return };
    let name = unique();
    administer(&server, &format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let ended = tokio::spawn(story(scratch(url.as_str(), On::Postgres).await)).await;
    administer(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    ended.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}

#[expect(clippy::print_stderr, reason = "a skip must be seen in the test's output")]
fn postgres_server() -> Option<String> {
    let server = std::env::var("ALC_TEST_POSTGRES").ok();
    if server.is_none() {
        let cure = "set ALC_TEST_POSTGRES to the URL of a PostgreSQL server where databases may be created";
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no PostgreSQL to test on: {cure}");
        eprintln!("skipped: no PostgreSQL to test on; {cure}");
    }
    server
}

pub(super) async fn administer(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

async fn scratch(url: &str, on: On) -> Scratch {
    let scratch = Scratch { store: Store::open(url, options()).await.unwrap(), url: url.to_owned(), on };
    scratch.run("CREATE TABLE facts (id TEXT PRIMARY KEY, number BIGINT, holds BOOLEAN, note TEXT)").await;
    scratch
}

pub(super) fn options() -> StoreOptions {
    StoreOptions::new(Arc::new(Vault::new([7; 32], &[])))
}

fn unique() -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    format!("alc_store_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

impl Scratch {
    /// The same database through other options.
    pub(super) async fn reopened(&self, change: impl FnOnce(&mut StoreOptions)) -> Store {
        let mut options = options();
        options.busy_timeout = Duration::from_millis(20);
        change(&mut options);
        Store::open(&self.url, options).await.unwrap()
    }

    pub(super) fn file(&self) -> PathBuf {
        PathBuf::from(self.url.strip_prefix("sqlite://").unwrap())
    }

    pub(super) async fn run(&self, sql: &str) {
        let sql = sql.to_owned();
        self.store.write(async move |tx| tx.exec(&sql, params![]).await).await.unwrap();
    }

    pub(super) async fn remembers(&self, id: &str) -> bool {
        const FIND: &str = "SELECT 1 FROM facts WHERE id = $1";
        let id = id.to_owned();
        self.store.read(async move |tx| tx.one(FIND, params![&id], |_| Ok(())).await).await.unwrap().is_some()
    }

    pub(super) async fn count(&self) -> i64 {
        const COUNT: &str = "SELECT count(*) FROM facts";
        let found = self.store.read(async move |tx| tx.one(COUNT, params![], |row| row.int(0)).await).await;
        found.unwrap().unwrap()
    }
}

pub(super) async fn add(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec("INSERT INTO facts (id) VALUES ($1)", params![id]).await.map(drop)
}
