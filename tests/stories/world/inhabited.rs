//! What a story does in every kind of world, whether the service runs in this process or in one of its own.

use std::collections::HashSet;

use alc_server::operator::dead_letters::DeadLetterQuestion;
use alc_server::operator::{Operator, UserDraft};
use alc_server::store::users::Role;
use alc_tests::attio::LocalAttio;
use alc_tests::people::Person;
use alc_tests::sms::{LocalSms, PhoneDirection};

use super::{Member, Somebody, place, unique};

/// A service, with a local Attio and a local SMS gateway around it.
pub trait Inhabited {
    /// Where the service is.
    fn url(&self) -> &str;

    fn attio(&self) -> &LocalAttio;

    fn sms(&self) -> &LocalSms;

    /// What the operator does on the command line.
    fn operator(&self) -> Operator;

    /// A workspace's own token, as `alc token create` makes it.
    async fn operator_token(&self, workspace: &str, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.operator().create_token(place(workspace), &scopes).await.expect("a token can be made").token
    }

    /// Somebody of the workspace who may log in.
    async fn member(&self, workspace: &str) -> Member {
        let member = Member {
            email: format!("ada.{}@example.com", unique()),
            password: format!("correct horse battery {}", unique()),
        };
        let draft = UserDraft { email: member.email.clone(), password: member.password.clone(), role: Role::Admin };
        self.operator().create_user(&draft, place(workspace)).await.expect("a user can be made");
        member
    }

    /// The first of the seeded people who can be texted.
    fn somebody(&self) -> Somebody {
        self.people().into_iter().next().expect("the seed has people with phones")
    }

    /// All seeded people who can be texted and share their number with nobody.
    fn people(&self) -> Vec<Somebody> {
        let people = self.attio().people();
        let shared: HashSet<_> = people.iter().filter_map(|person| person.shares_number_with).collect();
        let is_alone = |person: &&Person| person.shares_number_with.is_none() && !shared.contains(&person.id);
        let somebody = |person: &Person| {
            let phone = person.e164()?.to_owned();
            Some(Somebody { record: person.id.to_string(), name: person.name(), phone })
        };
        people.iter().filter(is_alone).filter_map(somebody).collect()
    }

    /// The texts this phone got, oldest first.
    fn texts_to(&self, phone: &str) -> Vec<String> {
        let messages = self.sms().thread(phone).into_iter();
        messages.filter(|message| message.direction == PhoneDirection::ToLead).map(|message| message.body).collect()
    }

    /// What the service gave up, and why.
    async fn dead_letters(&self) -> Vec<String> {
        let dead = self.operator().dead_letters(&DeadLetterQuestion::default()).await.expect("the store answers");
        dead.into_iter().map(|letter| format!("{}: {}", letter.kind, letter.last_error)).collect()
    }

    /// The `alc_status` of every update that the record took, in the order in which they arrived.
    fn written_to(&self, record: &str) -> Vec<String> {
        let requests = self.attio().requests().into_iter().filter(|request| {
            request.method == "PATCH" && request.path.ends_with(record) && request.status == Some(200)
        });
        let status =
            |values: &serde_json::Value| values["alc_status"][0]["value"].as_str().unwrap_or("none").to_owned();
        requests.map(|request| status(&request.body["data"]["values"])).collect()
    }
}
