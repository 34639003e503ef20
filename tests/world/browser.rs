//! A person's browser, as far as logging in and consenting need one: it keeps cookies, follows redirects, and fills in forms.

use std::collections::HashMap;

use anyhow::{Context as _, bail, ensure};
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use scraper::{Html, Selector};
use url::Url;

/// Browsers give up at 20, too.
const REDIRECTS: usize = 20;

/// One profile: its cookies end with it.
pub struct Browser {
    client: Client,
    /// By origin: all that is needed among programs on one machine that differ in their ports.
    cookies: HashMap<String, HashMap<String, String>>,
}

/// What the browser shows.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub body: String,
}

/// A form as it stands on a page.
#[derive(Debug)]
pub struct PageForm {
    method: Method,
    action: Url,
    fields: Vec<(String, String)>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// # Panics
    /// When the machine has no TLS to offer.
    #[expect(clippy::disallowed_methods, reason = "a browser stands outside the service's guarded client")]
    pub fn new() -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Self { client: client.expect("a client can be built"), cookies: HashMap::new() }
    }

    pub async fn open(&mut self, url: &str) -> anyhow::Result<Page> {
        let url = Url::parse(url).with_context(|| format!("{url} is no URL"))?;
        self.visit(Method::GET, url, &[]).await
    }

    pub async fn submit(&mut self, form: PageForm) -> anyhow::Result<Page> {
        self.visit(form.method, form.action, &form.fields).await
    }

    /// Starts at `url`, logs in when asked to, allows what is asked, and returns the page where that leads.
    pub async fn log_in_and_allow(&mut self, url: &str, email: &str, password: &str) -> anyhow::Result<Page> {
        let mut page = self.open(url).await?;
        if let Some(login) = page.form_with("password") {
            page = self.submit(login.fill("email", email).fill("password", password)).await?;
        }
        ensure!(page.form_with("password").is_none(), "the login was refused");
        // Who agreed before is not asked again.
        if page.url.path() != "/oauth/authorize" {
            return Ok(page);
        }
        let Some(consent) = page.form_at("/oauth/authorize") else {
            bail!("{} asks for no consent (status {}): {}", page.url.path(), page.status, page.body);
        };
        self.submit(consent.fill("decision", "allow")).await
    }

    async fn visit(&mut self, method: Method, url: Url, fields: &[(String, String)]) -> anyhow::Result<Page> {
        let (mut method, mut url, mut fields) = (method, url, fields);
        for _ in 0..REDIRECTS {
            let response = self.request(&method, &url, fields).send().await?;
            self.keep_cookies(&url, &response);
            let status = response.status();
            let Some(location) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) else {
                return Ok(Page { url, status: status.as_u16(), body: response.text().await? });
            };
            url = url.join(location.to_str()?)?;
            // 302 and 303 turn a form into a visit; 307 and 308 would not, and are not used for pages.
            (method, fields) = (Method::GET, &[]);
        }
        bail!("more than {REDIRECTS} redirects, the last to {}", url.path())
    }

    fn request(&self, method: &Method, url: &Url, fields: &[(String, String)]) -> RequestBuilder {
        let mut request = self.client.request(method.clone(), url.clone());
        if method == Method::POST {
            request = request.header(ORIGIN, origin(url)).header("sec-fetch-site", "same-origin").form(fields);
        }
        let cookies = self.cookies.get(&origin(url)).into_iter().flatten();
        let cookies: Vec<String> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    fn keep_cookies(&mut self, url: &Url, response: &reqwest::Response) {
        let jar = self.cookies.entry(origin(url)).or_default();
        for cookie in response.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

impl Page {
    /// The first form with a field of this name.
    pub fn form_with(&self, field: &str) -> Option<PageForm> {
        self.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name == field))
    }

    /// The first form that goes to this path.
    pub fn form_at(&self, path: &str) -> Option<PageForm> {
        self.forms().into_iter().find(|form| form.action.path() == path)
    }

    fn forms(&self) -> Vec<PageForm> {
        let page = Html::parse_document(&self.body);
        let select = |css| Selector::parse(css).expect("a constant selector");
        let (forms, inputs) = (select("form"), select("input[name]"));
        page.select(&forms)
            .filter_map(|form| {
                let is_post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                let fields = form.select(&inputs).map(|input| {
                    let text = |name| input.attr(name).unwrap_or_default().to_owned();
                    (text("name"), text("value"))
                });
                Some(PageForm {
                    method: if is_post { Method::POST } else { Method::GET },
                    action: self.url.join(form.attr("action").unwrap_or_default()).ok()?,
                    fields: fields.collect(),
                })
            })
            .collect()
    }
}

impl PageForm {
    /// Types into a field, or presses the button of that name.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
