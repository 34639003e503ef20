//! Records over HTTP: create, assert, read, change and delete. The rules of a change are in [`super::record`], the forms of values
//! in [`super::written`], queries in [`super::query`].

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Attio,
    access::{Caller, ReadRecords, WriteRecords},
    attributes::Attribute,
    body::Body,
    errors::AttioError,
    objects::Object,
    record::{Merge, Record, Stamp},
    relationships,
    values::AttributeValue,
    workspace::{Actor, Workspace},
    written,
};

/// `GET /v2/objects/{object}/records/{record_id}`.
pub(crate) async fn get(
    State(attio): State<Attio>,
    _caller: Caller<ReadRecords>,
    Path((object, record)): Path<(String, String)>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let object = workspace.object(&object)?;
    Ok(Json(json!({ "data": object.record(&record)?.render(object, &workspace) })))
}

/// `POST /v2/objects/{object}/records`: a new record, whatever the others are like, as long as unique values stay unique.
pub(crate) async fn create(
    State(attio): State<Attio>,
    caller: Caller<WriteRecords>,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let mut workspace = attio.workspace();
    let changes = read_changes(&workspace, workspace.object(&object)?, &body)?;
    let id = workspace.new_id();
    save(&mut workspace, &object, Target::New(id), changes, Merge::Overwrite, caller.actor)
}

#[derive(Deserialize)]
pub(crate) struct Matching {
    matching_attribute: Option<String>,
}

/// `PUT /v2/objects/{object}/records?matching_attribute=…`: change the record that has one of the values sent for this unique
/// attribute, or make one. The matching attribute is only added to; every other multiselect becomes what was sent.
pub(crate) async fn assert(
    State(attio): State<Attio>,
    caller: Caller<WriteRecords>,
    Path(object_slug): Path<String>,
    Query(query): Query<Matching>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let mut workspace = attio.workspace();
    let object = workspace.object(&object_slug)?;
    let matching = matching_attribute(object, query.matching_attribute.as_deref())?;
    let mut changes = read_changes(&workspace, object, &body)?;
    let Some(sent) = changes.iter_mut().find(|change| change.attribute.id == matching.id) else {
        let message = format!("The matching attribute \"{}\" has no value in the body.", matching.slug);
        return Err(AttioError::missing_value(message));
    };
    sent.merge = Some(Merge::Append);
    let identities: Vec<String> = sent.values.iter().map(AttributeValue::identity).collect();

    let matches = |record: &&Record| identities.iter().any(|identity| record.holds(matching.id, identity));
    let mut found = object.records.values().filter(matches).map(|record| record.id);
    let target = match (found.next(), found.next()) {
        (Some(id), None) => Target::Known(id),
        (None, _) => Target::New(workspace.new_asserted_id()),
        (Some(_), Some(_)) => {
            let message = format!("The values of \"{}\" belong to more than one record.", matching.slug);
            return Err(AttioError::uniqueness_conflict(message));
        }
    };
    save(&mut workspace, &object_slug, target, changes, Merge::Overwrite, caller.actor)
}

/// `PATCH /v2/objects/{object}/records/{record_id}`: multiselect values are added in front.
pub(crate) async fn append(
    state: State<Attio>,
    caller: Caller<WriteRecords>,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    change(&state, caller.actor, &path, &body, Merge::Append)
}

/// `PUT /v2/objects/{object}/records/{record_id}`: multiselect values become exactly those sent.
pub(crate) async fn overwrite(
    state: State<Attio>,
    caller: Caller<WriteRecords>,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    change(&state, caller.actor, &path, &body, Merge::Overwrite)
}

fn change(
    attio: &Attio,
    actor: Actor,
    (object_slug, record): &(String, String),
    body: &[u8],
    merge: Merge,
) -> Result<Json<Value>, AttioError> {
    let mut workspace = attio.workspace();
    let object = workspace.object(object_slug)?;
    let id = object.record(record)?.id;
    let changes = read_changes(&workspace, object, body)?;
    save(&mut workspace, object_slug, Target::Known(id), changes, merge, actor)
}

