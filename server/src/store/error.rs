//! What can go wrong between a closure and a durable answer. Neither values nor statements' arguments enter these texts:
//! they are logged, and rows hold personal data.

use std::error::Error as _;

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE};
use thiserror::Error;
use tokio_postgres::error::SqlState;

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StoreError {
    /// Nothing was done; the same request may succeed in a moment.
    #[error("the store has more waiting than it takes; try again shortly")]
    Busy,
    /// PostgreSQL undid this try to let another through. `Store` runs the closure again; callers see it after the last try.
    #[error("the database undid this change in favour of another, several times in a row")]
    Again,
    /// The connection broke while committing: kept or not, nobody can say. Look before doing it again.
    #[error("the connection was lost while committing; whether the change was kept is unknown")]
    Unknown,
    /// A bug: the closure awaited something other than its `Tx`. Undone.
    #[error("a store closure awaited something other than its transaction; do that before or after the closure")]
    Awaited,
    /// The closure panicked (undone), or the store has shut down.
    #[error("the store closure panicked or the store has shut down; nothing was kept")]
    Gone,
    /// Two rows would share what must be unique. The text names the constraint or the columns and differs between the databases;
    /// where a conflict is expected, say `ON CONFLICT` in the statement instead.
    #[error("already taken: {0}")]
    Conflict(String),
    /// A rule of the core said no inside a closure; undone.
    #[error("{detail}")]
    Refused { code: &'static str, detail: String },
    /// The database cannot be reached or cannot go on (disk full, shutting down, too slow). Nothing was kept.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A stored value is not what the code expects there.
    #[error("column {column}: {reason}")]
    Decode { column: String, reason: String },
    /// The database refused the statement: a bug in ours, or a broken rule of the schema.
    #[error("the database refused a statement: {0}")]
    Database(String),
    /// The URL or an option of the store makes no sense; the text names the cure.
    #[error("{0}")]
    Settings(String),
    /// The schema cannot be brought to what this binary needs; the text names the cure.
    #[error("{0}")]
    Schema(String),
    /// Something sealed cannot be opened: an unknown key, or bytes that were changed or moved.
    #[error("{0}")]
    Sealed(String),
}

impl StoreError {
    /// For rules of the core that say no inside a closure.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused { code, detail: detail.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                let text = text.unwrap_or_else(|| failure.to_string());
                match failure.extended_code {
                    SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID => {
                        Self::Conflict(text.trim_start_matches("UNIQUE constraint failed: ").to_owned())
                    }
                    _ => match failure.code {
                        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                        ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::DatabaseCorrupt
                        | ErrorCode::NotADatabase
                        | ErrorCode::OutOfMemory => Self::Unavailable(text),
                        _ => Self::Database(text),
                    },
                }
            }
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            let cause = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
            let lost = error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            return if lost { Self::Unavailable(cause) } else { Self::Database(cause) };
        };
        let code = refusal.code();
        // PostgreSQL quotes the offending value in `detail`, and in the message of a data exception (class 22).
        let message = if code.code().starts_with("22") { "a value does not fit" } else { refusal.message() };
        let text = format!("{message} ({})", code.code());
        // A prepared statement went stale in a migration by another replica.
        let stale = *code == SqlState::FEATURE_NOT_SUPPORTED && message.contains("cached plan");
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Again,
            _ if stale => Self::Again,
            SqlState::UNIQUE_VIOLATION => {
                Self::Conflict(refusal.constraint().unwrap_or("a unique constraint").to_owned())
            }
            SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => Self::Unavailable(text),
            // Connection exceptions, insufficient resources, operator intervention, errors of the system under it.
            _ if ["08", "53", "57", "58"].iter().any(|class| code.code().starts_with(class)) => Self::Unavailable(text),
            _ => Self::Database(text),
        }
    }
}
