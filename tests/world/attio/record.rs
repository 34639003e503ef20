//! One record: its values, their past, and the rules by which a write changes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    attributes::Attribute,
    objects::Object,
    time::wire_time,
    values::AttributeValue,
    workspace::{Actor, Workspace},
};

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: Uuid,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: Actor,
    /// By attribute id; what is not here is unset.
    current: BTreeMap<Uuid, Vec<Held>>,
    /// Values that were replaced or removed, oldest first.
    past: BTreeMap<Uuid, Vec<Held>>,
}

/// A value and the time it holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) value: AttributeValue,
    active_from: Timestamp,
    active_until: Option<Timestamp>,
    actor: Actor,
}

/// What a write does to the several values of a multiselect attribute. A single value is replaced either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// New values go in front, known ones stay where they are, nothing is removed.
    Append,
    /// The values become exactly those sent.
    Overwrite,
}

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    pub(crate) actor: Actor,
}

impl Record {
    pub(crate) fn new(id: Uuid, stamp: Stamp) -> Self {
        Self { id, created_at: stamp.at, created_by: stamp.actor, current: BTreeMap::new(), past: BTreeMap::new() }
    }

    pub(crate) fn held(&self, attribute: Uuid) -> &[Held] {
        self.current.get(&attribute).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn holds(&self, attribute: Uuid, identity: &str) -> bool {
        self.held(attribute).iter().any(|held| held.value.identity() == identity)
    }

    /// Values equal to those already there keep their age.
    pub(crate) fn write(&mut self, attribute: &Attribute, sent: Vec<AttributeValue>, merge: Merge, stamp: Stamp) {
        let mut before = self.current.remove(&attribute.id).unwrap_or_default();
        let mut now = Vec::with_capacity(sent.len() + before.len());
        let appending = attribute.is_multiselect && merge == Merge::Append;
        for value in sent {
            let identity = value.identity();
            match before.iter().position(|held| held.value.identity() == identity) {
                Some(_) if appending => {}
                Some(place) => now.push(before.remove(place)),
                None => now.push(Held { value, active_from: stamp.at, active_until: None, actor: stamp.actor }),
            }
        }
        if appending {
            now.append(&mut before);
        }
        let past = self.past.entry(attribute.id).or_default();
        past.extend(before.into_iter().map(|held| Held { active_until: Some(stamp.at), ..held }));
        self.current.insert(attribute.id, now);
    }

    pub(crate) fn render(&self, object: &Object, workspace: &Workspace) -> Value {
        let values: Map<String, Value> = object
            .attributes
            .iter()
            .filter(|attribute| !attribute.is_archived)
            .map(|attribute| (attribute.slug.clone(), self.read(attribute, workspace).into()))
            .collect();
        json!({
            "id": { "workspace_id": workspace.id, "object_id": object.id, "record_id": self.id },
            "created_at": wire_time(self.created_at),
            "web_url": format!(
                "https://app.attio.com/{}/{}/{}", workspace.slug, object.singular.to_lowercase(), self.id
            ),
            "values": values,
        })
    }

    /// The values of one attribute as they read; three of them are facts of the record itself.
    pub(crate) fn read(&self, attribute: &Attribute, workspace: &Workspace) -> Vec<Value> {
        let fact = |value| {
            let held = Held { value, active_from: self.created_at, active_until: None, actor: self.created_by };
            vec![held.render(attribute, workspace)]
        };
        match attribute.slug.as_str() {
            "record_id" if attribute.is_system => fact(AttributeValue::Text(self.id.to_string())),
            "created_at" if attribute.is_system => fact(AttributeValue::Timestamp(self.created_at)),
            "created_by" if attribute.is_system => fact(AttributeValue::ActorReference(self.created_by)),
            _ => self.held(attribute.id).iter().map(|held| held.render(attribute, workspace)).collect(),
        }
    }

    /// The values of one attribute through time, oldest first.
    pub(crate) fn history(&self, attribute: &Attribute, workspace: &Workspace) -> Vec<Value> {
        let past = self.past.get(&attribute.id).into_iter().flatten().map(|held| held.render(attribute, workspace));
        past.chain(self.read(attribute, workspace)).collect()
    }
}

impl Held {
    fn render(&self, attribute: &Attribute, workspace: &Workspace) -> Value {
        let mut value = json!({
            "active_from": wire_time(self.active_from),
            "active_until": self.active_until.map(wire_time),
            "created_by_actor": self.actor,
            "attribute_type": attribute.kind,
        });
        if let (Value::Object(common), Value::Object(own)) = (&mut value, self.value.read(attribute, workspace)) {
            common.extend(own);
        }
        value
    }
}
