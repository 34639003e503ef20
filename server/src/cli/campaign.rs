//! `alc campaign set|list|show|remove`

use alc_core::campaign::{Campaign, Language, Tone, most_turns};
use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use alc_server::store::campaigns::KeptCampaign;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum CampaignCommand {
    /// Keep a campaign under its name, over one that has it; what is not given is as in a new one
    #[command(after_help = "Example:\n  alc campaign set --workspace acme --name spring --company Acme \\\n    \
                            --offer \"We can halve your cloud bill.\" --question \"How many people work there?\" \\\n    \
                            --nudge-after 24h --nudges 1")]
    Set(Draft),
    /// List the campaigns of a workspace
    List {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
    },
    /// Show all there is to know of a campaign
    Show {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// What leads name it by
        #[arg(long)]
        name: String,
    },
    /// Remove a campaign; conversations that have begun go on with it
    Remove {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// What leads name it by
        #[arg(long)]
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Draft {
    /// The workspace's name
    #[arg(long, value_name = "NAME")]
    workspace: String,
    /// What leads name it by; "default" is for those that name none
    #[arg(long)]
    name: String,
    /// Who is texting; the first message names it
    #[arg(long, value_name = "NAME")]
    company: String,
    /// One sentence: what to find out whether the lead wants
    #[arg(long, value_name = "SENTENCE")]
    offer: String,
    /// Asked once the lead has shown interest; up to five
    #[arg(long = "question", value_name = "QUESTION")]
    questions: Vec<String>,
    /// friendly or formal
    #[arg(long, default_value = "friendly", value_parser = tone)]
    tone: Tone,
    /// What our own sentences are in: en, de, fr, es, it, nl, pl or pt
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
    /// How long a lead may be silent before it is reminded: 90m, 24h, 2d
    #[arg(long, value_name = "DURATION", value_parser = super::moment::seconds)]
    nudge_after: Option<i64>,
    /// How often a silent lead is reminded
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    nudges: u32,
    /// After so many replies the conversation ends with what is known by then
    #[arg(long, value_name = "COUNT", default_value_t = most_turns())]
    most_turns: u32,
}

impl CampaignCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Set(draft) => {
                let (workspace, name) = (draft.workspace.clone(), draft.name.clone());
                let replaced = operator.set_campaign(&workspace, &name, draft.into()).await?;
                let sentence = if replaced {
                    format!("Replaced {name}; conversations that have begun go on as they were.")
                } else {
                    format!("Made {name}.")
                };
                out.sentence(&sentence, &[("campaign", name.as_str().into()), ("replaced", replaced.into())])?;
            }
            Self::List { workspace } => {
                let campaigns = operator.campaigns(&workspace).await?;
                let rows: Vec<_> = campaigns
                    .into_iter()
                    .map(|KeptCampaign { name, campaign, updated_at, .. }| {
                        let questions = campaign.questions.len().into();
                        let language = word(&campaign.language);
                        [name.into(), campaign.company.into(), language, questions, rfc3339(updated_at).into()]
                    })
                    .collect();
                out.table(["campaign", "company", "language", "questions", "updated_at"], &rows)?;
            }
            Self::Show { workspace, name } => {
                let KeptCampaign { name, campaign, created_at, updated_at } =
                    operator.campaign(&workspace, &name).await?;
                out.thing(&[
                    ("campaign", name.into()),
                    ("company", campaign.company.into()),
                    ("offer", campaign.offer.into()),
                    ("questions", campaign.questions.into()),
                    ("tone", word(&campaign.tone)),
                    ("language", word(&campaign.language)),
                    ("nudge_after_s", campaign.nudge_after_s.into()),
                    ("nudges", campaign.nudges.into()),
                    ("most_turns", campaign.most_turns.into()),
                    ("created_at", rfc3339(created_at).into()),
                    ("updated_at", rfc3339(updated_at).into()),
                ])?;
            }
            Self::Remove { workspace, name } => {
                operator.remove_campaign(&workspace, &name).await?;
                out.sentence(&format!("Removed {name}."), &[("campaign", name.as_str().into())])?;
            }
        }
        Ok(())
    }
}

impl From<Draft> for Campaign {
    fn from(draft: Draft) -> Self {
        Self {
            company: draft.company,
            offer: draft.offer,
            questions: draft.questions,
            tone: draft.tone,
            language: draft.language,
            nudge_after_s: draft.nudge_after,
            nudges: draft.nudges,
            most_turns: draft.most_turns,
        }
    }
}

/// As it is written everywhere else.
fn word(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn tone(text: &str) -> Result<Tone, String> {
    named(text).ok_or_else(|| "it must be friendly or formal".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    named(text).ok_or_else(|| "it must be en, de, fr, es, it, nl, pl or pt".to_owned())
}

fn named<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.into()).ok()
}
