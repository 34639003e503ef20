//! One SMS as the gateway keeps it, and the shape in which it tells it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) sid: String,
    pub(crate) direction: Direction,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) status: MessageStatus,
    pub(crate) error_code: Option<u32>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Unset while the message waits to be sent.
    pub(crate) sent_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Direction {
    OutboundApi,
    Inbound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    Queued,
    Sent,
    Delivered,
    Undelivered,
    Received,
}

impl MessageStatus {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Received => "received",
        }
    }
}

impl Message {
    pub(crate) fn render(&self, account_sid: &str) -> Value {
        let uri = format!("/2010-04-01/Accounts/{account_sid}/Messages/{}", self.sid);
        json!({
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": wire_date(self.created_at),
            "date_sent": self.sent_at.map(wire_date),
            "date_updated": wire_date(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": null,
            "from": self.from,
            "messaging_service_sid": null,
            "num_media": "0",
            "num_segments": self.segments().to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": { "media": format!("{uri}/Media.json") },
            "to": self.to,
            "uri": format!("{uri}.json"),
        })
    }

    /// How many SMS the text takes: 160 letters in one, 153 in each of several; 70 and 67 beyond the GSM alphabet.
    pub(crate) fn segments(&self) -> usize {
        let (length, single, several) = if self.body.chars().all(is_gsm) {
            let extended = self.body.chars().filter(|letter| GSM_EXTENDED.contains(*letter)).count();
            (self.body.chars().count() + extended, 160, 153)
        } else {
            (self.body.encode_utf16().count(), 70, 67)
        };
        if length <= single { 1 } else { length.div_ceil(several) }
    }
}

const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// These take two places each.
const GSM_EXTENDED: &str = "^{}\\[~]|€";

fn is_gsm(letter: char) -> bool {
    GSM_BASIC.contains(letter) || GSM_EXTENDED.contains(letter)
}

/// RFC 2822, always UTC.
fn wire_date(moment: Timestamp) -> String {
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Direction, Message, MessageStatus};

    fn segments_of(body: &str) -> usize {
        let moment = "2026-11-02T09:30:00Z".parse().expect("a time");
        Message {
            sid: "SM0".to_owned(),
            direction: Direction::OutboundApi,
            from: "+15005550006".to_owned(),
            to: "+447400123456".to_owned(),
            body: body.to_owned(),
            status: MessageStatus::Queued,
            error_code: None,
            created_at: moment,
            updated_at: moment,
            sent_at: None,
        }
        .segments()
    }

    #[test]
    fn a_letter_outside_the_gsm_alphabet_shortens_the_segments() {
        assert_eq!(segments_of(&"a".repeat(160)), 1);
        assert_eq!(segments_of(&"a".repeat(161)), 2);
        assert_eq!(segments_of(&format!("{}€", "a".repeat(159))), 2);
        assert_eq!(segments_of(&format!("{}ł", "a".repeat(69))), 1);
        assert_eq!(segments_of(&format!("{}ł", "a".repeat(70))), 2);
    }

    #[test]
    fn dates_are_rfc_2822() {
        let moment = "2026-11-02T09:30:05.7Z".parse().expect("a time");
        assert_eq!(super::wire_date(moment), "Mon, 02 Nov 2026 09:30:05 +0000");
    }
}
