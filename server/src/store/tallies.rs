//! How much was sent: texts to a phone in a day, texts of a workspace in a day, segments of a workspace in a month.
//!
//! Each is a counter row, raised in the commit in which a text is noted as being sent, and only as far as it may rise: of many that
//! meet, no more get through than there is room for. Days and months are those of UTC.

use alc_core::id::WorkspaceId;
use alc_core::segments;
use alc_core::time::Timestamp;

use super::handsets::Handset;
use super::messages::Message;
use super::{StoreError, Tx};
use crate::params;

const DAY_MS: i64 = 86_400_000;

/// How far the counters may rise; 0: no limit.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    pub per_phone: i64,
    pub per_workspace: i64,
}

/// Whether there was room for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is counted, now or before.
    Yes,
    /// The phone has had its texts of this day.
    PhoneIsFull,
    /// So has the workspace sent its own.
    WorkspaceIsFull,
    /// The month's segments are spent, and the text would begin a conversation.
    BudgetIsSpent,
}

/// The workspace's segments of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// None: no limit.
    pub monthly_segments: Option<i64>,
    pub used_segments: i64,
}

impl Budget {
    pub fn is_spent(self) -> bool {
        self.monthly_segments.is_some_and(|limit| self.used_segments >= limit)
    }
}

/// The first moment of the next day.
pub fn tomorrow(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((day(now) + 1) * DAY_MS)
}

impl Tx {
    /// Counts a text that is about to be sent; once, however often it is tried. What does not fit is counted nowhere.
    ///
    /// A budget that is spent stops texts that begin a conversation. Whoever was asked already gets an answer: what is left of a
    /// conversation is short, and breaking it off would leave somebody talking to nobody.
    pub async fn count_text(
        &mut self,
        message: &Message,
        phone: &Handset,
        begins: bool,
        caps: Caps,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let (workspace, index) = (&message.workspace, phone.index(self.vault()));
        let fresh = self
            .exec(
                "UPDATE messages SET counted_at = $3 WHERE workspace = $1 AND id = $2 AND counted_at IS NULL",
                params![workspace.as_str(), message.id.as_str(), now.as_millis()],
            )
            .await?;
        if fresh == 0 {
            return Ok(Counted::Yes);
        }
        let segments = i64::from(segments::size(&message.body).segments);
        let counted = self.raise(workspace, &index, segments, begins, caps, now).await?;
        if counted != Counted::Yes {
            self.exec(
                "UPDATE messages SET counted_at = NULL WHERE workspace = $1 AND id = $2",
                params![workspace.as_str(), message.id.as_str()],
            )
            .await?;
        }
        Ok(counted)
    }

    async fn raise(
        &mut self,
        workspace: &WorkspaceId,
        phone_index: &str,
        segments: i64,
        begins: bool,
        caps: Caps,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        // Rows are taken in one order (phone, day, month), so that two texts never wait for each other.
        let phone = self
            .exec(
                "INSERT INTO phone_days (phone_index, day, texts) VALUES ($1, $2, 1)
                 ON CONFLICT (phone_index, day) DO UPDATE SET texts = phone_days.texts + 1
                 WHERE $3 = 0 OR phone_days.texts < $3",
                params![phone_index, day(now), caps.per_phone],
            )
            .await?;
        if phone == 0 {
            return Ok(Counted::PhoneIsFull);
        }
        if !self.raise_tally(workspace, &day_name(now), segments, Limit::Texts(caps.per_workspace)).await? {
            self.lower_phone(phone_index, now).await?;
            return Ok(Counted::WorkspaceIsFull);
        }
        let budget = if begins { self.monthly_segments(workspace).await? } else { None };
        if !self.raise_tally(workspace, &month_name(now), segments, Limit::Segments(budget)).await? {
            self.lower_phone(phone_index, now).await?;
            self.exec(
                "UPDATE tallies SET texts = texts - 1, segments = segments - $3 WHERE workspace = $1 AND period = $2",
                params![workspace.as_str(), day_name(now), segments],
            )
            .await?;
            return Ok(Counted::BudgetIsSpent);
        }
        Ok(Counted::Yes)
    }

    async fn raise_tally(
        &mut self,
        workspace: &WorkspaceId,
        period: &str,
        segments: i64,
        limit: Limit,
    ) -> Result<bool, StoreError> {
        // There first, so that the limit holds for the first text as well.
        self.exec(
            "INSERT INTO tallies (workspace, period, texts, segments) VALUES ($1, $2, 0, 0)
             ON CONFLICT (workspace, period) DO NOTHING",
            params![workspace.as_str(), period],
        )
        .await?;
        let (texts, most_segments) = match limit {
            Limit::Texts(0) => (i64::MAX, i64::MAX),
            Limit::Texts(most) => (most, i64::MAX),
            Limit::Segments(most) => (i64::MAX, most.unwrap_or(i64::MAX)),
        };
        let raised = self
            .exec(
                "UPDATE tallies SET texts = texts + 1, segments = segments + $3
                 WHERE workspace = $1 AND period = $2 AND texts < $4 AND segments < $5",
                params![workspace.as_str(), period, segments, texts, most_segments],
            )
            .await?;
        Ok(raised == 1)
    }

    async fn lower_phone(&mut self, phone_index: &str, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "UPDATE phone_days SET texts = texts - 1 WHERE phone_index = $1 AND day = $2",
            params![phone_index, day(now)],
        )
        .await?;
        Ok(())
    }

    async fn monthly_segments(&mut self, workspace: &WorkspaceId) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT monthly_segments FROM workspaces WHERE id = $1";
        Ok(self.one(sql, params![workspace.as_str()], |row| row.opt_int(0)).await?.flatten())
    }

    pub async fn budget(&mut self, workspace: &WorkspaceId, now: Timestamp) -> Result<Budget, StoreError> {
        let budget = self
            .one(
                "SELECT w.monthly_segments, t.segments FROM workspaces w
                 LEFT JOIN tallies t ON t.workspace = $1 AND t.period = $2 WHERE w.id = $1",
                params![workspace.as_str(), month_name(now)],
                |row| {
                    Ok(Budget { monthly_segments: row.opt_int(0)?, used_segments: row.opt_int(1)?.unwrap_or_default() })
                },
            )
            .await?;
        Ok(budget.unwrap_or(Budget { monthly_segments: None, used_segments: 0 }))
    }

    pub async fn set_monthly_segments(
        &mut self,
        workspace: &WorkspaceId,
        segments: Option<i64>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE workspaces SET monthly_segments = $2 WHERE id = $1";
        self.exec(sql, params![workspace.as_str(), segments]).await.map(drop)
    }

    /// How many conversations of the workspace with a phone began since then, as far as it matters.
    pub async fn conversations_since(
        &mut self,
        workspace: &WorkspaceId,
        phone: &Handset,
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        let index = phone.index(self.vault());
        let sql = "SELECT COUNT(*) FROM conversations WHERE workspace = $1 AND phone_index = $2 AND created_at > $3";
        let counted = self.one(sql, params![workspace.as_str(), index, since.as_millis()], |row| row.int(0)).await?;
        Ok(counted.unwrap_or_default())
    }
}

enum Limit {
    /// 0: none.
    Texts(i64),
    Segments(Option<i64>),
}

const fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

fn day_name(at: Timestamp) -> String {
    named(at, "%Y-%m-%d")
}

fn month_name(at: Timestamp) -> String {
    named(at, "%Y-%m")
}

fn named(at: Timestamp, format: &str) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| String::new(), |at| at.strftime(format).to_string())
}
