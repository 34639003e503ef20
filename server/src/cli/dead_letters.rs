//! `alc dead-letters list|show|replay|drop`

use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use alc_server::operator::dead_letters::{DeadLetterQuestion, Fate};
use alc_server::store::dead_letters::DeadLetter;
use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List the jobs that gave up, oldest first: what, why, when, after how many tries
    #[command(after_help = "Example:\n  alc dead-letters list --kind deliver_webhook --workspace acme")]
    List(Which),
    /// Show one
    Show { job_id: String },
    /// Have jobs done after all, with all their tries before them
    #[command(
        after_help = "Examples:\n  alc dead-letters replay job_0192…\n  alc dead-letters replay --all --kind write_record"
    )]
    Replay(Chosen),
    /// Forget jobs; what they were to do stays undone
    #[command(
        after_help = "Examples:\n  alc dead-letters drop job_0192…\n  alc dead-letters drop --all --workspace acme"
    )]
    Drop(Chosen),
}

#[derive(Args)]
pub(crate) struct Which {
    /// Only of this workspace, by its name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Only of this kind, such as `deliver_webhook` or `write_record`
    #[arg(long)]
    kind: Option<String>,
}

#[derive(Args)]
pub(crate) struct Chosen {
    #[arg(required_unless_present = "all")]
    job_id: Option<String>,
    /// All there are, or all of --workspace and --kind
    #[arg(long, conflicts_with = "job_id")]
    all: bool,
    #[command(flatten)]
    which: Which,
}

const COLUMNS: [&str; 8] = ["job_id", "workspace", "kind", "of", "tries", "why", "created_at", "gave_up_at"];

impl DeadLettersCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::List(which) => {
                let letters = operator.dead_letters(&which.question()).await?;
                out.table(COLUMNS, &letters.into_iter().map(row).collect::<Vec<_>>())?;
            }
            Self::Show { job_id } => {
                let fields: Vec<_> = COLUMNS.into_iter().zip(row(operator.dead_letter(&job_id).await?)).collect();
                out.thing(&fields)?;
            }
            Self::Replay(chosen) => chosen.decide(operator, out, Fate::Replay, "replayed").await?,
            Self::Drop(chosen) => chosen.decide(operator, out, Fate::Drop, "dropped").await?,
        }
        Ok(())
    }
}

impl Which {
    fn question(self) -> DeadLetterQuestion {
        DeadLetterQuestion { workspace: self.workspace, kind: self.kind }
    }
}

impl Chosen {
    async fn decide(self, operator: &Operator, out: &Output, fate: Fate, word: &'static str) -> anyhow::Result<()> {
        let Some(id) = self.job_id else {
            let (decided, left) = operator.decide_dead_letters(&self.which.question(), fate).await?;
            let rest = match left {
                0 => String::new(),
                left => format!(" {left} stay: their webhooks are disabled; see `alc webhooks list`."),
            };
            let sentence = format!("{decided} dead letters are {word}.{rest}");
            return Ok(out.sentence(&sentence, &[(word, decided.into()), ("left", left.into())])?);
        };
        if self.which.workspace.is_some() || self.which.kind.is_some() {
            bail!("--workspace and --kind go with --all; {id} alone says which");
        }
        operator.decide_dead_letter(&id, fate).await?;
        Ok(out.sentence(&format!("{id} is {word}."), &[(word, 1.into()), ("left", 0.into())])?)
    }
}

fn row(letter: DeadLetter) -> [Value; 8] {
    // Whatever the job's ids are called, they say what it was to do it to.
    let of = letter.job.as_ref().and_then(|job| serde_json::to_value(job).ok());
    let of: Map<String, Value> = of
        .and_then(|of| of.as_object().cloned())
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| name != "kind")
        .collect();
    [
        letter.id.as_str().into(),
        letter.workspace_name.into(),
        letter.kind.into(),
        of.into_values().collect::<Vec<_>>().into(),
        letter.failures.into(),
        letter.last_error.into(),
        rfc3339(letter.created_at).into(),
        rfc3339(letter.dead_at).into(),
    ]
}
