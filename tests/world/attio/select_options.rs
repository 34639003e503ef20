//! Options of select attributes and statuses of status attributes: the titles a record may carry. They are never made by
//! writing a record.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Attio,
    access::{Caller, ConfigureObjects, ReadObjects},
    attributes::{Attribute, AttributeType},
    body::Body,
    errors::AttioError,
    workspace::Workspace,
};

#[derive(Clone, Debug)]
pub(crate) struct SelectOption {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) is_archived: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) is_archived: bool,
}

impl SelectOption {
    pub(crate) fn render(&self, attribute: &Attribute, workspace: &Workspace) -> Value {
        json!({
            "id": {
                "workspace_id": workspace.id,
                "object_id": attribute.object_id,
                "attribute_id": attribute.id,
                "option_id": self.id,
            },
            "title": self.title,
            "is_archived": self.is_archived,
        })
    }
}

impl Status {
    pub(crate) fn render(&self, attribute: &Attribute, workspace: &Workspace) -> Value {
        json!({
            "id": {
                "workspace_id": workspace.id,
                "object_id": attribute.object_id,
                "attribute_id": attribute.id,
                "status_id": self.id,
            },
            "title": self.title,
            "is_archived": self.is_archived,
            "target_time_in_status": null,
            "celebration_enabled": false,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct Listing {
    #[serde(default)]
    show_archived: bool,
}

/// `GET /v2/objects/{object}/attributes/{attribute}/options`.
pub(crate) async fn list(
    State(attio): State<Attio>,
    _caller: Caller<ReadObjects>,
    Path((object, attribute)): Path<(String, String)>,
    Query(listing): Query<Listing>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let attribute = select(workspace.object(&object)?.attribute(&attribute)?)?;
    let options = attribute.options.iter().filter(|option| listing.show_archived || !option.is_archived);
    let rows: Vec<Value> = options.map(|option| option.render(attribute, &workspace)).collect();
    Ok(Json(json!({ "data": rows })))
}

/// `POST /v2/objects/{object}/attributes/{attribute}/options`.
pub(crate) async fn create(
    State(attio): State<Attio>,
    _caller: Caller<ConfigureObjects>,
    Path((object, attribute)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let body = Body::parse(&body)?;
    let mut fields = body.data()?;
    let title = fields.string("title").unwrap_or_default();
    fields.finish()?;
    if title.is_empty() {
        return Err(AttioError::validation("An option needs a title."));
    }

    let mut workspace = attio.workspace();
    let id = workspace.new_id();
    let found = workspace.object_mut(&object)?.attribute_mut(&attribute)?;
    select(found)?;
    if found.options.iter().any(|option| option.title == title) {
        return Err(AttioError::slug_conflict(format!("There is already an option with the title \"{title}\".")));
    }
    let option = SelectOption { id, title, is_archived: false };
    found.options.push(option.clone());
    let attribute = workspace.object(&object)?.attribute(&attribute)?;
    Ok(Json(json!({ "data": option.render(attribute, &workspace) })))
}

/// `PATCH /v2/objects/{object}/attributes/{attribute}/options/{option}`: rename or archive.
pub(crate) async fn update(
    State(attio): State<Attio>,
    _caller: Caller<ConfigureObjects>,
    Path((object, attribute, option)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let body = Body::parse(&body)?;
    let mut fields = body.data()?;
    let title = fields.optional_string("title");
    let is_archived = fields.optional_boolean("is_archived");
    fields.finish()?;
    if title.is_none() && is_archived.is_none() {
        return Err(AttioError::validation("The payload is empty; name at least one property to change."));
    }

    let mut workspace = attio.workspace();
    let found = workspace.object_mut(&object)?.attribute_mut(&attribute)?;
    select(found)?;
    let place = found.options.iter().position(|known| known.title == option || known.id.to_string() == option);
    let Some(place) = place else {
        return Err(AttioError::not_found(format!("Select option \"{option}\" was not found.")));
    };
    let taken = |(other, known): (usize, &SelectOption)| other != place && Some(&known.title) == title.as_ref();
    if found.options.iter().enumerate().any(taken) {
        return Err(AttioError::slug_conflict("There is already an option with that title."));
    }
    let changed = &mut found.options[place];
    changed.is_archived = is_archived.unwrap_or(changed.is_archived);
    if let Some(title) = title {
        changed.title = title;
    }
    let changed = changed.clone();
    let attribute = workspace.object(&object)?.attribute(&attribute)?;
    Ok(Json(json!({ "data": changed.render(attribute, &workspace) })))
}

/// `GET /v2/objects/{object}/attributes/{attribute}/statuses`.
pub(crate) async fn list_statuses(
    State(attio): State<Attio>,
    _caller: Caller<ReadObjects>,
    Path((object, attribute)): Path<(String, String)>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let attribute = workspace.object(&object)?.attribute(&attribute)?;
    if attribute.kind != AttributeType::Status {
        return Err(AttioError::validation("Only status attributes have statuses; this one has another type."));
    }
    let rows: Vec<Value> = attribute.statuses.iter().map(|status| status.render(attribute, &workspace)).collect();
    Ok(Json(json!({ "data": rows })))
}

fn select(attribute: &Attribute) -> Result<&Attribute, AttioError> {
    if attribute.kind == AttributeType::Select {
        return Ok(attribute);
    }
    Err(AttioError::validation("Only select attributes have options; this one has another type."))
}
