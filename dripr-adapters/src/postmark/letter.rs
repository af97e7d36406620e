//! An email as Postmark takes it, and how many go into one request.

use std::{collections::BTreeMap, ops::Range};

use dripr_core::email::{OutgoingEmail, Party};
use serde::Serialize;

use super::{PostmarkOptions, metadata};
use crate::mail_headers::{self, one_line};

/// The most emails of one request.
pub(super) const MOST_EMAILS: usize = 500;
/// The most bytes of a part.
const LARGEST_PART: usize = 5 * MEGABYTE;
/// The most bytes of an email with all that belongs to it.
const LARGEST_EMAIL: usize = 10 * MEGABYTE;
/// The most bytes of a request with several emails.
const LARGEST_REQUEST: usize = 50 * MEGABYTE;
/// Postmark does not say which megabyte it means; the smaller one is right for both.
const MEGABYTE: usize = 1_000_000;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    from: String,
    to: String,
    reply_to: String,
    subject: String,
    html_body: &'a str,
    text_body: &'a str,
    headers: Vec<Header>,
    metadata: BTreeMap<&'static str, String>,
    track_opens: bool,
    track_links: &'static str,
    message_stream: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: &'static str,
    value: String,
}

/// An email as the JSON that Postmark takes.
///
/// # Errors
/// Why it is nothing for Postmark, for people.
pub(super) fn of(email: &OutgoingEmail, options: &PostmarkOptions) -> Result<Vec<u8>, String> {
    let message = &*email.message;
    for (part, text) in [("HTML", &message.html), ("text", &message.text)] {
        if text.len() > LARGEST_PART {
            return Err(format!("the {part} part of the email is larger than the 5 MB that Postmark takes"));
        }
    }
    let mut headers = vec![
        Header { name: "Message-ID", value: format!("<{}>", email.message_id) },
        Header { name: "X-PM-KeepID", value: "true".to_owned() },
    ];
    headers.extend(mail_headers::of(email)?.into_iter().map(|(name, value)| Header { name, value }));
    let from = mailbox(&message.from);
    let wire = Wire {
        reply_to: from.clone(),
        from,
        to: mailbox(&message.to),
        subject: one_line(&message.subject),
        html_body: &message.html,
        text_body: &message.text,
        headers,
        metadata: metadata::of(email),
        track_opens: options.track_opens,
        track_links: options.track_links.as_str(),
        message_stream: &options.message_stream,
    };
    let json =
        serde_json::to_vec(&wire).map_err(|error| format!("the email cannot be written as JSON: {error}"))?;
    if json.len() > LARGEST_EMAIL {
        return Err("the email is larger than the 10 MB that Postmark takes".to_owned());
    }
    Ok(json)
}

/// A name and an address, as a mailbox of RFC 5322 with the name in quotes, whatever is in it. Letters of any script
/// stay as they are: Postmark takes UTF-8 and encodes it itself.
fn mailbox(party: &Party) -> String {
    let name = one_line(&party.name);
    if name.is_empty() {
        return party.address.to_string();
    }
    format!("\"{}\" <{}>", name.replace('\\', "\\\\").replace('"', "\\\""), party.address)
}

/// Which of the emails go together: in order, as many as one request takes. Their sizes are those of the JSON that is
/// sent, each with a comma or a bracket.
pub(super) fn loads(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut loads: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (n, size) in sizes.iter().enumerate() {
        bytes += size + 1;
        match loads.last_mut() {
            // The last bracket has no email of its own.
            Some(load) if load.len() < MOST_EMAILS && bytes < LARGEST_REQUEST => load.end = n + 1,
            _ => {
                loads.push(n..n + 1);
                bytes = size + 1;
            }
        }
    }
    loads
}

/// The body of a request: one email by itself, several as a list.
pub(super) fn body(letters: &[Vec<u8>]) -> Vec<u8> {
    match letters {
        [one] => one.clone(),
        several => [&b"["[..], &several.join(&b','), b"]"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str) -> String {
        mailbox(&Party { name: name.to_owned(), address: "kim@home.example".parse().unwrap() })
    }

    #[test]
    fn a_name_is_quoted_whatever_is_in_it() {
        assert_eq!(written(""), "kim@home.example");
        assert_eq!(written(" \r\n"), "kim@home.example");
        assert_eq!(written("Kim Öwner, Jr."), "\"Kim Öwner, Jr.\" <kim@home.example>");
        assert_eq!(written("K\"i\\m"), r#""K\"i\\m" <kim@home.example>"#);
        assert_eq!(written("Kim\r\nBcc: x@y.example"), "\"Kim Bcc: x@y.example\" <kim@home.example>");
    }

    #[test]
    fn a_request_has_five_hundred_emails_and_fifty_megabytes_at_the_most() {
        assert!(loads(&[]).is_empty());
        assert_eq!(loads(&[LARGEST_EMAIL]).len(), 1);
        assert_eq!(loads(&[1; 500]).len(), 1);
        assert_eq!(loads(&[1; 1001]), [0..500, 500..1000, 1000..1001]);
        // Five times ten megabytes are fifty, and their brackets and commas are too many.
        assert_eq!(loads(&[LARGEST_EMAIL; 5]), [0..4, 4..5]);
        for sizes in
            [vec![LARGEST_EMAIL - 1; 6], vec![LARGEST_EMAIL - 2; 6], (1..40).map(|n| n * 250_000).collect()]
        {
            let loads = loads(&sizes);
            let mut next = 0;
            for (load, following) in loads.iter().zip(loads.iter().skip(1).map(Some).chain([None])) {
                assert_eq!(load.start, next);
                next = load.end;
                let body = |range: Range<usize>| sizes[range.clone()].iter().sum::<usize>() + range.len() + 1;
                assert!(body(load.clone()) <= LARGEST_REQUEST);
                if following.is_some() {
                    assert!(
                        body(load.start..load.end + 1) > LARGEST_REQUEST,
                        "another one would have fitted"
                    );
                }
            }
            assert_eq!(next, sizes.len());
        }
    }

    #[test]
    fn several_emails_are_a_list() {
        assert_eq!(body(&[b"{}".to_vec()]), b"{}");
        assert_eq!(body(&[b"{}".to_vec(), b"{\"a\":1}".to_vec()]), b"[{},{\"a\":1}]");
    }
}
