//! `alc token create|list|revoke`

use alc_server::app::rfc3339;
use alc_server::operator::{Operator, Place};
use clap::Subcommand;

use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Create an access token that lasts until it is revoked; it is shown this once
    Create {
        /// The workspace's name; it is created if there is none
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// What it allows: leads:read leads:write webhooks:read webhooks:write
        #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1..)]
        scopes: Vec<String>,
        /// Reads the workspace's phone numbers that come without a country: GB, US, …
        #[arg(long, value_name = "COUNTRY")]
        default_region: Option<String>,
    },
    /// List the operator's tokens by their grants, or every live grant
    #[command(after_help = "Examples:\n  alc token list\n  alc token list --all --workspace acme")]
    List {
        /// Those that users gave to clients, too
        #[arg(long)]
        all: bool,
        /// Only of this workspace, by its name
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
    /// Revoke a grant, the operator's or anybody's, with all that hangs on it
    Revoke {
        #[arg(value_name = "GRANT_ID")]
        grant: String,
    },
}

impl TokenCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Create { workspace, scopes, default_region } => {
                let made = operator.create_token(Place { workspace, default_region }, &scopes).await?;
                out.thing(&[("access_token", made.token.into()), ("grant_id", made.grant.as_str().into())])?;
            }
            Self::List { all, workspace } => {
                let grants = operator.grants(workspace.as_deref()).await?;
                let rows: Vec<_> = grants
                    .into_iter()
                    .filter(|grant| all || grant.client.is_none())
                    .map(|grant| {
                        let (id, created_at) = (grant.id.as_str().into(), rfc3339(grant.created_at).into());
                        let client = grant.client.map(|client| client.to_string()).into();
                        let user = grant.user.map(|user| user.to_string()).into();
                        [id, grant.workspace_name.into(), client, user, grant.scope.into(), created_at]
                    })
                    .collect();
                out.table(["grant_id", "workspace", "client_id", "user_id", "scope", "created_at"], &rows)?;
            }
            Self::Revoke { grant } => {
                let ended = operator.revoke_grant(&grant).await?;
                let sentence = if ended { format!("Revoked {grant}.") } else { format!("{grant} was revoked before.") };
                out.sentence(&sentence, &[("grant_id", grant.as_str().into()), ("revoked", ended.into())])?;
            }
        }
        Ok(())
    }
}
