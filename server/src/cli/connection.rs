//! `alc connection create|list|remove`

use alc_server::app::rfc3339;
use alc_server::operator::{Operator, Place};
use clap::Subcommand;

use super::output::Output;
use super::stdin;

#[derive(Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Let partners' signed callbacks write to the records of an Attio workspace; its access token is the first line of stdin
    Create {
        /// The workspace's name; it is created if there is none
        #[arg(long, value_name = "NAME")]
        workspace: String,
    },
    /// List the connections in force
    List,
    /// End a connection and forget its secrets
    Remove {
        #[arg(value_name = "CONNECTION_ID")]
        id: String,
    },
}

impl ConnectionCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Create { workspace } => {
                let token = stdin::secret("Access token")?;
                let made = operator.connect_attio(Place { workspace, default_region: None }, &token).await?;
                out.thing(&[
                    ("connection_id", made.id.as_str().into()),
                    ("callback_path", made.callback_path.into()),
                    ("callback_secret", made.callback_secret.into()),
                ])?;
            }
            Self::List => {
                let connections = operator.connections().await?;
                let rows: Vec<_> = connections
                    .into_iter()
                    .map(|one| {
                        let created_at = rfc3339(one.created_at).into();
                        [one.id.as_str().into(), one.workspace_name.into(), one.provider.into(), created_at]
                    })
                    .collect();
                out.table(["connection_id", "workspace", "provider", "created_at"], &rows)?;
            }
            Self::Remove { id } => {
                operator.remove_connection(&id).await?;
                out.sentence(&format!("Removed {id}."), &[("connection_id", id.as_str().into())])?;
            }
        }
        Ok(())
    }
}
