//! The parts of a mail, as far as they say what became of an email.
//!
//! The mail is taken apart here, a level at a time, and `mail-parser` reads headers and decodes texts. It could do the
//! whole, but it follows messages inside messages as deep as they go, and whoever writes the mail says how deep that is.
//! A returned message is not taken apart: its headers stand in its text.

use std::borrow::Cow;

use mail_parser::{Header, HeaderName, HeaderValue, Message, MessageParser};

/// How deep parts lie in parts in any report that is meant to be read.
const DEEPEST: usize = 5;
/// More parts than a report has.
const MOST_PARTS: usize = 64;
/// How much is read of a part, in bytes. What a report says stands at its beginning.
const LONGEST_PART: usize = 128 * 1024;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// For people.
    Text,
    /// What became of each recipient (RFC 3464).
    Status,
    /// Who complains of what (RFC 5965).
    Complaint,
    /// The email itself, or its headers.
    Returned,
}

/// A part with its text.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) text: String,
}

/// A mail, taken apart.
#[derive(Debug)]
pub(super) struct Mail<'a> {
    headers: Message<'a>,
    pub(super) body: &'a [u8],
    pub(super) parts: Vec<Part>,
    /// Whether it has parts of its own, as every report has.
    pub(super) is_multipart: bool,
}

impl<'a> Mail<'a> {
    /// Takes a mail apart; `None` if it has no headers.
    pub(super) fn of(raw: &'a [u8]) -> Option<Self> {
        let (headers, body) = entity(raw)?;
        let mut parts = Vec::new();
        take_apart(&headers, body, 0, &mut parts);
        let is_multipart = content_type(&headers).is_some_and(|(main, _)| main == "multipart");
        Some(Self { headers, body, parts, is_multipart })
    }

    /// A header's value on one line; empty if there is none.
    pub(super) fn header(&self, name: &'static str) -> String {
        self.raw_values(name).next().unwrap_or_default()
    }

    /// The values of a header, each on one line.
    pub(super) fn raw_values(&self, name: &'static str) -> impl Iterator<Item = String> {
        let name = HeaderName::parse(name);
        let headers = self.headers.parts.first().map_or(&[][..], |part| &part.headers);
        headers
            .iter()
            .filter(move |header| Some(&header.name) == name.as_ref())
            .map(|header| one_line(self.headers.raw_message.as_ref(), header))
    }

    /// The subject, decoded.
    pub(super) fn subject(&self) -> &str {
        self.headers.parts.first().map_or("", |_| self.headers.subject().unwrap_or_default())
    }

    /// The texts of the parts in a role.
    pub(super) fn texts(&self, role: Role) -> impl Iterator<Item = &str> {
        self.parts.iter().filter(move |part| part.role == role).map(|part| part.text.as_str())
    }
}

fn one_line(raw: &[u8], header: &Header<'_>) -> String {
    let range = header.offset_start as usize..header.offset_end as usize;
    let value = String::from_utf8_lossy(raw.get(range).unwrap_or_default());
    value.split_whitespace().take(200).collect::<Vec<_>>().join(" ")
}

/// Headers and body.
fn entity(raw: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let headers = MessageParser::new().parse_headers(raw)?;
    let last = headers.parts.first()?.headers.iter().map(|header| header.offset_end).max()?;
    let body = raw.get(last as usize..).unwrap_or_default();
    Some((headers, body))
}

/// Main type and subtype in small letters.
fn content_type(headers: &Message<'_>) -> Option<(String, String)> {
    let value =
        headers.parts.first()?.headers.iter().find(|header| header.name == HeaderName::ContentType)?;
    let HeaderValue::ContentType(kind) = &value.value else { return None };
    Some((kind.ctype().to_ascii_lowercase(), kind.subtype().unwrap_or_default().to_ascii_lowercase()))
}

fn attribute<'m>(headers: &'m Message<'_>, name: &str) -> Option<&'m str> {
    let headers = &headers.parts.first()?.headers;
    let value = headers.iter().find(|header| header.name == HeaderName::ContentType)?;
    value.value.as_content_type()?.attribute(name)
}

