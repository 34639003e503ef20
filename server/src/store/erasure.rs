//! Erasing: every row in which a lead or a phone left a trace.
//!
//! What still has to be told to somebody (an end that a webhook has not heard) stays until it is told, without the person's words.
//! What stays for good is the keyed hash of an opt-out: without it, whoever asked to be left alone would be texted again.

use alc_core::id::{DeliveryId, EventId, LeadId, WorkspaceId};
use alc_core::time::Timestamp;
use serde_json::Value;

use super::handsets::Handset;
use super::{StoreError, Tx};
use crate::job::{Job, Place};
use crate::params;

/// Stands where a summary stood.
const ERASED: &str = "Erased.";

/// An event and its deliveries are born in one commit; none takes as long as this.
const SAME_BIRTH_MS: i64 = 300_000;

/// How many rows of each kind went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    pub leads: u64,
    pub messages: u64,
    pub stray_messages: u64,
    pub events: u64,
    /// Told later, without the person's words.
    pub emptied: u64,
    pub answers: u64,
    pub record_updates: u64,
}

impl Erased {
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            leads: self.leads + other.leads,
            messages: self.messages + other.messages,
            stray_messages: self.stray_messages + other.stray_messages,
            events: self.events + other.events,
            emptied: self.emptied + other.emptied,
            answers: self.answers + other.answers,
            record_updates: self.record_updates + other.record_updates,
        }
    }
}

impl Tx {
    /// Every lead of a phone, over all workspaces.
    pub async fn leads_of_phone(&mut self, phone: &Handset) -> Result<Vec<(WorkspaceId, LeadId)>, StoreError> {
        let index = phone.index(self.vault());
        self.all("SELECT workspace, id FROM leads WHERE phone_index = $1 ORDER BY id", params![index], |row| {
            Ok((row.text(0)?.into(), row.text(1)?.into()))
        })
        .await
    }

    /// Leads of a workspace that ended before then, oldest first.
    pub async fn leads_ended_before(
        &mut self,
        workspace: &WorkspaceId,
        before: Timestamp,
        most: i64,
    ) -> Result<Vec<LeadId>, StoreError> {
        self.all(
            "SELECT id FROM leads WHERE workspace = $1 AND ended_at IS NOT NULL AND ended_at < $2 ORDER BY ended_at LIMIT $3",
            params![workspace.as_str(), before.as_millis(), most],
            |row| Ok(row.text(0)?.into()),
        )
        .await
    }

    /// Removes a lead that has ended, with all that was said and told of it.
    pub async fn erase_lead(&mut self, workspace: &WorkspaceId, lead: &LeadId) -> Result<Erased, StoreError> {
        let (ws, id) = (workspace.as_str(), lead.as_str());
        let (events, emptied) = self.erase_events(workspace, lead).await?;
        let record_updates = self.erase_record_updates(workspace, lead).await?;
        // What was to be said, or waited for, is not any more.
        let conversations = self
            .all("SELECT id FROM conversations WHERE workspace = $1 AND lead_id = $2", params![ws, id], |row| {
                row.text(0)
            })
            .await?;
        let mut lanes = vec![Place::conversation(workspace, lead).lane, Place::alarm(id).lane];
        lanes.extend(conversations.iter().map(|conversation| Place::alarm(conversation).lane));
        let mut messages = 0;
        for conversation in &conversations {
            let sql = "DELETE FROM messages WHERE workspace = $1 AND conversation_id = $2";
            messages += self.exec(sql, params![ws, conversation.as_str()]).await?;
        }
        for lane in lanes {
            self.exec("DELETE FROM jobs WHERE workspace = $1 AND lane = $2 AND dead_at IS NULL", params![ws, &lane])
                .await?;
            self.exec(
                "DELETE FROM jobs WHERE workspace = $1 AND lane = $2 AND dead_at IS NOT NULL",
                params![ws, &lane],
            )
            .await?;
        }
        self.exec("DELETE FROM conversations WHERE workspace = $1 AND lead_id = $2", params![ws, id]).await?;
        self.exec("DELETE FROM waiting_leads WHERE workspace = $1 AND lead_id = $2", params![ws, id]).await?;
        let leads = self.exec("DELETE FROM leads WHERE workspace = $1 AND id = $2", params![ws, id]).await?;
        Ok(Erased { leads, messages, events, emptied, record_updates, ..Erased::default() })
    }

    /// Events that everybody has heard go, with their deliveries; those that somebody has still to hear lose the person's words.
    async fn erase_events(&mut self, workspace: &WorkspaceId, lead: &LeadId) -> Result<(u64, u64), StoreError> {
        let ws = workspace.as_str();
        let events = self
            .all(
                "SELECT id, body FROM events WHERE workspace = $1 AND lead_id = $2 ORDER BY id",
                params![ws, lead.as_str()],
                |row| {
                    let id = row.text(0)?;
                    Ok((id.clone(), row.sealed(1, "events.body", &id)?))
                },
            )
            .await?;
        let (mut erased, mut emptied) = (0, 0);
        for (event, body) in events {
            let birth = event.get(EventId::PREFIX.len()..EventId::PREFIX.len() + 12).unwrap_or_default();
            let until = i64::from_str_radix(birth, 16).unwrap_or(i64::MAX).saturating_add(SAME_BIRTH_MS);
            let (from, until) =
                (format!("{}{birth}", DeliveryId::PREFIX), format!("{}{until:012x}", DeliveryId::PREFIX));
            let deliveries = self
                .all(
                    "SELECT id, lane, state FROM deliveries WHERE workspace = $1 AND id >= $2 AND id < $3 AND event_id = $4",
                    params![ws, from, until, &event],
                    |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
                )
                .await?;
            let mut is_awaited = false;
            for (delivery, lane, state) in deliveries {
                if state == "pending" {
                    is_awaited = true;
                    self.exec(
                        "UPDATE attempts SET excerpt = NULL WHERE workspace = $1 AND delivery_id = $2",
                        params![ws, &delivery],
                    )
                    .await?;
                    continue;
                }
                let letter = super::jobs::payload(&Job::DeliverWebhook { delivery: delivery.as_str().into() })?;
                let sql =
                    "DELETE FROM jobs WHERE workspace = $1 AND lane = $2 AND payload = $3 AND dead_at IS NOT NULL";
                self.exec(sql, params![ws, lane, letter]).await?;
                self.exec("DELETE FROM attempts WHERE workspace = $1 AND delivery_id = $2", params![ws, &delivery])
                    .await?;
                self.exec("DELETE FROM deliveries WHERE workspace = $1 AND id = $2", params![ws, &delivery]).await?;
            }
            if is_awaited {
                let body = self.vault().seal("events.body", &event, &without_words(&body));
                let sql = "UPDATE events SET body = $3 WHERE workspace = $1 AND id = $2";
                emptied += self.exec(sql, params![ws, &event, body]).await?;
            } else {
                erased += self.exec("DELETE FROM events WHERE workspace = $1 AND id = $2", params![ws, &event]).await?;
            }
        }
        Ok((erased, emptied))
    }

