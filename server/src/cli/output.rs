//! What commands print: tables for people, one line of JSON for programs.

use std::io::{self, Write as _};

use serde_json::{Map, Value};

pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// One thing: its fields, a line each.
    pub(crate) fn thing(&self, fields: &[(&str, Value)]) -> io::Result<()> {
        if self.json {
            return line(&object(fields.iter().cloned()).to_string());
        }
        let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in fields {
            line(format!("{name:width$}  {}", text(value)).trim_end())?;
        }
        Ok(())
    }

    /// Many things: a row each, under the names of the columns.
    pub(crate) fn table<const N: usize>(&self, columns: [&str; N], rows: &[[Value; N]]) -> io::Result<()> {
        if self.json {
            let rows = rows.iter().map(|row| object(columns.into_iter().zip(row.iter().cloned())));
            return line(&rows.collect::<Value>().to_string());
        }
        let texts = std::iter::once(columns.map(str::to_owned)).chain(rows.iter().map(|row| row.each_ref().map(text)));
        let texts: Vec<[String; N]> = texts.collect();
        let widths: [usize; N] =
            std::array::from_fn(|column| texts.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
        for row in &texts {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// A sentence for people; programs get `fields`.
    pub(crate) fn sentence(&self, sentence: &str, fields: &[(&str, Value)]) -> io::Result<()> {
        if self.json { self.thing(fields) } else { line(sentence) }
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Value {
    fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    // Whoever waits for the line may read from a pipe.
    out.flush()
}
