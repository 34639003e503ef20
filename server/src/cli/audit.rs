//! `alc audit list`

use alc_server::app::rfc3339;
use alc_server::operator::Operator;
use alc_server::operator::audit::AuditQuestion;
use clap::Subcommand;

use super::moment::Moment;
use super::output::Output;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// List who did what to what, from where; the newest last
    #[command(
        after_help = "Examples:\n  alc audit list --since 24h\n  alc audit list --workspace acme --action webhook\n  \
                            alc audit list --action grant.revoked --json"
    )]
    List {
        /// Only of this workspace, by its name
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
        /// Only since then: 30m, 24h, 7d, or a time
        #[arg(long, value_name = "MOMENT", value_parser = Moment::parse)]
        since: Option<Moment>,
        /// Only this action (webhook.deleted), or all of a noun (webhook)
        #[arg(long)]
        action: Option<String>,
        /// Only what this user, client or grant did, by its id, or `operator`
        #[arg(long)]
        actor: Option<String>,
        /// At most so many, the newest
        #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
    },
}

impl AuditCommand {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        let Self::List { workspace, since, action, actor, limit } = self;
        let since = since.map(|since| since.before(operator.door.now()));
        let rows = operator.audit_log(AuditQuestion { workspace, since, action, actor, most: limit }).await?;
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let (at, object) =
                    (rfc3339(row.at).into(), Some(row.target).filter(|target| !target.is_empty()).into());
                let (reason, count, address) = (row.reason.into(), row.affected.into(), row.address.into());
                let (workspace, actor, action) = (row.workspace_name.into(), row.actor.into(), row.action.into());
                [at, workspace, actor, action, object, reason, count, address, row.trace.into()]
            })
            .collect();
        let columns = ["at", "workspace", "actor", "action", "object", "reason", "count", "address", "request_id"];
        Ok(out.table(columns, &rows)?)
    }
}
