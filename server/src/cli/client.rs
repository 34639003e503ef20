//! `alc client create|list|rotate-secret|delete`

use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use clap::Subcommand;
use jiff::SignedDuration;
use serde_json::Value;

use super::output::Output;

/// Whoever needs longer to put a new secret in place has lost sight of the old one.
const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Register a client; its secret is shown this once
    Create {
        /// What users are asked to connect
        #[arg(long)]
        name: String,
        /// Where users may be sent back to, exactly; repeat it for several. Only the port of `http://127.0.0.1/…` and
        /// `http://[::1]/…` may be another
        #[arg(long = "redirect-uri", value_name = "URI", required = true, num_args = 1..)]
        redirect_uris: Vec<String>,
        /// It cannot keep a secret (it runs on a phone or in a browser): it gets none, and must use PKCE
        #[arg(long)]
        public: bool,
    },
    /// List the clients
    List,
    /// Give a client a new secret, shown this once; the one before stays good for a while
    RotateSecret {
        #[arg(value_name = "CLIENT_ID")]
        id: String,
        /// How long the secret before stays good: 24h, 30m, 0s
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = overlap)]
        retire_after: SignedDuration,
    },
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
                let (clients, now) = (operator.clients().await?, operator.door.now());
                let rows: Vec<_> = clients
                    .into_iter()
                    .map(|client| {
                        let old_until = client.live_old_secret(now).map(|old| rfc3339(old.retires_at));
                        let (is_public, created_at) = (client.is_public(), rfc3339(client.created_at));
                        let id = client.id.as_str().into();
                        let uris = client.redirect_uris.into();
                        [id, client.name.into(), is_public.into(), uris, created_at.into(), old_until.into()]
                    })
                    .collect();
                let columns = ["client_id", "name", "public", "redirect_uris", "created_at", "old_secret_retires_at"];
                out.table(columns, &rows)?;
            }
            Self::RotateSecret { id, retire_after } => {
                let overlap_ms = i64::try_from(retire_after.as_millis()).unwrap_or(i64::MAX);
                let rotated = operator.rotate_client_secret(&id, overlap_ms).await?;
                let old_retires_at = Value::from(rfc3339(rotated.old_retires_at));
                out.thing(&[
                    ("client_id", id.into()),
                    ("client_secret", rotated.secret.into()),
                    ("old_secret_retires_at", old_retires_at),
                ])?;
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

fn overlap(text: &str) -> Result<SignedDuration, String> {
    match text.parse::<SignedDuration>() {
        Ok(overlap) if (SignedDuration::ZERO..=LONGEST_OVERLAP).contains(&overlap) => Ok(overlap),
        _ => Err(format!("it must be a time from 0s to {} hours, like 24h or 30m", LONGEST_OVERLAP.as_hours())),
    }
}
