//! What is claimed when most of what is due cannot run.

use std::collections::HashMap;

use alc_core::id::{DeliveryId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{Scratch, on_both};
use crate::door::{Door, SystemClock};
use crate::job::{Job, Line, Place, Planned};
use crate::store::claims::{Room, SystemRoom, Visit};
use crate::store::deliveries::DeliveryState;
use crate::store::endings::{Ending, NextTry};
use crate::store::gather::Together as _;
use crate::store::jobs::Claimed;

const DUE: &str = "SELECT COUNT(*) FROM jobs WHERE run_at <= $1";

on_both![
    behind_many_of_a_full_endpoint_others_are_found,
    what_waits_behind_a_retry_is_not_looked_at_before,
    endings_of_others_jobs_change_nothing,
];

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn delivery(webhook: &str, about: &str, number: usize) -> Planned {
    Planned {
        workspace: WorkspaceId::from("ws_1"),
        job: Job::DeliverWebhook { delivery: DeliveryId::from(format!("dlv_{webhook}_{number}")) },
        place: Place::webhook(&WebhookId::from(webhook), about),
        run_at: NOW,
        trace: "story".to_owned(),
    }
}

async fn planned(scratch: &Scratch, jobs: Vec<Planned>) {
    let door = Door::new(SystemClock);
    scratch.store.write(async move |tx| tx.enqueue_all(&door, &jobs).await).await.unwrap();
}

/// With no room left for one endpoint.
fn room() -> Room {
    let full = SystemRoom { left: 0, is_slow: false };
    let systems = HashMap::from([("webhook/full".to_owned(), full)]);
    Room { at_most: 8, per_system: 4, per_workspace: 8, systems, ..Room::of(Line::Deliveries) }
}

async fn claim(scratch: &Scratch, lease: &'static str, at: Timestamp) -> Vec<Claimed> {
    let lease = lease.to_owned();
    let claim = scratch.store.claim(async move |tx| tx.claim_jobs(&room(), &Visit::default(), &lease, at, 1_000).await);
    claim.await.unwrap().claimed
}

fn names(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().filter_map(|claimed| claimed.job.delivery()).map(DeliveryId::as_str).collect()
}

async fn behind_many_of_a_full_endpoint_others_are_found(scratch: Scratch) {
    scratch.store.migrate().await.unwrap();
    planned(&scratch, (0..1_000).map(|number| delivery("full", &format!("lead_{number}"), number)).collect()).await;
    planned(&scratch, (0..6).map(|number| delivery("free", &format!("lead_{number}"), number)).collect()).await;
    let claimed = claim(&scratch, "lease_1", NOW).await;
    assert_eq!(
        names(&claimed),
        ["dlv_free_0", "dlv_free_1", "dlv_free_2", "dlv_free_3"],
        "as many as one endpoint may have"
    );
    assert_eq!(
        names(&claim(&scratch, "lease_2", NOW).await),
        ["dlv_free_4", "dlv_free_5"],
        "those claimed are not claimed again"
    );
    assert!(claim(&scratch, "lease_3", NOW).await.is_empty());
}

async fn what_waits_behind_a_retry_is_not_looked_at_before(scratch: Scratch) {
    scratch.store.migrate().await.unwrap();
    planned(&scratch, vec![delivery("free", "lead_1", 1)]).await;
    let [head] = claim(&scratch, "lease_1", NOW).await.try_into().unwrap();
    planned(&scratch, (2..5).map(|number| delivery("free", "lead_1", number)).collect()).await;
    assert!(claim(&scratch, "lease_2", NOW).await.is_empty(), "they wait for the first");
    let later = NOW.plus_millis(5_000);
    scratch.store.write(async move |tx| tx.retry_job(&head, later, "no").await).await.unwrap();
    assert!(claim(&scratch, "lease_2", NOW).await.is_empty());

    let due = async |at: Timestamp| {
        let at = at.as_millis();
        scratch.store.read(async move |tx| tx.one(DUE, &[at.into()], |row| row.int(0)).await).await.unwrap().unwrap()
    };
    assert_eq!((due(NOW).await, due(later).await), (0, 4), "they come when it comes");
    assert_eq!(names(&claim(&scratch, "lease_3", later).await), ["dlv_free_1"], "and in order");
}

async fn endings_of_others_jobs_change_nothing(scratch: Scratch) {
    scratch.store.migrate().await.unwrap();
    planned(&scratch, vec![delivery("free", "lead_1", 1), delivery("free", "lead_2", 2)]).await;
    let claimed = claim(&scratch, "lease_1", NOW).await;
    let after = NOW.plus_millis(1_000);
    assert_eq!(claim(&scratch, "lease_2", after).await.len(), 2, "the first owner did not renew its lease");
    let mine = claim(&scratch, "lease_3", after.plus_millis(1_000)).await;
    let ending = |claimed: &Claimed| Ending {
        delivery: claimed.job.delivery().unwrap().clone(),
        claimed: claimed.clone(),
        attempt: None,
        next: NextTry::Over(DeliveryState::Dropped),
        at: after,
    };
    let endings = [ending(&claimed[0]), ending(&mine[1])];
    let ended = scratch.store.write(async move |tx| Ending::together(tx, &endings).await).await.unwrap();
    assert!(ended[0].is_err() && ended[1].is_ok(), "{ended:?}");
    let left = scratch.store.read(async move |tx| tx.busy_jobs(after).await).await.unwrap();
    assert_eq!(left, 1);
}