fn take_apart(headers: &Message<'_>, body: &[u8], depth: usize, parts: &mut Vec<Part>) {
    if parts.len() >= MOST_PARTS {
        return;
    }
    let (main, sub) = content_type(headers).unwrap_or_else(|| ("text".to_owned(), "plain".to_owned()));
    if main == "multipart" {
        let inner = attribute(headers, "boundary").map(|it| split(body, it)).unwrap_or_default();
        if inner.is_empty() || depth >= DEEPEST {
            // Some systems announce another boundary than they write. All of it is one text then.
            parts.push(Part { role: Role::Text, text: lossy(body) });
        }
        for part in inner.into_iter().take(if depth >= DEEPEST { 0 } else { MOST_PARTS }) {
            match entity(part) {
                Some((headers, body)) => take_apart(&headers, body, depth + 1, parts),
                None => parts.push(Part { role: Role::Text, text: lossy(part) }),
            }
        }
        return;
    }
    let role = match (main.as_str(), sub.as_str()) {
        ("message", "delivery-status" | "global-delivery-status") => Role::Status,
        ("message", "feedback-report") => Role::Complaint,
        ("message", "rfc822" | "global" | "global-headers" | "partial")
        | ("text", "rfc822-headers" | "rfc822") => Role::Returned,
        ("text", _) | ("message", _) => Role::Text,
        // Pictures and files say nothing here.
        _ => return,
    };
    let mut text = decoded(headers, body);
    if (main.as_str(), sub.as_str()) == ("text", "html") {
        text = mail_parser::decoders::html::html_to_text(&text);
    }
    parts.push(Part { role, text });
}

/// The parts between the lines of a boundary (RFC 2046, section 5.1.1).
fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (None, 0);
    if boundary.is_empty() {
        return parts;
    }
    for line in body.split_inclusive(|b| *b == b'\n') {
        let next = at + line.len();
        let rest = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary.as_bytes()));
        if let Some(rest) = rest {
            let is_end = rest.starts_with(b"--");
            if is_end || rest.iter().all(u8::is_ascii_whitespace) {
                if let Some(start) = start.take() {
                    parts.push(body.get(start..at).unwrap_or_default());
                }
                if is_end || parts.len() >= MOST_PARTS {
                    return parts;
                }
                start = Some(next);
            }
        }
        at = next;
    }
    // A mail that was cut off has no last line.
    parts.extend(start.and_then(|start| body.get(start..)));
    parts
}

/// A part's text, whatever it is: what `mail-parser` makes of it as a plain text.
fn decoded(headers: &Message<'_>, body: &[u8]) -> String {
    let body = body.get(..LONGEST_PART).unwrap_or(body);
    let encoding = headers.parts.first().and_then(|part| {
        let mut headers = part.headers.iter();
        headers.find(|header| header.name == HeaderName::ContentTransferEncoding)?.value.as_text()
    });
    let encoding = encoding.map(|it| it.trim().to_ascii_lowercase()).unwrap_or_default();
    let charset = attribute(headers, "charset").unwrap_or_default();
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if !matches!(encoding.as_str(), "base64" | "quoted-printable") && (charset.is_empty() || !plain(charset))
    {
        return lossy(body);
    }
    let mut whole = b"Content-Type: text/plain".to_vec();
    if plain(charset) && !charset.is_empty() {
        whole.extend_from_slice(format!("; charset={charset}").as_bytes());
    }
    if matches!(encoding.as_str(), "base64" | "quoted-printable") {
        whole.extend_from_slice(format!("\r\nContent-Transfer-Encoding: {encoding}").as_bytes());
    }
    whole.extend_from_slice(b"\r\n\r\n");
    whole.extend_from_slice(body);
    let message = MessageParser::new().parse(&whole);
    let text = message.as_ref().and_then(|message| message.parts.first()?.text_contents());
    text.map_or_else(|| lossy(body), ToOwned::to_owned)
}

fn lossy(bytes: &[u8]) -> String {
    let bytes = bytes.get(..LONGEST_PART).unwrap_or(bytes);
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}
