//! Objects: the kinds of records in the workspace, each with its attributes and its records.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Attio,
    access::{Caller, ReadObjects},
    attributes::Attribute,
    errors::AttioError,
    record::Record,
    time::wire_time,
};

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) id: Uuid,
    pub(crate) slug: String,
    pub(crate) singular: String,
    pub(crate) plural: String,
    pub(crate) created_at: Timestamp,
    pub(crate) attributes: Vec<Attribute>,
    /// Sorted by id, so a walk without a sort is stable and yet in no order a client could mean.
    pub(crate) records: BTreeMap<Uuid, Record>,
}

impl Object {
    pub(crate) fn is(&self, slug_or_id: &str) -> bool {
        self.slug == slug_or_id || self.id.to_string() == slug_or_id
    }

    pub(crate) fn attribute(&self, slug_or_id: &str) -> Result<&Attribute, AttioError> {
        self.attributes.iter().find(|attribute| attribute.is(slug_or_id)).ok_or_else(|| no_attribute(slug_or_id))
    }

    pub(crate) fn attribute_mut(&mut self, slug_or_id: &str) -> Result<&mut Attribute, AttioError> {
        self.attributes.iter_mut().find(|attribute| attribute.is(slug_or_id)).ok_or_else(|| no_attribute(slug_or_id))
    }

    /// An id that is no UUID cannot be the id of a record; Attio answers it like one that is unknown.
    pub(crate) fn record(&self, id: &str) -> Result<&Record, AttioError> {
        let known = id.parse().ok().and_then(|id: Uuid| self.records.get(&id));
        known.ok_or_else(|| AttioError::not_found(format!("Record with ID \"{id}\" not found.")))
    }

    fn render(&self, workspace_id: Uuid) -> Value {
        json!({
            "id": { "workspace_id": workspace_id, "object_id": self.id },
            "api_slug": self.slug,
            "singular_noun": self.singular,
            "plural_noun": self.plural,
            "created_at": wire_time(self.created_at),
        })
    }
}

/// `GET /v2/objects`.
pub(crate) async fn list(State(attio): State<Attio>, _caller: Caller<ReadObjects>) -> Json<Value> {
    let workspace = attio.workspace();
    let rows: Vec<Value> = workspace.objects.iter().map(|object| object.render(workspace.id)).collect();
    Json(json!({ "data": rows }))
}

/// `GET /v2/objects/{object}`.
pub(crate) async fn get(
    State(attio): State<Attio>,
    _caller: Caller<ReadObjects>,
    Path(object): Path<String>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    Ok(Json(json!({ "data": workspace.object(&object)?.render(workspace.id) })))
}

fn no_attribute(slug_or_id: &str) -> AttioError {
    AttioError::not_found(format!("Attribute with slug/ID \"{slug_or_id}\" not found."))
}
