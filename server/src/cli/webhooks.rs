//! `alc webhooks list|show|disable|enable|delete|test|deliveries|replay`

use alc_core::id::DeliveryId;
use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use alc_server::store::deliveries::DeliveryState;
use alc_server::store::delivery_log::{LogPage, LoggedAttempt, LoggedDelivery};
use alc_server::store::webhooks::Webhook;
use clap::Subcommand;
use serde_json::{Value, json};

use super::moment::Moment;
use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List the webhooks of all workspaces, or of one
    #[command(after_help = "Example:\n  alc webhooks list --workspace acme")]
    List {
        /// The workspace's name
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
    /// Show all there is to know of a webhook, but for its secrets
    Show { webhook_id: String },
    /// Tell a webhook nothing more, until it is enabled again; its grant's other webhooks hear of it
    Disable { webhook_id: String },
    /// Tell a webhook what happens again; what failed meanwhile can be replayed
    #[command(after_help = "Example, after an endpoint is mended:\n  alc webhooks enable wh_0192…\n  \
                            alc webhooks replay wh_0192… --since 24h --failed")]
    Enable { webhook_id: String },
    /// Remove a webhook; with a grant's last webhook its live leads are called off
    Delete { webhook_id: String },
    /// Send a callback that means nothing; `alc webhooks deliveries` shows what came of it
    Test { webhook_id: String },
    /// List the newest deliveries of a webhook, or show one with its tries
    #[command(after_help = "Examples:\n  alc webhooks deliveries wh_0192… --state failed\n  \
                            alc webhooks deliveries wh_0192… dlv_0192…")]
    Deliveries {
        webhook_id: String,
        /// Show this one, with its tries
        #[arg(conflicts_with_all = ["state", "limit"])]
        delivery_id: Option<String>,
        /// Only those that are pending, delivered, failed or dropped
        #[arg(long, value_parser = state)]
        state: Option<DeliveryState>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// Deliver again, under the same webhook-id: one delivery, or everything since a moment
    #[command(after_help = "Examples:\n  alc webhooks replay wh_0192… --delivery dlv_0192…\n  \
                            alc webhooks replay wh_0192… --since 6h --failed\n  \
                            alc webhooks replay wh_0192… --since 2026-11-21T10:00:00Z")]
    Replay {
        webhook_id: String,
        /// Only this delivery
        #[arg(long, value_name = "DELIVERY_ID", required_unless_present = "since")]
        delivery: Option<String>,
        /// Everything announced since then: 30m, 24h, 7d, or a time
        #[arg(long, value_name = "MOMENT", value_parser = Moment::parse, conflicts_with = "delivery")]
        since: Option<Moment>,
        /// Of these only what failed
        #[arg(long, requires = "since")]
        failed: bool,
    },
}

impl WebhooksCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        match self {
            Self::List { workspace } => {
                let webhooks = operator.webhooks(workspace.as_deref()).await?;
                let rows: Vec<_> = webhooks
                    .into_iter()
                    .map(|one| {
                        let (webhook, [state, reason, since]) = (&one.webhook, state_of(&one.webhook));
                        let id = webhook.id.as_str().into();
                        let (name, url) = (webhook.name.as_str().into(), webhook.url.as_str().into());
                        [id, one.workspace_name.into(), name, state, reason, since, events(webhook), url]
                    })
                    .collect();
                out.table(["webhook_id", "workspace", "name", "state", "reason", "since", "events", "url"], &rows)?;
            }
            Self::Show { webhook_id } => {
                let one = operator.webhook(&webhook_id).await?;
                let (webhook, [state, reason, since]) = (&one.webhook, state_of(&one.webhook));
                out.thing(&[
                    ("webhook_id", webhook.id.as_str().into()),
                    ("workspace", one.workspace_name.clone().into()),
                    ("grant_id", webhook.grant.as_str().into()),
                    ("whole_workspace", webhook.whole_workspace.into()),
                    ("name", webhook.name.as_str().into()),
                    ("description", webhook.description.as_deref().into()),
                    ("url", webhook.url.as_str().into()),
                    ("events", events(webhook)),
                    ("header_names", webhook.headers.0.keys().cloned().collect::<Vec<_>>().into()),
                    ("state", state),
                    ("reason", reason),
                    ("since", since),
                    ("created_at", rfc3339(webhook.created_at).into()),
                ])?;
            }
            Self::Disable { webhook_id } => {
                let changed = operator.disable_webhook(&webhook_id).await?;
                said(out, &webhook_id, changed, "is disabled", "was disabled before")?;
            }
            Self::Enable { webhook_id } => {
                let changed = operator.enable_webhook(&webhook_id).await?;
                said(out, &webhook_id, changed, "is enabled", "was enabled before")?;
            }
            Self::Delete { webhook_id } => {
                operator.delete_webhook(&webhook_id).await?;
                out.sentence(&format!("Deleted {webhook_id}."), &[("webhook_id", webhook_id.as_str().into())])?;
            }
            Self::Test { webhook_id } => {
                let delivery = operator.test_webhook(&webhook_id).await?;
                let sentence = format!(
                    "Planned {delivery}; the service sends it now. See `alc webhooks deliveries {webhook_id} {delivery}`."
                );
                let fields = [("webhook_id", webhook_id.as_str().into()), ("delivery_id", delivery.as_str().into())];
                out.sentence(&sentence, &fields)?;
            }
            Self::Deliveries { webhook_id, delivery_id: Some(delivery), .. } => {
                let (delivery, attempts) = operator.delivery(&webhook_id, &delivery).await?;
                show_delivery(out, &delivery, &attempts)?;
            }
            Self::Deliveries { webhook_id, delivery_id: None, state, limit } => {
                let page = LogPage { state, before: None::<DeliveryId>, at_most: limit };
                let deliveries = operator.deliveries(&webhook_id, page).await?;
                let rows: Vec<_> = deliveries.into_iter().map(|one| fields(&one).map(|(_, value)| value)).collect();
                out.table(DELIVERY, &rows)?;
            }
            Self::Replay { webhook_id, delivery: Some(delivery), .. } => {
                operator.replay_delivery(&webhook_id, &delivery).await?;
                out.sentence(&format!("{delivery} is delivered again."), &[("replayed", 1.into())])?;
            }
            Self::Replay { webhook_id, since, failed, .. } => {
                let now = operator.door.now();
                let since = since.map_or(now, |since| since.before(now));
                let count = operator.replay_deliveries(&webhook_id, since, failed).await?;
                out.sentence(&format!("{count} deliveries are made again."), &[("replayed", count.into())])?;
            }
        }
        Ok(())
    }
}

