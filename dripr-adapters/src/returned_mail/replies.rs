//! Replies of mail servers, found in texts for people.

use dripr_core::feedback::BounceKind;

use super::reasons::{self, Said, Status};

/// More replies than a bounce repeats.
const MOST_REPLIES: usize = 64;

/// The first reply code and the first enhanced status code of a text.
pub(super) fn codes(text: &str) -> (Option<u16>, Option<Status>) {
    let found: Vec<Code> = found(text).map(|(_, code)| code).collect();
    let reply = found.iter().find_map(|code| if let Code::Reply(code) = code { Some(*code) } else { None });
    let status = found.iter().find_map(|code| if let Code::Status(it) = code { Some(*it) } else { None });
    (reply, status)
}

/// Whether what is said answers `MAIL FROM`: it is about the sender then.
pub(super) fn is_to_mail_from(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    text.contains("after mail from") || text.contains("in reply to mail from")
}

/// The kind of failure that a text for people tells of, and the words that say it best.
pub(super) fn judged(text: &str) -> (BounceKind, &str) {
    let to_mail_from = is_to_mail_from(text);
    let judged: Vec<(BounceKind, &str)> = replies(text)
        .into_iter()
        .map(|(code, status, words)| (reasons::kind(Said { status, code, words, to_mail_from }), words))
        .collect();
    let kinds: Vec<BounceKind> = judged.iter().map(|(kind, _)| *kind).collect();
    let kind = reasons::together(&kinds);
    let by_code = judged.iter().skip(1).find(|(known, _)| *known == kind);
    let words = by_code.or(judged.first()).map_or("", |(_, words)| *words);
    (kind, words)
}

/// What stands before the first code, and then each code with its words.
fn replies(text: &str) -> Vec<(Option<u16>, Option<Status>, &str)> {
    let mut replies = Vec::new();
    let (mut start, mut code, mut status, mut last) = (0, None, None, 0);
    for (at, found) in found(text).take(MOST_REPLIES) {
        // "550 5.1.1" is one reply.
        let goes_on = at.saturating_sub(last) <= 5 && code.is_some() && status.is_none();
        match found {
            Code::Status(found) if goes_on => status = Some(found),
            found => {
                replies.push((code, status, text.get(start..at).unwrap_or_default()));
                start = at;
                (code, status) = match found {
                    Code::Reply(found) => (Some(found), None),
                    Code::Status(found) => (None, Some(found)),
                };
            }
        }
        last = at;
    }
    replies.push((code, status, text.get(start..).unwrap_or_default()));
    replies
}

#[derive(Debug, Clone, Copy)]
enum Code {
    Reply(u16),
    Status(Status),
}

/// The codes in a text: numbers of three digits, and three numbers with points, that stand alone.
fn found(text: &str) -> impl Iterator<Item = (usize, Code)> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|word| !word.is_empty());
    words.filter_map(move |word| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let word = word.trim_end_matches('.');
        let is_reply =
            word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|b| b.is_ascii_digit());
        if is_reply {
            return word.parse().ok().map(|code| (at, Code::Reply(code)));
        }
        let is_number = word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        reasons::status(word).filter(|_| is_number).map(|status| (at, Code::Status(status)))
    })
}
