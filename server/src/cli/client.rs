//! `alc client create|list|delete`

use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use clap::Subcommand;

use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Register a client; its secret is shown this once
    Create {
        /// What users are asked to connect
        #[arg(long)]
        name: String,
        /// Where users may be sent back to, exactly
        #[arg(long = "redirect-uri", value_name = "URI", required = true, num_args = 1..)]
        redirect_uris: Vec<String>,
        /// It cannot keep a secret (it runs on a phone or in a browser): it gets none, and must use PKCE
        #[arg(long)]
        public: bool,
    },
    /// List the clients
    List,
    /// Delete a client and revoke everything it was granted
    Delete {
        #[arg(value_name = "CLIENT_ID")]
        id: String,
    },
}

impl ClientCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Create { name, redirect_uris, public } => {
                let client = operator.create_client(&name, redirect_uris, public).await?;
                out.thing(&[("client_id", client.id.as_str().into()), ("client_secret", client.secret.into())])?;
            }
            Self::List => {
                let clients = operator.clients().await?;
                let rows: Vec<_> = clients
                    .into_iter()
                    .map(|client| {
                        let (is_public, created_at) = (client.is_public(), rfc3339(client.created_at));
                        let id = client.id.as_str().into();
                        [id, client.name.into(), is_public.into(), client.redirect_uris.into(), created_at.into()]
                    })
                    .collect();
                out.table(["client_id", "name", "public", "redirect_uris", "created_at"], &rows)?;
            }
            Self::Delete { id } => {
                let grants = operator.delete_client(&id).await?;
                let sentence = format!("Deleted {id}; {grants} of its grants were live and are revoked.");
                out.sentence(&sentence, &[("client_id", id.as_str().into()), ("revoked_grants", grants.into())])?;
            }
        }
        Ok(())
    }
}
