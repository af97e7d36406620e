//! SPF (RFC 7208): who may send mail that bounces to a domain.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    domain::is_name,
    finding::{Finding, Record, State},
    quoted::quoted,
    sender::Sender,
};

/// How many terms may ask DNS, includes of includes counted (section 4.6.4).
pub(super) const MOST_LOOK_UPS: usize = 10;

/// What `all` does with everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// A part of a record, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// Everybody else.
    All(Qualifier),
    /// Another record is asked.
    Include(String),
    /// Another record takes this one's place.
    Redirect(String),
    /// DNS is asked for something else.
    Asks,
    /// Nobody is asked.
    Free,
}

impl Term {
    fn asks(&self) -> bool {
        matches!(self, Self::Include(_) | Self::Redirect(_) | Self::Asks)
    }
}

/// Whether a TXT record is meant as SPF (section 4.5).
pub(super) fn is_record(text: &str) -> bool {
    let version = text.split(' ').next().unwrap_or_default();
    version.eq_ignore_ascii_case("v=spf1")
}

/// Reads a record. Terms after `all` are never looked at, and a redirect beside it neither.
///
/// # Errors
/// Why receivers give up on it, which they do on any slip (section 4.6).
pub(super) fn read(text: &str) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    let mut redirect = None;
    for word in text.split(' ').skip(1).filter(|word| !word.is_empty()) {
        match term(word)? {
            Term::Redirect(_) if redirect.is_some() => return Err("redirect= is there twice".to_owned()),
            term @ Term::Redirect(_) => redirect = Some(term),
            term => terms.push(term),
        }
    }
    match terms.iter().position(|term| matches!(term, Term::All(_))) {
        Some(all) => terms.truncate(all + 1),
        None => terms.extend(redirect),
    }
    Ok(terms)
}

fn term(word: &str) -> Result<Term, String> {
    let unknown = || Err(format!("{} is nothing that SPF knows", quoted(word)));
    if let Some((name, value)) = word.split_once('=')
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && name.as_bytes()[0].is_ascii_alphabetic()
    {
        return match name.to_ascii_lowercase().as_str() {
            "redirect" => Ok(Term::Redirect(target(word, value)?)),
            _ => Ok(Term::Free),
        };
    }
    let (qualifier, mechanism) = match word.as_bytes().first() {
        Some(b'+') => (Qualifier::Pass, &word[1..]),
        Some(b'-') => (Qualifier::Fail, &word[1..]),
        Some(b'~') => (Qualifier::SoftFail, &word[1..]),
        Some(b'?') => (Qualifier::Neutral, &word[1..]),
        _ => (Qualifier::Pass, word),
    };
    let name = mechanism.split([':', '/']).next().unwrap_or_default();
    let rest = &mechanism[name.len()..];
    let value = rest.strip_prefix(':');
    match (name.to_ascii_lowercase().as_str(), value) {
        ("all", _) if rest.is_empty() => Ok(Term::All(qualifier)),
        ("include", Some(value)) => Ok(Term::Include(target(word, value)?)),
        ("exists", Some(value)) if !value.is_empty() => Ok(Term::Asks),
        ("a" | "mx", Some(value)) if !value.is_empty() && !value.starts_with('/') => Ok(Term::Asks),
        ("a" | "mx", None) => Ok(Term::Asks),
        ("ptr", Some(value)) if !value.is_empty() => Ok(Term::Asks),
        ("ptr", None) if rest.is_empty() => Ok(Term::Asks),
        ("ip4", Some(value)) if is_network(value, 32, |ip| ip.parse::<Ipv4Addr>().is_ok()) => Ok(Term::Free),
        ("ip6", Some(value)) if is_network(value, 128, |ip| ip.parse::<Ipv6Addr>().is_ok()) => Ok(Term::Free),
        ("ip4" | "ip6", _) => Err(format!("{} names no network", quoted(word))),
        ("include" | "exists", _) => Err(format!("{} names no domain", quoted(word))),
        _ => unknown(),
    }
}

