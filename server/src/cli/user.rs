//! `alc user create|list|password|delete`

use alc_server::app::rfc3339;
use alc_server::operator::users::LastOne;
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
    /// List the users of all workspaces, or of one
    List {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
    /// Give a user a new password, the first line of stdin; whoever is logged in with the old one is logged out
    #[command(after_help = "Example:\n  alc user password --email ada@example.com < new-password")]
    Password {
        /// What they log in with
        #[arg(long)]
        email: String,
    },
    /// Delete a user, and end every session and everything they agreed to
    #[command(after_help = "Example:\n  alc user delete --email ada@example.com")]
    Delete {
        /// What they log in with
        #[arg(long)]
        email: String,
        /// Even the last user of a workspace
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    Admin,
    Member,
}

impl UserCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::Create { email, workspace, role, default_region } => {
                let role = match role {
                    RoleName::Admin => Role::Admin,
                    RoleName::Member => Role::Member,
                };
                let draft = UserDraft { email, password: stdin::secret("Password")?, role };
                let id = operator.create_user(&draft, Place { workspace, default_region }).await?;
                out.thing(&[("user_id", id.as_str().into())])?;
            }
            Self::List { workspace } => {
                let users = operator.users(workspace.as_deref()).await?;
                let rows: Vec<_> = users
                    .into_iter()
                    .map(|user| {
                        let (id, created_at) = (user.id.as_str().into(), rfc3339(user.created_at).into());
                        let (workspace, grants) = (user.workspace_name.into(), user.live_grants.into());
                        [id, workspace, user.email.into(), user.role.into(), grants, created_at]
                    })
                    .collect();
                out.table(["user_id", "workspace", "email", "role", "live_grants", "created_at"], &rows)?;
            }
            Self::Password { email } => {
                let id = operator.set_password(&email, &stdin::secret("New password")?).await?;
                let sentence = format!("{email} has a new password, and is logged out everywhere.");
                out.sentence(&sentence, &[("user_id", id.as_str().into())])?;
            }
            Self::Delete { email, yes } => {
                let deleted = operator.delete_user(&email, if yes { LastOne::MayGo } else { LastOne::Stays }).await?;
                let grants = deleted.revoked_grants;
                let sentence = format!("Deleted {email}; {grants} grants were live and are revoked.");
                let fields = [("user_id", deleted.id.as_str().into()), ("revoked_grants", grants.into())];
                out.sentence(&sentence, &fields)?;
            }
        }
        Ok(())
    }
}
