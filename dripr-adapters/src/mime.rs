//! An email as bytes, by a MIME library. Every mailer that writes emails itself hands over these.

use std::borrow::Cow;

use crate::mail_headers::{self, one_line};
use dripr_core::email::{ContentHash, OutgoingEmail, Party};
use mail_builder::{
    MessageBuilder,
    headers::{address::Address, content_type::ContentType, raw::Raw},
    mime::MimePart,
};

/// The bytes of an email: the headers named here and no others, one recipient, a text and an HTML part.
///
/// # Errors
/// Why the email cannot be written, for people.
pub(crate) fn bytes(email: &OutgoingEmail) -> Result<Vec<u8>, String> {
    let message = &*email.message;
    let mut builder = MessageBuilder::new()
        .from(mailbox(&message.from))
        .reply_to(mailbox(&message.from))
        .to(mailbox(&message.to))
        .subject(one_line(&message.subject))
        .date(email.date.timestamp())
        .message_id(email.message_id.as_str());
    for (name, value) in mail_headers::of(email)? {
        builder = builder.header(name, Raw::new(value));
    }
    // The library's own boundary would be another one each time. This one is the same for the same email, and nobody can
    // write it into a text on purpose: with the text it changes.
    let boundary = format!("=_{}", ContentHash::of(message));
    let part = |kind: &'static str, text| {
        MimePart::new(ContentType::new(kind).attribute("charset", "utf-8"), line_breaks(text))
    };
    let parts = vec![part("text/plain", message.text.as_str()), part("text/html", message.html.as_str())];
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    builder
        .body(MimePart::new(alternative, parts))
        .write_to_vec()
        .map_err(|error| format!("the email cannot be put into MIME form: {error}"))
}

fn mailbox(party: &Party) -> Address<'_> {
    let name = one_line(&party.name);
    Address::new_address((!name.is_empty()).then_some(name), party.address.as_str())
}

/// A lone carriage return is a line break like the others, which the library writes as mail has them. Left alone it would
/// end a line for some servers and not for others, and by that a text could end an email in its middle.
fn line_breaks(text: &str) -> Cow<'_, str> {
    let lone = text.split('\r').skip(1).any(|rest| !rest.starts_with('\n'));
    if lone { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}
