//! A database for one story: a new SQLite file, or a new database in the PostgreSQL that `ALC_TEST_POSTGRES` names.

use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::folder::{Folder, unique};

/// Removed when dropped, as far as that is possible without waiting.
pub struct Database {
    url: String,
    kept: Kept,
}

enum Kept {
    Sqlite(Folder),
    Postgres { server: String, name: String },
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = Folder::new();
        Self { url: format!("sqlite://{}/alc.db", folder.path().display()), kept: Kept::Sqlite(folder) }
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

    /// Everything in it as it lies there: the bytes of the SQLite files, the rows of every PostgreSQL table as text.
    pub async fn contents(&self) -> Vec<u8> {
        match &self.kept {
            Kept::Sqlite(folder) => {
                let files = std::fs::read_dir(folder.path()).expect("the story's folder can be read");
                let files = files.map(|file| file.expect("the story's folder can be read").path());
                files.flat_map(|file| std::fs::read(file).expect("the database's files can be read")).collect()
            }
            Kept::Postgres { .. } => rows_as_text(&self.url).await.into_bytes(),
        }
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
            Kept::Sqlite(_) => {}
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

async fn rows_as_text(url: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the story's database can be reached");
    let connection = tokio::spawn(connection);
    let tables = first_column(&client, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").await;
    assert!(!tables.is_empty(), "the schema has tables");
    let mut text = String::new();
    for table in tables {
        let rows = first_column(&client, &format!(r#"SELECT t::text FROM "{table}" t"#)).await;
        text.extend(rows.iter().flat_map(|row| [row.as_str(), "\n"]));
    }
    drop(client);
    drop(connection.await);
    text
}

async fn first_column(client: &tokio_postgres::Client, query: &str) -> Vec<String> {
    let rows = client.simple_query(query).await.expect("the database answers");
    let rows = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}
