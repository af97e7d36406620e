//! Addresses verified while contacts are imported.

use std::{
    fs,
    io::Cursor,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use dripr_adapters::{
    layers::{Layered, RateLimit},
    token_bucket::{Rate, TokenBuckets},
};
use dripr_core::{
    campaign::{Actor, command::Bench},
    email::EmailAddress,
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    imports::{Fate, Reported, Tally},
    policy::Policy,
    ports::{Allowance, CampaignFilter, CampaignStore, Clock, EmailVerifier, Verification},
    schedule::Instant,
    testkit::{ManualClock, MemoryStore, SeededEntropy, samples},
};
use dripr_server::{
    config::Config,
    contacts_file::{ContactsFile, Expected, SendDayRule},
    enrolment::{Approvals, Enroller, Seen},
    verifying::{AT_ONCE, Verifying},
};

use crate::program::{CONFIG, deployment, dripr};

/// Answers as the local part says, and counts who asks.
#[derive(Default)]
struct Stub {
    asked: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    failing: Option<Fault>,
}

#[async_trait]
impl EmailVerifier for Stub {
    async fn verify(&self, address: &EmailAddress, _: &Allowance) -> PortResult<Verification> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        if let Some(fault) = self.failing {
            return Err(PortError::new(fault, "the verifier broke"));
        }
        let reason = "so it is".to_owned();
        Ok(match address.as_str().split(['@', '-']).next().unwrap() {
            "bad" => Verification::Undeliverable { reason, did_you_mean: None },
            "typo" => Verification::Undeliverable { reason, did_you_mean: "good@home.example".parse().ok() },
            "any" => Verification::Unproven { reason },
            "later" => Verification::Unknown { reason },
            _ => Verification::Deliverable,
        })
    }
}

/// A clock on which time passes while somebody sleeps.
struct Dreaming(ManualClock);

#[async_trait]
impl Clock for Dreaming {
    fn now(&self) -> Instant {
        self.0.now()
    }

    async fn sleep_until(&self, instant: Instant) {
        tokio::task::yield_now().await;
        self.0.set(instant.max(self.now()));
    }
}

fn now() -> Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Imports contacts with a verifier: the tally, the problems, why it failed, and how many campaigns there are.
async fn imported(contacts: &str, stub: &Stub, dry_run: bool) -> (Tally, Vec<String>, Option<String>, usize) {
    imported_on(Arc::new(Dreaming(ManualClock::at(now()))), contacts, stub, dry_run).await
}

async fn imported_on(
    clock: Arc<dyn Clock>,
    contacts: &str,
    verifier: &dyn EmailVerifier,
    dry_run: bool,
) -> (Tally, Vec<String>, Option<String>, usize) {
    let now = now();
    let store = MemoryStore::new();
    samples::fill(&store, 0, "98103", 1, now).await.unwrap();
    let expected = Expected {
        zone: chrono_tz::America::New_York,
        now,
        send_day: SendDayRule::MONTH,
        knows_zip: &|_| true,
    };
    let mut file = ContactsFile::new(Cursor::new(contacts.to_owned()), expected).unwrap();
    let enroller = Enroller {
        campaigns: &store,
        contacts: &store,
        imports: &store,
        entropy: &SeededEntropy::new(1),
        now,
        desk: Arc::new(Bench { clock: clock.clone(), policy: Policy::default() }),
        user_id: UserId::new("agent").unwrap(),
        by: Actor::Operator,
        approvals: Approvals::AsRowsSay { otherwise: false },
        dry_run,
        reported: Reported::Exceptions,
        verifying: Some(Verifying::by(verifier, &*clock)),
        seen: Seen::default(),
    };
    let mut problems = Vec::new();
    let tally = enroller
        .enrol_file(&mut file, &mut |line| {
            if matches!(line.fate, Fate::Refused { .. }) {
                problems.push(line.to_string());
            }
            Ok(())
        })
        .await
        .unwrap();
    let stored = store.list(&CampaignFilter::default(), None, 10_000).await.unwrap().len();
    (tally, problems, enroller.verifying.unwrap().failure(), stored)
}

const CONTACTS: &str = "email,zip,unsubscribed\ngood@home.example,98103,\nbad@home.example,98103,\n\
    typo@home.example,98103,\nany@home.example,98103,\nnobody,98103,\nlater@home.example,98103,\n\
    bad-too@home.example,98103,yes\n";

#[tokio::test]
async fn only_an_address_that_takes_no_mail_is_refused() {
    let stub = Stub::default();
    let (tally, problems, failure, stored) = imported(CONTACTS, &stub, false).await;
    assert_eq!(
        problems,
        [
            "row 3: email \"bad@home.example\": takes no mail: so it is",
            "row 4: email \"typo@home.example\": takes no mail: so it is; perhaps good@home.example was meant",
            "row 6: email \"nobody\": it has no @",
        ]
    );
    assert_eq!((tally.rows, tally.enrolled, tally.refused, tally.not_verified), (7, 4, 3, 2));
    assert_eq!((tally.opted_out, stored, failure), (1, 4, None));
    assert_eq!(stub.asked.load(Ordering::SeqCst), 5, "nobody asks about who wants no mail");
}

