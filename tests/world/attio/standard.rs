//! The objects every workspace starts with, and their attributes in the order Attio lists them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    attributes::{
        Attribute,
        AttributeType::{
            self, ActorReference, Currency as Money, Date, Domain, EmailAddress, Interaction, Location, Number,
            PersonalName, PhoneNumber, RecordReference, Select, Status as Stage, Text, Timestamp as Moment,
        },
        Currency, Relationship,
    },
    objects::Object,
    select_options::{SelectOption, Status},
    workspace::seeded_id,
};

pub(super) fn objects(now: Timestamp) -> Vec<Object> {
    [
        ("people", "Person", "People", people()),
        ("companies", "Company", "Companies", companies()),
        ("deals", "Deal", "Deals", deals()),
        ("users", "User", "Users", users()),
        ("workspaces", "Workspace", "Workspaces", workspaces()),
    ]
    .into_iter()
    .map(|(slug, singular, plural, columns)| object(slug, singular, plural, columns, now))
    .collect()
}

/// One standard attribute, before it has an id.
struct Column {
    slug: &'static str,
    kind: AttributeType,
    flags: &'static str,
    titles: &'static [&'static str],
    targets: &'static [&'static str],
    other_end: Option<&'static str>,
}

/// `flags`: `r` read-only, `M` multiselect, `U` unique, `!` required.
const fn column(slug: &'static str, kind: AttributeType, flags: &'static str) -> Column {
    Column { slug, kind, flags, titles: &[], targets: &[], other_end: None }
}

impl Column {
    const fn titles(self, titles: &'static [&'static str]) -> Self {
        Self { titles, ..self }
    }

    const fn to(self, targets: &'static [&'static str]) -> Self {
        Self { targets, ..self }
    }

    /// A reference whose target shows it in `other_end`.
    const fn pairs_with(self, other_end: &'static str) -> Self {
        Self { other_end: Some(other_end), ..self }
    }
}

fn people() -> Vec<Column> {
    let mut columns = vec![
        column("record_id", Text, "r"),
        column("name", PersonalName, ""),
        column("email_addresses", EmailAddress, "MU"),
        column("description", Text, ""),
        column("company", RecordReference, "").to(&["companies"]).pairs_with("team"),
        column("job_title", Text, ""),
        column("avatar_url", Text, "r"),
        column("phone_numbers", PhoneNumber, "M"),
        column("primary_location", Location, ""),
    ];
    columns.extend(socials());
    columns.extend(interactions());
    columns.push(column("associated_deals", RecordReference, "M").to(&["deals"]).pairs_with("associated_people"));
    columns.push(column("associated_users", RecordReference, "M").to(&["users"]).pairs_with("person"));
    columns
}

fn companies() -> Vec<Column> {
    const EMPLOYEES: &[&str] =
        &["1-10", "11-50", "51-250", "251-1K", "1K-5K", "5K-10K", "10K-50K", "50K-100K", "100K+"];
    const ARR: &[&str] = &["$0-$1M", "$1M-$10M", "$10M-$50M", "$50M-$100M", "$100M-$250M", "$250M-$500M", "$500M-$1B"];
    const CATEGORIES: &[&str] = &["B2B", "B2C", "E-commerce", "Financial Services", "SAAS"];
    let mut columns = vec![
        column("record_id", Text, "r"),
        column("domains", Domain, "MU"),
        column("name", Text, ""),
        column("description", Text, ""),
        column("team", RecordReference, "M").to(&["people"]).pairs_with("company"),
        column("categories", Select, "M").titles(CATEGORIES),
        column("primary_location", Location, ""),
        column("logo_url", Text, "r"),
    ];
    columns.extend(socials());
    columns.push(column("estimated_arr_usd", Select, "").titles(ARR));
    columns.push(column("funding_raised_usd", Money, ""));
    columns.push(column("foundation_date", Date, ""));
    columns.push(column("employee_range", Select, "").titles(EMPLOYEES));
    columns.extend(interactions());
    columns.push(column("associated_deals", RecordReference, "M").to(&["deals"]).pairs_with("associated_company"));
    columns.push(column("associated_workspaces", RecordReference, "M").to(&["workspaces"]).pairs_with("company"));
    columns
}

