//! Domains that are their mail provider's own: nobody who sends from there can change their DNS.

use super::{
    domain::MailDomain,
    finding::{Finding, Record, State},
    sender::Sender,
};

const PROVIDERS: [(&str, &[&str]); 5] = [
    ("Gmail", &["gmail.com", "googlemail.com"]),
    ("Yahoo", &["yahoo.com", "ymail.com", "aol.com"]),
    ("Microsoft", &["outlook.com", "hotmail.com", "live.com", "msn.com"]),
    ("Apple", &["icloud.com", "me.com", "mac.com"]),
    ("Proton", &["proton.me", "protonmail.com"]),
];

/// What there is to say of such a domain; nothing of any other.
pub(super) fn judge(domain: &MailDomain, senders: &[Sender]) -> Option<Finding> {
    let name = domain.as_str();
    let (owner, _) = PROVIDERS.iter().find(|(_, domains)| domains.contains(&name))?;
    let by_its_owner = |sender: &Sender| match sender {
        Sender::Google => *owner == "Gmail",
        Sender::Microsoft => *owner == "Microsoft",
        Sender::Postmark | Sender::Smtp { .. } => false,
    };
    let strangers: Vec<_> = senders.iter().filter(|sender| !by_its_owner(sender)).map(Sender::name).collect();
    Some(if strangers.is_empty() {
        let says =
            format!("is {owner}'s own: {owner} signs what its accounts send, and there is nothing to set up");
        Finding::new(Record::Domain, name, State::Good, says)
    } else {
        let says = format!(
            "is {owner}'s own: mail from it that {} sends cannot pass DMARC, and receivers put it into spam or refuse it",
            strangers.join(" or ")
        );
        Finding::new(Record::Domain, name, State::Wrong, says)
            .advising("send from a domain of your own, or by the account's own provider")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_can_send_for_it() {
        let judge =
            |domain: &str, sender: Sender| judge(&domain.parse().unwrap(), &[sender]).map(|f| f.state);
        assert_eq!(judge("gmail.com", Sender::Google), Some(State::Good));
        assert_eq!(judge("GMail.com", Sender::Postmark), Some(State::Wrong));
        assert_eq!(judge("yahoo.com", Sender::Google), Some(State::Wrong));
        assert_eq!(judge("agent.example", Sender::Postmark), None);
    }
}
