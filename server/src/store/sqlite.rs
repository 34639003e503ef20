//! SQLite: one thread writes, a few read. What waits for the writer goes in one commit, each turn under its own savepoint,
//! and nobody is answered before that commit has ended. rusqlite never waits for a reactor, so a closure is ready at its
//! first poll, or it awaited something it must not.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use rusqlite::{CachedStatement, Connection, OpenFlags};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::tx::{Database, Tx};
use super::{StoreError, StoreOptions, Val};

// More turns in one commit would not save more fsyncs, only keep the first of them waiting.
const TURNS_PER_COMMIT: usize = 256;

// Statements are few and known; the cache must hold them all, or hot ones are parsed again and again.
const STATEMENTS_KEPT: usize = 512;

/// Handed a transaction it runs, handed an error it does not; says whether to keep it and whom to tell at the end.
type Turn = Box<dyn FnOnce(Result<&mut Tx, StoreError>) -> (bool, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

#[derive(Clone)]
pub(super) struct Threads {
    pub(super) path: PathBuf,
    pub(super) writer: mpsc::Sender<Turn>,
    pub(super) readers: mpsc::Sender<Turn>,
}

pub(super) fn start(path: PathBuf, options: &StoreOptions) -> Result<Threads, StoreError> {
    let (writer, turns) = mpsc::channel(options.queue);
    let mut tx = Tx::new(Database::Sqlite(connect(&path, options)?), options.vault.clone());
    spawn("store-writer", move || write_turns(&mut tx, turns))?;

    let (readers, turns) = mpsc::channel(options.queue);
    let turns = Arc::new(Mutex::new(turns));
    for _ in 0..options.readers.max(1) {
        let connection = connect(&path, options)?;
        connection.pragma_update(None, "query_only", true)?;
        let mut tx = Tx::new(Database::Sqlite(connection), options.vault.clone());
        let turns = turns.clone();
        spawn("store-reader", move || read_turns(&mut tx, &turns))?;
    }
    Ok(Threads { path, writer, readers })
}

pub(super) fn connect(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let unusable = |cause: &dyn std::fmt::Display| {
        StoreError::Unavailable(format!(
            "cannot open {}: {cause}; its folder must exist and be writable by this user",
            path.display()
        ))
    };
    keep_private(path).map_err(|cause| unusable(&cause))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|cause| unusable(&cause))?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Acknowledged means on disk, also after a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Larger values write no faster and make the commit that checkpoints four times slower.
    connection.pragma_update(None, "wal_autocheckpoint", 1000)?;
    // What a savepoint would bring back is kept in a side file otherwise: a quarter of all that is written.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// A new database file belongs to this user alone; SQLite gives its side files the same permissions.
fn keep_private(path: &Path) -> std::io::Result<()> {
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map(drop).map_err(|error| StoreError::Unavailable(format!("cannot start a thread: {error}")))
}

/// Queues `work` for one of the threads behind `turns` and waits for its commit. It runs even if the caller stops waiting.
pub(super) async fn take_turn<T: Send + 'static>(
    turns: &mpsc::Sender<Turn>,
    work: impl AsyncFn(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (tell, told) = oneshot::channel();
    let turn: Turn = Box::new(move |tx| {
        let out = tx.and_then(|tx| {
            let answer = catch_unwind(AssertUnwindSafe(|| poll_once(work(tx)))).unwrap_or(Err(StoreError::Gone));
            tx.verdict(answer)
        });
        let keep = out.is_ok();
        let answer: Answer = Box::new(move |end| drop(tell.send(out.and_then(|out| end.map(|()| out)))));
        (keep, answer)
    });
    turns.try_send(turn).map_err(|refused| match refused {
        TrySendError::Full(_) => StoreError::Busy,
        TrySendError::Closed(_) => StoreError::Gone,
    })?;
    told.await.unwrap_or(Err(StoreError::Gone))
}

fn poll_once<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(StoreError::Awaited),
    }
}

fn write_turns(tx: &mut Tx, mut turns: mpsc::Receiver<Turn>) {
    let mut waiting = Vec::new();
    while turns.blocking_recv_many(&mut waiting, TURNS_PER_COMMIT) > 0 {
        let mut waiting = VecDeque::from(std::mem::take(&mut waiting));
        // Usually once: what waits behind a turn that broke the transaction gets a commit of its own.
        while !waiting.is_empty() {
            commit_together(tx, &mut waiting);
        }
    }
}

