//! Reads a number's inbox at the gateway: a reply is brought to us once, so one that came while we could not take it in would be
//! lost, a stop among them.

use alc_core::time::Timestamp;

use super::JobError;
use crate::app::App;
use crate::connectors::twilio::Twilio;
use crate::inbound::{self, Inbound};
use crate::store::handsets::Handset;
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, our_number: &str) -> Result<(), JobError> {
    let now = app.now();
    let number = our_number.to_owned();
    let read_until = app.store.read(async move |tx| tx.inbox_read_until(&number).await).await?;
    // Opened in the commit that planned this job.
    let read_until = read_until.unwrap_or(now);
    // The gateway's clock and its list may lag behind.
    let since = read_until.plus_millis(-app.settings.sms.inbox_overlap_s * 1000);
    take_in_since(app, claimed, our_number, since).await?;
    let (claimed, number) = (claimed.clone(), our_number.to_owned());
    app.store
        .write(async move |tx| {
            tx.save_inbox_read_until(&number, now).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}

async fn take_in_since(app: &App, claimed: &Claimed, our_number: &str, since: Timestamp) -> Result<(), JobError> {
    let gateway = Twilio::new(&app.settings.sms, &app.outbound);
    let received = gateway.inbox(our_number, since).await.map_err(JobError::Retry)?;
    let mut missed = 0;
    for message in received {
        let inbound = Inbound {
            id: app.new_id(),
            gateway_id: message.gateway_id,
            our_number: our_number.to_owned(),
            from: Handset::real(message.phone),
            body: message.body,
            // The gateway tells whole seconds: any moment of that one.
            at: message.at.plus_millis(999),
        };
        if inbound::take_in(app, claimed.trace.clone(), inbound).await? {
            missed += 1;
        }
    }
    if missed > 0 {
        tracing::warn!(missed, "took in replies that the gateway could not bring");
    }
    Ok(())
}