    /// What partners' callbacks said of the lead, whether it is written to its record yet or not.
    async fn erase_record_updates(&mut self, workspace: &WorkspaceId, lead: &LeadId) -> Result<u64, StoreError> {
        let sql = "DELETE FROM record_updates WHERE workspace = $1 AND lead_id = $2";
        self.exec(sql, params![workspace.as_str(), lead.as_str()]).await
    }

    /// What a phone said beside all conversations, and how often it was texted.
    pub async fn erase_phone(&mut self, phone: &Handset) -> Result<Erased, StoreError> {
        let index = phone.index(self.vault());
        let sql = "DELETE FROM stray_messages WHERE phone_index = $1";
        let stray_messages = self.exec(sql, params![&index]).await?;
        self.exec("DELETE FROM phone_days WHERE phone_index = $1", params![&index]).await?;
        Ok(Erased { stray_messages, ..Erased::default() })
    }

    /// Kept answers that hold one of these texts: they are short-lived, and sealed, so each is opened.
    pub async fn erase_answers(&mut self, workspace: &WorkspaceId, texts: &[String]) -> Result<Erased, StoreError> {
        let holding = self
            .all(
                "SELECT id, answer FROM idempotency_keys WHERE workspace = $1 ORDER BY id",
                params![workspace.as_str()],
                |row| {
                    let id = row.text(0)?;
                    let answer = row.sealed(1, "idempotency_keys.answer", &id)?;
                    Ok(texts.iter().any(|text| answer.contains(text.as_str())).then_some(id))
                },
            )
            .await?;
        let mut answers = 0;
        for id in holding.into_iter().flatten() {
            let sql = "DELETE FROM idempotency_keys WHERE workspace = $1 AND id = $2";
            answers += self.exec(sql, params![workspace.as_str(), &id]).await?;
        }
        Ok(Erased { answers, ..Erased::default() })
    }

    /// How many rows are found by the phone: none, after it was erased. An opt-out is not counted.
    pub async fn traces_of(&mut self, phone: &Handset) -> Result<i64, StoreError> {
        let index = phone.index(self.vault());
        let sql = "SELECT (SELECT COUNT(*) FROM leads WHERE phone_index = $1)
                        + (SELECT COUNT(*) FROM conversations WHERE phone_index = $1)
                        + (SELECT COUNT(*) FROM waiting_leads WHERE phone_index = $1)
                        + (SELECT COUNT(*) FROM stray_messages WHERE phone_index = $1)
                        + (SELECT COUNT(*) FROM phone_days WHERE phone_index = $1)";
        Ok(self.one(sql, params![index], |row| row.int(0)).await?.unwrap_or_default())
    }

    pub async fn set_retention(&mut self, workspace: &WorkspaceId, days: Option<i64>) -> Result<(), StoreError> {
        let sql = "UPDATE workspaces SET retention_days = $2 WHERE id = $1";
        self.exec(sql, params![workspace.as_str(), days]).await.map(drop)
    }

    /// Workspaces that forget, and after how many days.
    pub async fn retentions(&mut self) -> Result<Vec<(WorkspaceId, i64)>, StoreError> {
        let sql = "SELECT id, retention_days FROM workspaces WHERE retention_days IS NOT NULL ORDER BY id";
        self.all(sql, params![], |row| Ok((row.text(0)?.into(), row.int(1)?))).await
    }

    /// Numbers of texts to phones on days that are over.
    pub async fn forget_phone_days(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let day = before.as_millis().div_euclid(86_400_000);
        self.exec("DELETE FROM phone_days WHERE day < $1", params![day]).await.map(drop)
    }
}

/// A callback that says how a lead ended, and no more.
fn without_words(body: &str) -> String {
    let Ok(mut callback) = serde_json::from_str::<Value>(body) else { return "{}".to_owned() };
    if let Some(summary) = callback.pointer_mut("/outcome/summary") {
        *summary = ERASED.into();
    }
    callback.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_keeps_what_is_no_word_of_the_person() {
        let said = r#"{"type":"lead.processed","outcome":{"interest":"Hot","summary":"Wants it: “yes”"}}"#;
        assert_eq!(
            without_words(said),
            r#"{"outcome":{"interest":"Hot","summary":"Erased."},"type":"lead.processed"}"#
        );
        assert_eq!(without_words(r#"{"outcome":null}"#), r#"{"outcome":null}"#);
    }
}
