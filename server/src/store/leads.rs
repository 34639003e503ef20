//! Leads: one row each; names, phones and outcomes sealed.

use alc_core::id::{GrantId, LeadId, WorkspaceId};
use alc_core::lead::{Lead, LeadStatus, Stage};
use alc_core::time::Timestamp;

use super::handsets::Handset;
use super::{Row, StoreError, Tx, Val};
use crate::params;

/// A lead as it is stored, and whether it was this call that stored it.
#[derive(Debug, Clone)]
pub struct StoredLead {
    pub lead: Lead,
    pub is_new: bool,
}

/// Which leads to list.
#[derive(Debug, Clone, Default)]
pub struct LeadFilter {
    /// None: the whole workspace's.
    pub grant: Option<GrantId>,
    pub status: Option<LeadStatus>,
    pub record_id: Option<String>,
    pub created_after: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
}

/// A lead's place in a list. Of those taken in within a millisecond, the id decides.
#[derive(Debug, Clone)]
pub struct LeadPosition {
    pub created_at: Timestamp,
    pub id: LeadId,
}

const COLUMNS: &str = "id, workspace, grant_id, record_id, name, phone, campaign, facts, sequence, created_at, is_test";

impl Tx {
    /// Returns what is stored: this lead, or the live one of the same record under the same grant.
    pub async fn insert_lead(&mut self, lead: &Lead, deadline_at: Timestamp) -> Result<StoredLead, StoreError> {
        let facts = facts_of(&lead.stage)?;
        let vault = self.vault();
        let id = lead.id.as_str();
        let args = params![
            id,
            lead.workspace.as_str(),
            lead.grant.as_str(),
            &lead.record_id,
            vault.seal("leads.name", id, &lead.name),
            vault.seal("leads.phone", id, &lead.phone),
            Handset::of(lead).index(vault),
            lead.campaign.as_deref(),
            lead.stage.name(),
            vault.seal("leads.facts", id, &facts),
            lead.sequence,
            lead.created_at.as_millis(),
            deadline_at.as_millis(),
            lead.is_test,
        ]
        .to_vec();
        let inserted = self
            .exec(
                "INSERT INTO leads (id, workspace, grant_id, record_id, name, phone, phone_index, campaign, stage, facts, sequence, created_at, deadline_at, is_test)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                 ON CONFLICT (workspace, grant_id, record_id) WHERE ended_at IS NULL DO NOTHING",
                &args,
            )
            .await?;
        if inserted == 1 {
            return Ok(StoredLead { lead: lead.clone(), is_new: true });
        }
        // It may have ended between the two statements; the caller's next try will then be new.
        let live = self.live_lead(&lead.workspace, &lead.grant, &lead.record_id).await?.ok_or(StoreError::Again)?;
        Ok(StoredLead { lead: live, is_new: false })
    }

    pub async fn live_lead(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        record_id: &str,
    ) -> Result<Option<Lead>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND grant_id = $2 AND record_id = $3 AND ended_at IS NULL"),
            params![workspace.as_str(), grant.as_str(), record_id],
            read_lead,
        )
        .await
    }

    pub async fn lead(&mut self, workspace: &WorkspaceId, id: &LeadId) -> Result<Option<Lead>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND id = $2"),
            params![workspace.as_str(), id.as_str()],
            read_lead,
        )
        .await
    }

    /// Leads that pass the filter, newest first, from behind a position on.
    pub async fn leads(
        &mut self,
        workspace: &WorkspaceId,
        filter: &LeadFilter,
        from: Option<&LeadPosition>,
        limit: usize,
    ) -> Result<Vec<Lead>, StoreError> {
        // A statement per stage: each reads its page off an index, where one for several would sort all there are.
        let stages: Vec<_> = filter.status.map_or(vec![None], |status| stages_of(status).iter().map(Some).collect());
        let mut found = Vec::new();
        for stage in stages {
            let (sql, args) = list_of(workspace, filter, stage.copied(), from, limit);
            found.extend(self.all(&sql, &args, read_lead).await?);
        }
        found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        // On PostgreSQL a lead may move from stage to stage between two statements.
        found.dedup_by(|a, b| a.id == b.id);
        found.truncate(limit);
        Ok(found)
    }

    /// What was sent in test mode, newest first, from behind a position on.
    pub async fn leads_of_sandbox(
        &mut self,
        workspace: &WorkspaceId,
        from: Option<&LeadPosition>,
        limit: i64,
    ) -> Result<Vec<Lead>, StoreError> {
        let end = LeadPosition { created_at: Timestamp::from_millis(i64::MAX), id: String::new().into() };
        let from = from.unwrap_or(&end);
        self.all(
            &format!(
                "SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND is_test AND (created_at, id) < ($2, $3)
                 ORDER BY created_at DESC, id DESC LIMIT $4"
            ),
            params![workspace.as_str(), from.created_at.as_millis(), from.id.as_str(), limit],
            read_lead,
        )
        .await
    }

    /// Writes down where a live lead stands now. One that has ended stays as it is: whoever read it before decides again.
    pub async fn save_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let facts = self.vault().seal("leads.facts", lead.id.as_str(), &facts_of(&lead.stage)?);
        let saved = self
            .exec(
                "UPDATE leads SET stage = $3, facts = $4, sequence = $5, ended_at = $6
             WHERE workspace = $1 AND id = $2 AND ended_at IS NULL",
                params![
                    lead.workspace.as_str(),
                    lead.id.as_str(),
                    lead.stage.name(),
                    facts,
                    lead.sequence,
                    lead.stage.ended_at().map(Timestamp::as_millis),
                ],
            )
            .await?;
        if saved == 1 { Ok(()) } else { Err(StoreError::Again) }
    }

    /// Writes down what a lead that has ended was found to be after all; when it ended stays as it was.
    pub async fn correct_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let facts = self.vault().seal("leads.facts", lead.id.as_str(), &facts_of(&lead.stage)?);
        let saved = self
            .exec(
                "UPDATE leads SET facts = $3, sequence = $4
                 WHERE workspace = $1 AND id = $2 AND ended_at IS NOT NULL AND sequence = $4 - 1",
                params![lead.workspace.as_str(), lead.id.as_str(), facts, lead.sequence],
            )
            .await?;
        if saved == 1 { Ok(()) } else { Err(StoreError::Again) }
    }
}

