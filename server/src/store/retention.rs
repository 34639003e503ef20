//! What is deleted when nobody needs it any more, so many rows to a commit, so that nobody who writes has to wait for it. Never what
//! a live lead, an unfinished delivery or a dead letter still needs.

use alc_core::id::{AttemptId, AuditId, DeliveryId, EventId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// An event and its deliveries are born in one commit; none takes as long as this.
const SAME_BIRTH_MS: i64 = 300_000;

/// What gathers, in the order in which it may go: tries before deliveries, these before their events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    Sessions,
    /// Used ones are kept for a while past their end, as are tokens: seen again, they give a thief away.
    Codes,
    Tokens,
    LoginFailures,
    Answers,
    /// Partners' callbacks to us; nobody will send them again.
    ReceivedCallbacks,
    Attempts,
    Deliveries,
    Events,
    StrayMessages,
    AuditRows,
}

/// How far a pass over one kind has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    pub deleted: u64,
    /// Where the next slice begins; none when this was the last.
    pub behind: Option<String>,
}

impl Pass {
    const END: Self = Self { deleted: 0, behind: None };
}

impl Remains {
    pub const ALL: [Self; 11] = [
        Self::Sessions,
        Self::Codes,
        Self::Tokens,
        Self::LoginFailures,
        Self::Answers,
        Self::ReceivedCallbacks,
        Self::Attempts,
        Self::Deliveries,
        Self::Events,
        Self::StrayMessages,
        Self::AuditRows,
    ];

    /// In logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Codes => "codes",
            Self::Tokens => "tokens",
            Self::LoginFailures => "login_failures",
            Self::Answers => "answers",
            Self::ReceivedCallbacks => "received_callbacks",
            Self::Attempts => "attempts",
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::StrayMessages => "stray_messages",
            Self::AuditRows => "audit_rows",
        }
    }
}

impl Tx {
    /// Looks at up to `most` rows that are older than `before`, from `behind` on, and deletes those that nobody needs. The rest are
    /// passed over, so that what must stay does not stand in the way of what follows.
    pub async fn delete_remains(
        &mut self,
        what: Remains,
        before: Timestamp,
        behind: &str,
        most: usize,
    ) -> Result<Pass, StoreError> {
        let slice = Slice { before, behind, most };
        match what {
            Remains::Attempts => self.pass_over_attempts(&slice).await,
            Remains::Deliveries => self.pass_over_deliveries(&slice).await,
            Remains::Events => self.pass_over_events(&slice).await,
            Remains::AuditRows => self.pass_over_audit(&slice).await,
            Remains::Sessions => self.delete_oldest(SESSIONS, &slice).await,
            Remains::Codes => self.delete_oldest(CODES, &slice).await,
            Remains::Tokens => self.delete_oldest(TOKENS, &slice).await,
            Remains::LoginFailures => self.delete_oldest(LOGIN_FAILURES, &slice).await,
            Remains::Answers => self.delete_oldest(ANSWERS, &slice).await,
            Remains::ReceivedCallbacks => self.delete_oldest(RECEIVED_CALLBACKS, &slice).await,
            Remains::StrayMessages => self.delete_oldest(STRAY_MESSAGES, &slice).await,
        }
    }

    /// Secrets of clients that are good no longer.
    pub async fn forget_retired_secrets(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE oauth_clients SET old_secret_hash = NULL, old_secret_retires_at = NULL WHERE old_secret_retires_at <= $1";
        self.exec(sql, params![now.as_millis()]).await.map(drop)
    }

    /// All that is old goes; an index leads to the oldest.
    async fn delete_oldest(
        &mut self,
        (table, id, age): (&str, &str, &str),
        slice: &Slice<'_>,
    ) -> Result<Pass, StoreError> {
        let sql = format!(
            "DELETE FROM {table} WHERE ({id}) IN (SELECT {id} FROM {table} WHERE {age} <= $1 ORDER BY {age} LIMIT $2)"
        );
        let deleted = self.exec(&sql, params![slice.before.as_millis(), slice.most()]).await?;
        let is_full = usize::try_from(deleted).is_ok_and(|deleted| deleted == slice.most);
        Ok(Pass { deleted, behind: is_full.then(String::new) })
    }

