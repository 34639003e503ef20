//! What comes round: jobs nobody asks for, each due every so often over all replicas.

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use crate::app::App;
use crate::job::{Job, Place, Planned};
use crate::store::StoreError;

/// How often a replica looks whether anything is due.
const LOOK_EVERY_MS: i64 = 60_000;

struct Round {
    /// Of its row among the schedules.
    name: String,
    every_ms: i64,
    /// Due whenever a replica starts: what it is for may just have happened.
    at_start: bool,
    job: Job,
    place: Place,
}

/// When a replica looks again.
pub struct Rounds {
    look_at: Option<Timestamp>,
}

impl Rounds {
    pub const fn new() -> Self {
        Self { look_at: None }
    }

    /// Puts what is due into the queue.
    pub async fn plan(&mut self, app: &App, now: Timestamp) -> Result<(), StoreError> {
        if self.look_at.is_some_and(|at| now < at) {
            return Ok(());
        }
        let is_start = self.look_at.is_none();
        for round in rounds(app) {
            let door = app.door.clone();
            // For who starts, every turn has come.
            let due_by = if is_start && round.at_start { Timestamp::from_millis(i64::MAX) } else { now };
            let planned = Planned {
                workspace: WorkspaceId::from("operator"),
                job: round.job,
                place: round.place,
                run_at: now,
                trace: door.unique(),
            };
            app.store
                .write(async move |tx| {
                    if tx.take_schedule(&round.name, due_by, now.plus_millis(round.every_ms)).await? {
                        if let Job::ReadInbox { our_number } = &planned.job {
                            tx.open_inbox(our_number, now).await?;
                        }
                        tx.enqueue(&door, &planned).await?;
                    }
                    Ok(())
                })
                .await?;
        }
        self.look_at = Some(now.plus_millis(LOOK_EVERY_MS));
        Ok(())
    }
}

fn rounds(app: &App) -> Vec<Round> {
    let sms = &app.settings.sms;
    let inboxes = sms.numbers().map(|number| Round {
        name: format!("read_inbox/{number}"),
        every_ms: sms.read_inbox_every_s * 1000,
        at_start: true,
        job: Job::ReadInbox { our_number: number.to_owned() },
        place: Place::inbox(number),
    });
    let forget = Round {
        name: "forget_expired".to_owned(),
        every_ms: app.settings.retention.look_every_s * 1000,
        at_start: false,
        job: Job::ForgetExpired,
        place: Place::housekeeping(),
    };
    inboxes.chain([forget]).collect()
}
