//! Everybody at once: each record's button is pressed, each phone answers as its owner would, and each record is watched until it
//! says how it ended.

use std::collections::HashMap;
use std::time::Duration;

use alc_tests::people::{Person, Verdict};
use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::processes::Product;

/// Buttons pressed at the same time; a workspace's people are busy, but not all at once.
const PRESSING: usize = 8;

/// How often phones and records are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// When nothing has ended for this long, what is left is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

/// How it ended for one person.
#[derive(Debug)]
pub struct Ending {
    pub person: Person,
    /// What the app said when the button was pressed.
    pub pressed: Pressed,
    /// `alc_status` and `alc_interest` in the end; unset while pending.
    pub status: Option<String>,
    pub interest: Option<String>,
}

#[derive(Debug)]
pub enum Pressed {
    Sent,
    /// The stable code the alert ends with.
    Refused(String),
}

pub async fn send_and_answer(product: &Product, people: Vec<Person>) -> anyhow::Result<Vec<Ending>> {
    let pressed = press_all(product, &people).await?;
    let sent = people.iter().zip(&pressed).filter(|(_, pressed)| matches!(pressed, Pressed::Sent));
    let mut by_phone: HashMap<String, Vec<Person>> = HashMap::new();
    for (person, _) in sent {
        // Who has no number and is sent all the same is a difference that the report will show.
        if let Some(phone) = person.e164() {
            by_phone.entry(phone.to_owned()).or_default().push(person.clone());
        }
    }
    let mut phones: Vec<Phone> = by_phone.into_iter().map(|(number, owners)| Phone::new(number, owners)).collect();

    let mut endings: Vec<Ending> = people
        .into_iter()
        .zip(pressed)
        .map(|(person, pressed)| Ending { person, pressed, status: None, interest: None })
        .collect();
    let mut quiet = Duration::ZERO;
    while quiet < PATIENCE {
        let mut moved = false;
        for phone in &mut phones {
            moved |= phone.answer(product).await?;
        }
        for ending in endings.iter_mut().filter(|ending| ending.is_open()) {
            moved |= ending.look(product).await?;
        }
        if !endings.iter().any(Ending::is_open) {
            break;
        }
        quiet = if moved { Duration::ZERO } else { quiet + LOOK_EVERY };
        pause().await;
    }
    Ok(endings)
}

async fn press_all(product: &Product, people: &[Person]) -> anyhow::Result<Vec<Pressed>> {
    let room = std::sync::Arc::new(Semaphore::new(PRESSING));
    let mut presses = JoinSet::new();
    for (at, person) in people.iter().enumerate() {
        let (client, room) = (product.client.clone(), room.clone());
        let url = format!("{}/actions/send-to-alc", product.host);
        let body = json!({ "recordId": person.id, "object": "people" });
        presses.spawn(async move {
            let _place = room.acquire_owned().await?;
            let shown: Value = client.post(url).json(&body).send().await?.error_for_status()?.json().await?;
            anyhow::Ok((at, read(&shown)?))
        });
    }
    let mut pressed = presses.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    pressed.sort_by_key(|(at, _)| *at);
    Ok(pressed.into_iter().map(|(_, pressed)| pressed).collect())
}

/// Either the toast of success, or one alert whose text ends with a code in brackets.
fn read(shown: &Value) -> anyhow::Result<Pressed> {
    let alert = &shown["alerts"][0];
    if alert.is_null() {
        let toasts = shown["toasts"].as_array().cloned().unwrap_or_default();
        let is_sent = toasts.iter().any(|toast| toast["title"] == "Successfully sent to ALC!");
        anyhow::ensure!(is_sent, "the app showed neither success nor an alert: {shown}");
        return Ok(Pressed::Sent);
    }
    let text = alert["text"].as_str().unwrap_or_default();
    let code = text.rsplit_once('(').and_then(|(_, code)| code.strip_suffix(')'));
    Ok(Pressed::Refused(code.with_context(|| format!("an alert without a code: {text}"))?.to_owned()))
}

/// A phone in the world, and those who share it.
struct Phone {
    number: String,
    owners: Vec<Owner>,
    /// Texts read so far.
    read: usize,
}

struct Owner {
    first_name: String,
    /// What is still to be said.
    texts: std::vec::IntoIter<String>,
}

impl Phone {
    fn new(number: String, owners: Vec<Person>) -> Self {
        let owners = owners.into_iter().map(|person| Owner {
            first_name: person.first_name,
            texts: person.reply.map(|reply| reply.texts).unwrap_or_default().into_iter(),
        });
        Self { number, owners: owners.collect(), read: 0 }
    }

    /// Answers what came in since the last look; whether anything did.
    async fn answer(&mut self, product: &Product) -> anyhow::Result<bool> {
        let url = format!("{}/phones/{}", product.sms, self.number);
        let thread: Value = product.client.get(&url).send().await?.error_for_status()?.json().await?;
        let incoming: Vec<&str> = thread["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|message| message["direction"] == "to-lead")
            .filter_map(|message| message["body"].as_str())
            .collect();
        let unread = &incoming[self.read.min(incoming.len())..];
        let moved = !unread.is_empty();
        for text in unread {
            self.read += 1;
            // A text that greets by name is for that owner; others follow the conversation that goes on.
            let greeted = self.owners.iter().position(|owner| text.starts_with(&format!("Hi {},", owner.first_name)));
            if let Some(at) = greeted {
                self.owners.swap(0, at);
            }
            if let Some(reply) = self.owners[0].texts.next() {
                let answer = product.client.post(format!("{url}/reply")).json(&json!({ "body": reply })).send().await?;
                answer.error_for_status().context("the service did not take a reply")?;
            }
        }
        Ok(moved)
    }
}

impl Ending {
    /// Whether there is still something to wait for.
    fn is_open(&self) -> bool {
        matches!(self.pressed, Pressed::Sent) && matches!(self.status.as_deref(), None | Some("Pending"))
    }

    /// Looks at the record; whether it has ended since.
    async fn look(&mut self, product: &Product) -> anyhow::Result<bool> {
        let values = product.record(&self.person.id).await?;
        self.status = values["alc_status"][0]["value"].as_str().map(str::to_owned);
        self.interest = values["alc_interest"][0]["option"]["title"].as_str().map(str::to_owned);
        Ok(!self.is_open())
    }

    /// What is right, in the words of the record.
    pub fn expected(&self) -> Expected<'_> {
        use alc_tests::people::Profile;

        match &self.person.expected {
            Verdict::Rejected { code } => Expected::Refused(code),
            Verdict::Accepted { .. } => match self.person.reply.as_ref().map(|reply| reply.profile) {
                Some(Profile::Hot | Profile::AmbiguousThenHot) => Expected::Interest("Hot"),
                Some(Profile::Warm) => Expected::Interest("Warm"),
                Some(Profile::Cold) => Expected::Interest("Cold"),
                Some(Profile::NotInterested) => Expected::Interest("Not interested"),
                Some(Profile::WrongPerson) => Expected::Interest("Unreachable"),
                Some(Profile::Stop) => Expected::Interest("Opted out"),
                Some(Profile::Silent) | None => Expected::Interest("No reply"),
            },
        }
    }
}

/// What is right for a person.
#[derive(Debug, PartialEq, Eq)]
pub enum Expected<'a> {
    Refused(&'a str),
    Interest(&'a str),
}

#[expect(
    clippy::disallowed_methods,
    reason = "other processes do the work: there is nothing to be told by, only to look again"
)]
async fn pause() {
    tokio::time::sleep(LOOK_EVERY).await;
}
