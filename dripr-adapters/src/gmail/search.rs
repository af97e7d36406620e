//! Whether Gmail has an email.
//!
//! Gmail may put a `Message-ID` of its own in the place of ours, so an email is known by the header `X-Dripr-Email-Id`. Sent
//! mail to the recipient since the start of the try is searched for, and the header of each hit is compared. That there is
//! none is believed only where everything else agrees:
//!
//! - the account was connected before the try began, or it may be another mailbox;
//! - the list is whole, within [`MOST_PAGES`] pages;
//! - each hit has the header with another email's id. One without it may be the agent's own mail, or ours after Gmail took
//!   the header away.

use chrono::TimeDelta;
use dripr_core::{
    errors::{Fault, PortError},
    ids::UserId,
    ports::{Inquiry, LookUp},
};
use serde::Deserialize;

use super::{GmailMailer, accounts::NoAccess, scope};
use crate::{http::json, mail_headers::EMAIL_ID};

/// Hits on a page.
const HITS: &str = "20";
/// Pages that are asked for at the most; a homeowner gets one email in a month.
const MOST_PAGES: usize = 3;
/// Where Gmail keeps our `Message-ID` when it puts its own in its place.
const ORIGINAL_ID: &str = "X-Google-Original-Message-ID";

pub(super) const MESSAGES: &str = "gmail/v1/users/me/messages";

/// Looks an email up.
///
/// # Errors
/// Whatever keeps the answer from being certain.
pub(super) async fn look_up(gmail: &GmailMailer, inquiry: &Inquiry) -> Result<LookUp, NoAccess> {
    let account = gmail.shared.accounts.usable(&inquiry.user_id).await?;
    if !scope::can_search(&account.scopes) {
        return Ok(LookUp::CannotTell);
    }
    let question = question(gmail, inquiry);
    let mut certain = account.connected_at <= inquiry.attempt.started_at;
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = page(gmail, &inquiry.user_id, &question, HITS, next.as_deref()).await?;
        for hit in page.messages {
            match compared(gmail, inquiry, &hit.id).await? {
                Compared::Same => return Ok(LookUp::Accepted { provider_message_id: Some(hit.id) }),
                Compared::Another => {}
                Compared::Unnamed => certain = false,
            }
        }
        match page.next_page_token {
            Some(token) => next = Some(token),
            None if certain => return Ok(LookUp::NotAccepted),
            None => return Ok(LookUp::CannotTell),
        }
    }
    Ok(LookUp::CannotTell)
}

/// What is searched for. An address with characters that may mean something to a search is left out, and there are more
/// hits.
fn question(gmail: &GmailMailer, inquiry: &Inquiry) -> String {
    let back = TimeDelta::from_std(gmail.shared.options.look_back).unwrap_or(TimeDelta::MAX);
    let since = inquiry.attempt.started_at.checked_sub_signed(back).unwrap_or_default().timestamp();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@._-".contains(&b);
    let to = inquiry.recipient.as_str();
    if to.bytes().all(plain) {
        format!("in:sent to:{to} after:{since}")
    } else {
        format!("in:sent after:{since}")
    }
}

/// A page of the mails that a search finds, spam and bin included: what was put into the bin since was sent, or came, all
/// the same.
pub(super) async fn page(
    gmail: &GmailMailer,
    user: &UserId,
    question: &str,
    hits: &str,
    token: Option<&str>,
) -> Result<Page, NoAccess> {
    let mut query = vec![("q", question), ("maxResults", hits), ("includeSpamTrash", "true")];
    query.extend(token.map(|token| ("pageToken", token)));
    let answer = gmail.get(user, MESSAGES, &query).await?;
    let page: Page = answer.json(&gmail.shared.api)?;
    // Without hits the list is not there at all; then the estimate says that it is none.
    let is_list = !page.messages.is_empty() || page.result_size_estimate == Some(0.0);
    if !is_list && token.is_none() {
        return Err(PortError::new(Fault::Garbled, "Gmail answered a search with something else").into());
    }
    Ok(page)
}

/// Whether a text can be Gmail's name for a mail, and so a part of a path.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// What a hit is.
enum Compared {
    Same,
    Another,
    Unnamed,
}

async fn compared(gmail: &GmailMailer, inquiry: &Inquiry, id: &str) -> Result<Compared, NoAccess> {
    if !is_id(id) {
        return Err(PortError::new(Fault::Garbled, "Gmail found an email whose id is none").into());
    }
    let query = [
        ("format", "metadata"),
        ("metadataHeaders", EMAIL_ID),
        ("metadataHeaders", "Message-ID"),
        ("metadataHeaders", ORIGINAL_ID),
    ];
    let answer = gmail.get(&inquiry.user_id, &format!("{MESSAGES}/{id}"), &query).await?;
    let found: Found = answer.json(&gmail.shared.api)?;
    let Some(payload) = found.payload else {
        return Err(PortError::new(Fault::Garbled, "Gmail gave an email without its headers").into());
    };
    let values = |name: &str| {
        let named = payload.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value.trim().to_owned()).collect::<Vec<_>>()
    };
    let ours = values(EMAIL_ID);
    if ours.iter().any(|id| id == inquiry.email_id.as_str()) {
        return Ok(Compared::Same);
    }
    if !ours.is_empty() {
        return Ok(Compared::Another);
    }
    let message_id = format!("<{}>", inquiry.attempt.message_id);
    let same = [values("Message-ID"), values(ORIGINAL_ID)].concat().contains(&message_id);
    Ok(if same { Compared::Same } else { Compared::Unnamed })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    #[serde(default)]
    pub(super) messages: Vec<Hit>,
    #[serde(default, deserialize_with = "json::text")]
    pub(super) next_page_token: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    result_size_estimate: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct Hit {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct Found {
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}
