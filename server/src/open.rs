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
    let cure = "the database cannot be opened. Set another with --database or ALC_DATABASE__URL";
    let store = Store::open(&url, StoreOptions::new(Arc::new(vault))).await.context(cure)?;
    let applied = store.migrate().await.context("the database's schema cannot be brought up to date")?;
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
    let key = if is_in_use { fs::read_to_string(&file) } else { key_file(&file, door) };
    let key = key.with_context(|| {
        format!(
            "the key file {} cannot be read or made. What is in the database only opens with its key: put the file back, \
             or set that key as ALC_SECRETS__KEY",
            file.display()
        )
    })?;
    Vault::from_base64(&key, &old_keys).with_context(|| format!("{} does not hold a key", file.display()))
}

/// The key in the file, made if there is none. Whoever comes second gets the first one's.
fn key_file(path: &Path, door: &Door) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Written aside and linked: nobody ever reads half a key, and a link does not replace one that is there.
            let aside = path.with_added_extension(door.unique());
            write_private(&aside, &STANDARD.encode(door.random_bytes::<32>()))?;
            let linked = fs::hard_link(&aside, path);
            fs::remove_file(&aside)?;
            // The name must be on disk before anything is sealed with the key.
            path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::read_to_string(path),
            }
        }
        read => read,
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::SystemClock;
    use crate::settings::Overrides;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// Opens a database in a folder that does not exist yet.
    async fn open(folder: &Path, profile: Profile, environment: &[(&str, &str)]) -> anyhow::Result<Store> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let database = format!("sqlite://{}", folder.join("deep/alc.db").display());
        let overrides = Overrides { database: Some(database), ..Overrides::default() };
        let settings = Settings::load(profile, environment, &overrides)?;
        open_store(&settings, &Door::new(SystemClock)).await
    }

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("alc_open_{}_{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[tokio::test]
    async fn a_key_is_made_beside_a_new_database_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = folder("new");
        let (one, other) = tokio::join!(open(&folder, Profile::Default, &[]), open(&folder, Profile::Default, &[]));
        one.unwrap();
        other.unwrap();
        let file = folder.join("deep/alc.db.key");
        let key = fs::read_to_string(&file).unwrap();
        assert_eq!(STANDARD.decode(&key).unwrap().len(), 32);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.join("deep")).unwrap().permissions().mode() & 0o777, 0o700);

        open(&folder, Profile::Default, &[]).await.unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), key);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn a_database_whose_key_is_lost_is_not_opened_with_another() {
        let folder = folder("lost");
        open(&folder, Profile::Default, &[]).await.unwrap();
        fs::remove_file(folder.join("deep/alc.db.key")).unwrap();
        let error = format!("{:#}", open(&folder, Profile::Default, &[]).await.err().unwrap());
        assert!(error.contains("alc.db.key") && error.contains("ALC_SECRETS__KEY"), "{error}");
        open(&folder, Profile::Default, &[("ALC_SECRETS__KEY", KEY)]).await.unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn production_makes_no_key_and_no_database_of_its_own_accord() {
        let reached = [
            ("ALC_SERVER__PUBLIC_URL", "https://alc.example.com"),
            ("ALC_SMS__ACCOUNT_SID", "AC1"),
            ("ALC_SMS__AUTH_TOKEN", "token"),
            ("ALC_SMS__FROM", "+15005550006"),
        ];
        let with_key = |key: &'static str| [&reached[..], &[("ALC_SECRETS__KEY", key)]].concat();
        let folder = folder("production");
        let error = open(&folder, Profile::Production, &reached).await.err().unwrap();
        assert!(error.is::<InvalidSettings>(), "{error:#}");
        let wrong = open(&folder, Profile::Production, &with_key("short")).await.err().unwrap();
        assert!(format!("{wrong:#}").contains("ALC_SECRETS__KEY"), "{wrong:#}");

        let environment = with_key(KEY).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::load(Profile::Production, environment, &Overrides::default()).unwrap();
        let error = database_url(&settings).err().unwrap().to_string();
        assert!(error.contains("ALC_DATABASE__URL"), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
