//! Asking for what the rules look at.

use dripr_core::errors::PortResult;
use futures_util::future::BoxFuture;

use super::{
    DnsRecords, MailExchanger,
    dkim::{Asked, KeyAnswer},
    dmarc,
    domain::MailDomain,
    spf::{self, Found, MOST_LOOK_UPS, Term, Tree},
};

/// What was answered, or why nobody knows.
fn answered<T>(answer: PortResult<T>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

pub(super) async fn mx(dns: &dyn DnsRecords, domain: &MailDomain) -> Result<Vec<MailExchanger>, String> {
    answered(dns.mx(domain.as_str()).await)
}

pub(super) async fn cname(dns: &dyn DnsRecords, name: &str) -> Result<Option<String>, String> {
    answered(dns.cname(name).await)
}

/// The key of a selector. If there is none, whether its name leads somewhere tells a lost key from one that was never
/// published.
pub(super) async fn key(dns: &dyn DnsRecords, domain: &MailDomain, asked: Asked) -> KeyAnswer {
    let name = domain.below(&format!("{}._domainkey", asked.selector.as_str()));
    let mut texts = answered(dns.txt(&name).await);
    let mut leads_to = None;
    if texts.as_ref().is_ok_and(Vec::is_empty) {
        match cname(dns, &name).await {
            Ok(target) => leads_to = target,
            Err(why) => texts = Err(why),
        }
    }
    KeyAnswer { asked, name, texts, leads_to }
}

/// What is at each name at which a DMARC record may be, up to the first that has one or does not answer.
pub(super) async fn dmarc(dns: &dyn DnsRecords, domain: &MailDomain) -> Vec<dmarc::Answer> {
    let mut answers = Vec::new();
    for domain in dmarc::domains(domain) {
        let texts = answered(dns.txt(&format!("_dmarc.{domain}")).await);
        let is_last = match &texts {
            Ok(texts) => texts.iter().any(|text| dmarc::is_record(text)),
            Err(_) => true,
        };
        answers.push(dmarc::Answer { domain: domain.to_owned(), texts });
        if is_last {
            break;
        }
    }
    answers
}

/// The SPF record of a domain and all that it refers to, as far as receivers would follow.
pub(super) async fn spf(dns: &dyn DnsRecords, domain: &MailDomain) -> Tree {
    let mut walk = Walk { dns, left: MOST_LOOK_UPS, path: Vec::new() };
    walk.tree(domain.as_str().to_owned()).await
}

struct Walk<'a> {
    dns: &'a dyn DnsRecords,
    /// How many terms may still ask.
    left: usize,
    /// The domains between the first one and the present one.
    path: Vec<String>,
}

impl Walk<'_> {
    fn tree(&mut self, domain: String) -> BoxFuture<'_, Tree> {
        Box::pin(async move {
            let found = self.found(&domain).await;
            Tree { domain, found }
        })
    }

    async fn found(&mut self, domain: &str) -> Found {
        if domain.contains('%') {
            return Found::Macro;
        }
        if self.path.iter().any(|above| above == domain) {
            return Found::Circle;
        }
        let texts = match answered(self.dns.txt(domain).await) {
            Ok(texts) => texts,
            Err(why) => {
                // Nothing can be said for sure any more; each further question might wait as long.
                self.left = 0;
                return Found::Unanswered(why);
            }
        };
        let mut records = texts.iter().filter(|text| spf::is_record(text));
        let text = match (records.next(), records.count()) {
            (None, _) => {
                let looks_like = |text: &&String| text.to_ascii_lowercase().contains("spf1");
                return Found::Nothing { attempt: texts.iter().find(looks_like).cloned() };
            }
            (Some(_), more @ 1..) => return Found::Several(more + 1),
            (Some(text), 0) => text.clone(),
        };
        let terms = match spf::read(&text) {
            Ok(terms) => terms,
            Err(why) => return Found::Unreadable { text, why },
        };
        self.path.push(domain.to_owned());
        let mut below = Vec::new();
        for term in &terms {
            match term {
                Term::Include(target) | Term::Redirect(target) => {
                    below.push(match self.left.checked_sub(1) {
                        Some(left) => {
                            self.left = left;
                            self.tree(target.clone()).await
                        }
                        None => Tree { domain: target.clone(), found: Found::NotFollowed },
                    });
                }
                Term::Asks => self.left = self.left.saturating_sub(1),
                Term::All(_) | Term::Free => {}
            }
        }
        self.path.pop();
        Found::Record { text, terms, below }
    }
}
