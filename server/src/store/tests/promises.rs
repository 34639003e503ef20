//! What holds on either database.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};

use super::{On, Scratch, StoreError, add, on_both, params};
use crate::store::{Row, Val};

type Reader = fn(&Row<'_>) -> Result<(), StoreError>;

const PUT_ALL: &str = "INSERT INTO facts (id, number, holds, note, phone) VALUES ($1, $2, $3, $4, $5) RETURNING id";
const GET_ALL: &str = "SELECT id, number, holds, note, phone, holds AND number < 0 FROM facts ORDER BY id DESC";
const ADDED: &str = "SELECT note, number + $1 FROM facts WHERE id = $2";

on_both![
    many_at_once_are_each_kept_or_told_no,
    a_full_queue_says_busy,
    a_swallowed_error_still_refuses_the_commit,
    a_taken_key_is_a_conflict,
    values_come_back_as_they_went_in,
    placeholders_mean_the_value_of_their_number,
    a_wrong_number_of_values_is_refused,
    a_value_of_the_wrong_kind_names_its_column,
    a_second_row_is_an_error_where_one_is_expected,
    a_read_cannot_change_anything,
    locked_closures_take_turns,
    what_was_acknowledged_is_there_after_a_restart,
    errors_hold_no_values,
];

async fn many_at_once_are_each_kept_or_told_no(scratch: Scratch) {
    let mut writers = JoinSet::new();
    for number in 0..900 {
        let scratch = scratch.clone();
        writers.spawn(async move {
            let id = format!("fact_{number}");
            let written = id.clone();
            let told = scratch.store.write(async move |tx| {
                add(tx, &written).await?;
                match number % 9 {
                    0 => Err(StoreError::refused("no", "a rule says no")),
                    1 => resume_unwind(Box::new("a bug")),
                    2 => {
                        yield_now().await;
                        Ok(())
                    }
                    _ => Ok(()),
                }
            });
            let told = told.await;
            assert_eq!(scratch.remembers(&id).await, told.is_ok(), "{id} was told {told:?}");
            (number % 9, told)
        });
    }
    let mut kept = 0;
    while let Some(ended) = writers.join_next().await {
        let (kind, told) = ended.unwrap();
        let expected = match (kind, scratch.on) {
            (0, _) => Err(StoreError::refused("no", "a rule says no")),
            (1, _) => Err(StoreError::Gone),
            // Only SQLite's thread can tell that a closure awaits something else.
            (2, On::Sqlite) => Err(StoreError::Awaited),
            _ => Ok(()),
        };
        assert_eq!(told, expected);
        kept += i64::from(told.is_ok());
    }
    assert_eq!(scratch.count().await, kept);
}

async fn a_full_queue_says_busy(scratch: Scratch) {
    let store = scratch.reopened(|options| (options.queue, options.connections) = (1, 1)).await;
    let (release, held) = oneshot::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let (on, once) = (scratch.on, Mutex::new(Some((started, held))));
    let first = tokio::spawn({
        let store = store.clone();
        async move {
            let hold = async move |_: &mut super::Tx| {
                let (started, held) = once.lock().unwrap().take().unwrap();
                started.send(()).unwrap();
                // SQLite's writer is a thread of its own and may be held up; a thread of the runtime may not.
                if on == On::Sqlite {
                    held.blocking_recv().unwrap();
                } else {
                    held.await.unwrap();
                }
                Ok(())
            };
            store.write(hold).await
        }
    });
    has_started.await.unwrap();
    let mut second = pin!(store.write(async |tx| add(tx, "second").await));
    assert!(poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await);

    assert_eq!(store.write(async |tx| add(tx, "third").await).await, Err(StoreError::Busy));
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(second.await, Ok(()));
    assert_eq!(scratch.count().await, 1);
}

async fn a_swallowed_error_still_refuses_the_commit(scratch: Scratch) {
    let told = scratch.store.write(async |tx| {
        add(tx, "once").await?;
        let again = add(tx, "once").await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
        assert_eq!(add(tx, "other").await, again, "what follows an error is refused with that error");
        Ok(())
    });
    assert!(matches!(told.await, Err(StoreError::Conflict(_))));
    assert_eq!(scratch.count().await, 0);
    scratch.store.write(async |tx| add(tx, "once").await).await.unwrap();
}

async fn a_taken_key_is_a_conflict(scratch: Scratch) {
    scratch.run("CREATE TABLE seats (hall TEXT, seat TEXT, CONSTRAINT seats_taken UNIQUE (hall, seat))").await;
    let sit = async |tx: &mut super::Tx| {
        tx.exec("INSERT INTO seats (hall, seat) VALUES ($1, $2)", params!["great hall", "7"]).await
    };
    assert_eq!(scratch.store.write(sit).await, Ok(1));
    let taken = if scratch.on == On::Sqlite { "seats.hall, seats.seat" } else { "seats_taken" };
    assert_eq!(scratch.store.write(sit).await, Err(StoreError::Conflict(taken.to_owned())));
}

async fn values_come_back_as_they_went_in(scratch: Scratch) {
    scratch.run("ALTER TABLE facts ADD COLUMN phone TEXT").await;
    let told = scratch.store.write(async move |tx| {
        let phone = tx.vault().seal("facts.phone", "full", "+442079460000");
        let full = params!["full", i64::MIN, true, String::from("naïve ☎ \u{1f9d1}"), phone];
        let empty = params!["empty", None::<i64>, false, None::<&str>, Val::Null];
        let first = tx.one(PUT_ALL, full, |row| row.text(0)).await?;
        let second = tx.one(PUT_ALL, empty, |row| row.text(0)).await?;
        Ok((first, second))
    });
    assert_eq!(told.await, Ok((Some("full".to_owned()), Some("empty".to_owned()))));

    let read = |row: &Row<'_>| {
        let id = row.text(0)?;
        let phone = row.opt_sealed(4, "facts.phone", &id)?;
        Ok((id, row.opt_int(1)?, row.bool(2)?, row.opt_text(3)?, phone, row.bool(5).is_ok()))
    };
    let found = scratch.store.read(async move |tx| tx.all(GET_ALL, params![], read).await).await.unwrap();
    let full = (
        "full".to_owned(),
        Some(i64::MIN),
        true,
        Some("naïve ☎ \u{1f9d1}".to_owned()),
        Some("+442079460000".to_owned()),
        true,
    );
    assert_eq!(found, [full, ("empty".to_owned(), None, false, None, None, true)]);
}