fn deals() -> Vec<Column> {
    vec![
        column("record_id", Text, "r"),
        column("name", Text, "!"),
        column("stage", Stage, "!").titles(&["Lead", "In Progress", "Won 🎉", "Lost"]),
        column("owner", ActorReference, "!"),
        column("value", Money, ""),
        column("associated_people", RecordReference, "M").to(&["people"]).pairs_with("associated_deals"),
        column("associated_company", RecordReference, "").to(&["companies"]).pairs_with("associated_deals"),
    ]
}

fn users() -> Vec<Column> {
    vec![
        column("record_id", Text, "r"),
        column("person", RecordReference, "").to(&["people"]).pairs_with("associated_users"),
        column("primary_email_address", EmailAddress, "!U"),
        column("user_id", Text, "!U"),
        column("workspace", RecordReference, "M").to(&["workspaces"]).pairs_with("users"),
    ]
}

fn workspaces() -> Vec<Column> {
    vec![
        column("record_id", Text, "r"),
        column("workspace_id", Text, "!U"),
        column("name", Text, ""),
        column("users", RecordReference, "M").to(&["users"]).pairs_with("workspace"),
        column("company", RecordReference, "").to(&["companies"]).pairs_with("associated_workspaces"),
        column("avatar_url", Text, ""),
    ]
}

fn socials() -> impl Iterator<Item = Column> {
    ["angellist", "facebook", "instagram", "linkedin", "twitter"]
        .into_iter()
        .map(|slug| column(slug, Text, ""))
        .chain([column("twitter_follower_count", Number, "r")])
}

fn interactions() -> impl Iterator<Item = Column> {
    const STRENGTHS: &[&str] = &["No communication", "Very weak", "Weak", "Good", "Strong", "Very strong"];
    [
        "first_calendar_interaction",
        "last_calendar_interaction",
        "next_calendar_interaction",
        "first_email_interaction",
        "last_email_interaction",
        "first_interaction",
        "last_interaction",
        "next_interaction",
    ]
    .into_iter()
    .map(|slug| column(slug, Interaction, "r"))
    .chain([
        column("strongest_connection_strength_legacy", Number, "r"),
        column("strongest_connection_strength", Select, "r").titles(STRENGTHS),
        column("strongest_connection_user", ActorReference, "r"),
    ])
}

fn object(slug: &str, singular: &str, plural: &str, mut columns: Vec<Column>, now: Timestamp) -> Object {
    columns.push(column("created_at", Moment, "r"));
    columns.push(column("created_by", ActorReference, "r"));
    let id = object_id(slug);
    Object {
        id,
        slug: slug.to_owned(),
        singular: singular.to_owned(),
        plural: plural.to_owned(),
        created_at: now,
        attributes: columns.iter().map(|column| attribute(slug, id, column, now)).collect(),
        records: BTreeMap::new(),
    }
}

fn attribute(object_slug: &str, object_id: Uuid, column: &Column, now: Timestamp) -> Attribute {
    let name = format!("{object_slug}/{}", column.slug);
    let choice = |title: &str| (seeded_id(&format!("{name}/{title}")), title.to_owned());
    let choices: Vec<(Uuid, String)> = column.titles.iter().map(|title| choice(title)).collect();
    let flag = |flag| column.flags.contains(flag);
    Attribute {
        id: seeded_id(&name),
        object_id,
        slug: column.slug.to_owned(),
        title: title_of(column.slug),
        description: None,
        kind: column.kind,
        is_system: true,
        is_writable: !flag('r'),
        is_required: flag('!'),
        is_unique: flag('U'),
        is_multiselect: flag('M'),
        is_archived: false,
        created_at: now,
        options: if column.kind == Select {
            choices.iter().cloned().map(|(id, title)| SelectOption { id, title, is_archived: false }).collect()
        } else {
            Vec::new()
        },
        statuses: if column.kind == Stage {
            choices.into_iter().map(|(id, title)| Status { id, title, is_archived: false }).collect()
        } else {
            Vec::new()
        },
        currency: (column.kind == Money).then(|| Currency { code: "USD".to_owned(), display: "symbol".to_owned() }),
        allowed_objects: column.targets.iter().map(|target| self::object_id(target)).collect(),
        relationship: column.other_end.zip(column.targets.first()).map(|(attribute, object)| Relationship {
            object_slug: (*object).to_owned(),
            attribute_slug: attribute.to_owned(),
        }),
    }
}

fn object_id(slug: &str) -> Uuid {
    seeded_id(&format!("object/{slug}"))
}

/// `email_addresses` → `Email addresses`.
fn title_of(slug: &str) -> String {
    let words = slug.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