/// `DELETE /v2/objects/{object}/records/{record_id}`: for good; references to it go too.
pub(crate) async fn delete(
    State(attio): State<Attio>,
    caller: Caller<WriteRecords>,
    Path((object, record)): Path<(String, String)>,
) -> Result<Json<Value>, AttioError> {
    let mut workspace = attio.workspace();
    let object = workspace.object(&object)?;
    let (slug, id) = (object.slug.clone(), object.record(&record)?.id);
    workspace.object_mut(&slug)?.records.remove(&id);
    let stamp = Stamp { at: workspace.now(), actor: caller.actor };
    relationships::forget(&mut workspace, &slug, id, stamp);
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
pub(crate) struct History {
    #[serde(default)]
    show_historic: bool,
}

/// `GET /v2/objects/{object}/records/{record_id}/attributes/{attribute}/values`.
pub(crate) async fn values(
    State(attio): State<Attio>,
    _caller: Caller<ReadRecords>,
    Path((object, record, attribute)): Path<(String, String, String)>,
    Query(query): Query<History>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let object = workspace.object(&object)?;
    let attribute = object.attribute(&attribute)?;
    let record = object.record(&record)?;
    let values =
        if query.show_historic { record.history(attribute, &workspace) } else { record.read(attribute, &workspace) };
    Ok(Json(json!({ "data": values })))
}

/// One attribute of the body, read and checked.
struct Change {
    attribute: Attribute,
    values: Vec<AttributeValue>,
    /// Where this attribute does not follow the write as a whole.
    merge: Option<Merge>,
}

#[derive(Clone, Copy)]
enum Target {
    Known(Uuid),
    New(Uuid),
}

fn read_changes(workspace: &Workspace, object: &Object, body: &[u8]) -> Result<Vec<Change>, AttioError> {
    let body = Body::parse(body)?;
    let mut fields = body.data()?;
    let values: Map<String, Value> = fields.object("values").map(|values| values.map().clone()).unwrap_or_default();
    fields.finish()?;
    values
        .iter()
        .map(|(key, sent)| {
            let known = object.attributes.iter().find(|attribute| attribute.is(key) && !attribute.is_archived);
            let unknown =
                || AttioError::value_not_found(format!("The object \"{}\" has no attribute \"{key}\".", object.slug));
            let attribute = known.ok_or_else(unknown)?;
            let values = written::parse(attribute, sent, workspace)?;
            Ok(Change { attribute: attribute.clone(), values, merge: None })
        })
        .collect()
}

fn matching_attribute<'a>(object: &'a Object, wanted: Option<&str>) -> Result<&'a Attribute, AttioError> {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
        return Err(AttioError::validation("The query parameter matching_attribute is required."));
    };
    let attribute = object.attributes.iter().find(|attribute| attribute.is(wanted));
    let unknown =
        || AttioError::value_not_found(format!("The object \"{}\" has no attribute \"{wanted}\".", object.slug));
    let attribute = attribute.ok_or_else(unknown)?;
    if !attribute.is_unique {
        return Err(AttioError::validation(format!("The attribute \"{wanted}\" is not unique, so it cannot match.")));
    }
    Ok(attribute)
}

/// Checks what concerns other records, then writes everything or nothing.
fn save(
    workspace: &mut Workspace,
    object_slug: &str,
    target: Target,
    changes: Vec<Change>,
    merge: Merge,
    actor: Actor,
) -> Result<Json<Value>, AttioError> {
    let stamp = Stamp { at: workspace.now(), actor };
    let object = workspace.object(object_slug)?;
    let mut record = match target {
        Target::Known(id) => object.record(&id.to_string())?.clone(),
        Target::New(id) => Record::new(id, stamp),
    };
    for change in &changes {
        keeps_unique(object, &record, change)?;
    }
    for change in &changes {
        record.write(&change.attribute, change.values.clone(), change.merge.unwrap_or(merge), stamp);
    }
    let missing =
        object.attributes.iter().find(|attribute| attribute.is_required && record.held(attribute.id).is_empty());
    if let Some(missing) = missing {
        let message = format!("The attribute \"{}\" ({}) is required and has no value.", missing.slug, missing.id);
        return Err(AttioError::missing_value(message));
    }
    let (slug, id) = (object.slug.clone(), record.id);
    let pointed_at: Vec<(Attribute, Vec<Uuid>)> = changes
        .into_iter()
        .filter(|change| change.attribute.relationship.is_some())
        .map(|Change { attribute, .. }| {
            let before = relationships::targets_of(workspace, &slug, id, &attribute);
            (attribute, before)
        })
        .collect();
    workspace.object_mut(&slug)?.records.insert(id, record);
    for (attribute, before) in pointed_at {
        relationships::mirror(workspace, &slug, id, &attribute, &before, stamp);
    }
    let object = workspace.object(&slug)?;
    Ok(Json(json!({ "data": object.record(&id.to_string())?.render(object, workspace) })))
}

fn keeps_unique(object: &Object, record: &Record, change: &Change) -> Result<(), AttioError> {
    if !change.attribute.is_unique {
        return Ok(());
    }
    let others = || object.records.values().filter(|other| other.id != record.id);
    for value in &change.values {
        let identity = value.identity();
        if others().any(|other| other.holds(change.attribute.id, &identity)) {
            let message = format!(
                "The value \"{identity}\" of the unique attribute \"{}\" is already on another record.",
                change.attribute.slug
            );
            return Err(AttioError::uniqueness_conflict(message));
        }
    }
    Ok(())
}
