//! What holds for many rows that are brought to one statement, on either database.

use super::{Scratch, StoreError, Tx, add, on_both, params};
use crate::store::brought::Kind::{Int, Text};
use crate::store::brought::{Brought, row};

on_both![
    rows_arrive_as_they_are,
    what_is_wrong_with_a_row_is_heard_by_the_end_and_undoes_all,
    what_is_asked_behind_brought_rows_sees_them,
];

/// Looks like an array, and must not be read as one.
const ODD: &str = "{\"a\", NULL,\\x00}";

async fn bring(tx: &mut Tx, rows: &[(&str, Option<i64>)], note: &str) -> Result<(), StoreError> {
    let rows = rows.iter().map(|(id, number)| row![*id, *number]);
    let facts = Brought::new([("id", Text), ("number", Int)], rows);
    tx.exec_brought(facts, params![note], |facts| {
        format!("INSERT INTO facts (id, number, note) SELECT brought.id, brought.number, $3 FROM {facts}")
    })
    .await
}

async fn rows_arrive_as_they_are(scratch: Scratch) {
    let brought = scratch.store.write(async move |tx| {
        bring(tx, &[], "nobody").await?;
        bring(tx, &[("one", Some(-1)), (ODD, None), ("", Some(i64::MAX))], "some").await
    });
    brought.await.unwrap();
    let read = scratch.store.read(async move |tx| {
        let ids = Brought::new([("id", Text)], ["one", ODD, "", "nobody"].map(|id| row![id]));
        tx.all_brought(
            &ids,
            params!["some"],
            |ids| {
                format!("SELECT f.id, f.number FROM {ids} CROSS JOIN facts f WHERE f.id = brought.id AND f.note = $2")
            },
            |row| Ok((row.text(0)?, row.opt_int(1)?)),
        )
        .await
    });
    let mut read = read.await.unwrap();
    read.sort();
    let expected = [(String::new(), Some(i64::MAX)), ("one".to_owned(), Some(-1)), (ODD.to_owned(), None)];
    assert_eq!(read, expected);
}

async fn what_is_wrong_with_a_row_is_heard_by_the_end_and_undoes_all(scratch: Scratch) {
    let told = scratch.store.write(async |tx| {
        add(tx, "before").await?;
        bring(tx, &[("one", None), ("two", None), ("one", None)], "").await?;
        bring(tx, &[("three", None)], "").await
    });
    assert!(matches!(told.await, Err(StoreError::Conflict(_))), "a taken key");
    assert_eq!(scratch.count().await, 0);
    // Whoever comes next finds the connection in order.
    scratch.store.write(async |tx| bring(tx, &[("one", None)], "").await).await.unwrap();
    assert_eq!(scratch.count().await, 1);
}

async fn what_is_asked_behind_brought_rows_sees_them(scratch: Scratch) {
    let counted = scratch.store.write(async |tx| {
        bring(tx, &[("one", None), ("two", None)], "").await?;
        let one = tx.one("SELECT count(*) FROM facts", params![], |row| row.int(0)).await?;
        let changed = tx.exec("UPDATE facts SET number = 1 WHERE id = $1", params!["two"]).await?;
        bring(tx, &[("three", None)], "").await?;
        Ok((one, changed))
    });
    assert_eq!(counted.await.unwrap(), (Some(2), 1));
    assert_eq!(scratch.count().await, 3);
}
