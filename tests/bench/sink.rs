//! A receiver of callbacks, on a thread of its own: answers 200 at once, remembers when each event came and how often. What is
//! posted to `/hang` gets no answer.

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use alc_core::signature::{self, Headers, Secret};
use alc_core::time::Timestamp;

use super::clock;
use super::wire::{Message, Wire};

/// Of so many callbacks one has its signature checked: often enough to know that all are signed.
const CHECKED: u64 = 64;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    events: Mutex<HashMap<String, Receipt>>,
    secrets: Mutex<Vec<Secret>>,
    callbacks: AtomicU64,
    bytes: AtomicU64,
    unbelieved: AtomicU64,
    cpu_ns: AtomicU64,
}

/// When an event came first, and how often it came.
#[derive(Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) at: Instant,
    pub(crate) times: u32,
}

impl Sink {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let seen = Arc::<Seen>::default();
        let sink = Self { url: format!("http://{}", listener.local_addr()?), seen: Arc::clone(&seen) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("sink".to_owned()).spawn(move || runtime.block_on(serve(listener, seen)))?;
        Ok(sink)
    }

    pub(crate) fn trusts(&self, secret: &str) -> anyhow::Result<()> {
        let secret = Secret::parse(secret).map_err(|_| anyhow::anyhow!("a webhook's secret cannot be read"))?;
        self.seen.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(secret);
        Ok(())
    }

    /// What came of these events so far, in their order.
    pub(crate) fn receipts<'a>(&self, events: impl Iterator<Item = &'a str>) -> Vec<Option<Receipt>> {
        let seen = self.seen.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.map(|event| seen.get(event).copied()).collect()
    }

    /// The average callback, and what this thread has worked so far.
    pub(crate) fn callback_bytes(&self) -> u64 {
        self.seen.bytes.load(Ordering::Relaxed) / self.seen.callbacks.load(Ordering::Relaxed).max(1)
    }

    pub(crate) fn cpu_s(&self) -> f64 {
        std::time::Duration::from_nanos(self.seen.cpu_ns.load(Ordering::Relaxed)).as_secs_f64()
    }

    pub(crate) fn unbelieved(&self) -> u64 {
        self.seen.unbelieved.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, seen: Arc<Seen>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            if let Ok(mut wire) = Wire::new(stream) {
                // Its end is the caller's: it closed the connection, or was killed.
                let _ = converse(&mut wire, &seen).await;
            }
        });
    }
}

async fn converse(wire: &mut Wire, seen: &Seen) -> io::Result<()> {
    while let Some(message) = wire.read().await? {
        let hangs = message.second_word() == "/hang";
        seen.note(&message);
        if hangs {
            std::future::pending::<()>().await;
        }
        wire.write(ANSWER).await?;
    }
    Ok(())
}

impl Seen {
    fn note(&self, message: &Message<'_>) {
        let count = self.callbacks.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(message.body.len() as u64, Ordering::Relaxed);
        let id = message.header("webhook-id").unwrap_or_default();
        if count.is_multiple_of(CHECKED) {
            if !self.believes(message, id) {
                self.unbelieved.fetch_add(1, Ordering::Relaxed);
            }
            self.cpu_ns.store(clock::this_thread_ns(), Ordering::Relaxed);
        }
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.entry(id.to_owned()).or_insert(Receipt { at: clock::now(), times: 0 }).times += 1;
    }

    fn believes(&self, message: &Message<'_>, id: &str) -> bool {
        let header = |name| message.header(name).unwrap_or_default();
        let signed = Headers { id, timestamp: header("webhook-timestamp"), signature: header("webhook-signature") };
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Timestamp::from_millis(clock::unix_ms());
        // The callback names its webhook, but not its secret: any of those we were told will do.
        signature::verify(&secrets, signed, message.body, at).is_ok()
    }
}
