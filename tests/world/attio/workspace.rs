//! The state of the local Attio: one workspace with its objects, members and records, all in memory.

use jiff::Timestamp;
use serde::Serialize;
use uuid::{Builder, Uuid};

use super::{errors::AttioError, objects::Object, standard, time::to_millis};
use crate::clock::Clock;

/// Everything seeded has an id derived from this and its name, so ids are the same in every run.
const SEEDED: Uuid = Uuid::from_u128(0x6b1d_54a0_37f2_4c1e_9a83_0f7e_2d5c_8b46);

pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) objects: Vec<Object>,
    pub(crate) members: Vec<Member>,
    clock: Clock,
    /// Names the ids made in this run: they differ from those of an earlier run, whose ids a service may still remember.
    run: Uuid,
    made: u64,
}

/// A person who works in the workspace.
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) email: String,
}

/// Who wrote a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Actor {
    pub(crate) r#type: ActorType,
    pub(crate) id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ActorType {
    ApiToken,
    WorkspaceMember,
    System,
}

impl Workspace {
    /// A workspace with the standard objects and no records.
    pub(crate) fn new(clock: Clock) -> Self {
        let now = to_millis(clock.now());
        let member = |email: &str| Member { id: seeded_id(&format!("member/{email}")), email: email.to_owned() };
        Self {
            id: seeded_id("workspace"),
            name: "Acme",
            slug: "acme",
            objects: standard::objects(now),
            members: vec![member("ada@acme.example"), member("grace@acme.example")],
            clock,
            run: seeded_id(&format!("run/{now}")),
            made: 0,
        }
    }

    pub(crate) fn object(&self, slug_or_id: &str) -> Result<&Object, AttioError> {
        self.objects.iter().find(|object| object.is(slug_or_id)).ok_or_else(|| no_object(slug_or_id))
    }

    pub(crate) fn object_mut(&mut self, slug_or_id: &str) -> Result<&mut Object, AttioError> {
        self.objects.iter_mut().find(|object| object.is(slug_or_id)).ok_or_else(|| no_object(slug_or_id))
    }

    pub(crate) fn now(&self) -> Timestamp {
        to_millis(self.clock.now())
    }

    /// Ids made by a plain create are version 4.
    pub(crate) fn new_id(&mut self) -> Uuid {
        Builder::from_random_bytes(*self.new_asserted_id().as_bytes()).into_uuid()
    }

    /// Ids made by an assert are version 5.
    pub(crate) fn new_asserted_id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::new_v5(&self.run, &self.made.to_be_bytes())
    }
}

impl Actor {
    pub(crate) const SYSTEM: Self = Self { r#type: ActorType::System, id: None };

    pub(crate) fn token(id: Uuid) -> Self {
        Self { r#type: ActorType::ApiToken, id: Some(id) }
    }
}

pub(crate) fn seeded_id(name: &str) -> Uuid {
    Uuid::new_v5(&SEEDED, name.as_bytes())
}

fn no_object(slug_or_id: &str) -> AttioError {
    AttioError::not_found(format!("Object with slug/ID \"{slug_or_id}\" not found."))
}
