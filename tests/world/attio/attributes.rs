//! Attributes: the typed columns of an object. Standard ones come from [`super::standard`], others are made through the API.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Attio,
    access::{Caller, ConfigureObjects, ReadObjects},
    body::{Body, Fields},
    errors::AttioError,
    objects::Object,
    select_options::{SelectOption, Status},
    time::wire_time,
    workspace::Workspace,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttributeType {
    Text,
    Number,
    Checkbox,
    Currency,
    Date,
    Timestamp,
    Rating,
    Status,
    Select,
    RecordReference,
    ActorReference,
    Location,
    Domain,
    EmailAddress,
    PhoneNumber,
    Interaction,
    PersonalName,
}

impl AttributeType {
    fn can_be_multiselect(self) -> bool {
        use AttributeType::{ActorReference, Domain, EmailAddress, PhoneNumber, RecordReference, Select};
        matches!(self, Select | RecordReference | ActorReference | PhoneNumber | EmailAddress | Domain)
    }

    fn can_be_unique(self) -> bool {
        use AttributeType::{Domain, EmailAddress, Number, PhoneNumber, Text};
        matches!(self, Text | Number | EmailAddress | PhoneNumber | Domain)
    }
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "these are the flags Attio gives an attribute")]
pub(crate) struct Attribute {
    pub(crate) id: Uuid,
    pub(crate) object_id: Uuid,
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: AttributeType,
    pub(crate) is_system: bool,
    pub(crate) is_writable: bool,
    pub(crate) is_required: bool,
    pub(crate) is_unique: bool,
    pub(crate) is_multiselect: bool,
    pub(crate) is_archived: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) options: Vec<SelectOption>,
    pub(crate) statuses: Vec<Status>,
    /// Only currency attributes have one.
    pub(crate) currency: Option<Currency>,
    /// Objects a record reference may point at.
    pub(crate) allowed_objects: Vec<Uuid>,
    pub(crate) relationship: Option<Relationship>,
}

#[derive(Clone, Debug)]
pub(crate) struct Currency {
    pub(crate) code: String,
    pub(crate) display: String,
}

/// The attribute at the other end: what is written here shows there.
#[derive(Clone, Debug)]
pub(crate) struct Relationship {
    pub(crate) object_slug: String,
    pub(crate) attribute_slug: String,
}

impl Attribute {
    pub(crate) fn is(&self, slug_or_id: &str) -> bool {
        self.slug == slug_or_id || self.id.to_string() == slug_or_id
    }

    pub(crate) fn render(&self, workspace: &Workspace) -> Value {
        let currency = self.currency.as_ref();
        json!({
            "id": { "workspace_id": workspace.id, "object_id": self.object_id, "attribute_id": self.id },
            "title": self.title,
            "description": self.description,
            "api_slug": self.slug,
            "type": self.kind,
            "is_system_attribute": self.is_system,
            "is_writable": self.is_writable,
            "is_required": self.is_required,
            "is_unique": self.is_unique,
            "is_multiselect": self.is_multiselect,
            "is_default_value_enabled": false,
            "is_archived": self.is_archived,
            "default_value": null,
            "relationship": self.render_relationship(workspace),
            "created_at": wire_time(self.created_at),
            "config": {
                "currency": {
                    "default_currency_code": currency.map(|currency| &currency.code),
                    "display_type": currency.map(|currency| &currency.display),
                },
                "record_reference": {
                    "allowed_object_ids":
                        (self.kind == AttributeType::RecordReference).then_some(&self.allowed_objects),
                },
            },
        })
    }

