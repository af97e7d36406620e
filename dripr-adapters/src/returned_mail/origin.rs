//! Which email of dripr's a mail is about.

use dripr_core::ids::EmailId;

use super::parts::{Mail, Role};
use crate::mail_headers::EMAIL_ID;

/// The email that a mail is about, from the surest sign to the weakest: the header with its id in what was returned or
/// quoted, the `Message-ID` there, and the ids that the mail says it answers.
pub(super) fn of(mail: &Mail<'_>) -> Option<EmailId> {
    let roles = [Role::Returned, Role::Text, Role::Status, Role::Complaint];
    let texts = || roles.into_iter().flat_map(|role| mail.texts(role));
    texts()
        .find_map(in_header)
        .or_else(|| mail.raw_values(EMAIL_ID).find_map(|value| EmailId::new(value.trim()).ok()))
        .or_else(|| texts().find_map(in_message_id))
        .or_else(|| ["In-Reply-To", "References"].into_iter().find_map(|name| answered(&mail.header(name))))
}

/// The value of the header with the id, wherever in a text it stands: quoted, indented, or in JSON.
fn in_header(text: &str) -> Option<EmailId> {
    values(text, EMAIL_ID).find_map(|value| {
        let end = value.find(|c: char| !is_of_id(c)).unwrap_or(value.len());
        EmailId::new(value.get(..end)?).ok()
    })
}

fn in_message_id(text: &str) -> Option<EmailId> {
    values(text, "Message-ID").find_map(|value| ours(value.trim_start_matches('<')))
}

/// The newest of the ids that a mail answers comes last (RFC 5322, section 3.6.4).
fn answered(ids: &str) -> Option<EmailId> {
    ids.rsplit('<').take(50).find_map(ours)
}

/// The email's id from what begins with a `Message-ID`. Every program makes such ids; those of emails end in a number
/// or are of a welcome. Others may look alike, and whether there is such an email is for the store to say. An id with
/// a colon is not found this way, for the colon does not go into a `Message-ID`.
fn ours(message_id: &str) -> Option<EmailId> {
    let (local, _) = message_id.split_once('@').filter(|(local, _)| local.len() <= 100)?;
    let (head, tail) = local.rsplit_once('.')?;
    let is_number = (1..=6).contains(&tail.len())
        && tail.bytes().all(|b| b.is_ascii_digit())
        && !tail.starts_with('0')
        && !head.is_empty();
    if is_number || local.starts_with("welcome.") { EmailId::new(local).ok() } else { None }
}

fn is_of_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._:-".contains(c)
}

/// What begins with the value of a header, at each of the first places where its name stands, in letters of any size.
fn values<'t>(text: &'t str, name: &'static str) -> impl Iterator<Item = &'t str> {
    let starts = text.as_bytes().windows(name.len()).enumerate();
    let found = starts.filter(move |(_, it)| it.eq_ignore_ascii_case(name.as_bytes())).take(50);
    found.filter_map(move |(at, _)| {
        let rest = text.get(at + name.len()..)?;
        rest.strip_prefix(':').map_or_else(|| in_json(rest), unfolded)
    })
}

/// A value may begin on the next line, if that begins with a space.
fn unfolded(value: &str) -> Option<&str> {
    let value = value.trim_start_matches([' ', '\t']);
    let next = value.strip_prefix("\r\n").or_else(|| value.strip_prefix('\n'));
    next.map_or(Some(value), |next| {
        next.starts_with([' ', '\t']).then(|| next.trim_start_matches([' ', '\t']))
    })
}

/// `","value":"c1.3"`, or the same inside a text of JSON.
fn in_json(rest: &str) -> Option<&str> {
    let between = ['"', '\\', ':', ',', ' '];
    let rest = rest.starts_with(['"', '\\']).then(|| rest.trim_start_matches(between))?;
    Some(rest.strip_prefix("value").map_or(rest, |rest| rest.trim_start_matches(between)))
}
