//! MX: whether replies to the domain can arrive.

use std::net::IpAddr;

use super::{
    MailExchanger,
    domain::MailDomain,
    finding::{Finding, Record, State},
    quoted::quoted,
};

/// How many hosts are named.
const SHOWN: usize = 3;

/// What there is to say of a domain's mail exchangers.
pub(super) fn judge(domain: &MailDomain, answer: &Result<Vec<MailExchanger>, String>) -> Finding {
    let finding = |state, says: String| Finding::new(Record::Mx, domain.as_str(), state, says);
    let exchangers = match answer {
        Ok(exchangers) => exchangers,
        Err(why) => return Finding::unanswered(Record::Mx, domain.as_str(), why),
    };
    const RECEIVE: &str =
        "publish the MX records that whoever keeps the domain's mailboxes names: homeowners reply to agents";
    if exchangers.is_empty() {
        let says = "there is none, so that replies have nowhere to go; is the domain spelled right?";
        return finding(State::Missing, says.to_owned()).advising(RECEIVE);
    }
    if exchangers.iter().all(|exchanger| exchanger.host.is_empty()) {
        let says = "it says that the domain takes no mail (RFC 7505), so that replies are refused, and mail from it often too";
        return finding(State::Wrong, says.to_owned()).advising(RECEIVE);
    }
    if exchangers.iter().any(|exchanger| exchanger.host.is_empty()) {
        let says =
            "one of several says that the domain takes no mail (RFC 7505), which may stand only by itself";
        return finding(State::Wrong, says.to_owned()).advising("take away the one whose host is a dot");
    }
    if let Some(address) = exchangers.iter().find(|exchanger| exchanger.host.parse::<IpAddr>().is_ok()) {
        let says = format!("{} is an address, and a name has to stand there", quoted(&address.host));
        return finding(State::Wrong, says).advising("give the address a name, and put that there");
    }
    let mut sorted: Vec<_> = exchangers.iter().collect();
    sorted.sort_by_key(|exchanger| exchanger.preference);
    let hosts: Vec<_> = sorted.iter().take(SHOWN).map(|exchanger| shown(&exchanger.host)).collect();
    let more = exchangers.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    finding(State::Good, format!("replies go to {}{more}", hosts.join(", ")))
}

/// A name as it is, and what is no name in quotation marks.
fn shown(host: &str) -> String {
    if super::domain::is_name(host) { host.to_owned() } else { quoted(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(hosts: &[&str]) -> Finding {
        let exchangers = hosts.iter().map(|host| MailExchanger { preference: 10, host: (*host).to_owned() });
        judge(&"agent.example".parse().unwrap(), &Ok(exchangers.collect()))
    }

    #[test]
    fn replies_need_somewhere_to_go() {
        assert_eq!(judged(&["mx.agent.example"]).says, "replies go to mx.agent.example");
        assert_eq!(judged(&["a.example", "b.example", "c.example", "d.example"]).state, State::Good);
        assert_eq!(judged(&[]).state, State::Missing);
        assert_eq!(judged(&[""]).state, State::Wrong, "null MX");
        assert_eq!(judged(&["", "mx.agent.example"]).state, State::Wrong);
        assert_eq!(judged(&["192.0.2.1"]).state, State::Wrong);
        let unanswered = judge(&"agent.example".parse().unwrap(), &Err("timed out".to_owned()));
        assert_eq!(unanswered.state, State::Unknown);
    }

    #[test]
    fn the_first_that_is_tried_is_named_first() {
        let of = |preference, host: &str| MailExchanger { preference, host: host.to_owned() };
        let answer = Ok(vec![of(20, "second.example"), of(10, "first.example")]);
        let says = judge(&"agent.example".parse().unwrap(), &answer).says;
        assert_eq!(says, "replies go to first.example, second.example");
    }
}
