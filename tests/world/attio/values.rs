//! Values as a record holds them, and how they read on the wire. How they are written is in [`super::written`].

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    attributes::Attribute,
    time::wire_time,
    workspace::{Actor, ActorType, Workspace},
};

#[derive(Clone, Debug)]
pub(crate) enum AttributeValue {
    Text(String),
    Number(f64),
    Checkbox(bool),
    Currency(f64),
    Date(Date),
    Timestamp(Timestamp),
    Rating(u8),
    Status(Uuid),
    Select(Uuid),
    RecordReference { object: String, record: Uuid },
    ActorReference(Actor),
    Location(Box<Location>),
    Domain(Domain),
    EmailAddress(EmailAddress),
    PhoneNumber(PhoneNumber),
    PersonalName(PersonalName),
}

/// Attio keeps coordinates as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Location {
    pub(crate) lines: [Option<String>; 4],
    pub(crate) locality: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) postcode: Option<String>,
    pub(crate) country_code: Option<String>,
    pub(crate) latitude: Option<String>,
    pub(crate) longitude: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) domain: String,
    pub(crate) root: String,
}

#[derive(Clone, Debug)]
pub(crate) struct EmailAddress {
    pub(crate) original: String,
    pub(crate) local: String,
    pub(crate) domain: Domain,
}

/// `original` is what somebody typed. Writes through the API must make sense of it; seeded numbers need not, and then `number`
/// is the empty text: the wire shape knows no `null` here.
#[derive(Clone, Debug)]
pub(crate) struct PhoneNumber {
    pub(crate) original: String,
    pub(crate) country_code: Option<String>,
    pub(crate) number: String,
}

#[derive(Clone, Debug)]
pub(crate) struct PersonalName {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) full: String,
}

impl AttributeValue {
    /// The keys of this type, without the four every value has.
    pub(crate) fn read(&self, attribute: &Attribute, workspace: &Workspace) -> Value {
        match self {
            Self::Text(text) => json!({ "value": text }),
            Self::Number(number) => json!({ "value": number }),
            Self::Checkbox(checked) => json!({ "value": checked }),
            Self::Currency(amount) => json!({
                "currency_value": amount,
                "currency_code": attribute.currency.as_ref().map(|currency| &currency.code),
            }),
            Self::Date(date) => json!({ "value": date.to_string() }),
            Self::Timestamp(moment) => json!({ "value": wire_time(*moment) }),
            Self::Rating(stars) => json!({ "value": stars }),
            Self::Status(id) => {
                let status = attribute.statuses.iter().find(|status| status.id == *id);
                json!({ "status": status.map(|status| status.render(attribute, workspace)) })
            }
            Self::Select(id) => {
                let option = attribute.options.iter().find(|option| option.id == *id);
                json!({ "option": option.map(|option| option.render(attribute, workspace)) })
            }
            Self::RecordReference { object, record } => {
                json!({ "target_object": object, "target_record_id": record })
            }
            Self::ActorReference(actor) => {
                json!({ "referenced_actor_type": actor.r#type, "referenced_actor_id": actor.id })
            }
            Self::Location(location) => location.read(),
            Self::Domain(Domain { domain, root }) => json!({ "domain": domain, "root_domain": root }),
            Self::EmailAddress(email) => json!({
                "original_email_address": email.original,
                "email_address": email.address(),
                "email_domain": email.domain.domain,
                "email_root_domain": email.domain.root,
                "email_local_specifier": email.local,
            }),
            Self::PhoneNumber(phone) => json!({
                "original_phone_number": phone.original,
                "country_code": phone.country_code,
                "phone_number": phone.number,
            }),
            Self::PersonalName(name) => {
                json!({ "first_name": name.first, "last_name": name.last, "full_name": name.full })
            }
        }
    }

    /// What makes two values the same value: for uniqueness, for matching, and for not repeating one that is there already.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) | Self::Currency(number) => number.to_string(),
            Self::Checkbox(checked) => checked.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Timestamp(moment) => moment.to_string(),
            Self::Rating(stars) => stars.to_string(),
            Self::Status(id) | Self::Select(id) => id.to_string(),
            Self::RecordReference { object, record } => format!("{object}/{record}"),
            Self::ActorReference(Actor { r#type, id }) => format!("{type:?}/{id:?}"),
            Self::Location(location) => location.read().to_string(),
            Self::Domain(domain) => domain.domain.clone(),
            Self::EmailAddress(email) => email.address(),
            Self::PhoneNumber(phone) if phone.number.is_empty() => phone.original.clone(),
            Self::PhoneNumber(phone) => phone.number.clone(),
            Self::PersonalName(name) => name.full.clone(),
        }
    }

    /// Where a record reference points.
    pub(crate) fn target(&self) -> Option<(&str, Uuid)> {
        match self {
            Self::RecordReference { object, record } => Some((object, *record)),
            _ => None,
        }
    }

    /// What a person would read in the cell.
    pub(crate) fn text(&self, attribute: &Attribute) -> String {
        match self {
            Self::Select(id) => {
                let option = attribute.options.iter().find(|option| option.id == *id);
                option.map_or_else(|| id.to_string(), |option| option.title.clone())
            }
            Self::Status(id) => {
                let status = attribute.statuses.iter().find(|status| status.id == *id);
                status.map_or_else(|| id.to_string(), |status| status.title.clone())
            }
            Self::Timestamp(moment) => wire_time(*moment),
            Self::RecordReference { record, .. } => record.to_string(),
            Self::ActorReference(Actor { r#type: ActorType::System, .. }) => "system".to_owned(),
            Self::ActorReference(actor) => actor.id.map_or_else(String::new, |id| id.to_string()),
            Self::PhoneNumber(phone) => phone.original.clone(),
            _ => self.identity(),
        }
    }
}

impl Location {
    fn read(&self) -> Value {
        let [line_1, line_2, line_3, line_4] = &self.lines;
        json!({
            "line_1": line_1,
            "line_2": line_2,
            "line_3": line_3,
            "line_4": line_4,
            "locality": self.locality,
            "region": self.region,
            "postcode": self.postcode,
            "country_code": self.country_code,
            "latitude": self.latitude,
            "longitude": self.longitude,
        })
    }
}

impl Domain {
    /// `domain` is a bare host name already.
    pub(crate) fn new(domain: &str) -> Self {
        // The second-level suffixes that occur among the people here; the full public suffix list would be a dependency for one key.
        const SECOND_LEVEL: &[&str] = &["ac", "co", "com", "edu", "gov", "net", "ne", "or", "org"];
        let domain = domain.trim_end_matches('.').to_lowercase();
        let labels: Vec<&str> = domain.split('.').collect();
        let suffix = match labels.as_slice() {
            [.., second, country] if country.len() == 2 && SECOND_LEVEL.contains(second) => 2,
            _ => 1,
        };
        let root = labels[labels.len().saturating_sub(suffix + 1)..].join(".");
        Self { domain, root }
    }
}

impl EmailAddress {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (local, host) = text.trim().rsplit_once('@')?;
        let host_is_plain = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        if local.is_empty() || !host_is_plain || text.trim().contains(char::is_whitespace) {
            return None;
        }
        Some(Self { original: text.to_owned(), local: local.to_lowercase(), domain: Domain::new(host) })
    }

    pub(crate) fn address(&self) -> String {
        format!("{}@{}", self.local, self.domain.domain)
    }
}

impl PersonalName {
    pub(crate) fn of(first: &str, last: &str) -> Self {
        let full = [first, last].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Self { first: first.to_owned(), last: last.to_owned(), full }
    }
}
