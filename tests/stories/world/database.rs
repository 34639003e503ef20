//! A database for one story: a new SQLite file, or a new database in the PostgreSQL that `ALC_TEST_POSTGRES` names.

use std::path::PathBuf;

use tokio_postgres::NoTls;
use uuid::Uuid;

/// Removed when dropped, as far as that is possible without waiting.
pub struct Database {
    url: String,
    kept: Kept,
}

enum Kept {
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("alc-story-{}", unique()));
        std::fs::create_dir(&folder).expect("the temporary folder can be written");
        Self { url: format!("sqlite://{}/alc.db", folder.display()), kept: Kept::Sqlite(folder) }
    }

    /// None without a server to ask; under `CI=true` that is a failure, for nothing may be skipped there.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("ALC_TEST_POSTGRES") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "ALC_TEST_POSTGRES is not set; `cargo xtask test` brings a PostgreSQL"
            );
            return None;
        };
        let name = format!("story_{}", unique());
        administer(&server, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&server).expect("ALC_TEST_POSTGRES is a URL");
        url.set_path(&name);
        Some(Self { url: url.into(), kept: Kept::Postgres { server, name } })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `/health` must call it.
    pub fn engine(&self) -> &'static str {
        match self.kept {
            Kept::Sqlite(_) => "sqlite",
            Kept::Postgres { .. } => "postgresql",
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.kept {
            // A file left behind is a nuisance, not a failure.
            Kept::Sqlite(folder) => drop(std::fs::remove_dir_all(folder)),
            Kept::Postgres { server, name } => {
                let (server, name) = (server.clone(), name.clone());
                let dropping = std::thread::spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
                    runtime.block_on(administer(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
                });
                drop(dropping.join());
            }
        }
    }
}

async fn administer(server: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("ALC_TEST_POSTGRES can be reached");
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await.expect("databases can be made and dropped");
    drop(client);
    drop(connection.await);
}

fn unique() -> String {
    Uuid::from_u128(rand_u128()).simple().to_string()
}

fn rand_u128() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u128::from_be_bytes(bytes)
}
