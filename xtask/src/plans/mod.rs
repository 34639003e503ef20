//! `cargo xtask plans`: the numbering plans in `core/plans/plans.bin` and the time zones beside them ([`zones`]), made anew.
//!
//! Google's libphonenumber metadata (Apache-2.0) → npm `libphonenumber-js` (MIT; the version pinned in
//! `core/plans/package-lock.json`) → its `metadata.max.json` → [`pattern`] → the table that
//! `core/src/phone/plan.rs` describes and reads. The same version gives the same bytes.

mod pattern;
mod zones;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use self::pattern::Question;
use crate::node;
use crate::workspace::Workspace;

const SOURCE: &str = "libphonenumber-js";

/// Where the metadata keeps each kind of number, in the order in which the first that fits decides.
const KINDS: [(&str, usize); 10] = [
    ("premium rate", 3),
    ("toll-free", 2),
    ("shared cost", 9),
    ("VoIP", 8),
    ("personal", 4),
    ("pager", 7),
    ("UAN", 6),
    ("voicemail", 5),
    ("fixed line", FIXED_LINE),
    ("mobile", MOBILE),
];
const FIXED_LINE: usize = 0;
const MOBILE: usize = 1;

/// The longest national number there is.
const LONGEST: u64 = 17;

pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    node::ensure_version()?;
    let folder = workspace.root.join("core/plans");
    node::install_packages(&folder)?;
    let version = node::locked_versions(&folder, &[SOURCE])?.concat();
    let source = folder.join("node_modules").join(SOURCE).join("metadata.max.json");
    let text = fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let metadata = serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", source.display()))?;
    let provenance =
        format!("From {version} (MIT), metadata.max.json, derived from Google's libphonenumber (Apache-2.0).\n");
    let table = table(&metadata, &provenance)?;
    let target = folder.join("plans.bin");
    fs::write(&target, &table).with_context(|| format!("cannot write {}", target.display()))?;
    println!("core: {} numbering plans in {} bytes; {}", territories(&metadata)?.len(), table.len(), provenance.trim());
    zones::build(workspace, &folder)
}

/// One numbering plan as the metadata has it.
struct Territory<'a> {
    calling_code: u16,
    /// Two letters, or none for networks of no country.
    region: &'a str,
    fields: &'a Value,
}

/// By calling code; of those that share one, the main one first.
fn territories(metadata: &Value) -> Result<Vec<Territory<'_>>> {
    let codes = metadata["country_calling_codes"].as_object().context("the metadata lists no calling codes")?;
    let mut territories = Vec::new();
    for (code, regions) in codes {
        for region in regions.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|id| id.len() == 2) {
            let fields = &metadata["countries"][region];
            ensure!(fields[0].as_str() == Some(code), "{region} is listed under the calling code {code} of another");
            territories.push(Territory { calling_code: code.parse()?, region, fields });
        }
    }
    let networks = metadata["nonGeographic"].as_object().context("the metadata has no networks")?;
    for (code, fields) in networks {
        territories.push(Territory { calling_code: code.parse()?, region: "", fields });
    }
    territories.sort_by_key(|territory| territory.calling_code);
    Ok(territories)
}

fn table(metadata: &Value, provenance: &str) -> Result<Vec<u8>> {
    let territories = territories(metadata)?;
    // What stands before the patterns has a size known beforehand only after writing it once; then offsets are final.
    let sketch = Writer::write(&territories, 0)?;
    let written = Writer::write(&territories, sketch.before_patterns())?;
    written.finish(provenance)
}

/// The table in the making. All offsets count from its start, so sections before the patterns are laid out twice.
struct Writer {
    index: Vec<u8>,
    records: Vec<u8>,
    rules: Vec<String>,
    lengths: Vec<u32>,
    patterns: Vec<u8>,
    known: BTreeMap<(String, Question), u16>,
    patterns_at: usize,
}

const HEADER: usize = 8;

