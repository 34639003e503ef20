//! `alc user create`

use alc_server::operator::{Operator, Place, UserDraft};
use alc_server::store::users::Role;
use clap::{Subcommand, ValueEnum};

use super::output::Output;
use super::stdin;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Create a user; the password is the first line of stdin
    Create {
        /// What they log in with
        #[arg(long)]
        email: String,
        /// The workspace's name; it is created if there is none
        #[arg(long, value_name = "NAME")]
        workspace: String,
        /// What they may do in the workspace
        #[arg(long, value_enum, default_value = "member")]
        role: RoleName,
        /// Reads the workspace's phone numbers that come without a country: GB, US, …
        #[arg(long, value_name = "COUNTRY")]
        default_region: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    Admin,
    Member,
}

impl UserCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        let Self::Create { email, workspace, role, default_region } = self;
        let role = match role {
            RoleName::Admin => Role::Admin,
            RoleName::Member => Role::Member,
        };
        let draft = UserDraft { email, password: stdin::secret("Password")?, role };
        let id = operator.create_user(&draft, Place { workspace, default_region }).await?;
        Ok(out.thing(&[("user_id", id.as_str().into())])?)
    }
}
