//! `kill -9` of `dripr run` at random moments while it hands emails to an SMTP server, which is killed now and then too.
//!
//! The server is a process of its own with a log of its own, so nobody who dies takes the truth along. SMTP cannot be asked
//! what became of an email: one whose handing over was cut off is held, and not sent again.
//!
//! The moments of the kills and the provider's moods are drawn from a seed that is printed; `DRIPR_SEED` gives others, and
//! `DRIPR_KILLS` makes the loop longer.
//!
//! This target has no test harness, because the provider must be another process and there is no other program to be it:
//! a helper binary would be installed with `dripr`, and tests are not told where examples are. Told `provider`, this
//! program is the provider; otherwise it is the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;
mod fake_provider;

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use dripr_adapters::smtp::CONNECTIONS;
use dripr_core::{
    email::{DeliveryStatus, Email},
    ports::{EmailFilter, EmailStore},
};
use dripr_server::{compose, config::Config};

use self::{
    deployment::Deployment,
    fake_provider::{Dice, Entry, Event, Provider, now, queue_id},
};

const NAME: &str = "whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason";
/// Enough for each kill to meet some.
const HOMEOWNERS_PER_KILL: usize = 15;
const KILLS: usize = 40;
const SEED: u64 = 0x5eed_0002;
/// Long, so that no attempt ends for slowness on a busy machine: each that ends must have been ended by somebody.
const MAIL_TIMEOUT: u128 = 10_000;
/// How long an answer may take to be stored.
const STORING: u128 = 3_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == "provider" => fake_provider::run(rest),
        // What cargo hands on: the wish for a list, or a part of a name.
        _ if args.iter().any(|arg| arg == "--list") => println!("{NAME}: test\n\n1 test, 0 benchmarks"),
        Some((first, _)) if !first.starts_with('-') && !NAME.contains(first.as_str()) => {
            println!("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out");
        }
        _ => {
            println!("running 1 test");
            whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason();
            println!("test {NAME} ... ok\n");
            println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        }
    }
}