    fn render_relationship(&self, workspace: &Workspace) -> Value {
        let other = self.relationship.as_ref().and_then(|relationship| {
            let object = workspace.object(&relationship.object_slug).ok()?;
            Some((object, object.attribute(&relationship.attribute_slug).ok()?))
        });
        let Some((object, attribute)) = other else { return Value::Null };
        json!({
            "id": { "workspace_id": workspace.id, "object_id": object.id, "attribute_id": attribute.id },
            "object_slug": object.slug,
            "title": attribute.title,
            "api_slug": attribute.slug,
            "is_multiselect": attribute.is_multiselect,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct Listing {
    limit: Option<usize>,
    offset: Option<usize>,
    #[serde(default)]
    show_archived: bool,
}

/// `GET /v2/objects/{object}/attributes`: in the order they were made.
pub(crate) async fn list(
    State(attio): State<Attio>,
    _caller: Caller<ReadObjects>,
    Path(object): Path<String>,
    Query(listing): Query<Listing>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let attributes = workspace.object(&object)?.attributes.iter();
    let rows: Vec<Value> = attributes
        .filter(|attribute| listing.show_archived || !attribute.is_archived)
        .skip(listing.offset.unwrap_or(0))
        .take(listing.limit.unwrap_or(usize::MAX))
        .map(|attribute| attribute.render(&workspace))
        .collect();
    Ok(Json(json!({ "data": rows })))
}

/// `GET /v2/objects/{object}/attributes/{attribute}`.
pub(crate) async fn get(
    State(attio): State<Attio>,
    _caller: Caller<ReadObjects>,
    Path((object, attribute)): Path<(String, String)>,
) -> Result<Json<Value>, AttioError> {
    let workspace = attio.workspace();
    let attribute = workspace.object(&object)?.attribute(&attribute)?;
    Ok(Json(json!({ "data": attribute.render(&workspace) })))
}

/// `POST /v2/objects/{object}/attributes`: all eight fields are asked for, even those that could default.
pub(crate) async fn create(
    State(attio): State<Attio>,
    _caller: Caller<ConfigureObjects>,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let body = Body::parse(&body)?;
    let mut workspace = attio.workspace();
    let id = workspace.new_id();
    let now = workspace.now();
    let attribute = read_attribute(&workspace, workspace.object(&object)?, &body, id, now)?;

    let object = workspace.object_mut(&object)?;
    if object.attributes.iter().any(|existing| existing.slug == attribute.slug) {
        let message = format!("The object \"{}\" already has an attribute \"{}\".", object.slug, attribute.slug);
        return Err(AttioError::slug_conflict(message));
    }
    object.attributes.push(attribute.clone());
    Ok(Json(json!({ "data": attribute.render(&workspace) })))
}

/// `PATCH /v2/objects/{object}/attributes/{attribute}`: rename, require, archive; what is not sent stays.
pub(crate) async fn update(
    State(attio): State<Attio>,
    _caller: Caller<ConfigureObjects>,
    Path((object, attribute)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, AttioError> {
    let body = Body::parse(&body)?;
    let mut fields = body.data()?;
    if fields.map().is_empty() {
        return Err(AttioError::validation("The payload is empty; name at least one property to change."));
    }
    let title = fields.optional_string("title");
    let description = fields.optional("description").is_some().then(|| fields.nullable_string("description"));
    let is_required = fields.optional_boolean("is_required");
    let is_archived = fields.optional_boolean("is_archived");
    fields.finish()?;

    let mut workspace = attio.workspace();
    let found = workspace.object_mut(&object)?.attribute_mut(&attribute)?;
    if found.is_system {
        return Err(AttioError::system_edit("System attributes cannot be changed."));
    }
    found.title = title.unwrap_or_else(|| found.title.clone());
    found.description = description.unwrap_or_else(|| found.description.clone());
    found.is_required = is_required.unwrap_or(found.is_required);
    found.is_archived = is_archived.unwrap_or(found.is_archived);
    let found = found.clone();
    Ok(Json(json!({ "data": found.render(&workspace) })))
}

fn read_attribute(
    workspace: &Workspace,
    object: &Object,
    body: &Body,
    id: Uuid,
    now: Timestamp,
) -> Result<Attribute, AttioError> {
    let mut fields = body.data()?;
    let title = fields.string("title");
    let description = fields.nullable_string("description");
    let slug = fields.string("api_slug");
    let kind = fields.parsed::<AttributeType>("type", "an attribute type");
    let is_required = fields.boolean("is_required");
    let is_unique = fields.boolean("is_unique");
    let is_multiselect = fields.boolean("is_multiselect");
    let mut config = fields.object("config");
    let currency = config.as_mut().and_then(|config| read_currency(config));
    let allowed = config.as_mut().and_then(|config| config.optional_object("record_reference"));
    let allowed = allowed.and_then(|mut reference| reference.strings("allowed_objects"));
    let unmodelled = ["default_value", "relationship"];
    let unmodelled = unmodelled.into_iter().find(|key| fields.optional(key).is_some_and(|value| !value.is_null()));
    fields.finish()?;
    if let Some(key) = unmodelled {
        return Err(AttioError::validation(format!("{key} is not modelled by this local Attio; leave it out.")));
    }
    let (Some(kind), Some(slug), Some(title)) = (kind, slug, title) else {
        return Err(AttioError::shape(Vec::new()));
    };

    if !is_slug(&slug) {
        return Err(AttioError::validation("An api_slug has letters, digits, - and _ only and is not empty."));
    }
    if is_multiselect == Some(true) && !kind.can_be_multiselect() {
        return Err(AttioError::validation("Attributes of this type cannot be multiselect."));
    }
    if is_unique == Some(true) && !kind.can_be_unique() {
        return Err(AttioError::validation("Attributes of this type cannot be unique."));
    }
    if matches!(kind, AttributeType::Interaction | AttributeType::PersonalName) {
        return Err(AttioError::validation(
            "Attributes of this type come with standard objects and cannot be created.",
        ));
    }
    if kind == AttributeType::Currency && currency.is_none() {
        return Err(AttioError::validation("A currency attribute needs config.currency."));
    }
    let mut allowed_objects = Vec::new();
    for wanted in allowed.unwrap_or_default() {
        allowed_objects.push(workspace.object(&wanted)?.id);
    }
    if kind == AttributeType::RecordReference && allowed_objects.is_empty() {
        allowed_objects = workspace.objects.iter().map(|object| object.id).collect();
    }
    Ok(Attribute {
        id,
        object_id: object.id,
        slug,
        title,
        description,
        kind,
        is_system: false,
        is_writable: true,
        is_required: is_required.unwrap_or(false),
        is_unique: is_unique.unwrap_or(false),
        is_multiselect: is_multiselect.unwrap_or(false),
        is_archived: false,
        created_at: now,
        options: Vec::new(),
        statuses: Vec::new(),
        currency,
        allowed_objects,
        relationship: None,
    })
}

fn read_currency(config: &mut Fields<'_>) -> Option<Currency> {
    let mut currency = config.optional_object("currency")?;
    let code = currency.string("default_currency_code")?;
    let display = currency.string("display_type")?;
    Some(Currency { code, display })
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
