//! DKIM (RFC 6376, RFC 8301): the keys that signatures are checked with.

use base64::{Engine, engine::GeneralPurpose, engine::general_purpose};

use super::{
    Question, der,
    domain::{MailDomain, Selector},
    finding::{Finding, Record, State},
    quoted::quoted,
    sender::Sender,
    spf::Holds,
    tags::Tags,
};

/// Some leave out the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// A selector to ask for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) selector: Selector,
    /// Whether somebody said that it must be there.
    pub(super) given: bool,
}

/// What is at the name of a key.
#[derive(Debug)]
pub(super) struct KeyAnswer {
    pub(super) asked: Asked,
    pub(super) name: String,
    /// The texts there, or why nobody knows.
    pub(super) texts: Result<Vec<String>, String>,
    /// Where the name leads, if there are no texts.
    pub(super) leads_to: Option<String>,
}

/// What was given, and what senders use if nobody chose another.
pub(super) fn asked(question: &Question) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    let given = question.selectors.iter().cloned().map(|selector| Asked { selector, given: true });
    let usual = question.senders.iter().flat_map(Sender::usual_selectors);
    for one in given.chain(usual.map(|selector| Asked { selector, given: false })) {
        if !asked.iter().any(|known| known.selector == one.selector) {
            asked.push(one);
        }
    }
    asked
}

/// A key as it stands.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Usable { what: String, better: Option<&'static str> },
    Unusable { why: String, to_do: &'static str },
    Absent,
    Unanswered(String),
}

fn key(answer: &KeyAnswer) -> Key {
    let unusable = |why: String, to_do| Key::Unusable { why, to_do };
    const AGAIN: &str = "publish the key again, exactly as the sender shows it";
    let texts = match &answer.texts {
        Ok(texts) => texts,
        Err(why) => return Key::Unanswered(why.clone()),
    };
    let text = match (texts.as_slice(), &answer.leads_to) {
        ([], Some(target)) => {
            let why = format!("it is a CNAME to {}, where there is no key", quoted(target));
            return unusable(
                why,
                "see whether the CNAME is spelled right; if it is, the sender has taken the key away",
            );
        }
        ([], None) => return Key::Absent,
        ([text], _) => text,
        (several, _) => {
            let why = format!("there are {} TXT records, and receivers may use any of them", several.len());
            return unusable(why, "leave the one that the sender shows");
        }
    };
    let tags = match Tags::read(text) {
        Ok(tags) => tags,
        Err(why) => return unusable(format!("{}: {why}", quoted(text)), AGAIN),
    };
    if let Some(version) = tags.get("v")
        && (version != "DKIM1" || tags.first() != Some(("v", version)))
    {
        return unusable(format!("{} does not begin with v=DKIM1", quoted(text)), AGAIN);
    }
    let Some(p) = tags.get("p") else {
        return unusable(format!("{} has no key: there is no p=", quoted(text)), AGAIN);
    };
    if p.is_empty() {
        return unusable("the key is revoked: its p= is empty".to_owned(), "have the sender make a new key");
    }
    let list = |tag: &str, usual: &'static str| tags.get(tag).unwrap_or(usual).split(':').map(str::trim);
    if tags.get("h").is_some() && !list("h", "").any(|hash| hash == "sha256") {
        return unusable(
            "it does not allow sha256 (h=)".to_owned(),
            "take h= out of it, or have it say h=sha256",
        );
    }
    if !list("s", "*").any(|service| service == "*" || service == "email") {
        return unusable("it is not for email (s=)".to_owned(), "take s= out of it");
    }
    // White space may stand inside.
    let compact: String = p.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let Ok(bytes) = BASE64.decode(compact) else {
        return unusable("the key is damaged: its p= is not Base64".to_owned(), AGAIN);
    };
    let testing = list("t", "").any(|flag| flag == "y");
    let (what, better) = match tags.get("k").unwrap_or("rsa") {
        "rsa" => match der::rsa_bits(&bytes) {
            None => {
                return unusable("the key is damaged: its p= is cut off or not an RSA key".to_owned(), AGAIN);
            }
            Some(bits @ 0..1024) => {
                let why = format!("the key has {bits} bits, and receivers take none with less than 1024");
                return unusable(why, "have the sender make a key of 2048 bits");
            }
            Some(bits @ 1024..2048) => (
                format!("an RSA key of {bits} bits"),
                Some("where the sender makes keys of 2048 bits, take one"),
            ),
            Some(bits) => (format!("an RSA key of {bits} bits"), None),
        },
        "ed25519" if bytes.len() == 32 => (
            "an Ed25519 key".to_owned(),
            Some("sign with an RSA key as well: many receivers cannot check this kind"),
        ),
        "ed25519" => return unusable("the key is damaged: an Ed25519 key has 32 bytes".to_owned(), AGAIN),
        other => {
            return unusable(format!("its kind of key, {}, is known to nobody", quoted(other)), AGAIN);
        }
    };
    if testing {
        let what = format!("{what}, in testing: receivers may treat signed mail as if it were not signed");
        return Key::Usable { what, better: Some("take t=y out of it when mail is signed") };
    }
    Key::Usable { what, better }
}

