//! jobs act later: one function per kind of [`Job`], and the runner that claims and calls them.
//!
//! A function reads the truth, does its one thing, and ends its claim in the same commit as the effect. If it fails instead, the
//! runner brings the job back later, or buries it and tells whoever waits for it.

mod busy;
mod call_off_leads;
mod deliver_webhook;
mod forget_expired;
mod hear_silence;
mod meet_deadline;
mod read_inbox;
mod rounds;
mod runner;
mod send_message;
mod start_conversation;
mod write_record;

use thiserror::Error;

use crate::app::App;
use crate::job::Job;
use crate::moves::Cause;
use crate::store::StoreError;
use crate::store::deliveries::DeliveryState;
use crate::store::jobs::Claimed;

use self::busy::Answered;
pub use self::runner::run;

/// Why a job did not get done.
#[derive(Debug, Error)]
pub enum JobError {
    /// The world may be different later: a timeout, a 429, a 503.
    #[error("{0}")]
    Retry(String),
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Retry(error.to_string())
    }
}

async fn perform(app: &App, claimed: &Claimed) -> Result<(), JobError> {
    match &claimed.job {
        Job::StartConversation { lead } => start_conversation::perform(app, claimed, lead).await,
        // The longest of them: beside the others it would make all of them as large.
        Job::SendMessage { message } => Box::pin(send_message::perform(app, claimed, message)).await,
        Job::HearSilence { conversation } => hear_silence::perform(app, claimed, conversation).await,
        Job::MeetDeadline { lead } => meet_deadline::perform(app, claimed, lead).await,
        Job::CallOffLeads { grant } => call_off_leads::perform(app, claimed, grant).await,
        Job::DeliverWebhook { .. } => deliver_webhook::perform(app, claimed, None, &Answered::default()).await,
        Job::WriteRecord { connection, record_id } => write_record::perform(app, claimed, connection, record_id).await,
        Job::ReadInbox { our_number } => read_inbox::perform(app, claimed, our_number).await,
        Job::ForgetExpired => forget_expired::perform(app, claimed).await,
    }
}

/// What a dead job leaves undone must not leave anybody waiting.
async fn give_up(app: &App, claimed: &Claimed, error: &str) -> Result<(), StoreError> {
    let (claimed, cause, error) = (claimed.clone(), cause(app, claimed), error.to_owned());
    app.store
        .write(async move |tx| {
            match &claimed.job {
                Job::StartConversation { lead } => start_conversation::give_up(tx, &cause, &claimed, lead).await?,
                Job::SendMessage { message } => send_message::give_up(tx, &cause, &claimed, message).await?,
                // One that ended on its own account has noted that already.
                Job::DeliverWebhook { delivery } => {
                    tx.end_delivery(&claimed.workspace, delivery, DeliveryState::Failed, cause.now).await?;
                }
                // Alarms, records and what comes round have nobody waiting; what is called off is not texted either way.
                Job::HearSilence { .. }
                | Job::CallOffLeads { .. }
                | Job::MeetDeadline { .. }
                | Job::WriteRecord { .. }
                | Job::ReadInbox { .. }
                | Job::ForgetExpired => {}
            }
            tx.bury_job(&claimed, cause.now, &error).await
        })
        .await
}

fn cause(app: &App, claimed: &Claimed) -> Cause {
    Cause { door: app.door.clone(), now: app.now(), trace: claimed.trace.clone() }
}
