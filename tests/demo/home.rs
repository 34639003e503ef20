//! Where the demo keeps what a person would miss, and on which ports it is found again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::operator::Client;

/// Where each process listens.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Addresses {
    pub host: SocketAddr,
    pub service: SocketAddr,
    pub attio: SocketAddr,
    pub sms: SocketAddr,
}

/// What is known from earlier starts.
#[derive(Serialize, Deserialize)]
pub struct Memory {
    pub addresses: Addresses,
    pub client: Client,
    /// Of the running processes, for whoever finds them left over.
    pub processes: Vec<u32>,
}

/// The folder, ours alone as long as this lives.
pub struct Home {
    pub folder: PathBuf,
    _lock: File,
}

impl Addresses {
    /// Ports nobody has chosen yet.
    pub fn any() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { host: any, service: any, attio: any, sms: any }
    }

    /// Four ports in a row, where they are free.
    pub fn from(first_port: u16) -> anyhow::Result<Self> {
        let [host, service, attio, sms] = [0, 1, 2, 3].map(|at| free_or_other(first_port, at));
        Ok(Self { host: host?, service: service?, attio: attio?, sms: sms? })
    }

    /// The host must be where it was, for the service knows it by its address; the others only should.
    fn again(self) -> anyhow::Result<Self> {
        Ok(Self {
            host: self.host,
            service: free_or_other(self.service.port(), 0)?,
            attio: free_or_other(self.attio.port(), 0)?,
            sms: free_or_other(self.sms.port(), 0)?,
        })
    }
}

impl Home {
    pub fn open(folder: &Path, is_fresh: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Absolute, because SQLite's URL needs it so.
        let folder = fs::canonicalize(folder)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        let is_ours = match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        };
        let home = Self { folder, _lock: lock };
        if !is_ours {
            let url = home.memory()?.map(|memory| format!(" at http://{}", memory.addresses.host));
            bail!("the demo runs already{}; end it there with Ctrl-C first", url.unwrap_or_default());
        }
        if is_fresh {
            home.refuse_left_over()?;
            home.forget()?;
        }
        fs::create_dir_all(home.logs())?;
        Ok(home)
    }

    pub fn database(&self) -> String {
        format!("sqlite://{}/alc.db", self.folder.display())
    }

    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// `None` at the first start.
    pub fn memory(&self) -> anyhow::Result<Option<Memory>> {
        let file = self.memory_file();
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let memory = serde_json::from_slice(&text);
        memory.map(Some).with_context(|| format!("{} is damaged; start over with --fresh", file.display()))
    }

    /// What is known from an earlier start, with addresses that can be listened on.
    pub fn recall(&self) -> anyhow::Result<Option<Memory>> {
        let Some(memory) = self.memory()? else { return Ok(None) };
        self.refuse_left_over()?;
        Ok(Some(Memory { addresses: memory.addresses.again()?, ..memory }))
    }

    pub fn remember(&self, memory: &Memory) -> anyhow::Result<()> {
        // All or nothing, as a start may be interrupted; and nobody else's business, as it holds a secret.
        let draft = self.folder.join("demo.json.tmp");
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft).with_context(|| format!("cannot write {}", draft.display()))?;
        file.write_all(&serde_json::to_vec_pretty(memory)?)?;
        fs::rename(draft, self.memory_file())?;
        Ok(())
    }

    /// After a demo that was killed its processes may live on; a second set over the same data would confuse both.
    fn refuse_left_over(&self) -> anyhow::Result<()> {
        let Some(memory) = self.memory()? else { return Ok(()) };
        if TcpListener::bind(memory.addresses.host).is_ok() {
            return Ok(());
        }
        let ids: Vec<_> = memory.processes.iter().map(u32::to_string).collect();
        bail!(
            "something listens on {}, where this demo has to be. If an earlier demo was killed, end what it left over: `kill {}`. If it \
             is something else, end that, or delete {} to start over elsewhere",
            memory.addresses.host,
            ids.join(" "),
            self.folder.display(),
        );
    }

    fn forget(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == "lock") {
                continue;
            }
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.with_context(|| format!("cannot delete {}", path.display()))?;
        }
        Ok(())
    }

    fn memory_file(&self) -> PathBuf {
        self.folder.join("demo.json")
    }
}

/// A new folder that nobody needs afterwards.
#[expect(clippy::disallowed_methods, reason = "a folder's name needs no door")]
pub fn passing_folder() -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("alc-demo-{}", Uuid::new_v4().simple()));
    fs::create_dir(&folder)?;
    Ok(folder)
}

/// A port that is free now; the process takes it a moment later.
pub fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The port that many after the first, or another when that is taken or none was asked for.
fn free_or_other(first_port: u16, after: u16) -> std::io::Result<SocketAddr> {
    let wished = first_port.checked_add(after).filter(|_| first_port != 0);
    match wished.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))) {
        Some(Ok(listener)) => listener.local_addr(),
        _ => free_address(),
    }
}