/// Whether a sender has a key to sign with for the domain.
pub(super) fn signs(sender: &Sender, keys: &[KeyAnswer]) -> Holds {
    let theirs = keys.iter().filter(|answer| sender.may_sign_with(&answer.asked.selector));
    let mut holds = Holds::No;
    let mut any_asked = false;
    for answer in theirs {
        any_asked = true;
        match key(answer) {
            Key::Usable { .. } => return Holds::Yes,
            Key::Unanswered(_) => holds = Holds::Unknown,
            Key::Unusable { .. } | Key::Absent => {}
        }
    }
    if any_asked { holds } else { Holds::Unknown }
}

/// What there is to say of a domain's keys.
pub(super) fn judge(domain: &MailDomain, senders: &[Sender], keys: &[KeyAnswer]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for answer in keys {
        let finding = |state, says: String| Finding::new(Record::Dkim, &answer.name, state, says);
        findings.extend(match key(answer) {
            Key::Usable { what, better: None } => Some(finding(State::Good, what)),
            Key::Usable { what, better: Some(better) } => Some(finding(State::Note, what).advising(better)),
            Key::Unusable { why, to_do } => Some(finding(State::Wrong, why).advising(to_do)),
            Key::Absent if answer.asked.given => Some(
                finding(State::Missing, "there is none".to_owned())
                    .advising("publish the TXT or CNAME record that the sender shows, or give the selector that it uses"),
            ),
            // One that is only usual may be another; what follows is said below.
            Key::Absent => None,
            Key::Unanswered(why) => Some(Finding::unanswered(Record::Dkim, &answer.name, &why)),
        });
    }
    for sender in senders {
        let theirs: Vec<_> = keys.iter().filter(|key| sender.may_sign_with(&key.asked.selector)).collect();
        let name = domain.below("_domainkey");
        if theirs.is_empty() {
            let example = if *sender == Sender::Postmark { ", a date and pm," } else { "" };
            let says =
                format!("which selector{example} {} signs with cannot be known from outside", sender.name());
            findings.push(
                Finding::new(Record::Dkim, name, State::Unknown, says)
                    .advising(format!("give it with --selector; it stands {}", sender.where_keys_are())),
            );
        } else if theirs.iter().all(|answer| !answer.asked.given && key(answer) == Key::Absent) {
            let usual: Vec<_> = theirs.iter().map(|answer| answer.asked.selector.as_str()).collect();
            let says = format!("there is no key of {} at {}", sender.name(), usual.join(" or "));
            findings.push(Finding::new(Record::Dkim, name, State::Missing, says).advising(format!(
                "make one {}; if it has another selector, give that with --selector",
                sender.where_keys_are()
            )));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns_records::der::tests::key as rsa;

    fn answer(selector: &str, given: bool, texts: &[&str]) -> KeyAnswer {
        KeyAnswer {
            asked: Asked { selector: selector.parse().unwrap(), given },
            name: format!("{selector}._domainkey.agent.example"),
            texts: Ok(texts.iter().map(|text| (*text).to_owned()).collect()),
            leads_to: None,
        }
    }

    fn text(bits: usize) -> String {
        format!("v=DKIM1; k=rsa; p={}", general_purpose::STANDARD.encode(rsa(bits)))
    }

    fn states(sender: Sender, keys: &[KeyAnswer]) -> Vec<State> {
        let domain = "agent.example".parse().unwrap();
        judge(&domain, &[sender], keys).into_iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn keys_are_judged_by_kind_and_length() {
        let p = general_purpose::STANDARD.encode(rsa(2048));
        let ed = general_purpose::STANDARD.encode([7; 32]);
        let table = [
            (text(2048), State::Good),
            (text(4096), State::Good),
            (format!("p={p}"), State::Good),
            (format!("p={}", p.trim_end_matches('=')), State::Good),
            (format!("v=DKIM1; h=sha1:sha256; s=email; t=s; p={} {}", &p[..100], &p[100..]), State::Good),
            (text(1024), State::Note),
            (format!("v=DKIM1; t=y; p={p}"), State::Note),
            (format!("v=DKIM1; k=ed25519; p={ed}"), State::Note),
            (text(1023), State::Wrong),
            (text(512), State::Wrong),
            ("v=DKIM1; p=".to_owned(), State::Wrong),
            ("v=DKIM1; k=rsa".to_owned(), State::Wrong),
            (format!("p={p}; v=DKIM1"), State::Wrong),
            (format!("v=DKIM2; p={p}"), State::Wrong),
            (format!("v=DKIM1; p={}", &p[..200]), State::Wrong),
            (format!("v=DKIM1; p={p}!"), State::Wrong),
            (format!("v=DKIM1; h=sha1; p={p}"), State::Wrong),
            (format!("v=DKIM1; s=tlsrpt; p={p}"), State::Wrong),
            (format!("v=DKIM1; k=dsa; p={p}"), State::Wrong),
            (format!("v=DKIM1; k=ed25519; p={p}"), State::Wrong),
            ("hello".to_owned(), State::Wrong),
            (String::new(), State::Wrong),
        ];
        for (text, state) in table {
            assert_eq!(states(Sender::Google, &[answer("google", false, &[&text])]), [state], "{text}");
        }
    }

    #[test]
    fn a_usual_selector_may_be_absent_if_another_was_given() {
        let good = text(2048);
        assert_eq!(states(Sender::Google, &[answer("google", false, &[])]), [State::Missing]);
        assert_eq!(
            states(Sender::Google, &[answer("s1", true, &[&good]), answer("google", false, &[])]),
            [State::Good]
        );
        assert_eq!(
            states(Sender::Google, &[answer("s1", true, &[]), answer("google", false, &[&good])]),
            [State::Missing, State::Good]
        );
    }

    #[test]
    fn postmarks_selector_has_to_be_given() {
        assert_eq!(states(Sender::Postmark, &[]), [State::Unknown]);
        let key = [answer("20260101000000pm", true, &[&text(1024)])];
        assert_eq!(states(Sender::Postmark, &key), [State::Note]);
        assert_eq!(signs(&Sender::Postmark, &key), Holds::Yes);
        assert_eq!(signs(&Sender::Postmark, &[answer("20260101000000pm", true, &[])]), Holds::No);
        assert_eq!(signs(&Sender::Postmark, &[]), Holds::Unknown);
    }

    #[test]
    fn two_records_and_a_cname_to_nothing_are_wrong() {
        let good = text(2048);
        assert_eq!(states(Sender::Google, &[answer("google", false, &[&good, &good])]), [State::Wrong]);
        let mut lost = answer("google", false, &[]);
        lost.leads_to = Some("gone.example".to_owned());
        assert_eq!(states(Sender::Google, &[lost]), [State::Wrong]);
    }

    #[test]
    fn no_answer_is_not_absence() {
        let mut unanswered = answer("google", false, &[]);
        unanswered.texts = Err("timed out".to_owned());
        assert_eq!(signs(&Sender::Google, std::slice::from_ref(&unanswered)), Holds::Unknown);
        assert_eq!(states(Sender::Google, &[unanswered]), [State::Unknown]);
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,300}", tags in "[a-z]=[ -~]{0,40}(; ?[a-z]=[ -~]{0,40}){0,5}") {
            for text in [text, tags.clone(), format!("v=DKIM1; {tags}")] {
                prop_assert_eq!(states(Sender::Google, &[answer("google", true, &[&text])]).len(), 1);
            }
        }
    }
}
