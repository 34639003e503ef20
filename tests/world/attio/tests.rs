//! The rules of the API that are easy to get wrong, asked over its routes.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Attio, AttioOptions, RateLimits, Token, router};
use crate::clock::Clock;

struct Client {
    router: Router,
    token: &'static str,
}

impl Client {
    fn new() -> Self {
        Self::with(|options| options)
    }

    fn with(change: impl FnOnce(AttioOptions) -> AttioOptions) -> Self {
        let (clock, _) = Clock::standing_at("2026-11-21T10:00:00.25Z".parse().expect("a time"));
        let options = change(AttioOptions { clock, ..AttioOptions::default() });
        Self { router: router(Attio::new(&options)), token: "local-attio-token" }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send_text(method, path, &body.to_string()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send_text("GET", path, "").await
    }

    async fn send_text(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(format!("/v2{path}"));
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let status = response.status();
        let retry_after = response.headers().get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
        assert!(response.headers().contains_key("x-attio-execution-id"));
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        Answer { status, retry_after, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    async fn person(&self, values: Value) -> String {
        let answer = self.send("POST", "/objects/people/records", json!({ "data": { "values": values } })).await;
        answer.ok()["data"]["id"]["record_id"].as_str().expect("an id").to_owned()
    }

    async fn write(&self, method: &str, record: &str, values: Value) -> Answer {
        let path = format!("/objects/people/records/{record}");
        self.send(method, &path, json!({ "data": { "values": values } })).await
    }

    async fn add_attribute(&self, slug: &str, kind: &str) -> Answer {
        let data = json!({
            "title": slug, "description": null, "api_slug": slug, "type": kind,
            "is_required": false, "is_unique": false, "is_multiselect": false, "config": {},
        });
        self.send("POST", "/objects/people/attributes", json!({ "data": data })).await
    }

    async fn query(&self, body: Value) -> Answer {
        self.send("POST", "/objects/people/records/query", body).await
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    retry_after: Option<String>,
    body: Value,
}

impl Answer {
    fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    fn refused(&self, status: u16, kind: &str, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["status_code"], status);
        assert_eq!(self.body["type"], kind);
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert!(self.body["message"].is_string());
    }

    fn texts(&self, slug: &str, field: &str) -> Vec<&str> {
        let values = self.body["data"]["values"][slug].as_array().expect("every attribute is there");
        values.iter().map(|value| value[field].as_str().expect("text")).collect()
    }

    fn names(&self) -> Vec<&str> {
        let rows = self.body["data"].as_array().expect("rows");
        rows.iter().map(|row| row["values"]["name"][0]["full_name"].as_str().expect("a name")).collect()
    }
}

const INVALID: &str = "invalid_request_error";

#[tokio::test]
async fn patch_adds_in_front_and_put_replaces() {
    let attio = Client::new();
    let ada = attio.person(json!({ "email_addresses": ["a@one.example", "b@two.example"] })).await;

    let patched = attio.write("PATCH", &ada, json!({ "email_addresses": ["B@Two.example", "c@three.example"] })).await;
    let emails = patched.texts("email_addresses", "email_address");
    assert_eq!(emails, ["c@three.example", "a@one.example", "b@two.example"]);

    let put = attio.write("PUT", &ada, json!({ "email_addresses": ["b@two.example", "d@four.example"] })).await;
    assert_eq!(put.texts("email_addresses", "email_address"), ["b@two.example", "d@four.example"]);
}

#[tokio::test]
async fn a_single_value_is_replaced_and_its_past_is_kept() {
    let attio = Client::new();
    let ada = attio.person(json!({ "job_title": "Analyst", "description": "first" })).await;

    let patched = attio.write("PATCH", &ada, json!({ "job_title": [{ "value": "Engineer" }] })).await;
    assert_eq!(patched.texts("job_title", "value"), ["Engineer"]);
    assert_eq!(patched.texts("description", "value"), ["first"], "what is not sent stays");

    let history = format!("/objects/people/records/{ada}/attributes/job_title/values?show_historic=true");
    let history = attio.get(&history).await.ok();
    assert_eq!(history["data"][0]["value"], "Analyst");
    assert_eq!(history["data"][0]["active_until"], "2026-11-21T10:00:00.250000000Z");
    assert_eq!(history["data"][1]["active_until"], Value::Null);

    let cleared = attio.write("PATCH", &ada, json!({ "job_title": [] })).await;
    assert!(cleared.texts("job_title", "value").is_empty());
}

#[tokio::test]
async fn an_assert_finds_by_the_unique_value_or_creates() {
    let attio = Client::new();
    let path = "/objects/people/records?matching_attribute=email_addresses";
    let body =
        |title: &str, emails: Value| json!({ "data": { "values": { "job_title": title, "email_addresses": emails } } });

    let created = attio.send("PUT", path, body("One", json!(["ada@one.example"]))).await.ok();
    let id = created["data"]["id"]["record_id"].clone();
    assert_eq!(id.as_str().and_then(|id| id.chars().nth(14)), Some('5'), "made by an assert");

    let found = attio.send("PUT", path, body("Two", json!(["ADA@one.example", "ada@two.example"]))).await;
    assert_eq!(found.body["data"]["id"]["record_id"], id);
    assert_eq!(found.texts("job_title", "value"), ["Two"]);
    assert_eq!(found.texts("email_addresses", "email_address"), ["ada@two.example", "ada@one.example"]);

    attio.send("PUT", "/objects/people/records", body("x", json!([]))).await.refused(400, INVALID, "validation_type");
    let by_title = "/objects/people/records?matching_attribute=job_title";
    attio.send("PUT", by_title, body("x", json!([]))).await.refused(400, INVALID, "validation_type");
    let by_nothing = "/objects/people/records?matching_attribute=nope";
    attio.send("PUT", by_nothing, body("x", json!([]))).await.refused(400, INVALID, "value_not_found");
}

#[tokio::test]
async fn a_unique_value_stays_with_its_record() {
    let attio = Client::new();
    attio.person(json!({ "email_addresses": ["ada@one.example"] })).await;
    let bob = attio.person(json!({ "email_addresses": ["bob@one.example"] })).await;

    let taken = attio.write("PATCH", &bob, json!({ "job_title": "x", "email_addresses": ["Ada@One.example"] })).await;

    taken.refused(400, INVALID, "uniqueness_conflict");
    let unchanged = attio.get(&format!("/objects/people/records/{bob}")).await;
    assert!(unchanged.texts("job_title", "value").is_empty(), "nothing of a refused write is stored");
}

#[tokio::test]
async fn options_are_made_before_they_are_used() {
    let attio = Client::new();
    let ada = attio.person(json!({})).await;
    attio.add_attribute("alc_interest", "select").await.ok();
    let options = "/objects/people/attributes/alc_interest/options";

    attio.write("PATCH", &ada, json!({ "alc_interest": "Hot" })).await.refused(400, INVALID, "value_not_found");

    attio.send("POST", options, json!({ "data": { "title": "Hot" } })).await.ok();
    attio.send("POST", options, json!({ "data": { "title": "Hot" } })).await.refused(409, INVALID, "slug_conflict");
    let written = attio.write("PATCH", &ada, json!({ "alc_interest": [{ "option": "Hot" }] })).await.ok();
    assert_eq!(written["data"]["values"]["alc_interest"][0]["option"]["title"], "Hot");
    assert_eq!(attio.get(options).await.ok()["data"].as_array().map(Vec::len), Some(1));

    attio.get("/objects/people/attributes/job_title/options").await.refused(400, INVALID, "validation_type");
    attio.add_attribute("alc_interest", "text").await.refused(409, INVALID, "slug_conflict");
}

#[tokio::test]
async fn a_wrong_shape_is_told_with_its_place() {
    let attio = Client::new();
    let ada = attio.person(json!({})).await;

    let unwrapped = attio.send("PATCH", &format!("/objects/people/records/{ada}"), json!({ "values": {} })).await;
    unwrapped.refused(400, INVALID, "validation_type");
    assert_eq!(unwrapped.body["validation_errors"][0]["path"], json!(["data"]));
    assert_eq!(unwrapped.body["validation_errors"][0]["message"], "Required");

    let wrong = attio.write("PATCH", &ada, json!({ "email_addresses": ["ok@one.example", "no address"] })).await;
    wrong.refused(400, INVALID, "validation_type");
    assert_eq!(wrong.body["validation_errors"][0]["path"], json!(["data", "values", "email_addresses", 1]));

    let several = attio.write("PATCH", &ada, json!({ "job_title": ["one", "two"] })).await;
    several.refused(400, INVALID, "validation_type");
    attio.write("PATCH", &ada, json!({ "nope": "x" })).await.refused(400, INVALID, "value_not_found");
    attio.write("PATCH", &ada, json!({ "created_at": "2026-01-01" })).await.refused(400, INVALID, "validation_type");
    let broken = attio.send_text("POST", "/objects/people/records", "{").await;
    broken.refused(400, INVALID, "validation_type");

    let attribute = attio.send("POST", "/objects/people/attributes", json!({ "data": { "title": 5 } })).await;
    let paths: Vec<_> = attribute.body["validation_errors"].as_array().into_iter().flatten().collect();
    assert_eq!(paths.len(), 8, "every field is reported at once: {paths:?}");
}

#[tokio::test]
async fn who_may_not_is_told_before_anything_else() {
    let read_only = Token::with_scopes("reader", ["record_permission:read", "object_configuration:read"]);
    let mut attio = Client::with(|mut options| {
        options.tokens.push(read_only);
        options
    });
    let ada = attio.person(json!({})).await;

    attio.token = "reader";
    attio.get(&format!("/objects/people/records/{ada}")).await.ok();
    attio.write("PATCH", &ada, json!({})).await.refused(403, "auth_error", "unauthorized");
    attio.add_attribute("x", "text").await.refused(403, "auth_error", "unauthorized");

    attio.token = "stranger";
    attio.get("/objects/nope/records/nope").await.refused(401, "auth_error", "unauthorized");
    assert_eq!(attio.get("/self").await.ok(), json!({ "active": false }));

    attio.token = "";
    attio.get("/self").await.refused(400, INVALID, "missing_value");
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let attio = Client::new();
    attio.get("/objects/nope").await.refused(404, INVALID, "not_found");
    attio.get("/objects/people/attributes/nope").await.refused(404, INVALID, "not_found");
    attio.get("/objects/people/records/nope").await.refused(404, INVALID, "not_found");
    attio.get("/nope").await.refused(404, INVALID, "not_found");
    let ada = attio.person(json!({})).await;
    let path = format!("/objects/people/records/{ada}");
    assert_eq!(attio.send_text("DELETE", &path, "").await.ok(), json!({}));
    attio.get(&path).await.refused(404, INVALID, "not_found");
}

#[tokio::test]
async fn limits_count_by_the_second_and_name_the_next() {
    let (clock, hands) = Clock::standing_at("2026-11-21T10:00:00.9Z".parse().expect("a time"));
    let limits = RateLimits { reads_per_second: 2, writes_per_second: 1 };
    let attio = Client::with(|options| AttioOptions { clock, rate_limits: Some(limits), ..options });

    attio.get("/self").await.ok();
    attio.query(json!({ "limit": 1 })).await.ok();
    let limited = attio.get("/self").await;
    limited.refused(429, "rate_limit_error", "rate_limit_exceeded");
    assert_eq!(limited.retry_after.as_deref(), Some("Sat, 21 Nov 2026 10:00:01 GMT"));
    let ada = attio.person(json!({})).await;
    attio.write("PATCH", &ada, json!({})).await.refused(429, "rate_limit_error", "rate_limit_exceeded");

    hands.advance(jiff::SignedDuration::from_millis(100));
    attio.get("/self").await.ok();
    attio.write("PATCH", &ada, json!({})).await.ok();
}

#[tokio::test]
async fn filters_reach_fields_paths_and_combinations() {
    let attio = Client::new();
    attio.person(json!({ "name": "Byron, Zelda", "email_addresses": ["zelda@byron.example"], "job_title": "b" })).await;
    attio.person(json!({ "name": "Byron, Yann", "email_addresses": ["yann@byron.co.uk"], "job_title": "A" })).await;
    let found = async |filter: Value| {
        let sorts = json!([{ "direction": "asc", "attribute": "job_title" }]);
        let answer = attio.query(json!({ "filter": filter, "sorts": sorts })).await;
        answer.names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };

    assert_eq!(found(json!({ "name": { "last_name": "byron" } })).await, ["Yann Byron", "Zelda Byron"]);
    assert_eq!(found(json!({ "email_addresses": "ZELDA@byron.example" })).await, ["Zelda Byron"]);
    let domain = json!({ "email_addresses": { "email_root_domain": { "$in": ["byron.co.uk"] } } });
    assert_eq!(found(domain).await, ["Yann Byron"]);
    let both =
        json!({ "name": { "last_name": { "$starts_with": "by" } }, "$not": { "job_title": { "$contains": "a" } } });
    assert_eq!(found(both).await, ["Zelda Byron"]);
    let path =
        json!({ "path": [["people", "company"], ["companies", "name"]], "constraints": { "value": "Acme Analytics" } });
    assert!(found(path).await.contains(&"Amelia Clarke".to_owned()));
    let any = json!({ "$or": [{ "job_title": "b" }, { "job_title": { "$eq": "a" } }] });
    assert_eq!(found(any).await, ["Yann Byron", "Zelda Byron"]);

    for wrong in [
        json!({ "nope": "x" }),
        json!({ "name": { "nope": "x" } }),
        json!({ "name": { "$neq": "x" } }),
        json!({ "name": { "$lt": "x" } }),
        json!({ "path": [["companies", "name"]], "constraints": {} }),
    ] {
        attio.query(json!({ "filter": wrong })).await.refused(400, INVALID, "filter_error");
    }
    let sorts = json!([{ "direction": "up", "attribute": "name" }]);
    attio.query(json!({ "sorts": sorts })).await.refused(400, INVALID, "filter_error");
    attio.query(json!({ "limit": 501 })).await.refused(400, INVALID, "validation_type");
}

#[tokio::test]
async fn pages_meet_without_gap_or_overlap() {
    let attio = Client::new();
    let mut names = Vec::new();
    loop {
        let page = attio.query(json!({ "limit": 100, "offset": names.len() })).await;
        let page: Vec<String> = page.names().into_iter().map(str::to_owned).collect();
        names.extend(page.iter().cloned());
        if page.len() < 100 {
            break;
        }
    }
    let people = crate::people::Seed::built_in().people.len();
    assert_eq!(names.len(), people);
}

#[tokio::test]
async fn a_company_and_its_team_are_one_fact() {
    let attio = Client::new();
    let company = async |name: &str| {
        let body = json!({ "data": { "values": { "name": name } } });
        let answer = attio.send("POST", "/objects/companies/records", body).await.ok();
        answer["data"]["id"]["record_id"].as_str().expect("an id").to_owned()
    };
    let (one, two) = (company("One").await, company("Two").await);
    let reference = |id: &str| json!([{ "target_object": "companies", "target_record_id": id }]);
    let team = async |id: &str| {
        let answer = attio.get(&format!("/objects/companies/records/{id}")).await;
        answer.texts("team", "target_record_id").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };

    let ada = attio.person(json!({ "company": reference(&one) })).await;
    assert_eq!(team(&one).await, [ada.as_str()]);

    attio.write("PATCH", &ada, json!({ "company": reference(&two) })).await.ok();
    assert!(team(&one).await.is_empty());
    assert_eq!(team(&two).await, [ada.as_str()]);

    let members = json!({ "data": { "values": { "team": [{ "target_object": "people", "target_record_id": ada }] } } });
    attio.send("PATCH", &format!("/objects/companies/records/{one}"), members).await.ok();
    assert!(team(&two).await.is_empty(), "a person has one company");
    let person = attio.get(&format!("/objects/people/records/{ada}")).await;
    assert_eq!(person.texts("company", "target_record_id"), [one.as_str()]);

    attio.send_text("DELETE", &format!("/objects/people/records/{ada}"), "").await.ok();
    assert!(team(&one).await.is_empty());
}

#[tokio::test]
async fn values_are_normalised_as_they_are_written() {
    let attio = Client::new();
    for (slug, kind) in
        [("day", "date"), ("moment", "timestamp"), ("amount", "number"), ("stars", "rating"), ("flag", "checkbox")]
    {
        attio.add_attribute(slug, kind).await.ok();
    }
    let ada = attio.person(json!({})).await;
    let values = json!({
        "name": "Lovelace, Ada", "phone_numbers": [{ "original_phone_number": "020 7946 0000", "country_code": "GB" }],
        "day": "2024-02", "moment": "2024-02-29T08:00:00+02:00", "amount": 1.234_56, "stars": 4, "flag": "true",
    });
    let written = attio.write("PATCH", &ada, values).await.ok();
    let read = &written["data"]["values"];
    assert_eq!(read["name"][0]["full_name"], "Ada Lovelace");
    assert_eq!(read["phone_numbers"][0]["phone_number"], "+442079460000");
    assert_eq!(read["phone_numbers"][0]["original_phone_number"], "020 7946 0000");
    assert_eq!(read["day"][0]["value"], "2024-02-01");
    assert_eq!(read["moment"][0]["value"], "2024-02-29T06:00:00.000000000Z");
    assert_eq!(read["amount"][0]["value"], 1.2346);
    assert_eq!(read["stars"][0]["value"], 4);
    assert_eq!(read["flag"][0]["value"], true);

    for wrong in [
        json!({ "phone_numbers": ["12345"] }),
        json!({ "phone_numbers": "+442079460000" }),
        json!({ "stars": 6 }),
        json!({ "day": "soon" }),
        json!({ "moment": "tomorrow" }),
        json!({ "amount": "many" }),
        json!({ "primary_location": { "country_code": "GB" } }),
    ] {
        attio.write("PATCH", &ada, wrong).await.refused(400, INVALID, "validation_type");
    }
}
