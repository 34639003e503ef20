//! The stories: what the service promises, told through its doors.
//!
//! Each story runs the real service (over HTTP; in this process, or in one of its own where it must be killed), the real app bundle
//! in the headless host, a local Attio and a local SMS gateway; each is told twice, on SQLite and on PostgreSQL.

/// Tells each story twice. Without a PostgreSQL (see `world::Database::postgres`) the second telling is a counted skip.
///
/// A story may ask for a service with other settings: `async fn a_story(world: World, ALC_SMS__TIMEOUT_MS = "500") { … }`.
#[macro_export]
macro_rules! stories {
    ($(
        $(#[$doc:meta])*
        async fn $name:ident($world:ident: $World:ident $(, $setting:ident = $value:expr)*) $story:block
    )*) => {$(
        $(#[$doc])*
        mod $name {
            use super::*;

            const SETTINGS: &[(&str, &str)] = &[$((stringify!($setting), $value)),*];

            async fn story($world: $World) $story

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let world = $World::start($crate::world::Database::sqlite(), SETTINGS).await;
                $crate::world::in_time(story(world)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                match $crate::world::Database::postgres().await {
                    Some(database) => {
                        let world = $World::start(database, SETTINGS).await;
                        $crate::world::in_time(story(world)).await;
                    }
                    None => $crate::world::skip(concat!(module_path!(), " on PostgreSQL")),
                }
            }
        }
    )*};
}

mod world;

mod button_to_record;
mod pending_and_complete;

mod leads;
mod leads_batch;
mod leads_idempotency;
mod leads_listed;
mod limits;
mod limits_shared;

mod agent;
mod campaigns;
mod caps;
mod consent;
mod gateway;
mod inbox;
mod odd_replies;
mod quiet_hours;
mod shared_phone;
mod silence;

mod erase;
mod gateway_codes;

mod crashes;
mod crashes_in_bulk;

mod audit;
mod bad_input;
mod callbacks_in;
mod connection;
mod every_route;
mod grants;
mod grants_ended;
mod oauth;
mod oauth_attacks;
mod oauth_clients;
mod oauth_expiry;
mod oauth_login;
mod oauth_prompt;
mod oauth_refresh;
mod operator_people;
mod operator_webhooks;
mod partner;
mod privacy;
mod retention;
mod sandbox;
mod sdk_example;
mod slow_strangers;
mod webhooks;
mod webhooks_failing;
mod webhooks_fair;
mod webhooks_guarded;
mod webhooks_log;
