//! A boolean that can only be one of the two: what tells the variants of an answer apart.

use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

#[derive(Debug, Clone, Copy)]
pub struct Always<const IS: bool>;

impl<const IS: bool> Serialize for Always<IS> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bool(IS)
    }
}

impl<const IS: bool> PartialSchema for Always<IS> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([IS])).into()
    }
}

impl<const IS: bool> ToSchema for Always<IS> {}
