//! PostgreSQL: every closure of `write` has a transaction of its own, on a connection from a pool. Round trips are what costs
//! here, so BEGIN travels together with the first statement, and reads have no transaction at all: each statement of
//! `read` sees what was committed when it started, and the server itself refuses to change anything there.

mod connect;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use deadpool_postgres::{Client, Object, Pool, PoolError, TimeoutType};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

pub(super) use self::connect::Server;
use super::tx::{Database, Tx};
use super::{StoreError, StoreOptions, Val, Vault};

// Two closures that deadlock take turns on the second try; a third covers a crowd.
const TRIES: u32 = 3;

pub(super) struct Pools {
    pub(super) server: Server,
    writers: Pool,
    readers: Pool,
    most_waiting: usize,
}

pub(super) async fn start(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let server = Server::parse(url)?;
    let pools = Pools {
        writers: server.pool(options.connections, false, options)?,
        readers: server.pool(options.connections, true, options)?,
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
            let link = Link { client: Some(self.connection(mode).await?), mode, began: false, clean: true };
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
        let pool = if mode == Mode::Read { &self.readers } else { &self.writers };
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
}

impl Link {
    pub(super) async fn exec(&mut self, sql: &str, args: &[Val]) -> Result<u64, StoreError> {
        let begin = self.starts();
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        let args = pointers(args);
        let changed = if begin {
            // `biased`: BEGIN must be sent first.
            let (begun, changed) =
                tokio::join!(biased; client.batch_execute("BEGIN"), client.execute(&statement, &args));
            begun.and(changed)
        } else {
            client.execute(&statement, &args).await
        };
        self.ended(changed)
    }

    pub(super) async fn all(&mut self, sql: &str, args: &[Val]) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let begin = self.starts();
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        let args = pointers(args);
        let rows = if begin {
            let (begun, rows) = tokio::join!(biased; client.batch_execute("BEGIN"), client.query(&statement, &args));
            begun.and(rows)
        } else {
            client.query(&statement, &args).await
        };
        self.ended(rows)
    }

    /// Notes that a statement is under way; says whether it has to bring the transaction's BEGIN along.
    fn starts(&mut self) -> bool {
        self.clean = false;
        self.mode == Mode::Write && !std::mem::replace(&mut self.began, true)
    }

    fn ended<T>(&mut self, outcome: Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
        self.clean = !self.began;
        outcome.map_err(|error| {
            let error = StoreError::from(error);
            if error == StoreError::Again {
                // After a migration by another replica a prepared statement may be stale; the next try prepares anew.
                self.client().statement_cache.clear();
            }
            error
        })
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.began {
            return Ok(());
        }
        let client = self.client();
        if client.is_closed() {
            return Err(StoreError::Unavailable("the connection was lost before the commit".to_owned()));
        }
        match client.batch_execute("COMMIT").await {
            Ok(()) => {
                self.clean = true;
                Ok(())
            }
            Err(error) if leaves_open(error.code()) => Err(StoreError::Unknown),
            // The server said no to the commit itself (a deferred constraint, a serialization failure): undone for certain.
            Err(error) => {
                self.clean = true;
                Err(error.into())
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

fn pointers(args: &[Val]) -> Vec<&(dyn ToSql + Sync)> {
    args.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// A panicking closure is undone and answered, as on SQLite, rather than taking its caller along.
async fn unpanicked<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))).unwrap_or(Poll::Ready(Err(StoreError::Gone)))
    })
    .await
}
