//! What many ask at the same time goes to the database as one: whatever waits is taken together, in one closure and one commit, and
//! each hears its own answer. Nobody waits for others to come: one alone goes alone, at once.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Store, StoreError, Tx};

/// More in one statement would not save more round trips, only keep the first of them waiting.
const MOST: usize = 256;

/// While one is on its way to the database, the next is gathered.
const TURNS: usize = 2;

/// One of many that can be asked or done together.
pub trait Together: Clone + Send + Sync + Sized + 'static {
    type Answer: Send + 'static;

    /// Whether it only looks.
    const READS: bool;

    /// All of them in a few statements; an answer for each, in their order. Like every closure of [`Store::write`] it may run more
    /// than once. When it fails, each is tried alone.
    fn together(tx: &mut Tx, all: &[Self]) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

/// Where to ask. Cheap to clone; ends when the last is dropped.
pub struct Gather<T: Together>(mpsc::Sender<Asked<T>>);

type Asked<T> = (T, oneshot::Sender<Result<<T as Together>::Answer, StoreError>>);

impl<T: Together> Clone for Gather<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Together> Gather<T> {
    /// Called where tasks can be spawned. More than `queue` that wait hear `Busy`.
    pub fn start(store: &Store, queue: usize) -> Self {
        let (asked, waiting) = mpsc::channel(queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..TURNS {
            tokio::spawn(take_turns(store.clone(), Arc::clone(&waiting)));
        }
        Self(asked)
    }

    pub async fn ask(&self, one: T) -> Result<T::Answer, StoreError> {
        let (tell, told) = oneshot::channel();
        self.0.try_send((one, tell)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Gone,
        })?;
        told.await.unwrap_or(Err(StoreError::Gone))
    }
}

async fn take_turns<T: Together>(store: Store, waiting: Arc<Mutex<mpsc::Receiver<Asked<T>>>>) {
    loop {
        let mut taken = Vec::new();
        if waiting.lock().await.recv_many(&mut taken, MOST).await == 0 {
            return;
        }
        let (all, tell): (Vec<T>, Vec<_>) = taken.into_iter().unzip();
        let all: Arc<[T]> = all.into();
        match run(&store, Arc::clone(&all)).await {
            Ok(answers) if answers.len() == all.len() => {
                for (tell, answer) in tell.into_iter().zip(answers) {
                    // Who stopped waiting missed it.
                    let _ = tell.send(Ok(answer));
                }
            }
            // One of them spoils it for all; alone, the others get through.
            Ok(_) | Err(_) if all.len() > 1 => {
                for (one, tell) in all.iter().zip(tell) {
                    let _ = tell.send(alone(&store, one.clone()).await);
                }
            }
            Ok(_) => drop(tell),
            Err(error) => {
                for tell in tell {
                    let _ = tell.send(Err(error.clone()));
                }
            }
        }
    }
}

async fn alone<T: Together>(store: &Store, one: T) -> Result<T::Answer, StoreError> {
    let mut answers = run(store, Arc::from([one])).await?;
    answers.pop().ok_or(StoreError::Gone)
}

async fn run<T: Together>(store: &Store, all: Arc<[T]>) -> Result<Vec<T::Answer>, StoreError> {
    if T::READS {
        store.read(async move |tx| T::together(tx, &all).await).await
    } else {
        store.write(async move |tx| T::together(tx, &all).await).await
    }
}
