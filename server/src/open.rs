//! Opens the store as the settings describe it: which database, which keys, and the schema brought up to date.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;

use crate::door::Door;
use crate::settings::{InvalidSettings, Profile, Settings};
use crate::store::{Store, StoreOptions, Vault};

/// The store, with the schema this binary needs.
pub async fn open_store(settings: &Settings, door: &Door) -> anyhow::Result<Store> {
    let (store, _) = open_and_migrate(settings, door).await?;
    Ok(store)
}

/// Also tells which migrations were applied.
pub async fn open_and_migrate(settings: &Settings, door: &Door) -> anyhow::Result<(Store, Vec<String>)> {
    let url = database_url(settings)?;
    let file = url.strip_prefix("sqlite://").map(Path::new);
    if let Some(folder) = file.and_then(Path::parent) {
        make_private_folder(folder)?;
    }
    let vault = vault(settings, file, door)?;
    let store = Store::open(&url, StoreOptions::new(Arc::new(vault))).await?;
    let applied = store.migrate().await?;
    if !applied.is_empty() {
        tracing::info!(applied = applied.join(", "), engine = store.engine(), "brought the schema up to date");
    }
    Ok((store, applied))
}

/// The database's URL; where none is set, a file in the user's state folder.
pub fn database_url(settings: &Settings) -> anyhow::Result<String> {
    let url = &settings.database.url;
    if !url.is_empty() {
        return Ok(url.clone());
    }
    if settings.profile == Profile::Production {
        let cure = "must be set in production: sqlite:///absolute/path or postgres://user:password@host/database";
        return Err(InvalidSettings::wrong("database.url", cure).into());
    }
    Ok(format!("sqlite://{}", state_folder()?.join("alc.db").display()))
}

fn vault(settings: &Settings, database: Option<&Path>, door: &Door) -> anyhow::Result<Vault> {
    let (key, old_keys) = (settings.secrets.key.expose_secret(), settings.secrets.old_keys.expose_secret());
    let old_keys: Vec<&str> = old_keys.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if !key.is_empty() {
        let cure = "the keys of the vault are wrong. Set them as ALC_SECRETS__KEY and ALC_SECRETS__OLD_KEYS";
        return Vault::from_base64(key, &old_keys).context(cure);
    }
    if settings.profile == Profile::Production {
        return Err(InvalidSettings::wrong("secrets.key", "must be set in production").into());
    }
    let file = match database {
        Some(database) => database.with_added_extension("key"),
        // A database elsewhere has no place beside it.
        None => {
            let folder = state_folder()?;
            make_private_folder(&folder)?;
            folder.join("alc.key")
        }
    };
    // Asked before the key is made: of two processes that start on nothing, neither sees a database before there is a key.
    let is_in_use = database.is_some_and(|database| fs::metadata(database).is_ok_and(|found| found.len() > 0));
    let made = if is_in_use { None } else { Some(STANDARD.encode(door.random_bytes::<32>())) };
    let key = key_file(&file, made.as_deref()).with_context(|| {
        format!(
            "the key file {} cannot be read or made. What is in the database only opens with its key: put the file back, \
             or set that key as ALC_SECRETS__KEY",
            file.display()
        )
    })?;
    Vault::from_base64(&key, &old_keys).with_context(|| format!("{} does not hold a key", file.display()))
}

/// The key in the file; if there is none, `made` becomes it. Whoever comes second gets the first one's.
fn key_file(path: &Path, made: Option<&str>) -> io::Result<String> {
    match (fs::read_to_string(path), made) {
        (Err(error), Some(made)) if error.kind() == io::ErrorKind::NotFound => {
            // Written aside and linked: nobody ever reads half a key, and a link does not replace one that is there.
            let aside = path.with_added_extension(std::process::id().to_string());
            write_private(&aside, made)?;
            let linked = fs::hard_link(&aside, path);
            fs::remove_file(&aside)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::read_to_string(path),
            }
        }
        (read, _) => read,
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// `$XDG_STATE_HOME/alc`, by default `~/.local/state/alc`.
fn state_folder() -> anyhow::Result<PathBuf> {
    let of = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = of("XDG_STATE_HOME").or_else(|| of("HOME").map(|home| home.join(".local/state")));
    base.map(|base| base.join("alc")).ok_or_else(|| {
        InvalidSettings::wrong("database.url", "must be set, because there is no HOME to keep a database in").into()
    })
}

fn make_private_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| {
        format!("the folder {} cannot be made. Set another with --database or ALC_DATABASE__URL", folder.display())
    })
}
