//! What a domain's DNS records say about mail from it: SPF, DKIM, DMARC, MX, and Postmark's Return-Path.
//!
//! [`check`] asks whoever is [`DnsRecords`] for the records; rules that ask nobody make [`Finding`]s of the answers. A
//! record that is not there and a question that got no answer are two things: the one is [`State::Missing`], the other
//! [`State::Unknown`].
//!
//! | file | what it knows |
//! |---|---|
//! | `sender` | what each way of sending needs |
//! | `spf` | RFC 7208, with the count of its DNS look-ups through all includes |
//! | `dkim` | RFC 6376 and RFC 8301: keys, their kind and length |
//! | `dmarc` | RFC 7489, and where the record of a parent counts |
//! | `mx` | RFC 5321, section 5.1, and RFC 7505: whether replies can arrive |
//! | `return_path` | the CNAME that lets SPF speak for the domain where Postmark sends |
//! | `alignment` | whether one of SPF and DKIM speaks for the From address |
//! | `provider_domain` | domains whose DNS is nobody's who sends from there |
//! | `resolver` | asking name servers |
//!
//! What stands in a record was written by strangers. An answer is cut to 16 KiB a text and 100 records, includes are
//! followed until SPF's own limit ends it, parents are asked eight times at most; sentences quote 160 characters and no
//! control character.
//!
//! ```no_run
//! use std::time::Duration;
//! use dripr_adapters::dns_records::{Question, Resolver, Sender, check};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let resolver = Resolver::of_the_system(Duration::from_secs(5))?;
//! let question = Question {
//!     domain: "agent.example".parse()?,
//!     selectors: vec!["20260101000000pm".parse()?],
//!     senders: vec![Sender::Postmark],
//! };
//! for finding in check(&resolver, &question).await {
//!     println!("{:?} {}: {}", finding.state, finding.name, finding.says);
//! }
//! # Ok(())
//! # }
//! ```

mod alignment;
mod der;
mod dkim;
mod dmarc;
mod domain;
mod finding;
mod gather;
mod mx;
mod provider_domain;
mod quoted;
mod resolver;
mod return_path;
mod sender;
mod spf;
mod tags;

use async_trait::async_trait;
use dripr_core::errors::PortResult;
use futures_util::future::{join, join_all};

pub use self::{
    domain::{InvalidName, MailDomain, Selector},
    finding::{Finding, Record, State},
    resolver::{InvalidServer, Resolver, ServerAddress},
    sender::Sender,
};

/// Who is asked for DNS records. An empty answer means that there is none; an error, that nobody knows.
#[async_trait]
pub trait DnsRecords: Send + Sync {
    /// The texts of the TXT records at a name, the strings of each put together. CNAMEs are followed.
    ///
    /// # Errors
    /// Nobody answered, or a server said that it cannot.
    async fn txt(&self, name: &str) -> PortResult<Vec<String>>;

    /// The mail exchangers of a name.
    ///
    /// # Errors
    /// Like [`DnsRecords::txt`].
    async fn mx(&self, name: &str) -> PortResult<Vec<MailExchanger>>;

    /// Where a name itself leads by a CNAME.
    ///
    /// # Errors
    /// Like [`DnsRecords::txt`].
    async fn cname(&self, name: &str) -> PortResult<Option<String>>;
}

/// A host that takes a domain's mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailExchanger {
    /// The lower, the sooner it is tried.
    pub preference: u16,
    /// Its name, without the dot at the end; empty if it is the root, which takes no mail (RFC 7505).
    pub host: String,
}

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Question {
    /// The domain of From addresses.
    pub domain: MailDomain,
    /// DKIM selectors that must have a key, besides those that a sender is known to use.
    pub selectors: Vec<Selector>,
    /// Who sends for the domain.
    pub senders: Vec<Sender>,
}

/// Looks up a domain's records and says what is there, what is missing and what to do, in the order SPF, Return-Path, DKIM,
/// DMARC, alignment, MX.
pub async fn check(dns: &dyn DnsRecords, question: &Question) -> Vec<Finding> {
    let Question { domain, senders, .. } = question;
    if let Some(finding) = provider_domain::judge(domain, senders) {
        return vec![finding];
    }
    let by_postmark = senders.contains(&Sender::Postmark);
    let return_path = async {
        match by_postmark {
            true => Some(gather::cname(dns, &return_path::name(domain)).await),
            false => None,
        }
    };
    let keys = join_all(dkim::asked(question).into_iter().map(|asked| gather::key(dns, domain, asked)));
    let ((spf, return_path), ((keys, dmarc), exchangers)) = join(
        join(gather::spf(dns, domain), return_path),
        join(join(keys, gather::dmarc(dns, domain)), gather::mx(dns, domain)),
    )
    .await;

    let mut findings = spf::judge(&spf, senders);
    findings.extend(return_path.as_ref().map(|answer| return_path::judge(domain, answer)));
    findings.extend(dkim::judge(domain, senders, &keys));
    let policy = dmarc::policy(&dmarc);
    findings.extend(dmarc::judge(domain, &dmarc, &policy));
    findings.extend(alignment::judge(&alignment::Facts {
        domain,
        senders,
        spf: &spf,
        return_path: return_path.as_ref(),
        keys: &keys,
        policy: &policy,
    }));
    findings.push(mx::judge(domain, &exchangers));
    findings
}