fn whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason() {
    let kills = std::env::var("DRIPR_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let seed = std::env::var("DRIPR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    println!("seed {seed}, {kills} kills");
    let mut dice = Dice(seed);
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("provider.log");
    let mut provider = Provider::start(0, &log, 1 + dice.below(1 << 31));
    let port = provider.port;
    let homeowners = HOMEOWNERS_PER_KILL * kills;
    let deployment = Deployment::configured(
        homeowners,
        &format!(
            "mail_timeout_seconds = {}\nfirst_look_up_seconds = 1\nlook_up_every_seconds = 1\nhold_after_seconds = 5\n\
             [mail]\nby = \"smtp\"\nproduction = true\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"",
            MAIL_TIMEOUT / 1000
        ),
    );
    let mut ended = Ended::default();
    for _ in 0..kills {
        let running = deployment.run();
        thread::sleep(Duration::from_millis(20 + dice.below(280)));
        if dice.below(3) == 0 {
            // However slow the machine is: this one dies while emails are handed over.
            let known = fake_provider::read(&log).len();
            let patience = Instant::now() + Duration::from_secs(20);
            while fake_provider::read(&log).len() == known && Instant::now() < patience {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(dice.below(60)));
        }
        drop(running);
        ended.programs.push(now());
        if dice.below(8) == 0 {
            drop(provider);
            ended.providers.push(now());
            thread::sleep(Duration::from_millis(dice.below(60)));
            provider = Provider::start(port, &log, 1 + dice.below(1 << 31));
        }
    }
    let mut running = deployment.run();
    thread::sleep(Duration::from_millis(300));
    drop(provider);
    ended.providers.push(now());
    let _provider = Provider::start(port, &log, 1 + dice.below(1 << 31));
    let explained = until_quiet(&deployment);
    running.ends_in_order();

    let truth = Truth { homeowners, log: fake_provider::read(&log), ended };
    let emails = stored(deployment.path());
    let count = |event| truth.log.iter().filter(|entry| entry.event == event).count();
    let with = |status| emails.iter().filter(move |email| email.delivery_status == status);
    let held: Vec<&Email> = with(DeliveryStatus::Held).collect();
    let cutting = |deaths: &[u128]| {
        deaths.iter().filter(|at| held.iter().any(|e| truth.during(e).contains(at))).count()
    };
    let (programs, providers) = (&truth.ended.programs, &truth.ended.providers);
    println!(
        "{} of {} kills of the program and {} of {} of the provider cut emails off; the provider accepted {} emails, lost {} \
         and {} answers, and wanted {} later; {} emails are sent and {} held",
        cutting(programs),
        programs.len(),
        cutting(providers),
        providers.len(),
        count(Event::Accepted),
        count(Event::EmailLost),
        count(Event::AnswerLost),
        count(Event::Later),
        with(DeliveryStatus::Complete).count(),
        held.len(),
    );
    assert_eq!(truth.twice(), Vec::<String>::new(), "sent more than once");
    assert_eq!(truth.lost(&emails), Vec::<String>::new(), "neither sent nor held");
    assert_eq!(truth.invented(&emails), Vec::<String>::new(), "sent, and not by the provider's log");
    assert_eq!(truth.unexplained(&emails), Vec::<String>::new(), "held, and nothing was cut off");
    let deaths = programs.len() + providers.len();
    let most = CONNECTIONS * deaths + count(Event::AnswerLost) + count(Event::EmailLost);
    assert!(held.len() <= most, "a kill costs no more emails than were being handed over: {most}");
    // Otherwise nothing was tried.
    for event in [Event::Answered, Event::AnswerLost, Event::EmailLost, Event::Later] {
        assert!(count(event) > 0, "{event:?} never occurred");
    }
    assert!(cutting(programs) >= kills / 8 && explained > 0 && with(DeliveryStatus::Complete).count() > 0);
}

/// When processes were killed.
#[derive(Default)]
struct Ended {
    programs: Vec<u128>,
    providers: Vec<u128>,
}

/// What really happened.
struct Truth {
    homeowners: usize,
    log: Vec<Entry>,
    ended: Ended,
}

fn reports(log: &[Entry]) -> impl Iterator<Item = &Entry> {
    let report =
        |entry: &&Entry| entry.event == Event::Accepted && entry.recipient.ends_with("@home.example");
    log.iter().filter(report)
}

impl Truth {
    /// Recipients, the agent included, who got more than one email.
    fn twice(&self) -> Vec<String> {
        let mut counts = BTreeMap::new();
        for entry in self.log.iter().filter(|entry| entry.event == Event::Accepted) {
            *counts.entry(&entry.recipient).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(to, count)| format!("{to}: {count}"))
            .collect()
    }

    /// Homeowners without an email that the provider has or that is held.
    fn lost(&self, emails: &[Email]) -> Vec<String> {
        let homeowners = (0..self.homeowners).map(|n| format!("owner{n}@home.example"));
        let lost = homeowners.filter(|to| {
            let held = |email: &Email| {
                email.recipient.as_str() == to
                    && email.delivery_status == DeliveryStatus::Held
                    && email.cause.is_some()
            };
            !reports(&self.log).any(|entry| entry.recipient == *to) && !emails.iter().any(held)
        });
        lost.collect()
    }

    /// Emails that are sent by the store and not by the provider's log, under the name that the provider gave them.
    fn invented(&self, emails: &[Email]) -> Vec<String> {
        let sent = emails.iter().filter(|email| email.delivery_status == DeliveryStatus::Complete);
        let invented = sent.filter(|email| {
            let id = email.attempt.as_ref().unwrap().message_id.as_str();
            !reports(&self.log).any(|entry| entry.message_id == id)
                || email.provider_message_id != Some(queue_id(id))
        });
        invented.map(|email| format!("{email:?}")).collect()
    }

    /// Emails that are neither sent nor held for a reason that really was one.
    fn unexplained(&self, emails: &[Email]) -> Vec<String> {
        let ended = [DeliveryStatus::Complete, DeliveryStatus::Superseded];
        let open = emails.iter().filter(|email| !ended.contains(&email.delivery_status));
        let unexplained =
            open.filter(|email| email.delivery_status != DeliveryStatus::Held || !self.was_cut_off(email));
        unexplained.map(|email| format!("{email:?}")).collect()
    }

    /// When the provider's log first says something of an email's last try.
    fn said(&self, event: Event, email: &Email) -> Option<u128> {
        let id = email.attempt.as_ref().unwrap().message_id.as_str();
        let began = began(email);
        let said = |entry: &&Entry| entry.event == event && entry.message_id == id && entry.at >= began;
        self.log.iter().find(said).map(|entry| entry.at)
    }

    /// While an email's last try was under way: until its program died, or until its answer must have been stored.
    fn during(&self, email: &Email) -> RangeInclusive<u128> {
        let began = began(email);
        let over = self.said(Event::Answered, email).map_or(began + MAIL_TIMEOUT, |at| at + STORING);
        let died = self.ended.programs.iter().find(|at| **at >= began);
        began..=died.map_or(over, |died| over.min(*died))
    }

    /// Whether the last try at an email was ended by somebody's death or by the provider's mood.
    fn was_cut_off(&self, email: &Email) -> bool {
        let during = self.during(email);
        let died = |deaths: &[u128]| deaths.iter().any(|at| during.contains(at));
        let said = |event| self.said(event, email).is_some();
        let unanswered = !said(Event::Answered);
        died(&self.ended.programs)
            || (unanswered
                && (died(&self.ended.providers) || said(Event::AnswerLost) || said(Event::EmailLost)))
    }
}

fn began(email: &Email) -> u128 {
    u128::try_from(email.attempt.as_ref().unwrap().started_at.timestamp_millis()).unwrap()
}

/// Waits until every email is sent or held. Meanwhile `dripr explain` tells of those whose outcome is unknown; how often
/// it was asked.
fn until_quiet(deployment: &Deployment) -> usize {
    let mut explained = 0;
    let (mut fewest, mut since) = (usize::MAX, Instant::now());
    loop {
        let unsent = deployment.unsent();
        if unsent.is_empty() {
            return explained;
        }
        if unsent.len() < fewest {
            (fewest, since) = (unsent.len(), Instant::now());
        }
        if since.elapsed() > Duration::from_secs(120) {
            let why: Vec<_> = unsent.iter().map(|campaign| deployment.told(&["explain", campaign])).collect();
            panic!("nothing moves any more: {why:#?}");
        }
        let unknown = || {
            let told = deployment.told(&["campaigns", "--json"]);
            let campaigns: Vec<serde_json::Value> = serde_json::from_str(&told).unwrap();
            let mut unknown =
                campaigns.into_iter().filter(|campaign| campaign["delivery_status"] == "UNKNOWN");
            unknown.next().map(|campaign| campaign["campaign_id"].as_str().unwrap().to_owned())
        };
        if let Some(campaign) = unknown() {
            let told = deployment.told(&["explain", &campaign]);
            let says = told.contains("unknown_outcome") && told.contains("nobody knows yet");
            assert!(says || unknown() != Some(campaign), "{told}");
            explained += usize::from(says);
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// The emails of the database.
fn stored(folder: &Path) -> Vec<Email> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&folder.join("dripr.toml"), &|_| None).unwrap();
        let deployment = compose::deployment(config).await.unwrap();
        let emails = deployment.store.emails(&EmailFilter::default(), None, usize::MAX).await.unwrap();
        deployment.close().await;
        emails
    })
}
