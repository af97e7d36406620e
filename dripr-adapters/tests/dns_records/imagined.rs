//! Whatever records there are, few questions are asked and something is said of each.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use dripr_adapters::dns_records::{DnsRecords, MailExchanger, Question, Record, Sender, State, check};
use dripr_core::errors::{Fault, PortError, PortResult};
use proptest::prelude::*;

/// Texts by their names. `None` is a question that nobody answers.
struct Imagined {
    texts: HashMap<String, Option<Vec<String>>>,
    asked: AtomicUsize,
}

#[async_trait]
impl DnsRecords for Imagined {
    async fn txt(&self, name: &str) -> PortResult<Vec<String>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.texts.get(name) {
            Some(Some(texts)) => Ok(texts.clone()),
            Some(None) => Err(PortError::new(Fault::Unavailable, "nobody answers")),
            None => Ok(Vec::new()),
        }
    }

    async fn mx(&self, _name: &str) -> PortResult<Vec<MailExchanger>> {
        Ok(Vec::new())
    }

    async fn cname(&self, _name: &str) -> PortResult<Option<String>> {
        Ok(None)
    }
}

/// A record of one of six domains that may refer to any of them.
fn spf() -> impl Strategy<Value = Option<Vec<String>>> {
    let term = prop_oneof![
        6 => (0..6_usize).prop_map(|n| format!("include:d{n}.example")),
        1 => (0..6_usize).prop_map(|n| format!("redirect=d{n}.example")),
        2 => Just("mx".to_owned()),
        2 => Just("ip4:192.0.2.1".to_owned()),
        1 => "[ -~]{0,12}",
    ];
    let record =
        proptest::collection::vec(term, 0..8).prop_map(|terms| format!("v=spf1 {} ~all", terms.join(" ")));
    proptest::option::weighted(0.9, proptest::collection::vec(record, 0..3))
}

proptest! {
    #[test]
    fn includes_in_any_shape_are_followed_ten_times_at_most(records in proptest::collection::vec(spf(), 6)) {
        let name = |n: usize| if n == 0 { "agent.example".to_owned() } else { format!("d{n}.example") };
        let unanswered = records.iter().any(Option::is_none);
        let none_at_root = records[0].as_ref().is_some_and(Vec::is_empty);
        let dns = Imagined {
            texts: records.into_iter().enumerate().map(|(n, texts)| (name(n), texts)).collect(),
            asked: AtomicUsize::new(0),
        };
        let question = Question {
            domain: "agent.example".parse().unwrap(),
            selectors: Vec::new(),
            senders: vec![Sender::Smtp { host: None }],
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let findings = runtime.block_on(check(&dns, &question));
        // The domain's own record, ten below it, and DMARC's.
        prop_assert!(dns.asked.load(Ordering::Relaxed) <= 12);
        let spf: Vec<_> = findings.iter().filter(|finding| finding.record == Record::Spf).map(|f| f.state).collect();
        prop_assert!(!spf.is_empty());
        prop_assert!(unanswered || !spf.contains(&State::Unknown));
        prop_assert_eq!(none_at_root, spf.contains(&State::Missing));
    }
}