/// One commit for the turns that wait; nobody is answered before it has ended.
fn commit_together(tx: &mut Tx, waiting: &mut VecDeque<Turn>) {
    let mut answers = Vec::with_capacity(waiting.len());
    let mut end = batch(tx, "BEGIN IMMEDIATE");
    if let Err(error) = &end {
        // Nobody can write now, so nobody needs to wait for the next try to find out.
        answers.extend(waiting.drain(..).map(|turn| turn(Err(error.clone())).1));
    }
    while end.is_ok() {
        let Some(turn) = waiting.pop_front() else { break };
        end = batch(tx, "SAVEPOINT turn");
        let (keep, answer) = match &end {
            Ok(()) => turn(Ok(tx)),
            Err(error) => turn(Err(error.clone())),
        };
        answers.push(answer);
        let close = if keep { "RELEASE turn" } else { "ROLLBACK TO turn; RELEASE turn" };
        end = end.and_then(|()| if broken(tx) { Err(taken_along()) } else { batch(tx, close) });
    }
    end = end.and_then(|()| batch(tx, "COMMIT"));
    if end.is_err() {
        // SQLite may have ended the transaction by itself; then there is nothing left to undo.
        let _ = batch(tx, "ROLLBACK");
    }
    for answer in answers {
        answer(end.clone());
    }
}

/// Each read sees one state of the database from its first statement to its last.
fn read_turns(tx: &mut Tx, turns: &Mutex<mpsc::Receiver<Turn>>) {
    loop {
        // The lock is held while waiting and released before reading, so the next reader takes over the waiting.
        let turn = turns.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(turn) = turn else { return };
        let (_, answer) = match batch(tx, "BEGIN") {
            Ok(()) => turn(Ok(tx)),
            Err(error) => turn(Err(error)),
        };
        let end = batch(tx, "COMMIT");
        if end.is_err() {
            let _ = batch(tx, "ROLLBACK");
        }
        answer(end);
    }
}

/// Whether SQLite has undone the whole transaction by itself, as it does when the disk is full.
fn broken(tx: &mut Tx) -> bool {
    connection(tx).is_autocommit()
}

/// For those who shared a commit with the turn that broke it; that turn's own answer tells the cause.
fn taken_along() -> StoreError {
    StoreError::Unavailable("another change ended the commit that this one was part of".to_owned())
}

fn batch(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    for statement in sql.split("; ") {
        connection(tx).prepare_cached(statement)?.raw_execute()?;
    }
    Ok(())
}

fn connection(tx: &mut Tx) -> &Connection {
    let Database::Sqlite(connection) = tx.database() else { unreachable!("these threads hold SQLite connections") };
    connection
}

pub(super) fn exec(connection: &Connection, sql: &str, args: &[Val]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args.len(), |place| args.get(place))?;
    let changed = statement.raw_execute()?;
    Ok(changed as u64)
}

pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    args: &[Val],
    read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args.len(), |place| args.get(place))?;
    let mut found = Vec::new();
    read_into(&mut found, &mut statement, read)?;
    Ok(found)
}

/// Once for each row; there is no way to travel that would be saved.
pub(super) fn exec_rows(
    connection: &Connection,
    sql: &str,
    columns: &[Vec<Val>],
    others: &[Val],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    for row in 0..columns.first().map_or(0, Vec::len) {
        bind(&mut statement, columns.len() + others.len(), |place| of_row(columns, others, row, place))?;
        statement.raw_execute()?;
    }
    Ok(())
}

pub(super) fn all_rows<T>(
    connection: &Connection,
    sql: &str,
    columns: &[Vec<Val>],
    others: &[Val],
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::new();
    for row in 0..columns.first().map_or(0, Vec::len) {
        bind(&mut statement, columns.len() + others.len(), |place| of_row(columns, others, row, place))?;
        read_into(&mut found, &mut statement, &mut read)?;
    }
    Ok(found)
}

fn of_row<'a>(columns: &'a [Vec<Val>], others: &'a [Val], row: usize, place: usize) -> Option<&'a Val> {
    match columns.get(place) {
        Some(column) => column.get(row),
        None => others.get(place - columns.len()),
    }
}

fn read_into<T>(
    found: &mut Vec<T>,
    statement: &mut CachedStatement<'_>,
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<(), StoreError> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(())
}

/// To SQLite `$2` is a name, numbered by where it first appears; PostgreSQL means the second value. So values are bound by name.
fn bind<'a>(
    statement: &mut CachedStatement<'_>,
    count: usize,
    value: impl Fn(usize) -> Option<&'a Val>,
) -> Result<(), StoreError> {
    let mut wanted = 0;
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let number = number.ok_or_else(|| StoreError::Database(format!("placeholder {name:?} is not like $1")))?;
        wanted = wanted.max(number);
        if let Some(value) = number.checked_sub(1).and_then(&value) {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    if wanted != count {
        return Err(StoreError::Database(format!("expected {wanted} parameters but got {count}")));
    }
    Ok(())
}
