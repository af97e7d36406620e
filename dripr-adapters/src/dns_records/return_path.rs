//! Postmark's Return-Path: a CNAME by which bounces go to a name below the domain, so that SPF speaks for the domain.

use super::{
    domain::MailDomain,
    finding::{Finding, Record, State},
    quoted::quoted,
    spf::Holds,
};

const TARGET: &str = "pm.mtasv.net";

/// Where the CNAME is, if nobody chose another name.
pub(super) fn name(domain: &MailDomain) -> String {
    domain.below("pm-bounces")
}

/// Whether bounces go to a name below the domain.
pub(super) fn holds(answer: &Result<Option<String>, String>) -> Holds {
    match answer {
        Ok(Some(target)) if target == TARGET => Holds::Yes,
        Ok(_) => Holds::No,
        Err(_) => Holds::Unknown,
    }
}

/// What there is to say of it.
pub(super) fn judge(domain: &MailDomain, answer: &Result<Option<String>, String>) -> Finding {
    let name = name(domain);
    let to_do =
        format!("publish a CNAME record there: {TARGET}; then verify it in Postmark under Sender Signatures");
    match answer {
        Ok(Some(target)) if target == TARGET => {
            let says = format!("is a CNAME to {TARGET}");
            Finding::new(Record::ReturnPath, name, State::Good, says)
        }
        Ok(Some(target)) => {
            let says = format!("is a CNAME to {}, and not to {TARGET}", quoted(target));
            Finding::new(Record::ReturnPath, name, State::Wrong, says).advising(to_do)
        }
        Ok(None) => {
            let says = "there is none: SPF speaks for Postmark's own domain, and DMARC rests on DKIM alone";
            Finding::new(Record::ReturnPath, name, State::Note, says).advising(to_do)
        }
        Err(why) => Finding::unanswered(Record::ReturnPath, name, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_postmark_or_it_is_wrong() {
        let state = |answer| judge(&"agent.example".parse().unwrap(), &answer).state;
        assert_eq!(state(Ok(Some("pm.mtasv.net".to_owned()))), State::Good);
        assert_eq!(state(Ok(Some("pm.example".to_owned()))), State::Wrong);
        assert_eq!(state(Ok(None)), State::Note);
        assert_eq!(state(Err("timed out".to_owned())), State::Unknown);
    }
}
