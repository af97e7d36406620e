//! A domain's DNS records, asked of a name server on this machine, and of one that is made up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod imagined;
mod name_server;

use std::time::Duration;

use dripr_adapters::dns_records::{
    DnsRecords, Finding, MailExchanger, Question, Record, Resolver, Sender, ServerAddress, State, check,
};
use name_server::{Answer, CNAME, MX, NameServer, TXT, Zone, good, key};

/// Answers come from this machine, so that only those that never come are waited for.
const PATIENCE: Duration = Duration::from_millis(150);

/// Long enough for a machine that is busy with something else.
const LONG: Duration = Duration::from_secs(10);

fn resolver(server: &NameServer, timeout: Duration) -> Resolver {
    Resolver::asking(&[ServerAddress(server.address)], timeout).unwrap()
}

async fn checked(zone: Zone, selectors: &[&str], senders: &[Sender]) -> (Vec<Finding>, NameServer) {
    checked_within(LONG, zone, selectors, senders).await
}

async fn checked_within(
    timeout: Duration,
    zone: Zone,
    selectors: &[&str],
    senders: &[Sender],
) -> (Vec<Finding>, NameServer) {
    let server = NameServer::start(zone);
    let question = Question {
        domain: "agent.example".parse().unwrap(),
        selectors: selectors.iter().map(|selector| selector.parse().unwrap()).collect(),
        senders: senders.to_vec(),
    };
    (check(&resolver(&server, timeout), &question).await, server)
}

#[track_caller]
fn state(findings: &[Finding], record: Record) -> Vec<State> {
    findings.iter().filter(|finding| finding.record == record).map(|finding| finding.state).collect()
}

#[tokio::test]
async fn records_are_read_as_they_are() {
    let long = "x".repeat(600);
    let zone = Zone::default()
        .txt("a.example", &long)
        .txt("a.example", "second")
        .txt("bytes.example", b"\xff\xfe v=spf1 \x00")
        .txt("empty.example", "")
        .mx("a.example", 10, "MX.a.example")
        .mx("null.example", 0, "")
        .cname("c.example", "Target.example")
        .txt("target.example", "by its alias");
    let server = NameServer::start(zone);
    let dns = resolver(&server, LONG);
    assert_eq!(dns.txt("a.example").await.unwrap(), [long.as_str(), "second"]);
    assert_eq!(dns.txt("bytes.example").await.unwrap(), ["\u{fffd}\u{fffd} v=spf1 \0"]);
    assert_eq!(dns.txt("empty.example").await.unwrap(), [""]);
    let mx = |preference, host: &str| MailExchanger { preference, host: host.to_owned() };
    assert_eq!(dns.mx("a.example").await.unwrap(), [mx(10, "mx.a.example")]);
    assert_eq!(dns.mx("null.example").await.unwrap(), [mx(0, "")]);
    assert_eq!(dns.cname("c.example").await.unwrap().unwrap(), "target.example");
    assert_eq!(dns.txt("c.example").await.unwrap(), ["by its alias"]);
}

#[tokio::test]
async fn absence_is_an_answer_and_a_failure_is_none() {
    let zone = Zone::default()
        .mx("only-mx.example", 10, "mx.example")
        .with("servfail.example", TXT, Answer::Code(2))
        .with("notimp.example", TXT, Answer::Code(4))
        .with("refused.example", TXT, Answer::Code(5))
        .with("silent.example", TXT, Answer::Silence)
        .with("never-fits.example", TXT, Answer::NeverFits)
        .with("garbled.example", TXT, Answer::Garbage(vec![0xc0; 40]));
    let server = NameServer::start(zone);
    let dns = resolver(&server, LONG);
    assert_eq!(dns.txt("only-mx.example").await.unwrap(), [""; 0]);
    assert_eq!(dns.txt("no-such-name.example").await.unwrap(), [""; 0]);
    assert_eq!(dns.cname("only-mx.example").await.unwrap(), None);
    for name in ["servfail", "notimp", "refused", "never-fits"] {
        let error = dns.txt(&format!("{name}.example")).await.unwrap_err();
        assert!(error.fault().may_heal(), "{name}: {error}");
    }
    let dns = resolver(&server, PATIENCE);
    for name in ["silent", "garbled"] {
        let error = dns.txt(&format!("{name}.example")).await.unwrap_err();
        assert!(error.fault().may_heal(), "{name}: {error}");
    }
    let nobody = Resolver::asking(&[ServerAddress("127.0.0.1:1".parse().unwrap())], PATIENCE).unwrap();
    assert!(nobody.txt("a.example").await.unwrap_err().fault().may_heal());
    assert!(Resolver::asking(&[], LONG).is_err());
}