fn is_network(text: &str, widest: u8, is_address: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        Some((ip, bits)) => is_address(ip) && bits.parse::<u8>().is_ok_and(|bits| bits <= widest),
        None => is_address(text),
    }
}

/// The domain of an include or a redirect: a name, or a macro that only a receiver can fill in.
fn target(word: &str, value: &str) -> Result<String, String> {
    let name = value.strip_suffix('.').unwrap_or(value);
    let is_macro = name.contains('%') && name.bytes().all(|b| b.is_ascii_graphic());
    if is_name(name) || is_macro {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(format!("{} names no domain", quoted(word)))
    }
}

/// A domain's record, and those that it refers to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) domain: String,
    pub(super) found: Found,
}

/// What is at a domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record; below it what its includes and its redirect refer to, in their order.
    Record { text: String, terms: Vec<Term>, below: Vec<Tree> },
    /// None, and something that looks like an attempt.
    Nothing { attempt: Option<String> },
    /// More than one, which counts as none that can be used (section 4.5).
    Several(usize),
    /// One that cannot be read.
    Unreadable { text: String, why: String },
    /// Nobody answered.
    Unanswered(String),
    /// It refers to one that it was reached from.
    Circle,
    /// Only a receiver can tell which domain it is.
    Macro,
    /// There are enough look-ups already, or a question before it got no answer.
    NotFollowed,
}

impl Tree {
    fn below(&self) -> &[Tree] {
        match &self.found {
            Found::Record { below, .. } => below,
            _ => &[],
        }
    }

    /// How many terms ask DNS, as far as was followed.
    fn look_ups(&self) -> usize {
        let own = match &self.found {
            Found::Record { terms, .. } => terms.iter().filter(|term| term.asks()).count(),
            _ => 0,
        };
        own + self.below().iter().map(Self::look_ups).sum::<usize>()
    }

    /// Why receivers give up on the record (`permerror`).
    fn fault(&self) -> Option<String> {
        let look_ups = self.look_ups();
        self.below().iter().find_map(Self::fault_of_another).or_else(|| {
            (look_ups > MOST_LOOK_UPS).then(|| {
                format!("it costs more than {MOST_LOOK_UPS} DNS look-ups, includes of includes counted")
            })
        })
    }

    fn fault_of_another(&self) -> Option<String> {
        let domain = &self.domain;
        match &self.found {
            Found::Nothing { .. } => Some(format!("it refers to {domain}, which has no SPF record")),
            Found::Several(count) => Some(format!("it refers to {domain}, which has {count} SPF records")),
            Found::Unreadable { why, .. } => Some(format!("it refers to {domain}, where {why}")),
            Found::Circle => Some(format!("it refers to {domain} in a circle")),
            Found::Record { below, .. } => below.iter().find_map(Self::fault_of_another),
            Found::Unanswered(_) | Found::Macro | Found::NotFollowed => None,
        }
    }

    fn unanswered(&self) -> Option<(&str, &str)> {
        match &self.found {
            Found::Unanswered(why) => Some((&self.domain, why)),
            _ => self.below().iter().find_map(Self::unanswered),
        }
    }

    /// What is done with everybody else; nothing if no record says it.
    fn all(&self) -> Option<Qualifier> {
        let Found::Record { terms, below, .. } = &self.found else { return None };
        match terms.last()? {
            Term::All(qualifier) => Some(*qualifier),
            // A redirect is the last term, and so the last tree below.
            Term::Redirect(_) => below.last()?.all(),
            _ => None,
        }
    }

    fn includes(&self, wanted: &str) -> bool {
        self.below().iter().any(|tree| tree.domain == wanted || tree.includes(wanted))
    }
}

/// Whether something holds, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    Unknown,
}

