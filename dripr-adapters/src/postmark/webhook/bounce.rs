//! What a bounce says, by Postmark's `Type`.

use dripr_core::feedback::{Bounce, BounceKind, Happening};

use super::record::Record;
use crate::said::shown;

/// Said of a bounce that says nothing itself.
const WITHOUT_WORDS: &str = "Postmark tells no reason";

/// What a bounce says.
///
/// Some are none: people who ask to be left alone, and programs that answer. Somebody who asks for mail (`Subscribe`) is
/// no consent either: Postmark guesses it from an answer's words.
pub(super) fn happening(record: &Record) -> Happening {
    let kind = match record.kind.as_deref().unwrap_or_default() {
        // Somebody at the account switched the address off, which nobody does without being asked.
        "Unsubscribe" | "ManuallyDeactivated" => return Happening::OptedOut,
        "SpamComplaint" => return Happening::Complained,
        "HardBounce" | "BadEmailAddress" => BounceKind::NoMailbox,
        "SoftBounce" => BounceKind::FullMailbox,
        "SpamNotification" | "VirusNotification" | "Blocked" | "DMARCPolicy" => BounceKind::Refused,
        "Transient" | "DnsError" => BounceKind::Unreachable,
        "AutoResponder" | "AddressChange" | "ChallengeVerification" | "Subscribe" => BounceKind::AutoReply,
        // OpenRelayTest, Unknown, Unconfirmed, SMTPApiError, InboundError, TemplateRenderingFailed, and what there was
        // not when this was written. Where Postmark gave the address up, it delivers nothing to it any more.
        _ if record.inactive == Some(true) => BounceKind::NoMailbox,
        _ => BounceKind::Unclear,
    };
    let said = record.details.as_deref().or(record.description.as_deref());
    bounced(kind, said.unwrap_or(WITHOUT_WORDS))
}

/// A bounce with what was said of it.
pub(super) fn bounced(kind: BounceKind, said: &str) -> Happening {
    Happening::Bounced(Bounce { kind, detail: shown(said) })
}
