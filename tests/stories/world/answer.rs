//! What the service answered, read to its end.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `null` when it was no JSON.
    pub body: Value,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("an answer has an end");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default() }
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// The code of a refusal, which must be whole: a problem of RFC 9457, with a stable code and a sentence for a person.
    #[track_caller]
    pub fn problem(&self) -> (u16, &str) {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        assert_eq!(kind, Some("application/problem+json"), "{self:?}");
        let text = |key: &str| self.body[key].as_str().unwrap_or_default();
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert!(text("type").ends_with(&format!("/problems/{}", text("code"))), "{self:?}");
        assert!(!text("title").is_empty(), "{self:?}");
        let detail = text("detail");
        assert!(detail.contains(' ') && detail.ends_with(['.', '>']), "this is no sentence: {self:?}");
        (self.status, text("code"))
    }
}
