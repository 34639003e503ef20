//! PostgreSQL: every closure of `write` has a transaction of its own, on a connection from a pool. Round trips are what costs
//! here, so BEGIN travels together with the first statement, what nobody waits for with the next, and the last of it with COMMIT.
//! Reads have no transaction at all: each statement of
//! `read` sees what was committed when it started, and the server itself refuses to change anything there.

mod connect;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use deadpool_postgres::{Client, Object, Pool, PoolError, TimeoutType};
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

pub(super) use self::connect::Server;
use super::tx::{Database, Tx};
use super::{StoreError, StoreOptions, Val, Vault};
use crate::job::Line;

// Each line of jobs is claimed by one at a time.
const CLAIMERS: usize = Line::ALL.len();

// Two closures that deadlock take turns on the second try; a third covers a crowd.
const TRIES: u32 = 3;

pub(super) struct Pools {
    pub(super) server: Server,
    writers: Pool,
    claimers: Pool,
    readers: Pool,
    most_waiting: usize,
}

pub(super) async fn start(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let server = Server::parse(url)?;
    let pools = Pools {
        writers: server.pool(options.connections, "", options)?,
        claimers: server.pool(CLAIMERS, "-c synchronous_commit=off", options)?,
        readers: server.pool(options.connections, "-c default_transaction_read_only=on", options)?,
        server,
        most_waiting: options.queue,
    };
    // A wrong password or address should stop the start, not the first request.
    match pools.connection(Mode::Read).await {
        Err(StoreError::Unavailable(cause)) if cause.contains("TLS") => {
            let cure = "say sslmode=disable on a private network, or name the server's authority with sslrootcert=FILE";
            return Err(StoreError::Unavailable(format!("{cause}; in the URL, {cure}")));
        }
        first => drop(first?),
    }
    Ok(pools)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
    /// Each statement is a commit of its own, for which nobody waits.
    Claim,
}

