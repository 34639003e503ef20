//! Many rows for one statement. To PostgreSQL they travel together, each column as an array, in one round trip; SQLite has no way to
//! travel, and there the statement runs once for each row. One text serves both.

use super::{Dialect, Row, StoreError, Tx, Val};

/// Rows to bring to a statement.
#[derive(Debug, Clone)]
pub(super) struct Brought {
    names: Vec<(&'static str, Kind)>,
    /// Each as long as there are rows.
    columns: Vec<Vec<Val>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Int,
}

/// One row: `row![lead.id.as_str(), now.as_millis()]`.
macro_rules! row {
    ($($value:expr),* $(,)?) => { [$($crate::store::Val::from($value)),*] };
}
pub(super) use row;

impl Brought {
    pub(super) fn new<const N: usize>(
        names: [(&'static str, Kind); N],
        rows: impl IntoIterator<Item = [Val; N]>,
    ) -> Self {
        let mut columns = vec![Vec::new(); N];
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        Self { names: names.into(), columns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.iter().all(Vec::is_empty)
    }

    /// What a statement reads the rows from: `SELECT brought.id FROM {…}`. They take the first placeholders, one a column; other values
    /// of the statement are counted on from there.
    pub(super) fn rows(&self, dialect: Dialect) -> String {
        let place = |(index, (name, kind)): (usize, &(&str, Kind))| match (dialect, kind) {
            (Dialect::Sqlite, _) => format!("${} AS {name}", index + 1),
            (Dialect::Postgres, Kind::Text) => format!("CAST(${} AS TEXT[])", index + 1),
            (Dialect::Postgres, Kind::Int) => format!("CAST(${} AS BIGINT[])", index + 1),
        };
        let places: Vec<_> = self.names.iter().enumerate().map(place).collect();
        match dialect {
            Dialect::Sqlite => format!("(SELECT {}) AS brought", places.join(", ")),
            Dialect::Postgres => {
                let names: Vec<_> = self.names.iter().map(|(name, _)| *name).collect();
                format!("unnest({}) AS brought({})", places.join(", "), names.join(", "))
            }
        }
    }
}

impl Tx {
    /// Runs a statement for all the rows; `sql` is made with what it reads them from.
    pub(super) async fn exec_brought(
        &mut self,
        brought: Brought,
        others: &[Val],
        sql: impl FnOnce(String) -> String,
    ) -> Result<(), StoreError> {
        if brought.is_empty() {
            return Ok(());
        }
        let sql = sql(brought.rows(self.dialect()));
        self.exec_rows(&sql, brought.columns, others).await
    }

    /// The same, and reads every row of the answers; their order is nobody's.
    pub(super) async fn all_brought<T: Send>(
        &mut self,
        brought: &Brought,
        others: &[Val],
        sql: impl FnOnce(String) -> String,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        if brought.is_empty() {
            return Ok(Vec::new());
        }
        let sql = sql(brought.rows(self.dialect()));
        self.all_rows(&sql, &brought.columns, others, read).await
    }
}