async fn placeholders_mean_the_value_of_their_number(scratch: Scratch) {
    const SWAPPED: &str =
        "INSERT INTO facts (note, id, number) VALUES ($2, $1, $3) ON CONFLICT (id) DO UPDATE SET note = $2";
    let told = scratch.store.write(async move |tx| tx.exec(SWAPPED, params!["the id", "the note", 3]).await);
    assert_eq!(told.await, Ok(1));
    let found = scratch
        .store
        .read(async move |tx| tx.one(ADDED, params![4, "the id"], |row| Ok((row.text(0)?, row.int(1)?))).await);
    assert_eq!(found.await, Ok(Some(("the note".to_owned(), 7))));
}

async fn a_wrong_number_of_values_is_refused(scratch: Scratch) {
    for values in [vec![], vec![Val::from("a")], vec![Val::from("a"), Val::from("b"), Val::from("c")]] {
        const PUT: &str = "INSERT INTO facts (id, note) VALUES ($1, $2)";
        let told = scratch.store.write(async move |tx| tx.exec(PUT, &values).await).await;
        assert!(matches!(&told, Err(StoreError::Database(text)) if text.contains("expected 2 parameters")), "{told:?}");
    }
    assert_eq!(scratch.count().await, 0);
}

async fn a_value_of_the_wrong_kind_names_its_column(scratch: Scratch) {
    scratch.store.write(async |tx| add(tx, "a").await).await.unwrap();
    let misread: [Reader; 5] = [
        |row| row.int(0).map(drop),
        |row| row.bool(0).map(drop),
        |row| row.text(1).map(drop),
        |row| row.bool(1).map(drop),
        |row| row.int(9).map(drop),
    ];
    for (read, named) in misread.into_iter().zip(["id", "id", "note", "note", "number 9"]) {
        let told = scratch.store.write(async move |tx| {
            add(tx, "b").await?;
            let _ = tx.all("SELECT id, note FROM facts", params![], read).await;
            Ok(())
        });
        let told = told.await;
        assert!(matches!(&told, Err(StoreError::Decode { column, .. }) if column == named), "{told:?}");
    }
    assert_eq!(scratch.count().await, 1);
}

