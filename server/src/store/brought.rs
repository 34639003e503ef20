//! Many rows as one value of a statement: one round trip, however many there are. A row is anything that serializes to a JSON object.

use serde::Serialize;

use super::{Dialect, StoreError, Tx, Val};

impl Tx {
    /// What a statement reads rows from: `FROM {brought} …`, where the value of `$1` was made by [`rows`]. Columns are called by the
    /// names of their fields, `brought.id`; each comes with its type, TEXT, BIGINT or BOOLEAN.
    pub(super) fn brought(&self, columns: &[(&str, &str)]) -> String {
        self.brought_at(1, columns)
    }

    /// The same, where another placeholder has the rows.
    pub(super) fn brought_at(&self, place: u8, columns: &[(&str, &str)]) -> String {
        match self.dialect() {
            Dialect::Sqlite => {
                let fields: Vec<_> = columns.iter().map(|(name, _)| format!("value ->> '{name}' AS {name}")).collect();
                format!("(SELECT {} FROM json_each(${place})) AS brought", fields.join(", "))
            }
            Dialect::Postgres => {
                let fields: Vec<_> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
                format!("json_to_recordset(CAST(CAST(${place} AS TEXT) AS JSON)) AS brought({})", fields.join(", "))
            }
        }
    }
}

/// The rows as the value of a placeholder.
pub(super) fn rows<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Val, StoreError> {
    let rows: Vec<T> = rows.into_iter().collect();
    let json = serde_json::to_string(&rows).map_err(|error| StoreError::Database(error.to_string()))?;
    Ok(Val::from(json))
}
