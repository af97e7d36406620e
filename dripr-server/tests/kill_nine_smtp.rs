//! `kill -9` of `dripr run` at random moments while it hands emails to an SMTP server, which is killed now and then too.
//!
//! The server is a process of its own with a log of its own, so nobody who dies takes the truth along. SMTP cannot be asked
//! what became of an email: one whose handing over was cut off is held, and not sent again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;
mod fake_provider;
mod killing;

use std::{thread, time::Duration};

use dripr_adapters::smtp::CONNECTIONS;
use dripr_core::email::{DeliveryStatus, Email};

use self::{
    deployment::Deployment,
    fake_provider::Event,
    killing::{Killing, stored, until_quiet},
};

const NAME: &str = "whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason";
/// Enough for each kill to meet some.
const HOMEOWNERS_PER_KILL: usize = 15;
const KILLS: usize = 40;
const SEED: u64 = 0x5eed_0002;
/// Long, so that no attempt ends for slowness on a busy machine: each that ends must have been ended by somebody.
const MAIL_TIMEOUT: u128 = 10_000;

fn main() {
    killing::main(NAME, whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason);
}

fn whoever_is_killed_nobody_gets_two_emails_and_every_hold_has_a_reason() {
    let (kills, seed) = killing::told(KILLS, SEED);
    let place = tempfile::tempdir().unwrap();
    let mut killing = Killing::new("smtp", place.path(), seed);
    let homeowners = HOMEOWNERS_PER_KILL * kills;
    let deployment = Deployment::configured(
        homeowners,
        &format!(
            "mail_timeout_seconds = {}\nfirst_look_up_seconds = 1\nlook_up_every_seconds = 1\nhold_after_seconds = 5\n\
             [mail]\nby = \"smtp\"\nproduction = true\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"",
            MAIL_TIMEOUT / 1000,
            killing.provider.port
        ),
    );
    killing.kill(&deployment, kills, |_| ());
    let mut running = deployment.run();
    thread::sleep(Duration::from_millis(300));
    killing.replace_provider(false);
    let explained = until_quiet(&deployment, |campaign| campaign["phase"] != "SENT");
    running.ends_in_order();

    let truth = killing.truth(homeowners);
    let emails = stored(deployment.path());
    let count = |event| truth.count(event);
    let with = |status| emails.iter().filter(move |email| email.delivery_status == status);
    let held: Vec<&Email> = with(DeliveryStatus::Held).collect();
    let cutting = |deaths: &[u128]| {
        deaths.iter().filter(|at| held.iter().any(|e| truth.during(e, MAIL_TIMEOUT).contains(at))).count()
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
    assert_eq!(
        truth.unexplained(&emails, MAIL_TIMEOUT),
        Vec::<String>::new(),
        "held, and nothing was cut off"
    );
    let deaths = programs.len() + providers.len();
    let most = CONNECTIONS * deaths + count(Event::AnswerLost) + count(Event::EmailLost);
    assert!(held.len() <= most, "a kill costs no more emails than were being handed over: {most}");
    // Otherwise nothing was tried.
    for event in [Event::Answered, Event::AnswerLost, Event::EmailLost, Event::Later] {
        assert!(count(event) > 0, "{event:?} never occurred");
    }
    assert!(cutting(programs) >= kills / 8 && explained > 0 && with(DeliveryStatus::Complete).count() > 0);
}
