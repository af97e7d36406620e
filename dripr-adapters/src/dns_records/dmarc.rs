//! DMARC (RFC 7489): what receivers shall do with mail that neither SPF nor DKIM speaks for.

use super::{
    domain::MailDomain,
    finding::{Finding, Record, State},
    quoted::quoted,
    tags::Tags,
};

/// How many names are asked for at most.
pub(super) const MOST_NAMES: usize = 8;

/// What is at one of the names at which a record may be, and whose domain it is.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) domain: String,
    /// The texts there, or why nobody knows.
    pub(super) texts: Result<Vec<String>, String>,
}

/// The domains whose record counts, in the order in which they are asked: the domain's own, then its parents, up to the
/// organisation's. Where a public suffix begins is not looked up in a list; what has one dot is asked last.
pub(super) fn domains(domain: &MailDomain) -> Vec<&str> {
    let parents: Vec<_> = domain.parents().collect();
    let far = parents.len().saturating_sub(MOST_NAMES - 1);
    std::iter::once(domain.as_str()).chain(parents.into_iter().skip(far)).collect()
}

/// Whether a TXT record is meant as DMARC.
pub(super) fn is_record(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    first.split_once('=').is_some_and(|(name, value)| name.trim() == "v" && value.trim() == "DMARC1")
}

/// What a record asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handling {
    None,
    Quarantine,
    Reject,
}

impl Handling {
    fn read(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "quarantine" => Some(Self::Quarantine),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }
}

/// The record that counts.
#[derive(Debug)]
pub(super) enum Policy {
    Record {
        /// Whose it is.
        domain: String,
        text: String,
        handling: Handling,
        reports: bool,
        /// Whether SPF has to pass for the domain itself, and not only for one below it. What DKIM signs with is the domain
        /// itself, so that strictness there changes nothing.
        strict_spf: bool,
    },
    Nothing {
        attempt: Option<String>,
    },
    Unusable {
        domain: String,
        why: String,
    },
    Unanswered {
        domain: String,
        why: String,
    },
}

/// The record that counts, of answers in the order of [`domains`].
pub(super) fn policy(answers: &[Answer]) -> Policy {
    let mut attempt = None;
    for (at, Answer { domain, texts }) in answers.iter().enumerate() {
        let domain = domain.clone();
        let texts = match texts {
            Ok(texts) => texts,
            Err(why) => return Policy::Unanswered { domain, why: why.clone() },
        };
        let records: Vec<_> = texts.iter().filter(|text| is_record(text)).collect();
        match records.as_slice() {
            [] => attempt = attempt.or_else(|| texts.first().cloned()),
            [text] => return read(domain, text, at > 0),
            several => {
                let why = format!("there are {} DMARC records, and receivers then use none", several.len());
                return Policy::Unusable { domain, why };
            }
        }
    }
    Policy::Nothing { attempt }
}

fn read(domain: String, text: &str, of_parent: bool) -> Policy {
    let tags = match Tags::read(text) {
        Ok(tags) => tags,
        Err(why) => return Policy::Unusable { domain, why: format!("{}: {why}", quoted(text)) },
    };
    let named = tags.get("sp").filter(|_| of_parent).or(tags.get("p"));
    let Some(handling) = named.and_then(Handling::read) else {
        let why = format!("{} has no p=none, p=quarantine or p=reject", quoted(text));
        return Policy::Unusable { domain, why };
    };
    let is_mailto = |uri: &str| {
        let uri = uri.trim();
        uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) && uri.contains('@')
    };
    Policy::Record {
        domain,
        handling,
        reports: tags.get("rua").is_some_and(|uris| uris.split(',').any(is_mailto)),
        strict_spf: tags.get("aspf").is_some_and(|value| value.eq_ignore_ascii_case("s")),
        text: text.to_owned(),
    }
}

