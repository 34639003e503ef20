//! Campaigns in the operator's hands.

use alc_core::campaign::{Campaign, check_name};
use alc_core::id::WorkspaceId;
use anyhow::{Context as _, bail};

use super::Operator;
use crate::store::campaigns::{Kept, KeptCampaign, MOST_CAMPAIGNS};

impl Operator {
    /// Keeps a campaign under its name, over one that has it; false when it is new.
    pub async fn set_campaign(&self, workspace: &str, name: &str, campaign: Campaign) -> anyhow::Result<bool> {
        check_name(name).map_err(|invalid| anyhow::anyhow!("--name {}", invalid.problem))?;
        campaign.check().map_err(|invalid| anyhow::anyhow!("{} {}", option(invalid.field), invalid.problem))?;
        let workspace = self.named(workspace).await?;
        let now = self.door.now();
        let kept = KeptCampaign { name: name.to_owned(), campaign, created_at: now, updated_at: now };
        let entry = self.entry(Some(workspace.clone()), "campaign.saved", name);
        let saved = self.store.write(async move |tx| {
            let became = tx.save_campaign(&workspace, &kept).await?;
            if became != Kept::TooMany {
                tx.audit(&entry).await?;
            }
            Ok(became)
        });
        match saved.await? {
            Kept::New => Ok(false),
            Kept::Replaced => Ok(true),
            Kept::TooMany => bail!(
                "the workspace has {MOST_CAMPAIGNS} campaigns already; `alc campaign remove` one that nobody needs"
            ),
        }
    }

    /// All of a workspace, in the order of their names.
    pub async fn campaigns(&self, workspace: &str) -> anyhow::Result<Vec<KeptCampaign>> {
        let workspace = self.named(workspace).await?;
        Ok(self.store.read(async move |tx| tx.campaigns(&workspace).await).await?)
    }

    pub async fn campaign(&self, workspace: &str, name: &str) -> anyhow::Result<KeptCampaign> {
        let (workspace, wanted) = (self.named(workspace).await?, name.to_owned());
        let found = self.store.read(async move |tx| tx.campaign(&workspace, &wanted).await).await?;
        found.with_context(|| no_campaign(name))
    }

    /// Leads that name it and have not been texted yet are given up when their turn comes.
    pub async fn remove_campaign(&self, workspace: &str, name: &str) -> anyhow::Result<()> {
        let (workspace, wanted) = (self.named(workspace).await?, name.to_owned());
        let entry = self.entry(Some(workspace.clone()), "campaign.removed", name);
        let removed = self.store.write(async move |tx| {
            let removed = tx.delete_campaign(&workspace, &wanted).await?;
            if removed {
                tx.audit(&entry).await?;
            }
            Ok(removed)
        });
        if removed.await? { Ok(()) } else { bail!(no_campaign(name)) }
    }

    async fn named(&self, workspace: &str) -> anyhow::Result<WorkspaceId> {
        let found = self.workspace_if_named(Some(workspace)).await?;
        found.with_context(|| format!("there is no workspace {workspace:?}"))
    }
}

fn no_campaign(name: &str) -> String {
    format!("there is no campaign {name:?}; `alc campaign list` shows those there are")
}

/// A campaign's field as the command line calls it.
fn option(field: &str) -> &str {
    match field {
        "questions" => "--question",
        "nudge_after_s" => "--nudge-after",
        "most_turns" => "--most-turns",
        "nudges" => "--nudges",
        "company" => "--company",
        _ => "--offer",
    }
}
