//! `/connect/gmail/…`: where an agent lets dripr send by their Gmail account.
//!
//! The way in is a link for one agent, which `dripr connect` prints and the API makes. Its page says what is asked for, and leads on to
//! Google; Google leads back to `/connect/gmail/callback`. A cookie binds both to one browser: without it somebody could
//! send the address that Google leads back to, with their own account's consent in it, to an agent. Whether the link still works is
//! looked at on the way there and on the way back.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use dripr_adapters::gmail::GmailConsent;
use dripr_core::mail_account::{self, Invited, UnusableConnectLink};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Site, page::Page};

/// The cookie that holds what the link says from the way there to the way back.
const COOKIE: &str = "dripr_connect";

pub(super) fn routes(consent: Arc<GmailConsent>) -> Router<Arc<Site>> {
    let back = consent.clone();
    Router::new()
        .route(
            "/connect/gmail/{user}/{until}/{by}/{mark}/{signature}",
            get(show).post(move |site, link| leave(site, link, consent.clone())),
        )
        .route(
            "/connect/gmail/callback",
            get(move |site, headers, query| came_back(site, headers, query, back.clone())),
        )
}

type Link = Path<(String, String, String, String, String)>;

/// What a link says, as it was made.
fn said(Path((user, until, by, mark, signature)): &Link) -> String {
    format!("{user}/{until}/{by}/{mark}/{signature}")
}

/// The agent whom a link lets in.
async fn invited(site: &Site, link: &str) -> Result<Result<Invited, UnusableConnectLink>, Page> {
    let now = site.bench.clock.now();
    let invited = mail_account::invited(&*site.store, &site.connect, link, now).await;
    invited.map_err(|error| Page::failed(&error))
}

/// The agent whom a link lets in, or a page that says why it does not.
async fn linked(site: &Site, link: &str) -> Result<Invited, Page> {
    let no_link = |why: UnusableConnectLink| {
        Page::error(StatusCode::NOT_FOUND, "This link does not work", why.to_string())
    };
    invited(site, link).await?.map_err(no_link)
}

async fn show(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let link = said(&link);
    linked(&site, &link).await?;
    Ok(Page::new("Send your home reports by your own Gmail account")
        .says("Your homeowners then get their monthly reports from your own address, and answer to it.")
        .says("Google asks you to allow this. You can take it back at any time, here or in your Google account; then nothing more is sent by it.")
        .button("Go on to Google", format!("{}/connect/gmail/{link}", site.path)))
}

async fn leave(
    State(site): State<Arc<Site>>,
    link: Link,
    consent: Arc<GmailConsent>,
) -> Result<Response, Page> {
    let link = said(&link);
    let Invited { agent, mark } = linked(&site, &link).await?;
    let url = consent.url(&agent.id, &agent.email, mark, site.bench.clock.now());
    let location = HeaderValue::from_str(&url).map_err(|error| Page::failed(&error))?;
    let cookie = format!(
        "{COOKIE}={link}; Path={}/connect/gmail; Max-Age=900; HttpOnly; SameSite=Lax{}",
        site.path,
        if site.is_secure { "; Secure" } else { "" }
    );
    let cookie = HeaderValue::from_str(&cookie).map_err(|error| Page::failed(&error))?;
    let headers = [
        (header::LOCATION, location),
        (header::SET_COOKIE, cookie),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// What Google leads back with.
#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<SecretString>,
    error: Option<String>,
}

async fn came_back(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
    consent: Arc<GmailConsent>,
) -> Result<Page, Page> {
    let not_connected = |why: String| Page::error(StatusCode::BAD_REQUEST, "Gmail is not connected", why);
    if let Some(error) = answer.error {
        return Err(not_connected(GmailConsent::refusal(&error).to_string()));
    }
    let (Some(state), Some(code)) = (answer.state, answer.code) else {
        return Err(not_connected("Google's answer is incomplete. Please begin again.".to_owned()));
    };
    let now = site.bench.clock.now();
    let user = consent.user(&state, now).map_err(|error| not_connected(error.to_string()))?;
    let another_browser = || {
        let why = "The answer belongs to another browser. Please open the link again, and go on in the same window.";
        not_connected(why.to_owned())
    };
    let link = cookie(&headers).ok_or_else(another_browser)?;
    let agent = match invited(&site, link).await? {
        Ok(invited) if invited.agent.id == user => invited.agent,
        Ok(_) | Err(UnusableConnectLink::Forged) => return Err(another_browser()),
        Err(why) => return Err(not_connected(why.to_string())),
    };
    let account = consent.accept(&code, &state, &agent.email, now).await;
    let account = account.map_err(|error| not_connected(error.to_string()))?;
    tracing::info!(user_id = %user, "an agent connected Gmail");
    mail_account::resume(&*site.store, &site.bench, &user).await.map_err(|error| Page::failed(&error))?;
    Ok(Page::new("Gmail is connected")
        .says(format!("Your home reports go out from {} from now on.", account.address))
        .says("You can close this window."))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
