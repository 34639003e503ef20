//! Dead letters in the operator's hands: why each job gave up, and what becomes of it.

use alc_core::id::JobId;
use anyhow::{Context as _, bail};

use super::Operator;
use crate::job::Job;
use crate::store::StoreError;
use crate::store::Tx;
use crate::store::audit::AuditEntry;
use crate::store::dead_letters::{DeadLetter, DeadLetterFilter};

/// To a commit.
const AT_ONCE: i64 = 200;

/// Which of them, as the operator says it.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterQuestion {
    /// By its name.
    pub workspace: Option<String>,
    pub kind: Option<String>,
}

/// What to do with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Back into the queue, with all its tries before it.
    Replay,
    /// Forgotten.
    Drop,
}

impl Operator {
    /// Oldest first, all of them.
    pub async fn dead_letters(&self, question: &DeadLetterQuestion) -> anyhow::Result<Vec<DeadLetter>> {
        let mut all: Vec<DeadLetter> = Vec::new();
        let mut filter = self.filter(question).await?;
        loop {
            filter.after = all.last().map(|last| last.id.clone());
            let wanted = filter.clone();
            let page = self.store.read(async move |tx| tx.dead_letters(&wanted).await).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    pub async fn dead_letter(&self, id: &str) -> anyhow::Result<DeadLetter> {
        let wanted = JobId::from(id);
        let found = self.store.read(async move |tx| tx.dead_letter(&wanted).await).await?;
        found.with_context(|| no_dead_letter(id))
    }

    pub async fn decide_dead_letter(&self, id: &str, fate: Fate) -> anyhow::Result<()> {
        let (wanted, now) = (JobId::from(id), self.door.now());
        let entry = self.entry(None, fate.action(), id);
        let decided = self.store.write(async move |tx| {
            let Some(letter) = tx.dead_letter(&wanted).await? else { return Ok(false) };
            if fate == Fate::Replay
                && let Some(cure) = deaf(tx, &letter).await?
            {
                return Err(StoreError::refused("webhook_disabled", cure));
            }
            let decided = match fate {
                Fate::Replay => tx.replay_dead_letter(&letter, now).await?,
                Fate::Drop => tx.drop_dead_letter(&letter).await?,
            };
            if decided {
                tx.audit(&AuditEntry { workspace: Some(letter.workspace), ..entry.clone() }).await?;
            }
            Ok(decided)
        });
        if decided.await? { Ok(()) } else { bail!(no_dead_letter(id)) }
    }

    /// All that the question means, but those whose webhook would not be told; says how many were decided and how many left.
    pub async fn decide_dead_letters(
        &self,
        question: &DeadLetterQuestion,
        fate: Fate,
    ) -> anyhow::Result<(usize, usize)> {
        let mut filter = self.filter(question).await?;
        let (mut decided, mut left) = (0, 0);
        loop {
            let (wanted, now) = (filter.clone(), self.door.now());
            let entry = self.entry(filter.workspace.clone(), fate.action(), question.kind.as_deref().unwrap_or("all"));
            let slice = self.store.write(async move |tx| {
                let letters = tx.dead_letters(&wanted).await?;
                let mut decided = 0;
                for letter in &letters {
                    decided += usize::from(match fate {
                        Fate::Replay if deaf(tx, letter).await?.is_some() => false,
                        Fate::Replay => tx.replay_dead_letter(letter, now).await?,
                        Fate::Drop => tx.drop_dead_letter(letter).await?,
                    });
                }
                if decided > 0 {
                    tx.audit(&entry.clone().of_many(decided)).await?;
                }
                Ok((decided, letters.len() - decided, letters.into_iter().next_back().map(|letter| letter.id)))
            });
            let (now_decided, now_left, last) = slice.await?;
            (decided, left) = (decided + now_decided, left + now_left);
            match last {
                Some(last) => filter.after = Some(last),
                None => return Ok((decided, left)),
            }
        }
    }

    async fn filter(&self, question: &DeadLetterQuestion) -> anyhow::Result<DeadLetterFilter> {
        let known = Job::KINDS;
        if let Some(kind) = &question.kind
            && !known.contains(&kind.as_str())
        {
            bail!("--kind {kind} is none of: {}", known.join(", "));
        }
        let workspace = self.workspace_if_named(question.workspace.as_deref()).await?;
        Ok(DeadLetterFilter { workspace, kind: question.kind.clone(), after: None, most: AT_ONCE })
    }
}

impl Fate {
    const fn action(self) -> &'static str {
        match self {
            Self::Replay => "dead_letter.replayed",
            Self::Drop => "dead_letter.dropped",
        }
    }
}

/// Why a delivery would end untried; the text names the cure.
async fn deaf(tx: &mut Tx, letter: &DeadLetter) -> Result<Option<String>, StoreError> {
    let Some(Job::DeliverWebhook { delivery }) = &letter.job else { return Ok(None) };
    let webhook = tx.deaf_webhook_of(&letter.workspace, delivery).await?;
    Ok(webhook.map(|id| {
        format!("{id} is disabled or deleted, so nobody would be told; `alc webhooks enable {id}` resumes one that is disabled")
    }))
}

fn no_dead_letter(id: &str) -> String {
    format!("there is no dead letter {id}; `alc dead-letters list` shows those there are")
}