fn said(out: &Output, id: &str, changed: bool, now: &str, before: &str) -> std::io::Result<()> {
    let sentence = format!("{id} {}.", if changed { now } else { before });
    out.sentence(&sentence, &[("webhook_id", id.into()), ("changed", changed.into())])
}

/// State, reason, since when.
fn state_of(webhook: &Webhook) -> [Value; 3] {
    match (webhook.disabled, webhook.failing_since) {
        (Some(disabled), _) => ["disabled".into(), disabled.reason.as_str().into(), rfc3339(disabled.at).into()],
        (None, Some(since)) => ["failing".into(), Value::Null, rfc3339(since).into()],
        (None, None) => ["enabled".into(), Value::Null, Value::Null],
    }
}

fn events(webhook: &Webhook) -> Value {
    webhook.events.iter().map(|event| event.as_str()).collect::<Vec<_>>().into()
}

const DELIVERY: [&str; 7] = ["delivery_id", "event", "state", "attempts", "next_attempt_at", "created_at", "ended_at"];

fn fields(delivery: &LoggedDelivery) -> [(&'static str, Value); 7] {
    let values = [
        delivery.id.as_str().into(),
        delivery.name.as_str().into(),
        delivery.state.as_str().into(),
        delivery.attempts.into(),
        delivery.next_attempt_at.map(rfc3339).into(),
        rfc3339(delivery.created_at).into(),
        delivery.ended_at.map(rfc3339).into(),
    ];
    let mut values = values.into_iter();
    DELIVERY.map(|name| (name, values.next().unwrap_or_default()))
}

fn show_delivery(out: &Output, delivery: &LoggedDelivery, attempts: &[LoggedAttempt]) -> std::io::Result<()> {
    const TRY: [&str; 5] = ["at", "status", "latency_ms", "error", "answer"];
    let rows: Vec<[Value; 5]> = attempts
        .iter()
        .map(|one| {
            let (error, excerpt) = (one.error.as_deref().into(), one.excerpt.as_deref().into());
            [rfc3339(one.at).into(), one.status.into(), one.latency_ms.into(), error, excerpt]
        })
        .collect();
    let mut shown = fields(delivery).to_vec();
    if out.json {
        let tries: Vec<Value> = rows.into_iter().map(|row| TRY.into_iter().zip(row).collect()).collect();
        shown.push(("attempt_log", json!(tries)));
        return out.thing(&shown);
    }
    out.thing(&shown)?;
    if rows.is_empty() { Ok(()) } else { out.table(TRY, &rows) }
}

fn state(text: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(text).ok_or_else(|| "it must be pending, delivered, failed or dropped".to_owned())
}
