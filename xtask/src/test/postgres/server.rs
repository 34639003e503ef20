//! One PostgreSQL server: made, started, stopped and cleared away.
//!
//! Its data is worth nothing after the run, so it never waits for the disk.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::account::Account;
use super::programs::Programs;

/// Every story has a few connections, and many run at once.
const CONNECTIONS: u32 = 300;

/// The port is free when we look and may be taken when the server binds it.
const TRIES: usize = 5;

const USER: &str = "alc";

pub(crate) struct Server {
    pub(crate) url: String,
    running: Arc<Mutex<Option<Running>>>,
}

struct Running {
    child: Child,
    account: Account,
    pg_ctl: PathBuf,
    folder: PathBuf,
}

impl Server {
    pub(super) fn start(programs: &Programs, log: &Path) -> Result<Self> {
        clear_abandoned();
        let account = Account::choose()?;
        let folder = make_folder(&account)?;
        let programs = reachable(programs, &account, &folder)?;
        let password = password()?;
        initialise(&programs, &account, &folder, &password)?;
        let (child, port) = launch(&programs, &account, &folder, log)?;
        let running = Running { child, account, pg_ctl: programs.path("pg_ctl"), folder };
        let running = Arc::new(Mutex::new(Some(running)));
        stop_on_ctrl_c(&running)?;
        Ok(Self { url: format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres"), running })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&self.running);
    }
}

fn stop(running: &Mutex<Option<Running>>) {
    let running = running.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Running { mut child, account, pg_ctl, folder }) = running else { return };
    let mut ask = account.command(&pg_ctl);
    ask.args(["stop", "--silent", "--mode=immediate", "--wait", "--pgdata"]).arg(folder.join("data"));
    let asked = ask.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !asked.is_ok_and(|status| status.success()) {
        // It is gone already, or does not listen.
        let _ = child.kill();
    }
    let _ = child.wait();
    // What stays behind is cleared by the next run.
    let _ = fs::remove_dir_all(&folder);
}

/// Ctrl-C and SIGTERM end us without unwinding.
fn stop_on_ctrl_c(running: &Arc<Mutex<Option<Running>>>) -> Result<()> {
    let running = Arc::clone(running);
    ctrlc::set_handler(move || {
        stop(&running);
        std::process::exit(130);
    })
    .context("Ctrl-C cannot be caught")
}

/// Folders bear our process id, so that those of a killed run can be told from those of a running one.
const PREFIX: &str = "alc-postgresql-";

fn make_folder(account: &Account) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    account.give(&folder)?;
    Ok(folder)
}

fn clear_abandoned() {
    let processes = Path::new("/proc");
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|id| id.parse::<u32>().ok());
        let Some(owner) = owner else { continue };
        if processes.join("self").exists() && !processes.join(owner.to_string()).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The programs themselves, or a copy that the account can reach.
fn reachable(programs: &Programs, account: &Account, folder: &Path) -> Result<Programs> {
    if account.can_run(&programs.path("initdb")) {
        return Ok(programs.clone());
    }
    let copy = folder.join("programs");
    copy_folder(programs.home().context("the programs lie in no folder")?, &copy)?;
    let copied = programs.moved_to(&copy);
    if !account.can_run(&copied.path("initdb")) {
        bail!("the account that shall run PostgreSQL cannot start {}", copied.path("initdb").display());
    }
    Ok(copied)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        // Links become what they lead to.
        if path.is_dir() { copy_folder(&path, &target)? } else { fs::copy(&path, &target).map(drop)? }
    }
    Ok(())
}

/// Others on the machine can reach the port.
fn password() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn initialise(programs: &Programs, account: &Account, folder: &Path, password: &str) -> Result<()> {
    let secret = folder.join("password");
    fs::write(&secret, password)?;
    account.give(&secret)?;
    let mut initdb = account.command(&programs.path("initdb"));
    initdb.arg(format!("--pgdata={}", folder.join("data").display()));
    initdb.arg(format!("--pwfile={}", secret.display())).arg(format!("--username={USER}"));
    initdb.args(["--encoding=UTF8", "--locale=C", "--auth=password", "--no-sync", "--no-instructions"]);
    let output = initdb.current_dir(folder).stdin(Stdio::null()).output().context("initdb cannot be started")?;
    fs::remove_file(&secret)?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn launch(programs: &Programs, account: &Account, folder: &Path, log: &Path) -> Result<(Child, u16)> {
    let mut said = String::new();
    for _ in 0..TRIES {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut postgres = account.command(&programs.path("postgres"));
        postgres.arg("-D").arg(folder.join("data")).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let connections = format!("max_connections={CONNECTIONS}");
        let settings = ["unix_socket_directories=", "fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        for setting in settings.into_iter().chain([connections.as_str(), "logging_collector=off", "lc_messages=C"]) {
            postgres.args(["-c", setting]);
        }
        let postgres = postgres.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = postgres.spawn().context("postgres cannot be started")?;
        let output = child.stderr.take().context("postgres has no error output")?;
        match until_ready(output, log)? {
            Ok(()) => return Ok((child, port)),
            Err(reason) => said = reason,
        }
        child.wait()?;
        if !said.contains("Address already in use") {
            break;
        }
    }
    bail!("postgres ended at once: {}", said.trim())
}

/// Listens to the server for as long as it talks; returns when it is ready, or with its last words.
fn until_ready(output: ChildStderr, log: &Path) -> Result<Result<(), String>> {
    let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody may be listening any more, and a full disk is no reason to stop the server.
            let _ = writeln!(file, "{line}");
            let _ = tell.send(line);
        }
    });
    let mut said = String::new();
    for line in told {
        if line.contains("database system is ready to accept connections") {
            return Ok(Ok(()));
        }
        said.push_str(&line);
        said.push('\n');
    }
    Ok(Err(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ() {
        let first = password().unwrap();
        assert_eq!(first.len(), 32);
        assert_ne!(first, password().unwrap());
    }

    #[test]
    fn a_folder_is_copied_whole() {
        let scratch = std::env::temp_dir().join(format!("alc-copy-{}", password().unwrap()));
        fs::create_dir_all(scratch.join("from/bin")).unwrap();
        fs::write(scratch.join("from/bin/initdb"), "program").unwrap();
        copy_folder(&scratch.join("from"), &scratch.join("to")).unwrap();
        assert_eq!(fs::read_to_string(scratch.join("to/bin/initdb")).unwrap(), "program");
        fs::remove_dir_all(&scratch).unwrap();
    }
}
