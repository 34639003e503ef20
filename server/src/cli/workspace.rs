//! `alc workspace create|list|mode|confirm|budget|retention`

use alc_server::app::rfc3339;
use alc_server::operator::{Operator, Place};
use alc_server::store::workspaces::Mode;
use clap::{Args, Subcommand};

use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Create a workspace; other commands make one that is live when they are given a new name
    Create {
        /// What to call it; no two have the same name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// Its leads are texted nowhere but on a page of the service, /sandbox/phones
        #[arg(long)]
        test: bool,
        /// Reads the workspace's phone numbers that come without a country: GB, US, …
        #[arg(long, value_name = "COUNTRY")]
        default_region: Option<String>,
    },
    /// List the workspaces
    List,
    /// Change whom the leads that are sent from now on are texted as
    Mode {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        #[command(flatten)]
        mode: ModeName,
    },
    /// Confirm, by name, that the workspace may text the people it sends
    Confirm {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// The full name of whoever stands for it
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Say how many segments of SMS the workspace may send in a month
    Budget {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// None: as many as it likes
        #[arg(long, value_name = "N")]
        segments: Option<i64>,
    },
    /// Say for how many days the workspace keeps leads that have ended, and what was said
    Retention {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// None: for good
        #[arg(long, value_name = "N")]
        days: Option<i64>,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ModeName {
    /// As nobody: on a page of the service, /sandbox/phones
    #[arg(long)]
    test: bool,
    /// As the people they are, on their own phones
    #[arg(long)]
    live: bool,
}

impl WorkspaceCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Create { workspace, test, default_region } => {
                let mode = if test { Mode::Test } else { Mode::Live };
                let id = operator.create_workspace(Place { workspace, default_region }, mode).await?;
                out.thing(&[("workspace_id", id.as_str().into()), ("mode", mode.as_str().into())])?;
            }
            Self::List => {
                let workspaces = operator.workspaces().await?;
                let rows: Vec<_> = workspaces
                    .into_iter()
                    .map(|one| {
                        let (id, mode) = (one.id.as_str().into(), one.mode.as_str().into());
                        [id, one.name.into(), mode, one.default_region.into(), rfc3339(one.created_at).into()]
                    })
                    .collect();
                out.table(["workspace_id", "workspace", "mode", "default_region", "created_at"], &rows)?;
            }
            Self::Mode { workspace, mode } => {
                let mode = if mode.live { Mode::Live } else { Mode::Test };
                let changed = operator.set_workspace_mode(&workspace, mode).await?;
                let (name, word) = (workspace.trim(), mode.as_str());
                let sentence = if changed {
                    format!("{name} is in {word} mode now; leads sent before stay what they were.")
                } else {
                    format!("{name} was in {word} mode before.")
                };
                let fields = [("workspace", name.into()), ("mode", word.into()), ("changed", changed.into())];
                out.sentence(&sentence, &fields)?;
            }
            Self::Confirm { workspace, by } => {
                operator.confirm_consent(&workspace, &by).await?;
                let (name, by) = (workspace.trim(), by.trim());
                let fields = [("workspace", name.into()), ("confirmed_by", by.into())];
                out.sentence(&format!("{by} stands for it that {name} may text the people it sends."), &fields)?;
            }
            Self::Retention { workspace, days } => {
                operator.set_retention(&workspace, days).await?;
                let name = workspace.trim();
                let sentence = match days {
                    Some(days) => format!("{name} forgets its leads {days} days after they ended."),
                    None => format!("{name} keeps its leads for good."),
                };
                out.sentence(&sentence, &[("workspace", name.into()), ("retention_days", days.into())])?;
            }
            Self::Budget { workspace, segments } => {
                operator.set_budget(&workspace, segments).await?;
                let name = workspace.trim();
                let sentence = match segments {
                    Some(segments) => format!("{name} may send {segments} segments in a month."),
                    None => format!("{name} may send as many segments as it likes."),
                };
                out.sentence(&sentence, &[("workspace", name.into()), ("monthly_segments", segments.into())])?;
            }
        }
        Ok(())
    }
}
