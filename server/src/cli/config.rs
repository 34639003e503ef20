//! `alc config`: every setting in force, wherever it was set.

use alc_server::open::database_url;
use alc_server::settings::Settings;
use serde_json::Value;

use super::output::Output;

pub(super) fn run(settings: &Settings, out: &Output) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    settings.database.url = database_url(&settings)?;
    let sections = serde_json::to_value(&settings)?;
    let sections: Vec<(&str, Value)> =
        sections.as_object().into_iter().flatten().map(|(name, section)| (name.as_str(), section.clone())).collect();
    if out.json {
        return Ok(out.thing(&sections)?);
    }
    let settings: Vec<(String, Value)> = sections
        .iter()
        .flat_map(|(section, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| (format!("{section}.{key}"), value.clone()))
        })
        .collect();
    let settings: Vec<(&str, Value)> = settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    Ok(out.thing(&settings)?)
}
