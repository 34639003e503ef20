//! Schemas go forward once, together, or not at all.

use refinery::{Migration, Runner};
use tokio::task::JoinSet;

use super::{Scratch, StoreError, on_both};

on_both![
    this_binarys_schema_applies_once,
    replicas_that_start_together_apply_each_migration_once,
    a_newer_database_is_left_alone,
    a_migration_changed_after_it_was_applied_is_noticed,
    a_migration_that_fails_undoes_its_whole_upgrade,
];

fn runner(migrations: &[(&str, &str)]) -> Runner {
    let migrations: Vec<_> = migrations.iter().map(|(name, sql)| Migration::unapplied(name, sql).unwrap()).collect();
    Runner::new(&migrations)
}

const FIRST: (&str, &str) = ("V1__first", "CREATE TABLE first (id TEXT PRIMARY KEY); INSERT INTO first VALUES ('a');");
const SECOND: (&str, &str) = ("V2__second", "INSERT INTO first VALUES ('b');");
const THIRD: (&str, &str) = ("V3__third", "CREATE TABLE third (id TEXT PRIMARY KEY);");

async fn this_binarys_schema_applies_once(scratch: Scratch) {
    let known = super::super::migrations::runner().get_migrations().len();
    assert_eq!(scratch.store.migrate().await.map(|applied| applied.len()), Ok(known));
    assert_eq!(scratch.store.migrate().await, Ok(vec![]));
}

async fn replicas_that_start_together_apply_each_migration_once(scratch: Scratch) {
    let mut replicas = JoinSet::new();
    for _ in 0..6 {
        let store = scratch.reopened(|options| options.busy_timeout = std::time::Duration::from_secs(5)).await;
        replicas.spawn(async move { store.migrate_with(runner(&[FIRST, SECOND, THIRD])).await });
    }
    let mut applied: Vec<_> = replicas.join_all().await.into_iter().flat_map(Result::unwrap).collect();
    applied.sort();
    assert_eq!(applied, ["V1__first", "V2__second", "V3__third"]);
}

async fn a_newer_database_is_left_alone(scratch: Scratch) {
    scratch.store.migrate_with(runner(&[FIRST, SECOND])).await.unwrap();
    let told = scratch.store.migrate_with(runner(&[FIRST])).await;
    let Err(StoreError::Schema(text)) = told else { panic!("{told:?}") };
    assert!(text.contains("at schema version 2, newer than this binary knows (1)"), "{text}");
}

async fn a_migration_changed_after_it_was_applied_is_noticed(scratch: Scratch) {
    scratch.store.migrate_with(runner(&[FIRST])).await.unwrap();
    let told = scratch.store.migrate_with(runner(&[(FIRST.0, "CREATE TABLE other (id TEXT);")])).await;
    let Err(StoreError::Schema(text)) = told else { panic!("{told:?}") };
    assert!(text.contains("V1__first") && text.contains("never change a migration"), "{text}");
}

async fn a_migration_that_fails_undoes_its_whole_upgrade(scratch: Scratch) {
    scratch.store.migrate_with(runner(&[FIRST])).await.unwrap();
    let broken = ("V3__broken", "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);");
    let told = scratch.store.migrate_with(runner(&[FIRST, SECOND, broken])).await;
    let Err(StoreError::Schema(text)) = told else { panic!("{told:?}") };
    assert!(text.contains("(V2__second, V3__broken)") && text.contains("nowhere"), "{text}");
    // What they had begun is undone, so the mended ones can do the same again.
    let mended = ("V3__mended", "CREATE TABLE half (id TEXT);");
    let applied = scratch.store.migrate_with(runner(&[FIRST, SECOND, mended])).await;
    assert_eq!(applied, Ok(vec!["V2__second".to_owned(), "V3__mended".to_owned()]));
}
