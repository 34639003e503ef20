//! The names of things: text with a prefix that says what it names, and a part that sorts by time of birth.
//!
//! The ids themselves are made outside (they need a clock and randomness); here they only get their types, so that a
//! lead's id is never handed to a query that wants a webhook's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// `unique` is the part after the prefix: a UUIDv7 in 32 hex digits.
            pub fn from_unique(unique: &str) -> Self {
                Self(format!("{}{unique}", $prefix))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "[0-9a-f]{32}$")))
                    .examples([concat!($prefix, "0198c0de5eed7a11b0a7c0ffee15f00d")])
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// One tenant.
    WorkspaceId = "ws_";
    /// Someone who may log in to the service.
    UserId = "user_";
    /// An OAuth client of ours.
    ClientId = "client_";
    /// One consent of one user to one client; tokens and webhooks hang on it.
    GrantId = "grant_";
    /// One person sent for checking.
    LeadId = "lead_";
    /// The SMS exchange with one lead.
    ConversationId = "conv_";
    /// One SMS, in or out.
    MessageId = "msg_";
    /// Something of ours that we announce.
    EventId = "evt_";
    /// A subscriber to events.
    WebhookId = "wh_";
    /// One event to one webhook.
    DeliveryId = "dlv_";
    /// Our authorised link from a workspace to an outside system.
    ConnectionId = "conn_";
    /// One try of a delivery.
    AttemptId = "att_";
    /// One thing to do later.
    JobId = "job_";
    /// One line of the audit log.
    AuditId = "aud_";
}
