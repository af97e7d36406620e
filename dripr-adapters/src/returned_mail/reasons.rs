//! What kind of failure a mail server's words tell of: the one table of codes and phrases.
//!
//! Words that excuse the mailbox go first, whatever the code: servers say 5.1.1 to senders that they do not like and to
//! mailboxes that are full. Then come the codes that mean one thing, then words that say that there is no such mailbox,
//! and last the codes that are used for everything. `NoMailbox` stops all mail to an address for good, so every doubt is
//! decided against it: a failure for a time, an answer to `MAIL FROM` (which is about the sender), and two reasons that
//! contradict each other never are one.

use dripr_core::feedback::BounceKind::{self, FullMailbox, NoMailbox, Refused, Unclear, Unreachable};

/// An enhanced status code (RFC 3463): class, subject and detail.
pub(super) type Status = (u16, u16, u16);

/// What was said of one failure.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said<'t> {
    pub(super) status: Option<Status>,
    /// The reply code of SMTP.
    pub(super) code: Option<u16>,
    pub(super) words: &'t str,
    /// Whether it answers `MAIL FROM`.
    pub(super) to_mail_from: bool,
}

/// Refused for what the email says or where it comes from. "Access denied" includes Office 365's
/// "5.4.1 Recipient address rejected: Access denied": said of unknown recipients, but also while a domain is moved.
const REFUSED: &[&str] = &[
    "access denied",
    "authentication",
    "authenticated",
    "banned",
    "black list",
    "blacklist",
    "block list",
    "blocked",
    "blocklist",
    "complaints",
    "denylist",
    "dkim",
    "dmarc",
    "dns ptr",
    "dnsbl",
    "exceeds size",
    "exceeds the maximum",
    "invalid domain name",
    "junk",
    "listed at",
    "listed in",
    "malware",
    "message size",
    "message too big",
    "message too large",
    "mismatches client ip",
    "name was rejected",
    "not accepted for policy",
    "not allowed",
    "not authorized",
    "not permitted",
    "permission",
    "phish",
    "policy",
    "prohibited",
    "ptr record",
    "rate limit",
    "relay access",
    "relaying",
    "reputation",
    "restricted",
    "reverse dns",
    "sender address",
    "sender denied",
    "sender domain",
    "sender rejected",
    "sender verify",
    "sending domain",
    "spam",
    "spf ",
    "suspicious",
    "unable to relay",
    "unsolicited",
    "virus",
];

/// Full or asleep. Disabled mailboxes are woken again.
const FULL: &[&str] = &[
    "account is locked",
    "deactivated",
    "disabled",
    "disk full",
    "dormant",
    "exceeded storage",
    "frozen",
    "inactive",
    "inbox is full",
    "insufficient storage",
    "insufficient system storage",
    "mail box full",
    "mailbox full",
    "mailbox has exceeded",
    "mailbox is full",
    "mailfolder is full",
    "not active",
    "out of storage",
    "quota",
    "receiving mail at a rate",
    "receiving mail too quickly",
    "storage space",
    "suspended",
    "temporarily over",
];

/// Not reached, or no time.
const UNREACHABLE: &[&str] = &[
    "connection refused",
    "could not be delivered for too long",
    "could not connect",
    "did not accept our requests to connect",
    "dns error",
    "domain couldn't be found",
    "graylist",
    "greylist",
    "grey-list",
    "host not found",
    "host unknown",
    "in the queue too long",
    "lost connection",
    "mail loop",
    "message expired",
    "name service error",
    "no route to",
    "not reachable",
    "operating system error",
    "retry time",
    "temporarily",
    "temporary failure",
    "timed out",
    "timeout",
    "too many hops",
    "too many received",
    "try again later",
    "unreachable",
];

/// No such mailbox.
const GONE: &[&str] = &[
    "account does not exist",
    "account doesn't exist",
    "address does not exist",
    "address doesn't exist",
    "because the address couldn't be found",
    "doesn't have a account",
    "email address you entered couldn't be found",
    // The domain says of itself that it takes no mail (RFC 7505).
    "indicated no smtp service",
    "mailbox does not exist",
    "mailbox doesn't exist",
    "mailbox not found",
    "mailbox unknown",
    "no longer exist",
    "no longer in use",
    "no longer on server",
    "no longer valid",
    "no mailbox here",
    "no such address",
    "no such mailbox",
    "no such person",
    "no such recipient",
    "no such user",
    "not a known user",
    "null mx",
    "recipient does not exist",
    "recipient doesn't exist",
    "recipient not found",
    "recipient unknown",
    "recipientnotfound",
    "recipnotfound",
    "tried to reach does not exist",
    "unknown mailbox",
    "unknown or illegal user",
    "unknown user",
    "user does not exist",
    "user doesn't exist",
    "user is unknown",
    "user not found",
    "user unknown",
];

/// The kind of one failure.
pub(super) fn kind(said: Said<'_>) -> BounceKind {
    let words = plain(said.words);
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
    let kind = if has(REFUSED) {
        Refused
    } else if has(FULL) {
        FullMailbox
    } else if has(UNREACHABLE) {
        Unreachable
    } else if let Some(kind) = said.status.and_then(by_status) {
        kind
    } else if has(GONE) {
        NoMailbox
    } else {
        said.status.and_then(by_vague_status).or(said.code.and_then(by_code)).unwrap_or(Unclear)
    };
    let class = said.status.map(|(class, ..)| class).or(said.code.map(|code| code / 100));
    match kind {
        NoMailbox | Unclear if said.to_mail_from => Refused,
        NoMailbox | Unclear if class == Some(4) => Unreachable,
        kind => kind,
    }
}

