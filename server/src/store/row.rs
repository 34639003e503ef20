//! What goes into a statement (`Val`) and what comes out (`Row`), the same for both databases.
//! Columns are TEXT, BIGINT and BOOLEAN, nothing else; SQLite keeps booleans as 0 and 1.

use std::error::Error;
use std::fmt;

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::{StoreError, Vault};

/// One value bound to a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub enum Val {
    Null,
    Text(String),
    Int(i64),
    Bool(bool),
}

/// `params![lead.id, now, lead.closed_at]`: the values of `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Val::from($value)),*] };
}

/// One row of an answer; columns count from 0.
pub struct Row<'a> {
    source: Source<'a>,
    vault: &'a Vault,
}

pub(super) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(super) fn new(source: Source<'a>, vault: &'a Vault) -> Self {
        Self { source, vault }
    }

    pub fn text(&self, column: usize) -> Result<String, StoreError> {
        self.opt_text(column)?.ok_or_else(|| self.misfit(column, "is NULL"))
    }

    pub fn opt_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.get(column)? {
            Val::Null => Ok(None),
            Val::Text(text) => Ok(Some(text)),
            _ => Err(self.misfit(column, "is not text")),
        }
    }

    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or_else(|| self.misfit(column, "is NULL"))
    }

    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.get(column)? {
            Val::Null => Ok(None),
            Val::Int(int) => Ok(Some(int)),
            _ => Err(self.misfit(column, "is not a whole number")),
        }
    }

    pub fn bool(&self, column: usize) -> Result<bool, StoreError> {
        match self.get(column)? {
            Val::Bool(bool) => Ok(bool),
            // SQLite has no booleans.
            Val::Int(int @ (0 | 1)) if matches!(self.source, Source::Sqlite(_)) => Ok(int == 1),
            Val::Null => Err(self.misfit(column, "is NULL")),
            _ => Err(self.misfit(column, "is not a boolean")),
        }
    }

    /// Opens what `Vault::seal` wrote for this place and row.
    pub fn sealed(&self, column: usize, place: &str, row_id: &str) -> Result<String, StoreError> {
        self.vault.open(place, row_id, &self.text(column)?)
    }

    pub fn opt_sealed(&self, column: usize, place: &str, row_id: &str) -> Result<Option<String>, StoreError> {
        self.opt_text(column)?.map(|sealed| self.vault.open(place, row_id, &sealed)).transpose()
    }

    /// For nouns that parse a stored text: `row.misfit(2, "unknown stage")`. Never put the stored value into `reason`.
    pub fn misfit(&self, column: usize, reason: &str) -> StoreError {
        let name = match self.source {
            Source::Sqlite(row) => row.as_ref().column_name(column).map(str::to_owned).ok(),
            Source::Postgres(row) => row.columns().get(column).map(|column| column.name().to_owned()),
        };
        StoreError::Decode { column: name.unwrap_or_else(|| format!("number {column}")), reason: reason.to_owned() }
    }

    fn get(&self, column: usize) -> Result<Val, StoreError> {
        match self.source {
            Source::Sqlite(row) => match row.get_ref(column) {
                Ok(ValueRef::Null) => Ok(Val::Null),
                Ok(ValueRef::Integer(int)) => Ok(Val::Int(int)),
                Ok(ValueRef::Text(text)) => match std::str::from_utf8(text) {
                    Ok(text) => Ok(Val::Text(text.to_owned())),
                    Err(_) => Err(self.misfit(column, "is not UTF-8")),
                },
                Ok(ValueRef::Real(_) | ValueRef::Blob(_)) => {
                    Err(self.misfit(column, "is neither text nor a whole number"))
                }
                Err(_) => Err(self.misfit(column, "is not in the answer")),
            },
            Source::Postgres(row) => {
                let Some(kind) = row.columns().get(column).map(tokio_postgres::Column::type_) else {
                    return Err(self.misfit(column, "is not in the answer"));
                };
                let value = match *kind {
                    Type::INT8 => row.try_get::<_, Option<i64>>(column).map(|value| value.map(Val::Int)),
                    Type::INT4 => {
                        row.try_get::<_, Option<i32>>(column).map(|value| value.map(|int| Val::Int(int.into())))
                    }
                    Type::BOOL => row.try_get::<_, Option<bool>>(column).map(|value| value.map(Val::Bool)),
                    Type::TEXT | Type::VARCHAR => {
                        row.try_get::<_, Option<String>>(column).map(|value| value.map(Val::Text))
                    }
                    _ => {
                        return Err(
                            self.misfit(column, &format!("has type {kind}; CAST it AS BIGINT, TEXT or BOOLEAN"))
                        );
                    }
                };
                value.map(|value| value.unwrap_or(Val::Null)).map_err(|_| self.misfit(column, "cannot be read"))
            }
        }
    }
}

/// Shows the kind only: the drivers write arguments into their debug logs, and arguments are personal data.
impl fmt::Debug for Val {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Null => "Null",
            Self::Text(_) => "Text(…)",
            Self::Int(_) => "Int(…)",
            Self::Bool(_) => "Bool(…)",
        })
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Val {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Val {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

/// What a bare literal is.
impl From<i32> for Val {
    fn from(int: i32) -> Self {
        Self::Int(int.into())
    }
}

impl From<u32> for Val {
    fn from(int: u32) -> Self {
        Self::Int(int.into())
    }
}

impl From<bool> for Val {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Bool(bool) => ValueRef::Integer((*bool).into()),
        }))
    }
}

impl ToSql for Val {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Text(text) if <&str as ToSql>::accepts(kind) => text.to_sql(kind, out),
            Self::Int(int) if *kind == Type::INT8 => int.to_sql(kind, out),
            // PostgreSQL infers INT4 for `$1 + 1`.
            Self::Int(int) if *kind == Type::INT4 => i32::try_from(*int)?.to_sql(kind, out),
            Self::Bool(bool) if *kind == Type::BOOL => bool.to_sql(kind, out),
            _ => Err(format!("the statement wants {kind} where {self:?} is given").into()),
        }
    }

    // Whether a value fits depends on the value, so `to_sql` decides.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
