//! What only PostgreSQL can do wrong: it runs closures side by side, and across a network.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Barrier, Notify};

use super::{Scratch, StoreError, add, administer, on_postgres, params};

const PAUSING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_undone_in_favour_of_another_is_tried_three_times() {
    on_postgres(async |scratch: Scratch| {
        scratch.run("CREATE SEQUENCE tries").await;
        let refuse = "CREATE FUNCTION refuse(until BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('tries') < until THEN RAISE EXCEPTION 'not yet' USING ERRCODE = '40001'; END IF;
             RETURN TRUE; END $$";
        scratch.run(refuse).await;
        let attempt = async |until: i64| {
            let work = async move |tx: &mut super::Tx| {
                add(tx, &format!("until {until}")).await?;
                tx.one("SELECT refuse($1)", params![until], |row| row.bool(0)).await
            };
            scratch.store.write(work).await
        };
        assert_eq!(attempt(3).await, Ok(Some(true)));
        assert_eq!(attempt(99).await, Err(StoreError::Again));
        let tries =
            scratch.store.read(async |tx| tx.one("SELECT last_value FROM tries", params![], |row| row.int(0)).await);
        assert_eq!(tries.await, Ok(Some(6)));
        assert_eq!(scratch.count().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_in_a_deadlock_one_is_run_again() {
    on_postgres(async |scratch: Scratch| {
        scratch.run("INSERT INTO facts (id, number) VALUES ('a', 0), ('b', 0)").await;
        let quick = url::Url::parse(&scratch.url).unwrap().path().trim_start_matches('/').to_owned();
        administer(&scratch.url, &format!("ALTER DATABASE {quick} SET deadlock_timeout = '20ms'")).await;
        let store = scratch.reopened(|_| ()).await;
        let (both_hold_one, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let cross = |first: &str, second: &str| {
            let (first, second) = (first.to_owned(), second.to_owned());
            let (both_hold_one, runs) = (both_hold_one.clone(), runs.clone());
            store.write(async move |tx| {
                tx.exec("UPDATE facts SET number = number + 1 WHERE id = $1", params![&first]).await?;
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    both_hold_one.wait().await;
                }
                tx.exec("UPDATE facts SET number = number + 1 WHERE id = $1", params![&second]).await
            })
        };
        assert_eq!(tokio::join!(cross("a", "b"), cross("b", "a")), (Ok(1), Ok(1)));
        // At least: the one that runs again may overtake the other at the row they met at, and meet it once more.
        assert!(runs.load(Ordering::SeqCst) >= 3);
        let sum = scratch.store.read(async |tx| {
            tx.one("SELECT CAST(sum(number) AS BIGINT) FROM facts", params![], |row| row.int(0)).await
        });
        assert_eq!(sum.await, Ok(Some(4)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_lost_in_the_commit_is_unknown_and_not_tried_again() {
    on_postgres(async |scratch: Scratch| {
        let die = "CREATE FUNCTION die() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
             PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$";
        scratch.run(die).await;
        let trigger = "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON facts DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION die()";
        scratch.run(trigger).await;
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let told = scratch.store.write(async move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            add(tx, "a").await
        });
        assert_eq!(told.await, Err(StoreError::Unknown));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        scratch.run("DROP TRIGGER dies ON facts").await;
        scratch.store.write(async |tx| add(tx, "b").await).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_that_the_server_refuses_is_undone_for_certain() {
    on_postgres(async |scratch: Scratch| {
        scratch
            .run("CREATE TABLE seats (seat TEXT, CONSTRAINT taken UNIQUE (seat) DEFERRABLE INITIALLY DEFERRED)")
            .await;
        let sit = async |tx: &mut super::Tx| tx.exec("INSERT INTO seats (seat) VALUES ('7')", params![]).await;
        assert_eq!(scratch.store.write(sit).await, Ok(1));
        assert_eq!(scratch.store.write(sit).await, Err(StoreError::Conflict("taken".to_owned())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_lost_earlier_is_unavailable_and_replaced() {
    on_postgres(async |scratch: Scratch| {
        let store = scratch.reopened(|options| options.connections = 1).await;
        let told = store.write(async |tx| {
            add(tx, "a").await?;
            tx.exec("SELECT pg_terminate_backend(pg_backend_pid())", params![]).await
        });
        assert!(matches!(told.await, Err(StoreError::Unavailable(_))));
        store.write(async |tx| add(tx, "a").await).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_leaves_midway_leaves_nothing_behind() {
    on_postgres(async |scratch: Scratch| {
        let store = scratch.reopened(|options| options.connections = 1).await;
        let added = Arc::new(Notify::new());
        {
            let heard = added.clone();
            let mut write = pin!(store.write(async move |tx| {
                add(tx, "a").await?;
                heard.notify_one();
                pending::<Result<(), StoreError>>().await
            }));
            let mut heard = pin!(added.notified());
            poll_fn(|context| {
                assert!(write.as_mut().poll(context).is_pending());
                heard.as_mut().poll(context)
            })
            .await;
        }
        // The only connection went with the caller; a new one does not see the row, nor wait for it.
        store.write(async |tx| add(tx, "a").await).await.unwrap();
        assert_eq!(scratch.count().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_statements_and_long_pauses_are_cut_off() {
    on_postgres(async |scratch: Scratch| {
        let store = scratch.reopened(|options| options.statement_timeout = Duration::from_millis(100)).await;
        let slow = store.write(async |tx| tx.exec("SELECT pg_sleep(30)", params![]).await).await;
        assert!(matches!(&slow, Err(StoreError::Unavailable(text)) if text.contains("timeout")), "{slow:?}");
        let watching = scratch.store.clone();
        let paused = store.write(async move |tx| {
            add(tx, "a").await?;
            // Watches from another connection until the server has ended the session of this one.
            while watching.read(async |tx| tx.one(PAUSING, params![], |row| row.int(0)).await).await? != Some(0) {}
            add(tx, "b").await
        });
        assert!(matches!(paused.await, Err(StoreError::Unavailable(_))));
        assert_eq!(scratch.count().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn statements_prepared_before_a_migration_work_after_it() {
    on_postgres(async |scratch: Scratch| {
        let store = scratch.reopened(|options| options.connections = 1).await;
        let everything = async |tx: &mut super::Tx| tx.all("SELECT * FROM facts", params![], |row| row.text(0)).await;
        assert_eq!(store.read(everything).await, Ok(vec![]));
        assert_eq!(store.write(everything).await, Ok(vec![]));
        administer(&scratch.url, "ALTER TABLE facts ADD COLUMN more TEXT").await;
        assert_eq!(store.read(everything).await, Ok(vec![]));
        assert_eq!(store.write(everything).await, Ok(vec![]));
    })
    .await;
}
