//! Reports made for programs: delivery status (RFC 3464) and complaints (RFC 5965).

use dripr_core::{
    email::EmailAddress,
    feedback::{BounceKind, Happening},
    schedule::Instant,
};

use super::{
    instant,
    reasons::{self, Said},
};

/// More recipients than a report about one email has.
const MOST_RECIPIENTS: usize = 50;

/// The fields of a report, in blocks.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Vec<(String, String)>>);

impl Fields {
    /// Reads `Name: value` lines, of which one may go on in the next lines, and the empty lines between blocks.
    pub(super) fn of(text: &str) -> Self {
        let mut blocks: Vec<Vec<(String, String)>> = vec![Vec::new()];
        for line in text.lines().take(2_000) {
            let Some(block) = blocks.last_mut() else { break };
            if line.trim().is_empty() {
                if !block.is_empty() {
                    blocks.push(Vec::new());
                }
            } else if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = block.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(blocks)
    }

    /// The first field of a name, in any block.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|block| field(block, name))
    }

    /// When the last try at delivery was, if that is told.
    pub(super) fn last_attempt(&self) -> Option<Instant> {
        self.first("last-attempt-date").and_then(instant)
    }

    /// When the mail server that reports got the email.
    pub(super) fn arrival(&self) -> Option<Instant> {
        self.first("arrival-date").or_else(|| self.first("received-date")).and_then(instant)
    }
}

fn field<'b>(block: &'b [(String, String)], name: &str) -> Option<&'b str> {
    block.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What became of the recipients of an email.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It failed.
    Failed {
        /// How.
        kind: BounceKind,
        /// What the mail server said; empty if it is not told.
        words: String,
        /// For whom.
        recipient: Option<EmailAddress>,
    },
    /// It arrived.
    Delivered {
        /// Where.
        recipient: Option<EmailAddress>,
    },
    /// Not known yet, or not by this server: a delay, or handed on.
    Open,
}

/// The outcome that delivery-status fields tell, if they are such fields. `text` is what the report tells people, for
/// reports that say no more to programs than that it failed.
pub(super) fn outcome(fields: &Fields, text: &str) -> Option<Outcome> {
    let is_recipient = |block: &&Vec<(String, String)>| {
        let names = ["final-recipient", "original-recipient", "action", "status", "diagnostic-code"];
        names.iter().filter(|name| field(block, name).is_some()).count() >= 2
    };
    let recipients: Vec<_> = fields.0.iter().filter(is_recipient).take(MOST_RECIPIENTS).collect();
    if recipients.is_empty() {
        return None;
    }
    let mut failures = Vec::new();
    let mut delivered = None;
    for block in recipients {
        let action = field(block, "action").unwrap_or("failed").to_ascii_lowercase();
        let action = action.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        match action {
            "delayed" | "relayed" | "expanded" => {}
            "delivered" => delivered = Some(Outcome::Delivered { recipient: recipient(block) }),
            _ => failures.push(failure(block, text)),
        }
    }
    let kinds: Vec<BounceKind> = failures.iter().map(|(kind, ..)| *kind).collect();
    // An email has one recipient. Of several, the one that gives most hope stands for all.
    let chosen = failures.iter().position(|(kind, ..)| *kind != BounceKind::NoMailbox).unwrap_or(0);
    if kinds.is_empty() {
        return Some(delivered.unwrap_or(Outcome::Open));
    }
    let (kind, words, recipient) = failures.swap_remove(chosen);
    Some(Outcome::Failed { kind, words, recipient })
}

fn failure(block: &[(String, String)], text: &str) -> (BounceKind, String, Option<EmailAddress>) {
    let diagnostic = field(block, "diagnostic-code").unwrap_or_default();
    // "smtp; 550 5.1.1 ...", though some leave the type out.
    let words = match diagnostic.split_once(';') {
        Some((kind, words)) if kind.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => words,
        _ => diagnostic,
    }
    .trim();
    let told = field(block, "status").and_then(|value| reasons::status(value.trim_start()));
    let (code, said) = super::replies::codes(words);
    // 5.0.0 says nothing, and what the other server said may.
    let status = told.filter(|(_, subject, detail)| (*subject, *detail) != (0, 0)).or(said).or(told);
    let spoken = if words.is_empty() { text } else { words };
    let to_mail_from = super::replies::is_to_mail_from(spoken);
    let kind = reasons::kind(Said { status, code, words: spoken, to_mail_from });
    (kind, words.to_owned(), recipient(block))
}

/// The address as it was written on the email, rather than where it was forwarded to.
fn recipient(block: &[(String, String)]) -> Option<EmailAddress> {
    let names = ["original-recipient", "final-recipient"];
    names.iter().find_map(|name| address(field(block, name)?))
}

/// An address from `rfc822; kim@home.example`, `<kim@home.example>` or the address alone.
pub(super) fn address(value: &str) -> Option<EmailAddress> {
    let value = value.split_once(';').map_or(value, |(_, value)| value);
    value.trim().trim_start_matches('<').trim_end_matches('>').parse().ok()
}

/// What a complaint comes to; `None` for reports that are not the recipient's, such as failed authentication, viruses
/// and "not spam".
pub(super) fn complaint(fields: &Fields) -> Option<Happening> {
    match fields.first("feedback-type")?.to_ascii_lowercase().as_str() {
        "abuse" | "fraud" => Some(Happening::Complained),
        "opt-out" | "opt-out-list" => Some(Happening::OptedOut),
        _ => None,
    }
}