#[tokio::test]
async fn a_dry_run_with_a_verifier_asks_and_stores_nothing() {
    let stub = Stub::default();
    let (tally, problems, _, stored) = imported(CONTACTS, &stub, true).await;
    assert_eq!((tally.enrolled, tally.refused, problems.len(), stored), (4, 3, 3, 0));
}

#[tokio::test]
async fn so_many_are_asked_about_at_once_and_no_more() {
    let mut contacts = String::from("email,zip\n");
    (0..600).for_each(|n| contacts.push_str(&format!("good-{n}@home.example,98103\n")));
    let stub = Stub::default();
    let (tally, ..) = imported(&contacts, &stub, false).await;
    assert_eq!((tally.enrolled, tally.not_verified), (600, 0));
    assert_eq!(stub.asked.load(Ordering::SeqCst), 600);
    assert_eq!(stub.most_at_once.load(Ordering::SeqCst), AT_ONCE);
}

#[tokio::test]
async fn our_own_pace_makes_an_import_slow_and_no_address_doubtful() {
    let (clock, stub) = (Arc::new(Dreaming(ManualClock::at(now()))), Arc::new(Stub::default()));
    let once_a_second = Rate { calls: 1, period: Duration::from_secs(1) };
    let limiter = Arc::new(TokenBuckets::new([("verification".to_owned(), once_a_second)]));
    let verifier = Layered::new(stub.clone(), RateLimit::new("verification", clock.clone(), limiter));
    let mut contacts = String::from("email,zip\n");
    (0..30).for_each(|n| contacts.push_str(&format!("good-{n}@home.example,98103\n")));
    let (tally, _, failure, stored) = imported_on(clock.clone(), &contacts, &verifier, false).await;
    assert_eq!((tally.enrolled, tally.not_verified, stored, failure), (30, 0, 30, None));
    assert_eq!(stub.asked.load(Ordering::SeqCst), 30);
    assert!(clock.now() >= now() + chrono::TimeDelta::seconds(29), "{}", clock.now());
}

#[tokio::test]
async fn a_verifier_that_fails_loses_no_row_and_is_left_alone() {
    let mut contacts = String::from("email,zip\n");
    (0..600).for_each(|n| contacts.push_str(&format!("bad-{n}@home.example,98103\n")));
    for (fault, most_asked) in [(Fault::Misconfigured, AT_ONCE), (Fault::Unavailable, 16 + AT_ONCE)] {
        let stub = Stub { failing: Some(fault), ..Stub::default() };
        let (tally, problems, failure, stored) = imported(&contacts, &stub, false).await;
        assert_eq!((tally.enrolled, tally.not_verified, tally.refused, stored), (600, 600, 0, 600));
        assert_eq!((problems.len(), failure.as_deref()), (0, Some("the verifier broke")));
        let asked = stub.asked.load(Ordering::SeqCst);
        assert!(asked <= most_asked, "{fault:?}: {asked}");
    }
}

#[test]
fn a_dry_run_cannot_ask_nobody() {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    let arguments = ["import", "contacts.csv", "--agent=a1", "--send-day=7", "--dry-run", "--verify"];
    let run = dripr(folder.path(), &arguments).failure();
    assert!(run.stderr.contains("`email_verification.by` is \"none\""), "{}", run.stderr);
    let run = dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--verify"]).failure();
    assert_eq!(run.code, Some(2));
}

fn config(lines: &str) -> String {
    format!("{CONFIG}[email_verification]\n{lines}\n")
}

#[test]
fn keys_of_a_verifier_that_is_not_asked_are_refused() {
    for (lines, named) in [
        ("key_file = \"k\"", "email_verification.key_file: is for by = \"quick_email_verification\" only"),
        ("sandbox = false", "email_verification.sandbox: is for"),
        ("url = \"https://x\"", "email_verification.url: is for"),
        ("by = \"guessing\"", "email_verification.by: unknown variant `guessing`"),
    ] {
        let error = parse(lines, Path::new(""), None).unwrap_err();
        assert!(error.contains(named), "{named}\n{error}");
    }
    assert!(parse("by = \"none\"", Path::new(""), Some("k")).is_ok());
}

fn parse(lines: &str, folder: &Path, key: Option<&str>) -> Result<Config, String> {
    let environment = |name: &str| key.filter(|_| name == "DRIPR_EMAIL_VERIFICATION_KEY").map(str::to_owned);
    Config::parse(&config(lines), folder, &environment).map_err(|problem| problem.to_string())
}

