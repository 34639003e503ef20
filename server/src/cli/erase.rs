//! `alc erase`

use alc_server::operator::Operator;
use clap::Args;

use super::output::Output;

#[derive(Args)]
pub(crate) struct Erase {
    /// Whose: a phone number with its country code, such as +447400123456
    #[arg(long, value_name = "NUMBER")]
    phone: String,
}

impl Erase {
    pub(super) async fn run(self, operator: &Operator, out: &Output) -> anyhow::Result<()> {
        let erasure = operator.erase_phone(&self.phone).await?;
        let erased = erasure.erased;
        out.thing(&[
            ("cancelled", erasure.cancelled.into()),
            ("leads", erased.leads.into()),
            ("messages", erased.messages.into()),
            ("stray_messages", erased.stray_messages.into()),
            ("events", erased.events.into()),
            ("events_emptied", erased.emptied.into()),
            ("answers", erased.answers.into()),
            ("record_updates", erased.record_updates.into()),
            ("left", 0.into()),
            ("stays_opted_out", erasure.stays_opted_out.into()),
        ])?;
        Ok(())
    }
}
