//! `alc token create`

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
}

impl TokenCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        let Self::Create { workspace, scopes, default_region } = self;
        let token = operator.create_token(Place { workspace, default_region }, &scopes).await?;
        Ok(out.thing(&[("access_token", token.into())])?)
    }
}
