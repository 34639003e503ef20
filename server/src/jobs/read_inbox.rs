//! Reads a number's inbox at the gateway: a reply is brought to us once, so one that came while we could not take it in would be
//! lost, a stop among them.
//!
//! It is read day by day and, on a busy day, so many pages at a time, oldest first. How far that came is kept, so that a crash, or
//! a gateway that has enough of us, costs only the time.

use alc_core::time::Timestamp;

use super::JobError;
use crate::app::App;
use crate::connectors::sms::Received;
use crate::connectors::twilio::{Inbox, Twilio};
use crate::fail_point::FailPoint;
use crate::inbound::{self, Inbound};
use crate::store::handsets::Handset;
use crate::store::inboxes::ReadUntil;
use crate::store::jobs::Claimed;

const DAY_MS: i64 = 24 * 3600 * 1000;

pub async fn perform(app: &App, claimed: &Claimed, our_number: &str) -> Result<(), JobError> {
    let now = app.now();
    let number = our_number.to_owned();
    let read_until = app.store.read(async move |tx| tx.inbox_read_until(&number).await).await?;
    // The gateway's clock and its list may lag behind.
    let overlap_ms = app.settings.sms.inbox_overlap_s * 1000;
    let mut since = match read_until {
        Some(ReadUntil { resume_at: Some(at), .. }) => at,
        Some(ReadUntil { all_until, .. }) => all_until.plus_millis(-overlap_ms),
        // Opened in the commit that planned this job.
        None => now.plus_millis(-overlap_ms),
    };
    let gateway = Twilio::new(&app.settings.sms, &app.outbound);
    let mut missed = 0;
    loop {
        let Inbox { received, is_all } = gateway.inbox(our_number, since).await.map_err(JobError::Retry)?;
        let read_to = received.last().map(|message| message.at);
        for message in received {
            missed += usize::from(take_in(app, claimed, our_number, message).await?);
        }
        let next = if is_all { tomorrow(since) } else { read_to.unwrap_or(since) };
        if is_all && next > now {
            break;
        }
        if next <= since {
            let pages = app.settings.sms.inbox_pages;
            let cure = format!("more came in within one second than {pages} pages hold; raise sms.inbox_pages");
            return Err(JobError::Retry(cure));
        }
        since = next;
        let number = our_number.to_owned();
        app.store.write(async move |tx| tx.save_inbox_progress(&number, since).await).await?;
        FailPoint::InboxReadInPart.reached();
    }
    if missed > 0 {
        tracing::warn!(missed, "took in replies that the gateway could not bring");
    }
    let (claimed, number) = (claimed.clone(), our_number.to_owned());
    app.store
        .write(async move |tx| {
            tx.save_inbox_read_until(&number, now).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}

/// False for one that had come before.
async fn take_in(app: &App, claimed: &Claimed, our_number: &str, message: Received) -> Result<bool, JobError> {
    let inbound = Inbound {
        id: app.new_id(),
        gateway_id: message.gateway_id,
        our_number: our_number.to_owned(),
        from: Handset::real(message.phone),
        body: message.body,
        pictures: message.pictures,
        // The gateway tells whole seconds: any moment of that one.
        at: message.at.plus_millis(999),
    };
    Ok(inbound::take_in(app, claimed.trace.clone(), inbound).await?)
}

/// When the next day begins in UTC, as the gateway's days do.
const fn tomorrow(at: Timestamp) -> Timestamp {
    Timestamp::from_millis((at.as_millis().div_euclid(DAY_MS) + 1) * DAY_MS)
}