/// What there is to say of it.
pub(super) fn judge(domain: &MailDomain, answers: &[Answer], policy: &Policy) -> Vec<Finding> {
    let at = |domain: &str| format!("_dmarc.{domain}");
    let publish = format!(
        "publish a TXT record at {}: \"v=DMARC1; p=none; rua=mailto:ADDRESS\", with an address that reads reports",
        at(domain.as_str())
    );
    match policy {
        Policy::Unanswered { domain, why } => vec![Finding::unanswered(Record::Dmarc, at(domain), why)],
        Policy::Unusable { domain, why } => {
            vec![
                Finding::new(Record::Dmarc, at(domain), State::Wrong, why)
                    .advising("leave one record: \"v=DMARC1; p=none; rua=mailto:ADDRESS\""),
            ]
        }
        Policy::Nothing { attempt } => {
            let above = if answers.len() > 1 { ", and none above it" } else { "" };
            let says = match attempt {
                Some(attempt) => format!("there is none{above}; {} is not read as one", quoted(attempt)),
                None => format!("there is none{above}"),
            };
            vec![Finding::new(Record::Dmarc, at(domain.as_str()), State::Missing, says).advising(publish)]
        }
        Policy::Record { domain: owner, text, handling, reports, .. } => {
            let name = at(owner);
            let above = if owner == domain.as_str() { "" } else { ", which counts for all below it" };
            let says = format!("{}{above}", quoted(text));
            let mut findings = vec![match handling {
                Handling::None => Finding::new(
                    Record::Dmarc,
                    &name,
                    State::Note,
                    format!("{says}: enough for Gmail's and Yahoo's rules, and stops nobody who pretends to be the domain"),
                )
                .advising("when reports show that all mail of yours passes, go on to p=quarantine"),
                Handling::Quarantine | Handling::Reject => Finding::new(Record::Dmarc, &name, State::Good, says),
            }];
            if !reports {
                findings.push(
                    Finding::new(Record::Dmarc, name, State::Note, "nobody gets receivers' reports: it has no rua=mailto:")
                        .advising("add rua=mailto:ADDRESS to it; an address in another domain needs that domain's leave"),
                );
            }
            findings
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(domain: &str, texts: &[&str]) -> Answer {
        Answer { domain: domain.to_owned(), texts: Ok(texts.iter().map(|text| (*text).to_owned()).collect()) }
    }

    fn states(domain: &str, answers: &[Answer]) -> Vec<State> {
        let findings = judge(&domain.parse().unwrap(), answers, &policy(answers));
        findings.into_iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn records_are_judged() {
        let table: [(&[&str], &[State]); 13] = [
            (&["v=DMARC1; p=reject; rua=mailto:d@agent.example"], &[State::Good]),
            (&["v=DMARC1;p=Quarantine;rua=MAILTO:d@agent.example!10m,https://x.example"], &[State::Good]),
            (&["v = DMARC1 ; p = none ; rua=mailto:d@agent.example"], &[State::Note]),
            (&["v=DMARC1; p=none"], &[State::Note, State::Note]),
            (&["v=DMARC1; p=reject; rua=https://x.example"], &[State::Good, State::Note]),
            (&["v=DMARC1; rua=mailto:d@agent.example"], &[State::Wrong]),
            (&["v=DMARC1; p=strict"], &[State::Wrong]),
            (&["v=DMARC1; p=none; p=reject"], &[State::Wrong]),
            (&["v=DMARC1; p=none", "v=DMARC1; p=reject"], &[State::Wrong]),
            (&["v=spf1 -all", "v=DMARC1; p=reject; rua=mailto:d@agent.example"], &[State::Good]),
            (&["p=none; v=DMARC1"], &[State::Missing]),
            (&["v=dmarc1; p=none"], &[State::Missing]),
            (&[], &[State::Missing]),
        ];
        for (texts, expected) in table {
            assert_eq!(states("agent.example", &[answer("agent.example", texts)]), expected, "{texts:?}");
        }
    }

    #[test]
    fn a_parents_record_counts_with_its_own_words_for_subdomains() {
        let parent = "v=DMARC1; p=reject; sp=none; rua=mailto:d@agent.example";
        let answers = [answer("mail.agent.example", &[]), answer("agent.example", &[parent])];
        assert_eq!(states("mail.agent.example", &answers), [State::Note], "sp= is what counts");
        assert_eq!(states("agent.example", &answers[1..]), [State::Good], "p= is what counts");
    }

    #[test]
    fn no_answer_is_not_absence_and_ends_the_search() {
        let unanswered =
            Answer { domain: "mail.agent.example".to_owned(), texts: Err("timed out".to_owned()) };
        let answers = [unanswered, answer("agent.example", &["v=DMARC1; p=reject"])];
        assert_eq!(states("mail.agent.example", &answers), [State::Unknown]);
    }

    #[test]
    fn parents_are_asked_eight_times_at_most() {
        let deep: MailDomain = format!("{}agent.example", "a.".repeat(80)).parse().unwrap();
        let asked = domains(&deep);
        assert_eq!(asked.len(), MOST_NAMES);
        assert_eq!((asked[0], asked[7]), (deep.as_str(), "agent.example"));
        assert_eq!(domains(&"agent.example".parse().unwrap()), ["agent.example"]);
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,200}", tags in "([a-z]{1,5}=[ -~]{0,20}; ?){0,6}") {
            for text in [text, format!("v=DMARC1; {tags}")] {
                prop_assert!(!states("agent.example", &[answer("agent.example", &[&text])]).is_empty());
            }
        }
    }
}
