//! What commercial mail must say of itself (CAN-SPAM, 15 U.S.C. 7704(a)): who sends it, where they are, and how to get no
//! more of it.

use std::{borrow::Cow, sync::Arc};

use super::{ContentHash, Message};
use crate::agent::Agent;

/// A message that says who sends it, where they are and how to get no more of it. Only such a message becomes an email: there
/// is no other way to make one of these, and none to make an email without.
///
/// ```
/// use dripr_core::{email::{CommercialMessage, NotCommercial}, ids::UserId};
/// # use dripr_core::{email::{Message, Party}, agent::{Agent, Subscription}};
/// # let agent: Agent = serde_json::from_value(serde_json::json!({
/// #     "id": "ana", "first_name": "Ana", "last_name": "Ruiz", "email": "ana@brokerage.example",
/// #     "postal_address": "1 Main St, Seattle WA 98101", "subscription_status": {"status": "active"},
/// #     "created_at": "2026-03-01T12:00:00Z" }))?;
/// # let message: Message = serde_json::from_value(serde_json::json!({
/// #     "from": {"name": "Ana Ruiz", "address": "ana@brokerage.example"},
/// #     "to": {"name": "Kim", "address": "kim@home.example"}, "subject": "Your home in March",
/// #     "html": "<p>1 Main St,<br>Seattle WA 98101</p><a href=\"https://mail.example/o/1\">Stop</a>",
/// #     "text": "1 Main St, Seattle WA 98101\nhttps://mail.example/o/1",
/// #     "opt_out_link": "https://mail.example/o/1" }))?;
/// let silent = Message { text: "Your home is worth more.".to_owned(), ..message.clone() };
/// assert_eq!(CommercialMessage::new(silent, &agent).unwrap_err().to_string(),
///     "the text part of the email does not show the agent's postal address");
/// assert_eq!(CommercialMessage::new(message, &agent)?.message().subject, "Your home in March");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommercialMessage {
    message: Arc<Message>,
    /// Computed here, once: it takes a while, and where it is wanted a store's transaction is open.
    content_hash: ContentHash,
}

/// Why a message cannot become an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCommercial {
    /// The sender has no name.
    #[error("the email does not say who sends it: the agent has no name")]
    NoSender,
    /// The agent has no postal address.
    #[error("the agent has no postal address, which commercial mail must show")]
    NoPostalAddress,
    /// There is no way to opt out.
    #[error("the email has no opt-out link")]
    NoOptOut,
    /// A part does not show what it must.
    #[error("the {part} part of the email does not show {what}")]
    NotShown {
        /// `text` or `HTML`.
        part: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

impl CommercialMessage {
    /// Looks whether a message says what it must, of an agent.
    ///
    /// # Errors
    /// [`NotCommercial`], naming what is missing.
    pub fn new(message: Message, agent: &Agent) -> Result<Self, NotCommercial> {
        if message.from.name.trim().is_empty() {
            return Err(NotCommercial::NoSender);
        }
        let address = spaced(&agent.postal_address);
        if address.is_empty() {
            return Err(NotCommercial::NoPostalAddress);
        }
        let link = message.opt_out_link.as_deref().filter(|link| !link.is_empty());
        let link = link.ok_or(NotCommercial::NoOptOut)?;
        let missing = missing_in_html(tail(&message.html, TAIL), &address, link)
            .and_then(|_| missing_in_html(&message.html, &address, link));
        if let Some(what) = missing {
            return Err(NotCommercial::NotShown { part: "HTML", what });
        }
        if let Some(what) = missing_in(&spaced(&message.text), &message.text, &address, link) {
            return Err(NotCommercial::NotShown { part: "text", what });
        }
        Ok(Self { content_hash: ContentHash::of(&message), message: Arc::new(message) })
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// The message's fingerprint.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        self.content_hash
    }
}

/// How much of the HTML is looked at first, in bytes. It is at the end that a message says who sends it.
const TAIL: usize = 8 * 1024;

/// The last bytes of the HTML at most, from the beginning of a tag on. What it shows is the end of what the whole shows: wherever reading
/// begins, a tag ends at the same place.
fn tail(html: &str, most: usize) -> &str {
    let from = html.len().saturating_sub(most);
    let tag = html.as_bytes().iter().skip(from).position(|byte| *byte == b'<');
    tag.and_then(|at| html.get(from + at..)).unwrap_or_default()
}

/// What does not stand in HTML. Values are escaped there, and lines broken by tags.
fn missing_in_html(html: &str, address: &str, link: &str) -> Option<&'static str> {
    let html = unescaped(html);
    missing_in(&spaced(&without_tags(&html)), &html, address, link)
}

/// What does not stand in a text whose lines are broken by wrapping.
fn missing_in(shown: &str, text: &str, address: &str, link: &str) -> Option<&'static str> {
    if !shown.contains(address) {
        Some("the agent's postal address")
    } else if !text.contains(link) {
        Some("the opt-out link")
    } else {
        None
    }
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each tag becomes a space.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text
}

/// Without the entities that values are escaped by.
fn unescaped(html: &str) -> Cow<'_, str> {
    if !html.contains('&') {
        return html.into();
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        // No name is longer, and looking on would take as long as the text for each of its letters.
        let end = after.bytes().take(10).position(|b| b == b';');
        match end.and_then(|end| Some((entity(after.get(..end)?)?, after.get(end + 1..)?))) {
            Some((letter, after)) => {
                text.push(letter);
                rest = after;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text.into()
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// HTML with everything that could make reading its end something else than reading it all.
    fn html() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            ">",
            "<p>",
            "</p>",
            "&lt;",
            "&gt;",
            "&",
            "&amp;",
            ";",
            "&#60;",
            "1 Elm",
            " St",
            "\n",
            "http://o/1",
            "\"",
            "é",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_the_end_shows_the_whole_shows(html in html(), most in 0..200_usize) {
            let end = tail(&html, most);
            let (address, link) = ("1 Elm St", "http://o/1");
            if missing_in_html(end, address, link).is_none() {
                prop_assert_eq!(missing_in_html(&html, address, link), None);
            }
            let whole = spaced(&without_tags(&unescaped(&html)));
            let shown = spaced(&without_tags(&unescaped(end)));
            prop_assert!(whole.ends_with(&shown), "{whole:?} {shown:?}");
        }
    }
}
