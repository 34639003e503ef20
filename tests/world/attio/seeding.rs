//! Puts the people and companies of a [`Seed`] into the workspace. It writes what people typed without the checks of the API, as
//! years of imports and manual edits do: phone numbers may be impossible here.

use rlibphonenumber::PhoneNumber as Number;

use super::{
    countries::is_country,
    objects::Object,
    record::{Merge, Record, Stamp},
    values::{AttributeValue, Domain, EmailAddress, Location, PersonalName, PhoneNumber},
    workspace::{Actor, Workspace},
};
use crate::people::{Company, Person, Phone, Seed};

pub(super) fn fill(workspace: &mut Workspace, seed: &Seed) {
    let stamp = Stamp { at: workspace.now(), actor: Actor::SYSTEM };
    if let Ok(companies) = workspace.object_mut("companies") {
        for company in &seed.companies {
            let record = company_record(companies, company, seed, stamp);
            companies.records.insert(record.id, record);
        }
    }
    if let Ok(people) = workspace.object_mut("people") {
        for person in &seed.people {
            let record = person_record(people, person, stamp);
            people.records.insert(record.id, record);
        }
    }
}

fn company_record(companies: &Object, company: &Company, seed: &Seed, stamp: Stamp) -> Record {
    let staff = seed.people.iter().filter(|person| person.company == Some(company.id));
    let team = staff.map(|person| AttributeValue::RecordReference { object: "people".to_owned(), record: person.id });
    let mut record = Record::new(company.id, stamp);
    let mut set = |slug, values| set(companies, &mut record, slug, values, stamp);
    set("name", vec![AttributeValue::Text(company.name.clone())]);
    set("domains", vec![AttributeValue::Domain(Domain::new(&company.domain))]);
    set("team", team.collect());
    record
}

fn person_record(people: &Object, person: &Person, stamp: Stamp) -> Record {
    let email = person.email.as_deref().and_then(EmailAddress::parse);
    let location = person
        .country_code
        .clone()
        .map(|code| AttributeValue::Location(Box::new(Location { country_code: Some(code), ..Location::default() })));
    let company =
        person.company.map(|record| AttributeValue::RecordReference { object: "companies".to_owned(), record });
    let phones = person.phones.iter().map(|phone| {
        AttributeValue::PhoneNumber(PhoneNumber {
            original: phone.typed.clone(),
            country_code: person.country_code.clone().or_else(|| country_of(phone)),
            number: phone.number.clone().unwrap_or_default(),
        })
    });

    let mut record = Record::new(person.id, stamp);
    let mut set = |slug, values| set(people, &mut record, slug, values, stamp);
    set("name", vec![AttributeValue::PersonalName(PersonalName::of(&person.first_name, &person.last_name))]);
    set("email_addresses", email.map(AttributeValue::EmailAddress).into_iter().collect());
    set("job_title", person.job_title.clone().map(AttributeValue::Text).into_iter().collect());
    set("company", company.into_iter().collect());
    set("phone_numbers", phones.collect());
    set("primary_location", location.into_iter().collect());
    record
}

/// People of no known place still have numbers that name one.
fn country_of(phone: &Phone) -> Option<String> {
    let number: Number = phone.number.as_deref()?.parse().ok()?;
    number.get_region_code().map(|region| region.to_string()).filter(|code| is_country(code))
}

fn set(object: &Object, record: &mut Record, slug: &str, values: Vec<AttributeValue>, stamp: Stamp) {
    if let Ok(attribute) = object.attribute(slug) {
        record.write(attribute, values, Merge::Overwrite, stamp);
    }
}
