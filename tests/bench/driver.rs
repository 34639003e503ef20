//! Partners that have callbacks sent, over connections that they keep: as fast as they are answered, or at a steady rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::clock;
use super::wire::Wire;

/// A webhook to have tested, with the token that may.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) webhook: String,
    pub(crate) token: String,
}

/// What the service said it will deliver.
pub(crate) struct Accepted {
    pub(crate) event: String,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
}

#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Each connection asks again as soon as it is answered.
    AsFastAsAnswered,
    PerSecond(u32),
}

/// What a drive brought.
pub(crate) struct Drive {
    pub(crate) started: Instant,
    pub(crate) accepted: Vec<Accepted>,
    /// Answers other than 202.
    pub(crate) refused: u64,
    pub(crate) cpu_s: f64,
}

/// Asks for `length`, or until the connections break; on a thread of its own, so that it can be told from what it drives.
pub(crate) fn drive(
    address: &str,
    targets: &[Target],
    connections: usize,
    pace: Pace,
    length: Duration,
) -> Result<Drive> {
    let (address, targets) = (address.to_owned(), targets.to_vec());
    let driver = thread::Builder::new().name("driver".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run(&address, &targets, connections, pace, length))
    })?;
    driver.join().map_err(|_| anyhow::anyhow!("the driver panicked"))?
}

struct Course {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    stop: AtomicBool,
    refused: AtomicU64,
    accepted: mpsc::UnboundedSender<Accepted>,
}

async fn run(address: &str, targets: &[Target], connections: usize, pace: Pace, length: Duration) -> Result<Drive> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let course = Arc::new(Course {
        requests: targets.iter().map(|target| request(address, target)).collect(),
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        refused: AtomicU64::new(0),
        accepted: tell,
    });
    let mut wires = Vec::with_capacity(connections);
    for _ in 0..connections {
        wires.push(Wire::connect(address).await.context("the service does not take connections")?);
    }
    let turns = matches!(pace, Pace::PerSecond(_)).then(|| Arc::new(Semaphore::new(0)));
    let waiting = turns.clone();
    let started = clock::now();
    let mut tasks: JoinSet<_> = wires.into_iter().map(|wire| ask(wire, Arc::clone(&course), waiting.clone())).collect();
    match (pace, turns) {
        (Pace::PerSecond(rate), Some(turns)) => tick(rate, length, &turns).await,
        // A connection that broke ends its task; what was accepted before counts.
        _ => drop(tokio::time::timeout(length, async { while tasks.join_next().await.is_some() {} }).await),
    }
    course.stop.store(true, Ordering::Relaxed);
    while tasks.join_next().await.is_some() {}
    let refused = course.refused.load(Ordering::Relaxed);
    drop(course);
    let mut accepted = Vec::new();
    while let Some(one) = told.recv().await {
        accepted.push(one);
    }
    let cpu_s = Duration::from_nanos(clock::this_thread_ns()).as_secs_f64();
    Ok(Drive { started, accepted, refused, cpu_s })
}

/// Evenly, however long the answers take.
async fn tick(rate: u32, length: Duration, turns: &Semaphore) {
    let mut beat = tokio::time::interval(Duration::from_secs(1) / rate);
    let beats = u64::from(rate) * length.as_secs();
    for _ in 0..beats {
        beat.tick().await;
        turns.add_permits(1);
    }
    turns.close();
}

async fn ask(mut wire: Wire, course: Arc<Course>, turns: Option<Arc<Semaphore>>) -> std::io::Result<()> {
    while !course.stop.load(Ordering::Relaxed) {
        if let Some(turns) = &turns {
            let Ok(turn) = turns.acquire().await else { return Ok(()) };
            turn.forget();
        }
        let place = course.next.fetch_add(1, Ordering::Relaxed) % course.requests.len();
        let asked = clock::now();
        wire.write(&course.requests[place]).await?;
        let Some(answer) = wire.read().await? else { return Ok(()) };
        let answered = clock::now();
        if answer.second_word() == "202" {
            let event = event_of(answer.body).unwrap_or_default();
            let _ = course.accepted.send(Accepted { event, asked, answered });
        } else {
            course.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Large enough for a callback of one KiB.
fn request(address: &str, Target { webhook, token }: &Target) -> Vec<u8> {
    let body = format!("{{\"data\":{{\"note\":\"{}\"}}}}", "x".repeat(868));
    format!(
        "POST /api/v1/webhooks/{webhook}/test HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn event_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    body["event_id"].as_str().map(str::to_owned)
}
