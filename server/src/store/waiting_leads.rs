//! Leads that wait in line for a free pair of numbers, first come, first served, over all workspaces.

use alc_core::id::{LeadId, WorkspaceId};
use alc_core::time::Timestamp;

use super::handsets::Handset;
use super::{StoreError, Tx};
use crate::params;

impl Tx {
    /// The lead's numbers are all taken: it waits, first come, first served.
    pub async fn insert_waiting_lead(
        &mut self,
        workspace: &WorkspaceId,
        lead: &LeadId,
        phone: &Handset,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let index = phone.index(self.vault());
        self.exec(
            "INSERT INTO waiting_leads (lead_id, workspace, phone_index, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (lead_id) DO NOTHING",
            params![lead.as_str(), workspace.as_str(), index, now.as_millis()],
        )
        .await?;
        Ok(())
    }

    pub async fn delete_waiting_lead(&mut self, workspace: &WorkspaceId, lead: &LeadId) -> Result<(), StoreError> {
        self.exec(
            "DELETE FROM waiting_leads WHERE workspace = $1 AND lead_id = $2",
            params![workspace.as_str(), lead.as_str()],
        )
        .await?;
        Ok(())
    }

    /// Who waits for a phone, in order, over all workspaces.
    pub async fn waiting_leads(&mut self, phone: &Handset) -> Result<Vec<(WorkspaceId, LeadId)>, StoreError> {
        let index = phone.index(self.vault());
        self.all(
            "SELECT workspace, lead_id FROM waiting_leads WHERE phone_index = $1 ORDER BY lead_id",
            params![index],
            |row| Ok((row.text(0)?.into(), row.text(1)?.into())),
        )
        .await
    }
}