#[tokio::test]
async fn what_does_not_fit_comes_by_tcp_and_is_cut() {
    let ten_kilobytes = "v=spf1 ".to_owned() + &"a:x.example ".repeat(850);
    let zone = Zone::default().txt("big.example", &ten_kilobytes).txt("huge.example", "x".repeat(60_000));
    let server = NameServer::start(zone);
    let dns = resolver(&server, LONG);
    assert_eq!(dns.txt("big.example").await.unwrap(), [ten_kilobytes]);
    assert_eq!(dns.txt("huge.example").await.unwrap()[0].len(), 16 << 10);
}

#[tokio::test]
async fn a_domain_with_all_it_needs_is_good() {
    let senders = [Sender::Google, Sender::Postmark, Sender::of_smtp_host("mail.provider.example")];
    let (findings, _server) = checked(good(), &["20260101000000pm", "s1"], &senders).await;
    let bad: Vec<_> =
        findings.iter().filter(|finding| !matches!(finding.state, State::Good | State::Note)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(state(&findings, Record::Dkim), [State::Good; 3]);
    assert_eq!(state(&findings, Record::Alignment), [State::Good; 3]);
    let spf = findings.iter().find(|finding| finding.record == Record::Spf).unwrap();
    assert!(spf.says.contains("2 of 10 look-ups"), "{}", spf.says);
}

#[tokio::test]
async fn an_empty_domain_lacks_everything() {
    let zone = Zone::default().txt("other.example", "x");
    let (findings, _server) = checked(zone, &[], &[Sender::Google]).await;
    for record in [Record::Spf, Record::Dkim, Record::Dmarc, Record::Mx] {
        assert_eq!(state(&findings, record), [State::Missing], "{record:?}");
    }
    assert_eq!(state(&findings, Record::Alignment), [State::Wrong]);
    assert!(
        findings.iter().filter(|finding| finding.state.is_fault()).all(|finding| finding.to_do.is_some())
    );
}

#[tokio::test]
async fn a_server_that_fails_leaves_nothing_missing() {
    let all = [
        ("agent.example", TXT),
        ("agent.example", MX),
        ("_dmarc.agent.example", TXT),
        ("google._domainkey.agent.example", TXT),
        ("pm-bounces.agent.example", CNAME),
    ];
    for (answer, timeout) in [(Answer::Code(2), LONG), (Answer::Code(5), LONG), (Answer::Silence, PATIENCE)] {
        let zone =
            all.iter().fold(Zone::default(), |zone, (name, kind)| zone.with(name, *kind, answer.clone()));
        let (findings, _server) =
            checked_within(timeout, zone, &["google"], &[Sender::Google, Sender::Postmark]).await;
        assert!(findings.iter().all(|finding| finding.state == State::Unknown), "{findings:#?}");
        assert!(findings.len() >= 6);
    }
    // Whether a key's name leads elsewhere is asked for when there is no key.
    let zone = Zone::default().mx("google._domainkey.agent.example", 10, "x.example").with(
        "google._domainkey.agent.example",
        CNAME,
        Answer::Code(2),
    );
    let (findings, _server) = checked(zone, &[], &[Sender::Google]).await;
    assert_eq!(state(&findings, Record::Dkim), [State::Unknown]);
}

#[tokio::test]
async fn one_include_without_an_answer_leaves_spf_unknown() {
    let zone = Zone::default()
        .txt("agent.example", "v=spf1 include:slow.example include:_spf.google.com ~all")
        .with("slow.example", TXT, Answer::Code(2))
        .txt("_spf.google.com", "v=spf1 ~all");
    let (findings, _server) = checked(zone, &[], &[Sender::Google]).await;
    assert_eq!(state(&findings, Record::Spf), [State::Unknown]);
}

#[tokio::test]
async fn circles_and_crowds_of_includes_end() {
    let circle = Zone::default()
        .txt("agent.example", "v=spf1 include:a.example ~all")
        .txt("a.example", "v=spf1 include:b.example ~all")
        .txt("b.example", "v=spf1 include:a.example ~all");
    let (findings, server) = checked(circle, &[], &[Sender::Postmark]).await;
    assert_eq!(state(&findings, Record::Spf), [State::Wrong]);
    assert!(findings[0].says.contains("circle"), "{}", findings[0].says);
    assert_eq!(
        server.names().iter().filter(|name| ["a.example", "b.example"].contains(&name.as_str())).count(),
        2
    );

    let crowd: String = (0..400).map(|n| format!("include:i{n}.example ")).collect();
    let zone = (0..400).fold(Zone::default(), |zone, n| zone.txt(&format!("i{n}.example"), "v=spf1 mx -all"));
    let zone = zone.txt("agent.example", format!("v=spf1 {crowd}-all"));
    let (findings, server) = checked(zone, &[], &[Sender::Postmark]).await;
    assert_eq!(state(&findings, Record::Spf), [State::Wrong]);
    let asked = server.names().iter().filter(|name| name.starts_with('i')).count();
    assert!((1..=10).contains(&asked), "{asked} were asked");
}

#[tokio::test]
async fn cnames_are_followed_and_end() {
    let lost = Zone::default().cname("google._domainkey.agent.example", "gone.example");
    let circle = Zone::default()
        .cname("google._domainkey.agent.example", "one.example")
        .cname("one.example", "two.example")
        .cname("two.example", "one.example");
    for zone in [lost, circle] {
        let (findings, _server) = checked(zone, &[], &[Sender::Google]).await;
        assert_eq!(state(&findings, Record::Dkim), [State::Wrong], "{findings:#?}");
    }
    let found = Zone::default()
        .cname("google._domainkey.agent.example", "one.example")
        .cname("one.example", "two.example")
        .txt("two.example", key());
    let (findings, _server) = checked(found, &[], &[Sender::Google]).await;
    assert_eq!(state(&findings, Record::Dkim), [State::Good], "{findings:#?}");
}

#[tokio::test]
async fn one_of_spf_and_dkim_is_enough_to_align() {
    let says = |findings: &[Finding]| {
        let finding = findings.iter().find(|finding| finding.record == Record::Alignment).unwrap();
        (finding.state, finding.says.rsplit("so ").next().unwrap().to_owned())
    };
    let passes = |by: &str| (State::Good, format!("DMARC passes by {by}"));
    let (both, _server) = checked(good(), &["20260101000000pm"], &[Sender::Postmark]).await;
    assert_eq!(says(&both), passes("both"));
    let (by_return_path, _server) = checked(good(), &["20200101000000pm"], &[Sender::Postmark]).await;
    assert_eq!(says(&by_return_path), passes("SPF"));
    let without = good().with("pm-bounces.agent.example", CNAME, Answer::Records(vec![]));
    let (by_key, _server) = checked(without, &["20260101000000pm"], &[Sender::Postmark]).await;
    assert_eq!(says(&by_key), passes("DKIM"));
}

#[tokio::test]
async fn a_strict_policy_takes_postmarks_return_path_away() {
    let zone = good().with("20260101000000pm._domainkey.agent.example", TXT, Answer::Records(vec![]));
    let zone = zone.with(
        "_dmarc.agent.example",
        TXT,
        Answer::Records(vec![[&[23][..], b"v=DMARC1;p=none; aspf=s"].concat()]),
    );
    let (findings, _server) = checked(zone, &["20260101000000pm"], &[Sender::Postmark]).await;
    assert_eq!(state(&findings, Record::ReturnPath), [State::Good]);
    assert_eq!(state(&findings, Record::Alignment), [State::Wrong], "{findings:#?}");
}

#[tokio::test]
async fn hostile_bytes_come_out_as_plain_lines() {
    let hostile: &[&[u8]] = &[
        b"v=spf1 \x1b[2J\r\n\xff\x00 -all",
        b"v=DMARC1; p=\x1b]0;x\x07",
        b"\xff\xff\xff",
        b"v=DKIM1; p=\x00",
    ];
    let names = ["agent.example", "_dmarc.agent.example", "google._domainkey.agent.example"];
    for text in hostile {
        let zone = names.iter().fold(Zone::default(), |zone, name| zone.txt(name, text));
        let zone = zone.mx("agent.example", 10, "m\u{1b}[2Jx.example");
        let (findings, _server) = checked(zone, &[], &[Sender::Google]).await;
        for finding in findings {
            let lines = [Some(finding.says), finding.to_do];
            assert!(lines.iter().flatten().all(|line| !line.chars().any(char::is_control)), "{lines:?}");
        }
    }
}