async fn a_second_row_is_an_error_where_one_is_expected(scratch: Scratch) {
    let told = scratch.store.write(async |tx| {
        add(tx, "a").await?;
        assert_eq!(tx.one("SELECT id FROM facts", params![], |row| row.text(0)).await, Ok(Some("a".to_owned())));
        add(tx, "b").await?;
        tx.one("SELECT id FROM facts", params![], |row| row.text(0)).await
    });
    assert!(matches!(told.await, Err(StoreError::Database(_))));
}

async fn a_read_cannot_change_anything(scratch: Scratch) {
    let told = scratch.store.read(async |tx| add(tx, "a").await).await;
    assert!(matches!(told, Err(StoreError::Database(_))), "{told:?}");
    assert_eq!(scratch.count().await, 0);
}

async fn locked_closures_take_turns(scratch: Scratch) {
    scratch
        .store
        .write(async |tx| tx.exec("INSERT INTO facts (id, number) VALUES ('n', 0)", params![]).await)
        .await
        .unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..60 {
        let store = scratch.store.clone();
        writers.spawn(async move {
            let increase = async |tx: &mut super::Tx| {
                tx.lock("facts n").await?;
                let old =
                    tx.one("SELECT number FROM facts WHERE id = 'n'", params![], |row| row.int(0)).await?.unwrap();
                tx.exec("UPDATE facts SET number = $1 WHERE id = 'n'", params![old + 1]).await
            };
            store.write(increase).await.unwrap();
        });
    }
    writers.join_all().await;
    let number = scratch.store.read(async |tx| tx.one("SELECT number FROM facts", params![], |row| row.int(0)).await);
    assert_eq!(number.await, Ok(Some(60)));
}

async fn what_was_acknowledged_is_there_after_a_restart(scratch: Scratch) {
    scratch.store.write(async |tx| add(tx, "a").await).await.unwrap();
    let again = Scratch { store: scratch.reopened(|_| ()).await, ..scratch };
    assert!(again.remembers("a").await);
    assert!(["sqlite", "postgresql"].contains(&again.store.engine()));
}

async fn errors_hold_no_values(scratch: Scratch) {
    scratch
        .run("CREATE TABLE phones (phone TEXT PRIMARY KEY CHECK (length(phone) < 20), lead TEXT REFERENCES facts (id))")
        .await;
    let attempts: [(&str, &[Val]); 4] = [
        ("INSERT INTO phones (phone) VALUES ($1), ($1)", params!["canary-twice"]),
        ("INSERT INTO phones (phone) VALUES ($1)", params!["canary-that-is-too-long-for-a-phone"]),
        ("INSERT INTO phones (phone, lead) VALUES ('1', $1)", params!["canary-missing"]),
        ("INSERT INTO phones (phone, lead) VALUES ($1, NULL), (NULL, $1)", params!["canary-null"]),
    ];
    for (sql, values) in attempts.map(|(sql, values)| (sql.to_owned(), values.to_vec())) {
        let may_pass = scratch.on == On::Sqlite && sql.contains("NULL");
        assert!(!format!("{values:?}").contains("canary"));
        let failed = scratch.store.write(async move |tx| tx.exec(&sql, &values).await).await;
        if let Err(error) = failed {
            assert!(!format!("{error} {error:?}").contains("canary-"), "{error:?}");
        } else {
            // SQLite lets a primary key of text be NULL.
            assert!(may_pass);
        }
    }
}
