//! What only SQLite can do wrong.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use rusqlite::Connection;
use tokio::task::JoinSet;

use super::{Scratch, StoreError, add, on_sqlite, params};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_keeps_what_it_acknowledged_and_nothing_else() {
    on_sqlite(async |scratch: Scratch| {
        scratch
            .store
            .write(async move |tx| tx.all("PRAGMA max_page_count = 60", params![], |_| Ok(())).await)
            .await
            .unwrap();
        let mut writers = JoinSet::new();
        for number in 0..400 {
            let scratch = scratch.clone();
            writers.spawn(async move {
                let id = format!("fact_{number}");
                let written = id.clone();
                let told = scratch.store.write(async move |tx| {
                    tx.exec("INSERT INTO facts (id, note) VALUES ($1, $2)", params![&written, "x".repeat(1000)]).await
                });
                let told = told.await;
                assert_eq!(scratch.remembers(&id).await, told.is_ok(), "{id} was told {told:?}");
                assert!(told.is_ok() || matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
                told.is_ok()
            });
        }
        let told = writers.join_all().await;
        assert!(told.contains(&true) && told.contains(&false));
        scratch.run("PRAGMA incremental_vacuum").await;
        scratch.run("DELETE FROM facts").await;
        scratch.store.write(async |tx| add(tx, "room again").await).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_turn_that_breaks_the_transaction_takes_nobody_else_along() {
    on_sqlite(async |scratch: Scratch| {
        let mut writers = JoinSet::new();
        for number in 0..200 {
            let scratch = scratch.clone();
            writers.spawn(async move {
                let id = format!("fact_{number}");
                let written = id.clone();
                let told = scratch.store.write(async move |tx| {
                    add(tx, &written).await?;
                    if number % 50 == 0 { tx.exec("ROLLBACK", params![]).await.map(drop) } else { Ok(()) }
                });
                let told = told.await;
                assert_eq!(scratch.remembers(&id).await, told.is_ok(), "{id} was told {told:?}");
                assert!(number % 50 > 0 || told.is_err());
            });
        }
        writers.join_all().await;
        scratch.store.write(async |tx| add(tx, "after").await).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_process_that_writes_makes_it_busy_for_a_while() {
    on_sqlite(async |scratch: Scratch| {
        let store = scratch.reopened(|_| ()).await;
        let other = Connection::open(scratch.file()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(store.write(async |tx| add(tx, "a").await).await, Err(StoreError::Busy));
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(store.write(async |tx| add(tx, "a").await).await, Ok(()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_queued_write_runs_though_its_caller_left() {
    on_sqlite(async |scratch: Scratch| {
        {
            let mut write = pin!(scratch.store.write(async |tx| add(tx, "a").await));
            poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_ready())).await;
        }
        // The writer takes turns in order, so this one is answered after the one left alone.
        scratch.store.write(async |tx| add(tx, "b").await).await.unwrap();
        assert!(scratch.remembers("a").await);
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_belongs_to_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    on_sqlite(async |scratch: Scratch| {
        for file in [scratch.file(), scratch.file().with_extension("db-wal")] {
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    })
    .await;
}

#[tokio::test]
async fn urls_that_make_no_sense_name_the_cure() {
    for (url, cure) in
        [("sqlite://", "sqlite:///var"), ("sqlite:///a?mode=ro", "no parameters"), ("mysql://x", "postgres://")]
    {
        let Err(StoreError::Settings(text)) = super::Store::open(url, super::options()).await.map(drop) else {
            panic!("{url}")
        };
        assert!(text.contains(cure), "{text}");
    }
    let nowhere = super::Store::open("sqlite:///nowhere/at/all.db", super::options()).await.map(drop);
    assert!(matches!(nowhere, Err(StoreError::Unavailable(text)) if text.contains("folder must exist")));
}
