//! Erasing a phone, as the law gives its owner the right to.

use alc_core::id::{LeadId, WorkspaceId};
use alc_core::phone::Phone;
use anyhow::{Context as _, bail};

use super::Operator;
use crate::moves::{self, Cause};
use crate::store::audit::AuditEntry;
use crate::store::erasure::Erased;
use crate::store::handsets::Handset;

/// Records hear why their leads end.
const REASON: &str = "The person asked to be forgotten.";

/// Leads may be sent while we work; more rounds than this, and somebody sends them faster than they are erased.
const ROUNDS: usize = 10;

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Erasure {
    /// Live leads that were cancelled first.
    pub cancelled: usize,
    pub erased: Erased,
    /// The phone is on the list of those who are never texted: a keyed hash, which stays.
    pub stays_opted_out: bool,
}

impl Operator {
    /// Every trace of a phone goes, over all workspaces and their sandboxes; its live leads end first, and their records hear so.
    pub async fn erase_phone(&self, phone: &str) -> anyhow::Result<Erasure> {
        let Ok(number) = Phone::parse(phone, None) else {
            bail!("--phone must be a phone number with its country code, such as +447400123456");
        };
        let real = Handset::real(number.as_e164());
        let workspaces = self.store.read(async |tx| tx.workspaces().await).await?;
        let workspaces: Vec<WorkspaceId> = workspaces.into_iter().map(|workspace| workspace.id).collect();
        let of_sandbox = |workspace: &WorkspaceId| Handset::in_sandbox(workspace.clone(), number.as_e164());
        let handsets: Vec<Handset> = std::iter::once(real.clone()).chain(workspaces.iter().map(of_sandbox)).collect();

        let (mut cancelled, mut erased) = (0, Erased::default());
        for _ in 0..ROUNDS {
            cancelled += self.end_leads(&handsets).await?;
            let leads = self.leads_of(&handsets).await?;
            for (workspace, lead) in &leads {
                erased = erased.and(self.erase_lead(workspace, lead, &real).await?);
            }
            erased = erased.and(self.erase_rest(&handsets, &workspaces, &leads, number.as_e164()).await?);
            let all = handsets.clone();
            let left = self.store.read(async move |tx| {
                let mut left = 0;
                for handset in &all {
                    left += tx.traces_of(handset).await?;
                }
                Ok(left)
            });
            if left.await? > 0 {
                continue;
            }
            let entry = self.entry(None, "phone.erased", "");
            let entry = AuditEntry { affected: i64::try_from(erased.leads).ok(), ..entry };
            let stays_opted_out = self.store.write(async move |tx| {
                tx.audit(&entry).await?;
                tx.has_opted_out(&real).await
            });
            let stays_opted_out = stays_opted_out.await?;
            self.store.compact().await.context(
                "all rows are erased, but the database's files could not be written anew; run the same command again when \
                 the service is less busy",
            )?;
            return Ok(Erasure { cancelled, erased, stays_opted_out });
        }
        bail!("new leads with this phone kept coming in; stop whoever sends them, then run the same command again")
    }

    /// In one commit, so that none of them makes room for the next.
    async fn end_leads(&self, handsets: &[Handset]) -> anyhow::Result<usize> {
        let (handsets, door) = (handsets.to_vec(), self.door.clone());
        let cause = Cause { door: door.clone(), now: door.now(), trace: door.unique() };
        let ended = self.store.write(async move |tx| {
            let mut ended = 0;
            for handset in &handsets {
                tx.lock_phone(handset.number()).await?;
                for (workspace, id) in tx.leads_of_phone(handset).await? {
                    let Some(mut lead) = tx.lead(&workspace, &id).await?.filter(alc_core::lead::Lead::is_live) else {
                        continue;
                    };
                    moves::cancel(tx, &cause, &mut lead, REASON).await?;
                    ended += 1;
                }
            }
            Ok(ended)
        });
        Ok(ended.await?)
    }

    async fn leads_of(&self, handsets: &[Handset]) -> anyhow::Result<Vec<(WorkspaceId, LeadId)>> {
        let handsets = handsets.to_vec();
        let leads = self.store.read(async move |tx| {
            let mut leads = Vec::new();
            for handset in &handsets {
                leads.extend(tx.leads_of_phone(handset).await?);
            }
            Ok(leads)
        });
        Ok(leads.await?)
    }

    async fn erase_lead(&self, workspace: &WorkspaceId, lead: &LeadId, phone: &Handset) -> anyhow::Result<Erased> {
        let (workspace, lead, phone) = (workspace.clone(), lead.clone(), phone.clone());
        let erased = self.store.write(async move |tx| {
            tx.lock_phone(phone.number()).await?;
            match tx.lead(&workspace, &lead).await? {
                // Sent again since: the next round ends it first.
                Some(lead) if lead.is_live() => Ok(Erased::default()),
                _ => tx.erase_lead(&workspace, &lead).await,
            }
        });
        Ok(erased.await?)
    }

    async fn erase_rest(
        &self,
        handsets: &[Handset],
        workspaces: &[WorkspaceId],
        leads: &[(WorkspaceId, LeadId)],
        number: &str,
    ) -> anyhow::Result<Erased> {
        let (handsets, workspaces) = (handsets.to_vec(), workspaces.to_vec());
        let mut texts = vec![number.to_owned()];
        texts.extend(leads.iter().map(|(_, lead)| lead.to_string()));
        let erased = self.store.write(async move |tx| {
            let mut erased = Erased::default();
            for handset in &handsets {
                erased = erased.and(tx.erase_phone(handset).await?);
            }
            for workspace in &workspaces {
                erased = erased.and(tx.erase_answers(workspace, &texts).await?);
            }
            Ok(erased)
        });
        Ok(erased.await?)
    }
}