/// What `Stage::status` calls by one name.
const fn stages_of(status: LeadStatus) -> &'static [&'static str] {
    match status {
        LeadStatus::Pending => &["accepted", "queued"],
        LeadStatus::Contacted => &["contacted"],
        LeadStatus::InConversation => &["in_conversation"],
        LeadStatus::Complete => &["closed"],
        LeadStatus::Cancelled => &["cancelled"],
        LeadStatus::Failed => &["failed"],
    }
}

/// The statement that reads one page, and its arguments. Each combination of filters finds its index (`V4__leads_listed.sql`).
fn list_of(
    workspace: &WorkspaceId,
    filter: &LeadFilter,
    stage: Option<&str>,
    from: Option<&LeadPosition>,
    limit: usize,
) -> (String, Vec<Val>) {
    let mut args = params![workspace.as_str()].to_vec();
    let mut also = String::new();
    let mut and = |left: &str, value: Val| {
        args.push(value);
        also = format!("{also} AND {left} ${}", args.len());
    };
    // A record has few leads; SQLite must not take an index of many for them, so the other columns are hidden from it.
    let (grant, of_stage) = match &filter.record_id {
        Some(record) => {
            and("record_id =", Val::from(record));
            ("grant_id || '' =", "stage || '' =")
        }
        None => ("grant_id =", "stage ="),
    };
    if let Some(id) = &filter.grant {
        and(grant, Val::from(id.as_str()));
    }
    if let Some(stage) = stage {
        and(of_stage, Val::from(stage));
    }
    if let Some(at) = filter.created_after {
        and("created_at >", Val::from(at.as_millis()));
    }
    if let Some(at) = filter.created_before {
        and("created_at <", Val::from(at.as_millis()));
    }
    if let Some(LeadPosition { created_at, id }) = from {
        args.extend([Val::from(created_at.as_millis()), Val::from(id.as_str())]);
        also = format!("{also} AND (created_at, id) < (${}, ${})", args.len() - 1, args.len());
    }
    args.push(Val::from(i64::try_from(limit).unwrap_or(i64::MAX)));
    let last = args.len();
    let sql = format!(
        "SELECT {COLUMNS} FROM leads WHERE workspace = $1{also} ORDER BY created_at DESC, id DESC LIMIT ${last}"
    );
    (sql, args)
}

fn facts_of(stage: &Stage) -> Result<String, StoreError> {
    serde_json::to_string(stage).map_err(|error| StoreError::Database(error.to_string()))
}

fn read_lead(row: &Row<'_>) -> Result<Lead, StoreError> {
    let id = row.text(0)?;
    let facts = row.sealed(7, "leads.facts", &id)?;
    Ok(Lead {
        workspace: row.text(1)?.into(),
        grant: row.text(2)?.into(),
        record_id: row.text(3)?,
        name: row.sealed(4, "leads.name", &id)?,
        phone: row.sealed(5, "leads.phone", &id)?,
        campaign: row.opt_text(6)?,
        stage: serde_json::from_str(&facts).map_err(|_| row.misfit(7, "is no stage that this version knows"))?,
        sequence: u32::try_from(row.int(8)?).map_err(|_| row.misfit(8, "is no sequence"))?,
        created_at: Timestamp::from_millis(row.int(9)?),
        is_test: row.bool(10)?,
        id: id.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Scratch, on_sqlite};

    #[tokio::test]
    async fn every_page_is_read_off_an_index() {
        on_sqlite(every_page_is_planned).await;
    }

    /// SQLite tells how it would go about it.
    async fn every_page_is_planned(scratch: Scratch) {
        scratch.store.migrate().await.unwrap();
        let workspace = WorkspaceId::from("ws_1");
        let at = Timestamp::from_millis(1);
        let from = LeadPosition { created_at: at, id: "lead_1".into() };
        for choice in 0..32_u32 {
            let chosen = |bit: u32| choice & (1 << bit) != 0;
            let filter = LeadFilter {
                grant: chosen(0).then(|| "grant_1".into()),
                status: None,
                record_id: chosen(1).then(|| "rec".into()),
                created_after: chosen(2).then_some(at),
                created_before: chosen(2).then_some(at),
            };
            let (sql, args) =
                list_of(&workspace, &filter, chosen(3).then_some("closed"), chosen(4).then_some(&from), 51);
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let plan = scratch.store.read(async move |tx| tx.all(&explain, &args, |row| row.text(3)).await);
            let plan = plan.await.unwrap().join("; ");
            let index = match (chosen(1), chosen(0), chosen(3)) {
                (true, ..) => "leads_listed_by_record ",
                (_, true, true) => "leads_listed_by_grant_and_stage ",
                (_, true, false) => "leads_listed_by_grant ",
                (_, false, true) => "leads_listed_by_stage ",
                (_, false, false) => "leads_listed ",
            };
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
        }
    }
}