/// The kind of a mail that tells of several failures, or of one in several ways: there is no mailbox only if nothing
/// says otherwise.
pub(super) fn together(kinds: &[BounceKind]) -> BounceKind {
    let other = kinds.iter().find(|kind| !matches!(kind, NoMailbox | Unclear));
    let gone = kinds.iter().find(|kind| matches!(kind, NoMailbox));
    *other.or(gone).unwrap_or(&Unclear)
}

/// Codes that mean one thing (RFC 3463, RFC 5248 and the registry of IANA).
fn by_status(status: Status) -> Option<BounceKind> {
    Some(match status {
        // Bad mailbox; moved without a new address; no mail by the domain's own word (Office 365: not found).
        (5, 1, 1 | 6 | 10) => NoMailbox,
        // Bad domain: a name server that fails looks the same.
        (_, 1, 2) => Unreachable,
        // The sender's address.
        (_, 1, 7 | 8) => Refused,
        // Disabled, even where the words are "user unknown"; full.
        (_, 2, 1 | 2) => FullMailbox,
        (_, 2, 3) => Refused,
        (_, 3, 1) => FullMailbox,
        (_, 3, 2) => Unreachable,
        (_, 3, 3 | 4) => Refused,
        (_, 4, _) => Unreachable,
        (_, 6, _) => Refused,
        // The mailbox, or the domain, has another owner now (RFC 7293).
        (5, 7, 17 | 18) => NoMailbox,
        // 7.0 and 7.1 are said of everything; the others are policies by their names.
        (_, 7, 2..) => Refused,
        _ => return None,
    })
}

/// Codes that are said of everything: better than nothing.
fn by_vague_status(status: Status) -> Option<BounceKind> {
    match status {
        (_, 7, _) => Some(Refused),
        (4, ..) => Some(Unreachable),
        _ => None,
    }
}

/// Reply codes (RFC 5321, RFC 7504).
fn by_code(code: u16) -> Option<BounceKind> {
    match code {
        452 | 552 => Some(FullMailbox),
        400..=499 => Some(Unreachable),
        530..=538 => Some(Refused),
        556 => Some(NoMailbox),
        _ => None,
    }
}

/// An enhanced status code at the beginning of a text.
pub(super) fn status(text: &str) -> Option<Status> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut parts = text
        .get(..end)?
        .trim_end_matches('.')
        .split('.')
        .map(|part| (1..=3).contains(&part.len()).then(|| part.parse::<u16>().ok()).flatten());
    let found = (parts.next()??, parts.next()??, parts.next()??);
    (matches!(found.0, 4 | 5) && parts.next().is_none()).then_some(found)
}

/// Small letters and single spaces, without addresses, hosts and links: their names are not words.
fn plain(words: &str) -> String {
    let is_name = |word: &str| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        let has_dot = inner.as_bytes().windows(2).any(|w| w[0] == b'.' && w[1].is_ascii_alphabetic());
        word.contains('@') || word.contains("://") || has_dot && !inner.starts_with("RESOLVER.")
    };
    let kept: Vec<&str> = words.split_whitespace().filter(|word| !is_name(word)).collect();
    kept.join(" ").to_lowercase().replace('\u{2019}', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> BounceKind {
        let (code, rest) = words.split_once(' ').unwrap();
        kind(Said { status: status(rest), code: code.parse().ok(), words: rest, to_mail_from: false })
    }

    #[test]
    fn codes_are_corrected_by_words_and_doubt_never_ends_in_no_mailbox() {
        for (words, expected) in [
            ("550 5.1.1 no", NoMailbox),
            ("550 5.1.1 blocked by our spam filter, user unknown", Refused),
            ("550 5.1.1 mailbox is full", FullMailbox),
            ("550 5.1.1 inactive email address", FullMailbox),
            ("550 5.2.1 user unknown", FullMailbox),
            ("550 5.7.1 user unknown", NoMailbox),
            ("550 5.7.1 no", Refused),
            ("550 5.7.26 user unknown", Refused),
            ("550 5.4.1 Recipient address rejected: Access denied", Refused),
            ("550 5.0.0 no such user here", NoMailbox),
            ("550 5.1.0 address rejected", Unclear),
            ("550 Requested action not taken: mailbox unavailable", Unclear),
            ("450 4.1.1 user unknown", Unreachable),
            ("450 4.2.2 over quota", FullMailbox),
            ("450 4.7.1 greylisted", Unreachable),
            ("421 busy", Unreachable),
            ("552 no", FullMailbox),
            ("556 no", NoMailbox),
            ("550 see spam.example.net user-unknown@home.example", Unclear),
        ] {
            assert_eq!(of(words), expected, "{words}");
        }
        let to_mail_from = Said { status: Some((5, 1, 1)), to_mail_from: true, ..Said::default() };
        assert_eq!(kind(to_mail_from), Refused);
    }

    #[test]
    fn a_status_has_three_small_numbers() {
        assert_eq!(status("5.7.26. No"), Some((5, 7, 26)));
        assert_eq!(status("4.4.0 (other)"), Some((4, 4, 0)));
        for text in ["", "5", "5.1", "5.1.", "5.1.1.1", "2.0.0", "6.1.1", "5.1111.1", "5..1", "x5.1.1"] {
            assert_eq!(status(text), None, "{text}");
        }
    }
}