/// Whether mail that a sender sends with the domain as its Return-Path passes.
pub(super) fn passes(tree: &Tree, sender: &Sender) -> Holds {
    if tree.fault().is_some() {
        return Holds::No;
    }
    if tree.unanswered().is_some() {
        return Holds::Unknown;
    }
    if !matches!(tree.found, Found::Record { .. }) {
        return Holds::No;
    }
    match sender.include() {
        Some(include) if tree.includes(include) => Holds::Yes,
        Some(_) => Holds::No,
        None => Holds::Unknown,
    }
}

/// What there is to say of a domain's record.
pub(super) fn judge(tree: &Tree, senders: &[Sender]) -> Vec<Finding> {
    let name = &tree.domain;
    let finding = |state, says: String| Finding::new(Record::Spf, name, state, says);
    let asked: Vec<&Sender> = senders.iter().filter(|sender| sender.returns_to_the_domain()).collect();
    let includes: Vec<_> = asked.iter().filter_map(|sender| sender.include()).collect();
    let a_record = match includes.as_slice() {
        [] => "publish one TXT record there: \"v=spf1 include:… ~all\", with the include that whoever runs the mail server \
               names"
            .to_owned(),
        includes => {
            let includes: Vec<_> = includes.iter().map(|include| format!("include:{include}")).collect();
            format!("publish one TXT record there: \"v=spf1 {} ~all\"", includes.join(" "))
        }
    };
    let (text, terms) = match &tree.found {
        Found::Record { text, terms, .. } => (text, terms),
        Found::Unanswered(why) => return vec![Finding::unanswered(Record::Spf, name, why)],
        Found::Several(count) => {
            let says = format!("there are {count} SPF records, and receivers then use none");
            return vec![
                finding(State::Wrong, says).advising("make one record of them, with all their includes"),
            ];
        }
        Found::Unreadable { text, why } => {
            let says = format!("{}: {why}; receivers then use none of it", quoted(text));
            return vec![finding(State::Wrong, says).advising("correct it")];
        }
        _ if asked.is_empty() && !senders.is_empty() => {
            let says = "there is none, and Postmark needs none: it sends with a Return-Path of its own";
            return vec![finding(State::Note, says.to_owned())];
        }
        Found::Nothing { attempt: Some(attempt) } => {
            let says = format!("there is none; {} is not read as one", quoted(attempt));
            return vec![finding(State::Missing, says).advising(a_record)];
        }
        _ => return vec![finding(State::Missing, "there is none".to_owned()).advising(a_record)],
    };
    if let Some(fault) = tree.fault() {
        let says = format!("{}: {fault}; receivers then use none of it", quoted(text));
        let to_do = "take out what is not needed, or name addresses with ip4: and ip6:, which cost nothing";
        return vec![finding(State::Wrong, says).advising(to_do)];
    }
    if let Some((domain, why)) = tree.unanswered() {
        let why = format!("{} refers to {domain}, which {why}", quoted(text));
        return vec![Finding::unanswered(Record::Spf, name, &why)];
    }
    let mut findings = Vec::new();
    match tree.all() {
        Some(Qualifier::Pass) => findings.push(
            finding(State::Wrong, format!("{} lets the whole world send for the domain", quoted(text)))
                .advising("end it with ~all or -all"),
        ),
        Some(Qualifier::Neutral) | None => findings.push(
            finding(State::Note, format!("{} says nothing about everybody else", quoted(text)))
                .advising("end it with ~all or -all"),
        ),
        Some(Qualifier::Fail | Qualifier::SoftFail) => {}
    }
    for sender in &asked {
        match sender.include() {
            Some(include) if !tree.includes(include) => findings.push(
                finding(State::Missing, format!("{} does not let {} send", quoted(text), sender.name()))
                    .advising(format!("put include:{include} into it, before its all")),
            ),
            Some(_) => {}
            None => findings.push(finding(
                State::Note,
                format!("whether it names the addresses of {} cannot be seen from here", sender.name()),
            )),
        }
    }
    if !findings.iter().any(|finding| finding.state.is_fault()) {
        let cost = format!("{} of {MOST_LOOK_UPS} look-ups", tree.look_ups());
        let also = if terms.is_empty() { ", and names nobody" } else { "" };
        findings.insert(0, finding(State::Good, format!("{}, at the cost of {cost}{also}", quoted(text))));
    }
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(domain: &str, text: &str, below: Vec<Tree>) -> Tree {
        let found = match read(text) {
            Ok(terms) => Found::Record { text: text.to_owned(), terms, below },
            Err(why) => Found::Unreadable { text: text.to_owned(), why },
        };
        Tree { domain: domain.to_owned(), found }
    }

    fn google() -> Tree {
        record("_spf.google.com", "v=spf1 ip4:192.0.2.0/24 ~all", vec![])
    }

    fn states(tree: &Tree, sender: Sender) -> Vec<State> {
        judge(tree, &[sender]).into_iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn what_is_a_record_and_what_only_looks_like_one() {
        for yes in ["v=spf1", "V=SPF1 -all", "v=spf1 include:x.example ~all"] {
            assert!(is_record(yes), "{yes}");
        }
        for no in
            ["", "v=spf10 -all", "v=spf1-all", "\"v=spf1 -all\"", " v=spf1", "spf2.0/pra -all", "v=spf1;-all"]
        {
            assert!(!is_record(no), "{no}");
        }
    }

    #[test]
    fn each_term_is_read_as_the_grammar_has_it() {
        let free = ["ip4:192.0.2.1", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "exp=x.example", "unknown=1"];
        for text in free {
            assert_eq!(term(text), Ok(Term::Free), "{text}");
        }
        let asks = [
            "a",
            "A",
            "-a",
            "a/24",
            "a:x.example",
            "a:x.example/24//64",
            "mx",
            "mx:x.example",
            "ptr",
            "?ptr:x.example",
            "exists:%{i}.x.example",
        ];
        for text in asks {
            assert_eq!(term(text), Ok(Term::Asks), "{text}");
        }
        assert_eq!(term("~include:X.example."), Ok(Term::Include("x.example".to_owned())));
        assert_eq!(term("redirect=x.example"), Ok(Term::Redirect("x.example".to_owned())));
        assert_eq!(term("include:%{d}.x.example"), Ok(Term::Include("%{d}.x.example".to_owned())));
        let wrong = [
            "include",
            "include:",
            "include:a b",
            "ip4:x",
            "ip4:192.0.2.0/33",
            "ip6:192.0.2.1",
            "all:x",
            "allow",
            "exists",
            "a:",
            "mx:/24",
            "=x",
            "++all",
            "ptr/24",
            "ip4",
            "-",
        ];
        for text in wrong {
            assert!(term(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_all_does_not_count() {
        let terms = read("v=spf1 mx -all include:x.example redirect=y.example").unwrap();
        assert_eq!(terms, [Term::Asks, Term::All(Qualifier::Fail)]);
        assert!(read("v=spf1 redirect=x.example redirect=y.example").is_err());
    }

    #[test]
    fn a_domain_of_google_needs_googles_include() {
        let domain = "agent.example";
        let good = record(domain, "v=spf1 include:_spf.google.com ~all", vec![google()]);
        assert_eq!(states(&good, Sender::Google), [State::Good]);
        assert_eq!(passes(&good, &Sender::Google), Holds::Yes);
        assert_eq!(states(&good, Sender::Microsoft), [State::Missing]);
        let without = record(domain, "v=spf1 ip4:192.0.2.1 -all", vec![]);
        assert_eq!(states(&without, Sender::Google), [State::Missing]);
        assert_eq!(states(&without, Sender::Postmark), [State::Good]);
        let redirected = record(domain, "v=spf1 redirect=_spf.google.com", vec![google()]);
        assert_eq!(states(&redirected, Sender::Google), [State::Good]);
    }

    #[test]
    fn the_end_of_a_record_is_judged() {
        let end = |text: &str| states(&record("agent.example", text, vec![]), Sender::Postmark);
        assert_eq!(end("v=spf1 mx +all"), [State::Wrong]);
        assert_eq!(end("v=spf1 mx all"), [State::Wrong]);
        assert_eq!(end("v=spf1 mx ?all"), [State::Good, State::Note]);
        assert_eq!(end("v=spf1 mx"), [State::Good, State::Note]);
        assert_eq!(end("v=spf1 mx ~all"), [State::Good]);
    }

    #[test]
    fn the_eleventh_look_up_is_too_many() {
        let mechanisms = |count: usize| format!("v=spf1 {}-all", "a:x.example ".repeat(count));
        let direct = |count| record("agent.example", &mechanisms(count), vec![]);
        assert_eq!(states(&direct(10), Sender::Postmark), [State::Good]);
        assert_eq!(states(&direct(11), Sender::Postmark), [State::Wrong]);
        // One for the include, and those inside it.
        let nested = |count| {
            let below = record("x.example", &mechanisms(count), vec![]);
            record("agent.example", "v=spf1 include:x.example -all", vec![below])
        };
        assert_eq!(states(&nested(9), Sender::Postmark), [State::Good]);
        assert_eq!(states(&nested(10), Sender::Postmark), [State::Wrong]);
    }

    #[test]
    fn a_fault_below_is_a_fault_and_a_missing_answer_is_none() {
        let with = |found| {
            let below = vec![Tree { domain: "x.example".to_owned(), found }];
            states(&record("agent.example", "v=spf1 include:x.example -all", below), Sender::Postmark)
        };
        assert_eq!(with(Found::Nothing { attempt: None }), [State::Wrong]);
        assert_eq!(with(Found::Several(2)), [State::Wrong]);
        assert_eq!(with(Found::Circle), [State::Wrong]);
        assert_eq!(with(Found::Unanswered("timed out".to_owned())), [State::Unknown]);
        assert_eq!(with(Found::Macro), [State::Good]);
    }

    #[test]
    fn absence_matters_to_whoever_is_asked_for() {
        let none = Tree { domain: "agent.example".to_owned(), found: Found::Nothing { attempt: None } };
        assert_eq!(states(&none, Sender::Google), [State::Missing]);
        assert_eq!(states(&none, Sender::Smtp { host: None }), [State::Missing]);
        assert_eq!(states(&none, Sender::Postmark), [State::Note]);
        let unanswered =
            Tree { domain: "agent.example".to_owned(), found: Found::Unanswered("timed out".to_owned()) };
        assert_eq!(states(&unanswered, Sender::Postmark), [State::Unknown]);
        assert_eq!(passes(&unanswered, &Sender::Google), Holds::Unknown);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}", spaced in "[ -~]{0,200}") {
            let _ = read(&text);
            let _ = read(&format!("v=spf1 {spaced}"));
            let tree = record("agent.example", &text, vec![]);
            prop_assert!(!judge(&tree, &[Sender::Google, Sender::Postmark]).is_empty());
        }

        #[test]
        fn terms_cost_the_same_in_any_order(mut words in proptest::collection::vec(
            prop_oneof!["a", "mx", "ip4:192\\.0\\.2\\.[1-9]", "include:[a-z]{1,9}\\.example"], 0..20), seed in any::<usize>()) {
            let cost = |words: &[String]| {
                let text = format!("v=spf1 {} -all", words.join(" "));
                record("agent.example", &text, vec![]).look_ups()
            };
            let before = cost(&words);
            if !words.is_empty() {
                let middle = seed % words.len();
                words.rotate_left(middle);
            }
            prop_assert_eq!(before, cost(&words));
            prop_assert_eq!(before, words.iter().filter(|word| !word.starts_with("ip4")).count());
        }
    }
}