impl Pools {
    pub(super) async fn run<T>(
        &self,
        mode: Mode,
        vault: &Arc<Vault>,
        work: impl AsyncFn(&mut Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut tries = 1;
        loop {
            let link = Link {
                client: Some(self.connection(mode).await?),
                mode,
                began: false,
                clean: true,
                posted: Vec::new(),
            };
            let mut tx = Tx::new(Database::Postgres(link), vault.clone());
            let answer = unpanicked(work(&mut tx)).await;
            let answer = tx.verdict(answer);
            let Database::Postgres(link) = tx.database() else { unreachable!("made with PostgreSQL above") };
            let ended = match answer {
                Ok(answer) => link.commit().await.map(|()| answer),
                Err(error) => {
                    link.roll_back().await;
                    Err(error)
                }
            };
            match ended {
                Err(StoreError::Again) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn connection(&self, mode: Mode) -> Result<Client, StoreError> {
        let pool = match mode {
            Mode::Read => &self.readers,
            Mode::Write => &self.writers,
            Mode::Claim => &self.claimers,
        };
        if pool.status().waiting >= self.most_waiting {
            return Err(StoreError::Busy);
        }
        pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => StoreError::Busy,
            PoolError::Timeout(_) => StoreError::Unavailable("connecting took too long".to_owned()),
            PoolError::Closed => StoreError::Gone,
            PoolError::Backend(cause) => match StoreError::from(cause) {
                StoreError::Database(cause) => StoreError::Unavailable(cause),
                other => other,
            },
            other => StoreError::Unavailable(other.to_string()),
        })
    }
}

/// A connection lent to one closure.
pub(super) struct Link {
    client: Option<Client>,
    mode: Mode,
    began: bool,
    /// Whether the next borrower finds the connection as the last left it. False while a statement runs and inside a transaction.
    clean: bool,
    posted: Vec<Posted>,
}

/// A statement that nobody waits for yet.
struct Posted {
    statement: Statement,
    columns: Vec<Vec<Val>>,
    others: Vec<Val>,
}

impl Link {
    pub(super) async fn exec(&mut self, sql: &str, args: &[Val]) -> Result<u64, StoreError> {
        let args = pointers(&[], args);
        self.pipeline(sql, async |client, statement| client.execute(statement, &args).await).await
    }

    /// Each of the columns is an array.
    pub(super) async fn all(
        &mut self,
        sql: &str,
        columns: &[Vec<Val>],
        others: &[Val],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let args = pointers(columns, others);
        self.pipeline(sql, async |client, statement| client.query(statement, &args).await).await
    }

    /// Travels with the next statement, or with the commit.
    pub(super) async fn post(&mut self, sql: &str, columns: Vec<Vec<Val>>, others: &[Val]) -> Result<(), StoreError> {
        let statement = self.prepared(sql).await?;
        self.posted.push(Posted { statement, columns, others: others.to_vec() });
        Ok(())
    }

    /// Sends BEGIN if it is due, what was posted, and the statement, all before the first answer is waited for. The first that went wrong
    /// tells what did: those behind it were refused because of it.
    async fn pipeline<T>(
        &mut self,
        sql: &str,
        last: impl AsyncFnOnce(&Client, &Statement) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let statement = self.prepared(sql).await?;
        let begins = self.mode == Mode::Write && !std::mem::replace(&mut self.began, true);
        let posted = std::mem::take(&mut self.posted);
        self.clean = false;
        let client = self.client();
        let (before, last) = tokio::join!(biased; before(client, begins, &posted), last(client, &statement));
        self.ended(before.and(last))
    }

    /// Takes a round trip when this connection sees the statement for the first time.
    async fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        self.client().prepare_cached(sql).await.map_err(|error| self.stale(error))
    }

    fn ended<T>(&mut self, outcome: Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
        self.clean = !self.began;
        outcome.map_err(|error| self.stale(error))
    }

    fn stale(&self, error: tokio_postgres::Error) -> StoreError {
        let error = StoreError::from(error);
        if error == StoreError::Again {
            // After a migration by another replica a prepared statement may be stale; the next try prepares anew.
            self.client().statement_cache.clear();
        }
        error
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.began && self.posted.is_empty() {
            return Ok(());
        }
        if self.client().is_closed() {
            return Err(StoreError::Unavailable("the connection was lost before the commit".to_owned()));
        }
        let begins = !std::mem::replace(&mut self.began, true);
        let posted = std::mem::take(&mut self.posted);
        self.clean = false;
        let client = self.client();
        // After a statement that failed, COMMIT undoes.
        let (before, committed) = tokio::join!(biased; before(client, begins, &posted), client.batch_execute("COMMIT"));
        match before.and(committed) {
            Ok(()) => {
                self.clean = true;
                Ok(())
            }
            Err(error) if leaves_open(error.code()) => Err(StoreError::Unknown),
            // The server said no to a statement, or to the commit itself (a deferred constraint, a serialization failure): undone for
            // certain.
            Err(error) => {
                self.clean = true;
                Err(self.stale(error))
            }
        }
    }

    async fn roll_back(&mut self) {
        // Where this fails the connection is thrown away, and the server undoes the transaction.
        if self.began && self.client().batch_execute("ROLLBACK").await.is_ok() {
            self.clean = true;
        }
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("only `drop` takes the client away")
    }
}

/// A caller that stops waiting leaves its transaction in the middle: such a connection must not go back to the pool.
impl Drop for Link {
    fn drop(&mut self) {
        if let Some(client) = self.client.take().filter(|_| !self.clean) {
            drop(Object::take(client));
        }
    }
}

/// Whether this end of a COMMIT leaves open if it was kept: no answer, or an answer about the connection rather than the commit.
fn leaves_open(answer: Option<&SqlState>) -> bool {
    answer.is_none_or(|code| {
        *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
            || (*code != SqlState::QUERY_CANCELED && ["08", "57"].iter().any(|class| code.code().starts_with(class)))
    })
}

fn pointers<'a>(columns: &'a [Vec<Val>], others: &'a [Val]) -> Vec<&'a (dyn ToSql + Sync)> {
    let columns = columns.iter().map(|column| column as &(dyn ToSql + Sync));
    columns.chain(others.iter().map(|value| value as &(dyn ToSql + Sync))).collect()
}

/// Sends BEGIN, where it is due, and what was posted, in their order; answers when all have been answered.
async fn before(client: &Client, begins: bool, posted: &[Posted]) -> Result<(), tokio_postgres::Error> {
    let begun = async { if begins { client.batch_execute("BEGIN").await } else { Ok(()) } };
    let sent = posted.iter().map(|posted| async {
        client.execute(&posted.statement, &pointers(&posted.columns, &posted.others)).await.map(drop)
    });
    let (begun, sent) = tokio::join!(biased; begun, in_order(sent));
    sent.into_iter().fold(begun, Result::and)
}

/// Polls each of them before any is waited for, the first first: what they send leaves in their order.
async fn in_order<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in waiting.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        if waiting.iter().any(|(_, answer)| answer.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(waiting.drain(..).filter_map(|(_, answer)| answer).collect())
    })
    .await
}

/// A panicking closure is undone and answered, as on SQLite, rather than taking its caller along.
async fn unpanicked<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))).unwrap_or(Poll::Ready(Err(StoreError::Gone)))
    })
    .await
}
