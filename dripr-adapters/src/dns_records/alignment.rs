//! Alignment (RFC 7489, section 3.1): whether what passes SPF or DKIM is the domain of the From address. One of both is
//! enough for DMARC.

use super::{
    dkim::{self, KeyAnswer},
    dmarc::Policy,
    domain::MailDomain,
    finding::{Finding, Record, State},
    return_path,
    sender::Sender,
    spf::{self, Holds, Tree},
};

/// What was found of a domain.
pub(super) struct Facts<'a> {
    pub(super) domain: &'a MailDomain,
    pub(super) senders: &'a [Sender],
    pub(super) spf: &'a Tree,
    pub(super) return_path: Option<&'a Result<Option<String>, String>>,
    pub(super) keys: &'a [KeyAnswer],
    pub(super) policy: &'a Policy,
}

/// A sentence for each sender.
pub(super) fn judge(facts: &Facts<'_>) -> Vec<Finding> {
    facts.senders.iter().map(|sender| of_sender(facts, sender)).collect()
}

fn of_sender(facts: &Facts<'_>, sender: &Sender) -> Finding {
    let (spf, spf_says) = by_spf(facts, sender);
    let (dkim, dkim_says) = by_dkim(facts, sender);
    let (state, so) = match (spf, dkim) {
        (Holds::Yes, Holds::Yes) => (State::Good, "DMARC passes by both"),
        (Holds::Yes, _) => (State::Good, "DMARC passes by SPF"),
        (_, Holds::Yes) => (State::Good, "DMARC passes by DKIM"),
        (Holds::No, Holds::No) => (State::Wrong, "DMARC fails"),
        (Holds::Unknown, _) | (_, Holds::Unknown) => (State::Unknown, "whether DMARC passes cannot be told"),
    };
    let says = format!("{}: {spf_says}; {dkim_says}; so {so}", sender.name());
    let finding = Finding::new(Record::Alignment, facts.domain.as_str(), state, says);
    match state {
        State::Wrong => {
            finding.advising("mend DKIM or SPF as said above; DKIM is the one that survives forwarding")
        }
        _ => finding,
    }
}

fn by_spf(facts: &Facts<'_>, sender: &Sender) -> (Holds, String) {
    let domain = facts.domain;
    let strict = matches!(facts.policy, Policy::Record { strict_spf: true, .. });
    if let (Sender::Postmark, Some(answer)) = (sender, facts.return_path) {
        let name = return_path::name(domain);
        return match return_path::holds(answer) {
            Holds::Yes if strict => {
                (Holds::No, format!("SPF passes for {name}, which is not {domain} itself, as aspf=s demands"))
            }
            Holds::Yes => (Holds::Yes, format!("SPF passes for {name}, which lies in {domain}")),
            Holds::No => (Holds::No, "SPF passes for Postmark's own domain only".to_owned()),
            Holds::Unknown => (Holds::Unknown, format!("where {name} leads could not be looked up")),
        };
    }
    // Mail bounces to the From address itself, so that even strict alignment is given.
    let holds = spf::passes(facts.spf, sender);
    let says = match holds {
        Holds::Yes => format!("SPF passes for {domain}, where bounces go"),
        Holds::No => format!("SPF does not pass for {domain}"),
        Holds::Unknown => format!("whether SPF passes for {domain} cannot be told"),
    };
    (holds, says)
}

fn by_dkim(facts: &Facts<'_>, sender: &Sender) -> (Holds, String) {
    let domain = facts.domain;
    let holds = dkim::signs(sender, facts.keys);
    let says = match (holds, sender) {
        (Holds::Yes, _) => format!("DKIM has a key for signatures with d={domain}"),
        (Holds::No, Sender::Google) => {
            "DKIM has no key, and what Google signs with instead, gappssmtp.com, is another domain".to_owned()
        }
        (Holds::No, Sender::Microsoft) => {
            "DKIM has no key, and what Microsoft signs with instead, onmicrosoft.com, is another domain"
                .to_owned()
        }
        (Holds::No, _) => format!("DKIM has no key for signatures with d={domain}"),
        (Holds::Unknown, _) => "whether DKIM has a key cannot be told".to_owned(),
    };
    (holds, says)
}
