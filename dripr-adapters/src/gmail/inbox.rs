//! Bounces and complaints that came to an agent's inbox.
//!
//! Gmail takes every address and tells of a bad one by a mail to the agent, and so do the mail servers of recipients. Where
//! the agent lets their mail be read, what mail systems wrote is searched for and given out as it is. What an agent's
//! people write is neither searched for nor read.

use base64::Engine;
use chrono::DateTime;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    schedule::Instant,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    GmailMailer,
    accounts::NoAccess,
    from_url_safe, late, on_a_runtime, scope,
    search::{MESSAGES, is_id, page},
};
use crate::http::json;

/// Who writes bounces.
const MAIL_SYSTEMS: &str = "{from:mailer-daemon from:postmaster from:mail-daemon}";
/// Hits on a page, and pages that are read at the most.
const HITS: &str = "100";
const MOST_PAGES: usize = 5;

/// A mail that a mail system wrote to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMail {
    /// Gmail's own name for it.
    pub id: String,
    /// When Gmail got it.
    pub received_at: Instant,
    /// The mail as it came (RFC 5322).
    pub raw: Vec<u8>,
}

impl GmailMailer {
    /// Reads what mail systems wrote to an agent since an instant, but for those mails that are `known` by Gmail's name:
    /// one call for a page of names and one for each mail. `None` where the agent does not let their mail be read.
    ///
    /// # Errors
    /// [`Fault::NotFound`] if the agent connected no account, [`Fault::Misconfigured`] if it must be connected again, and
    /// whatever else keeps Gmail from answering.
    pub async fn mail_systems_wrote(
        &self,
        user: &UserId,
        since: Instant,
        known: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> PortResult<Option<Vec<InboxMail>>> {
        on_a_runtime()?;
        let limit = self.shared.options.timeout;
        let names = timeout(limit, names(self, user, since)).await.map_err(|_| late())?;
        let Some(names) = names.map_err(NoAccess::into_error)? else { return Ok(None) };
        let mut mails = Vec::new();
        for id in names.into_iter().filter(|id| !known(id)) {
            let mail = timeout(limit, mail(self, user, &id)).await.map_err(|_| late())?;
            // One that was removed meanwhile tells nothing any more.
            mails.extend(mail.map_err(NoAccess::into_error)?);
        }
        Ok(Some(mails))
    }
}

async fn names(gmail: &GmailMailer, user: &UserId, since: Instant) -> Result<Option<Vec<String>>, NoAccess> {
    let account = gmail.shared.accounts.usable(user).await?;
    if !scope::can_search(&account.scopes) {
        return Ok(None);
    }
    let question = format!("{MAIL_SYSTEMS} after:{}", since.timestamp());
    let mut names = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = page(gmail, user, &question, HITS, next.as_deref()).await?;
        names.extend(page.messages.into_iter().map(|hit| hit.id).filter(|id| is_id(id)));
        match page.next_page_token {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    Ok(Some(names))
}

async fn mail(gmail: &GmailMailer, user: &UserId, id: &str) -> Result<Option<InboxMail>, NoAccess> {
    let answer = gmail.get(user, &format!("{MESSAGES}/{id}"), &[("format", "raw")]).await?;
    if answer.status == reqwest::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let found: Found = answer.json(&gmail.shared.api)?;
    let garbled = || PortError::new(Fault::Garbled, "Gmail gave a mail that is none");
    let raw = found.raw.as_deref().map(str::trim).ok_or_else(garbled)?;
    let raw = from_url_safe(raw.trim_end_matches('='))
        .or_else(|| base64::engine::general_purpose::STANDARD.decode(raw).ok())
        .ok_or_else(garbled)?;
    let millis = found.internal_date.as_deref().and_then(|millis| millis.parse().ok());
    let received_at = millis.and_then(DateTime::from_timestamp_millis);
    let received_at = received_at.unwrap_or_else(|| gmail.shared.clock.now());
    Ok(Some(InboxMail { id: id.to_owned(), received_at, raw }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(default, deserialize_with = "json::text")]
    raw: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    internal_date: Option<String>,
}