    async fn pass_over_attempts(&mut self, slice: &Slice<'_>) -> Result<Pass, StoreError> {
        let rows = "SELECT id FROM attempts WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
        let Some(Rows { last, is_full, .. }) = self.rows(rows, AttemptId::PREFIX, slice).await? else {
            return Ok(Pass::END);
        };
        let sql = format!(
            "DELETE FROM attempts WHERE id > $1 AND id <= $2 AND NOT EXISTS (
                 SELECT 1 FROM deliveries d WHERE d.id = attempts.delivery_id AND (d.state = 'pending' OR {IS_DEAD_LETTER}))"
        );
        let deleted = self.exec(&sql, params![slice.behind, &last]).await?;
        Ok(Pass { deleted, behind: is_full.then_some(last) })
    }

    async fn pass_over_deliveries(&mut self, slice: &Slice<'_>) -> Result<Pass, StoreError> {
        let rows = "SELECT id FROM deliveries WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
        let Some(Rows { last, is_full, .. }) = self.rows(rows, DeliveryId::PREFIX, slice).await? else {
            return Ok(Pass::END);
        };
        let sql = format!(
            "DELETE FROM deliveries AS d WHERE d.id > $1 AND d.id <= $2 AND d.state <> 'pending' AND d.ended_at <= $3
                 AND NOT {IS_DEAD_LETTER} AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = d.id)"
        );
        let deleted = self.exec(&sql, params![slice.behind, &last, slice.before.as_millis()]).await?;
        Ok(Pass { deleted, behind: is_full.then_some(last) })
    }

    async fn pass_over_events(&mut self, slice: &Slice<'_>) -> Result<Pass, StoreError> {
        let rows = "SELECT id FROM events WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
        let Some(Rows { first, last, is_full }) = self.rows(rows, EventId::PREFIX, slice).await? else {
            return Ok(Pass::END);
        };
        // Deliveries have no index by event, and need none: they are born with it.
        let from = format!("{}{}", DeliveryId::PREFIX, birth(&first, EventId::PREFIX));
        let until_ms =
            i64::from_str_radix(birth(&last, EventId::PREFIX), 16).unwrap_or(i64::MAX).saturating_add(SAME_BIRTH_MS);
        let deleted = self
            .exec(
                "DELETE FROM events WHERE id > $1 AND id <= $2
                     AND id NOT IN (SELECT d.event_id FROM deliveries d WHERE d.id >= $3 AND d.id < $4)
                     AND NOT EXISTS (SELECT 1 FROM leads l WHERE l.id = events.lead_id AND l.ended_at IS NULL)",
                params![slice.behind, &last, from, first_id(DeliveryId::PREFIX, until_ms)],
            )
            .await?;
        Ok(Pass { deleted, behind: is_full.then_some(last) })
    }

    async fn pass_over_audit(&mut self, slice: &Slice<'_>) -> Result<Pass, StoreError> {
        let rows = "SELECT id FROM audit WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
        let Some(Rows { last, is_full, .. }) = self.rows(rows, AuditId::PREFIX, slice).await? else {
            return Ok(Pass::END);
        };
        let deleted = self.exec("DELETE FROM audit WHERE id > $1 AND id <= $2", params![slice.behind, &last]).await?;
        Ok(Pass { deleted, behind: is_full.then_some(last) })
    }

    /// The slice's first and last row, if it has any.
    async fn rows(&mut self, sql: &str, prefix: &str, slice: &Slice<'_>) -> Result<Option<Rows>, StoreError> {
        let end = first_id(prefix, slice.before.as_millis());
        let ids = self.all(sql, params![slice.behind, end, slice.most()], |row| row.text(0)).await?;
        let is_full = ids.len() == slice.most;
        Ok(ids.first().cloned().zip(ids.last().cloned()).map(|(first, last)| Rows { first, last, is_full }))
    }
}

/// Table, what names a row, when it has ended.
type Oldest = (&'static str, &'static str, &'static str);

const SESSIONS: Oldest = ("sessions", "token_hash", "expires_at");
const CODES: Oldest = ("authorization_codes", "code_hash", "expires_at");
const TOKENS: Oldest = ("tokens", "token_hash", "expires_at");
const LOGIN_FAILURES: Oldest = ("login_failures", "subject", "ends_at");
const ANSWERS: Oldest = ("idempotency_keys", "id", "expires_at");
const RECEIVED_CALLBACKS: Oldest = ("received_callbacks", "connection_id, webhook_id", "received_at");
const STRAY_MESSAGES: Oldest = ("stray_messages", "id", "received_at");

/// Of a delivery `d`: its job is kept, for the operator to replay.
const IS_DEAD_LETTER: &str = "EXISTS (SELECT 1 FROM jobs j WHERE j.lane = d.lane AND j.dead_at IS NOT NULL
                              AND j.payload = '{\"kind\":\"deliver_webhook\",\"delivery\":\"' || d.id || '\"}')";

struct Slice<'a> {
    before: Timestamp,
    behind: &'a str,
    most: usize,
}

impl Slice<'_> {
    fn most(&self) -> i64 {
        i64::try_from(self.most).unwrap_or(i64::MAX)
    }
}

struct Rows {
    first: String,
    last: String,
    is_full: bool,
}

/// The least id of this kind that may be born at that time: ids begin with the millisecond.
fn first_id(prefix: &str, at_ms: i64) -> String {
    format!("{prefix}{:012x}", at_ms.max(0))
}

/// The part of an id that says when it was born.
fn birth<'a>(id: &'a str, prefix: &str) -> &'a str {
    id.get(prefix.len()..prefix.len() + 12).unwrap_or_default()
}