#[cfg(not(feature = "quick-email-verification"))]
#[test]
fn a_program_without_the_verifier_says_how_to_get_one() {
    let error = parse("by = \"quick_email_verification\"", Path::new(""), Some("k")).unwrap_err();
    let expected = "email_verification.by: this dripr was built without QuickEmailVerification";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.contains("--features quick-email-verification"), "{error}");
}

#[cfg(feature = "quick-email-verification")]
mod quick_email_verification {
    use std::{
        fs,
        io::{BufRead, BufReader, Write},
        net::TcpListener,
    };

    use dripr_server::config::email_verification::EmailVerification;
    use secrecy::ExposeSecret;

    use super::{CONTACTS, config, parse};
    use crate::program::{deployment, dripr};

    const BY: &str = "by = \"quick_email_verification\"\n";

    #[test]
    fn the_key_comes_from_a_file_or_the_environment_and_does_not_print() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key"), "k3y-from-the-file\n").unwrap();
        for (lines, variable, expected) in [
            ("key_file = \"key\"", None, "k3y-from-the-file"),
            ("sandbox = true", Some("k3y-from-outside"), "k3y-from-outside"),
            ("key_file = \"key\"", Some("k3y-from-outside"), "k3y-from-outside"),
        ] {
            let config = parse(&format!("{BY}{lines}"), folder.path(), variable).unwrap();
            let printed = format!("{config:?}");
            assert!(!printed.contains("k3y-from"), "{printed}");
            let EmailVerification::QuickEmailVerification { key, .. } = config.email_verification else {
                panic!("{printed}")
            };
            assert_eq!(key.expose_secret(), expected);
        }
        for (lines, variable, named) in [
            ("", None, "email_verification.key_file: missing"),
            ("key_file = \"none\"", None, "email_verification.key_file: cannot read"),
            (
                "",
                Some("a\nb"),
                "email_verification.key_file: the key of QuickEmailVerification has characters",
            ),
            ("url = \"nowhere\"", Some("k"), "email_verification.url: the address of QuickEmailVerification"),
        ] {
            let error = parse(&format!("{BY}{lines}"), folder.path(), variable).unwrap_err();
            assert!(error.starts_with(named), "{named}\n{error}");
        }
    }

    /// A verifier on this machine that calls `bad@…` undeliverable.
    fn verifier() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                    while let Some(first) = lines.next() {
                        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
                        let known =
                            head.iter().any(|line| line.eq_ignore_ascii_case("authorization: token k3y"));
                        let result = if first.contains("email=bad") { "invalid" } else { "valid" };
                        let body = format!(
                            r#"{{"result":"{result}","reason":"rejected_email","safe_to_send":"{}"}}"#,
                            result == "valid"
                        );
                        let status = if known { "200 OK" } else { "401 Unauthorized" };
                        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
                        if (&stream).write_all(format!("{head}{body}").as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        url
    }

    #[test]
    fn the_program_refuses_an_address_that_takes_no_mail() {
        let folder = deployment();
        let path = folder.path();
        fs::write(path.join("contacts.csv"), CONTACTS).unwrap();
        let written = |key: &str| {
            fs::write(path.join("verifier-key"), key).unwrap();
            let lines = format!("{BY}key_file = \"verifier-key\"\nurl = \"{}\"", verifier());
            fs::write(path.join("dripr.toml"), config(&lines)).unwrap();
        };
        let import = ["import", "contacts.csv", "--agent=a1", "--send-day=7"];
        // A dry run asks nobody.
        written("k3y");
        let run = dripr(path, &[&import[..], &["--dry-run"]].concat()).success();
        assert!(run.stdout.contains("7 rows: 6 would be enrolled"), "{}", run.stdout);
        let refused = "row 3: email \"bad@home.example\": takes no mail: its server knows no such mailbox\n";
        let run = dripr(path, &[&import[..], &["--dry-run", "--verify"]].concat()).success();
        assert!(run.stdout.contains(refused) && run.stdout.contains("5 would be"), "{}", run.stdout);
        let run = dripr(path, &import).success();
        let told = "7 rows: 5 enrolled, 0 already there, 2 refused; 1 opted out\n";
        assert!(run.stdout.contains(refused) && run.stdout.ends_with(told), "{}", run.stdout);
        // A key that is refused costs no row.
        written("wrong");
        let run = dripr(path, &[&import[..], &["--json"]].concat()).success();
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&report["enrolled"], &report["already_enrolled"]), (&1.into(), &5.into()));
        assert_eq!(report["not_verified"], 5);
        let failure = report["verifier_failure"].as_str().unwrap();
        assert_eq!(failure, "QuickEmailVerification refuses the key (HTTP 401)");
    }
}
