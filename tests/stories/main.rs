//! The stories: what the service promises, told through its doors.
//!
//! Each story runs the real service (over HTTP, in this process), the real app bundle in the headless host, a local Attio and a
//! local SMS gateway; each is told twice, on SQLite and on PostgreSQL.

/// Tells each story twice. Without a PostgreSQL (see `world::Database::postgres`) the second telling is a counted skip.
#[macro_export]
macro_rules! stories {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: World) $story:block)*) => {$(
        $(#[$doc])*
        mod $name {
            use super::*;

            async fn story($world: World) $story

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(World::start($crate::world::Database::sqlite()).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                match $crate::world::Database::postgres().await {
                    Some(database) => story(World::start(database).await).await,
                    None => $crate::world::skip(concat!(module_path!(), " on PostgreSQL")),
                }
            }
        }
    )*};
}

mod world;

mod button_to_record;