impl Writer {
    fn write(territories: &[Territory<'_>], patterns_at: usize) -> Result<Self> {
        let mut writer = Self {
            index: Vec::new(),
            records: Vec::new(),
            rules: vec![String::new()],
            lengths: Vec::new(),
            patterns: Vec::new(),
            known: BTreeMap::new(),
            patterns_at,
        };
        let records_at = HEADER + territories.len() * 6;
        for territory in territories {
            let record = u16::try_from(records_at + writer.records.len())?;
            writer.index.extend(territory.calling_code.to_le_bytes());
            let region: [u8; 2] = territory.region.as_bytes().try_into().unwrap_or_default();
            writer.index.extend(region);
            writer.index.extend(record.to_le_bytes());
            let name = (territory.calling_code, territory.region);
            writer.record(territory.fields).with_context(|| format!("in the plan {name:?}"))?;
        }
        Ok(writer)
    }

    fn record(&mut self, fields: &Value) -> Result<()> {
        let general = fields[2].as_str().context("no general pattern")?;
        let prefix = text(&fields[7]).or(text(&fields[5]));
        let mut record = Vec::new();
        for pattern in [text(&fields[1]), prefix, text(&fields[10])] {
            let offset = pattern.map(|pattern| self.pattern(pattern, Question::Takes)).transpose()?;
            record.extend(offset.unwrap_or_default().to_le_bytes());
        }
        record.extend(self.pattern(general, Question::Fits)?.to_le_bytes());
        record.push(self.rule(text(&fields[8]).unwrap_or_default())?);
        record.push(self.lengths(&fields[3])?);

        let kinds = &fields[11];
        let mut present = 0u16;
        let mut described = Vec::new();
        for (bit, (kind, at)) in KINDS.iter().enumerate() {
            let Some(pattern) = kinds[at][0].as_str() else { continue };
            // An empty pattern of mobiles says that they look like fixed lines.
            let pattern = if pattern.is_empty() && *at == MOBILE { &kinds[FIXED_LINE][0] } else { &kinds[at][0] };
            let pattern = text(pattern).with_context(|| format!("no pattern for {kind} numbers"))?;
            let lengths = if kinds[at][1].is_array() { &kinds[at][1] } else { &fields[3] };
            present |= 1 << bit;
            described.extend(self.pattern(pattern, Question::Fits)?.to_le_bytes());
            described.push(self.lengths(lengths)?);
        }
        self.records.extend(record);
        self.records.extend(present.to_le_bytes());
        self.records.extend(described);
        Ok(())
    }

    /// Its offset. Equal patterns are stored once.
    fn pattern(&mut self, pattern: &str, question: Question) -> Result<u16> {
        let key = (pattern.to_owned(), question);
        if let Some(offset) = self.known.get(&key) {
            return Ok(*offset);
        }
        let offset = u16::try_from(self.patterns_at + self.patterns.len()).context("the table is full")?;
        self.patterns.extend(pattern::compile(pattern, question)?);
        self.known.insert(key, offset);
        Ok(offset)
    }

    /// How a national prefix is replaced: digits as they are, groups as 0x11 and 0x12.
    fn rule(&mut self, rule: &str) -> Result<u8> {
        let rule = rule.replace("$1", "\u{11}").replace("$2", "\u{12}");
        ensure!(
            rule.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, 0x11 | 0x12)),
            "the rule {rule} is new"
        );
        let at = position_or_push(&mut self.rules, rule);
        Ok(u8::try_from(at)?)
    }

    /// A bit for each length; the number of the set.
    fn lengths(&mut self, lengths: &Value) -> Result<u8> {
        let mut set = 0;
        for length in lengths.as_array().context("no lengths")? {
            let length = length.as_u64().filter(|length| *length <= LONGEST).context("a length that is none")?;
            set |= 1 << length;
        }
        let at = position_or_push(&mut self.lengths, set);
        Ok(u8::try_from(at)?)
    }

    fn rules_at(&self) -> usize {
        HEADER + self.index.len() + self.records.len()
    }

    fn lengths_at(&self) -> usize {
        self.rules_at() + self.rules.iter().map(|rule| rule.len() + 1).sum::<usize>()
    }

    fn before_patterns(&self) -> usize {
        self.lengths_at() + self.lengths.len() * 3
    }

    fn finish(self, provenance: &str) -> Result<Vec<u8>> {
        let provenance_at = self.before_patterns() + self.patterns.len();
        let mut table = Vec::new();
        for number in [self.index.len() / 6, self.rules_at(), self.lengths_at(), provenance_at] {
            table.extend(u16::try_from(number).context("the table is full")?.to_le_bytes());
        }
        table.extend(&self.index);
        table.extend(&self.records);
        for rule in &self.rules {
            table.push(u8::try_from(rule.len())?);
            table.extend(rule.as_bytes());
        }
        for set in &self.lengths {
            table.extend(&set.to_le_bytes()[..3]);
        }
        ensure!(table.len() == self.patterns_at, "the patterns are not where the records look for them");
        table.extend(&self.patterns);
        table.extend(provenance.as_bytes());
        Ok(table)
    }
}

/// The metadata writes 0 for what is missing.
fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn position_or_push<T: PartialEq>(known: &mut Vec<T>, item: T) -> usize {
    known.iter().position(|other| *other == item).unwrap_or_else(|| {
        known.push(item);
        known.len() - 1
    })
}
