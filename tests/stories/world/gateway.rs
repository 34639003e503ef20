//! What the gateway tells the service, told by the story: twice, out of order, or by somebody who is not the gateway.

use alc_tests::sms::sign;

use super::{Answer, Inhabited as _, OUR_NUMBER, World, http};

/// An SMS on its way in.
pub struct Inbound<'a> {
    pub sid: &'a str,
    pub from: &'a str,
    pub body: &'a str,
}

type Form = Vec<(String, String)>;

impl World {
    /// The gateway brings an SMS to our number.
    pub async fn gateway_brings(&self, sms: &Inbound<'_>) -> Answer {
        self.gateway_tells(&self.inbound_url(), &form_of(sms)).await
    }

    /// The gateway brings a picture without a word to our number.
    pub async fn gateway_brings_picture(&self, sid: &str, from: &str) -> Answer {
        let mut form = form_of(&Inbound { sid, from, body: "" });
        form.retain(|(name, _)| name != "NumMedia");
        for (name, value) in [("NumMedia", "1"), ("MediaContentType0", "image/jpeg")] {
            form.push((name.to_owned(), value.to_owned()));
        }
        self.gateway_tells(&self.inbound_url(), &form).await
    }

    /// The same with pictures in it.
    pub async fn gateway_brings_pictures(&self, sms: &Inbound<'_>, count: usize) -> Answer {
        let mut form = form_of(sms);
        form.retain(|(name, _)| name != "NumMedia");
        form.push(("NumMedia".to_owned(), count.to_string()));
        form.extend(
            (0..count).map(|picture| (format!("MediaUrl{picture}"), format!("{}/media/{picture}", self.sms.url()))),
        );
        self.gateway_tells(&self.inbound_url(), &form).await
    }

    /// Somebody brings an SMS and signs it, or does not, as they please.
    pub async fn stranger_brings(&self, sms: &Inbound<'_>, signature: Option<&str>) -> Answer {
        post(&self.inbound_url(), &form_of(sms), signature).await
    }

    /// The gateway reports how far the newest message to this phone got.
    pub async fn gateway_reports(&self, phone: &str, status: &str, error: Option<&str>) -> Answer {
        let (url, mut form) = self.report(phone, status);
        form.extend(error.map(|code| ("ErrorCode".to_owned(), code.to_owned())));
        self.gateway_tells(&url, &form).await
    }

    /// Somebody who is not the gateway reports the same.
    pub async fn stranger_reports(&self, phone: &str, status: &str) -> Answer {
        let (url, form) = self.report(phone, status);
        post(&url, &form, Some(&sign("somebody else's token", &url, &form))).await
    }

    /// A person answers the one of our numbers that is named.
    pub async fn phone_replies_to(&self, phone: &str, our_number: &str, body: &str) {
        let reply = serde_json::json!({ "body": body, "to": our_number });
        let url = format!("{}/phones/{phone}/reply", self.sms.url());
        let answer = http().post(url).json(&reply).send().await.expect("the gateway answers");
        assert_eq!(answer.status(), 202);
    }

    /// The forms of every message the gateway was asked to send, whatever came of it.
    pub fn asked_of_the_gateway(&self) -> impl Iterator<Item = Form> {
        let requests = self.sms.requests().into_iter();
        let sends = requests.filter(|request| request.method == "POST" && request.path.ends_with("/Messages.json"));
        sends.map(|request| {
            let text = request.body.as_str().unwrap_or_default().to_owned();
            url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
        })
    }

    fn report(&self, phone: &str, status: &str) -> (String, Form) {
        let asked = self.asked_of_the_gateway().filter(|form| field(form, "To") == phone).last();
        let asked = asked.expect("the phone was texted");
        let message = self.sms.thread(phone).into_iter().next_back().expect("the phone was texted");
        let form = [("MessageSid", message.sid.as_str()), ("MessageStatus", status)];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        (field(&asked, "StatusCallback").to_owned(), form)
    }

    fn inbound_url(&self) -> String {
        format!("{}/sms/twilio", self.url())
    }

    async fn gateway_tells(&self, url: &str, form: &Form) -> Answer {
        post(url, form, Some(&sign(self.sms.auth_token(), url, form))).await
    }
}

fn form_of(sms: &Inbound<'_>) -> Form {
    let form = [("MessageSid", sms.sid), ("From", sms.from), ("To", OUR_NUMBER), ("Body", sms.body), ("NumMedia", "0")];
    form.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

async fn post(url: &str, form: &Form, signature: Option<&str>) -> Answer {
    let request = http().post(url).form(form);
    let request = match signature {
        Some(signature) => request.header("X-Twilio-Signature", signature),
        None => request,
    };
    Answer::read(request.send().await.expect("the service answers")).await
}
