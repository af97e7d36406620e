//! `kill -9` of `dripr run` at random moments while it hands emails to Postmark, which is killed now and then too.
//!
//! Postmark can be asked what became of an email. So everybody to whom it delivers gets exactly one, and nothing is held.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;
mod fake_provider;
mod killing;

use std::{fs, thread, time::Duration};

use dripr_core::email::DeliveryStatus;

use self::{
    deployment::Deployment,
    fake_provider::{Event, TOKEN, is_inactive},
    killing::{Killing, stored, until_quiet},
};

const NAME: &str = "whoever_is_killed_everybody_gets_one_email_by_postmark_and_nothing_is_held";
/// They come before each kill, for it to meet some: Postmark takes all that there are in one request.
const HOMEOWNERS_PER_KILL: usize = 15;
const KILLS: usize = 20;
const SEED: u64 = 0x5eed_0003;

fn main() {
    killing::main(NAME, whoever_is_killed_everybody_gets_one_email_by_postmark_and_nothing_is_held);
}

fn whoever_is_killed_everybody_gets_one_email_by_postmark_and_nothing_is_held() {
    let (kills, seed) = killing::told(KILLS, SEED);
    let place = tempfile::tempdir().unwrap();
    let token_file = place.path().join("token");
    fs::write(&token_file, TOKEN).unwrap();
    let mut killing = Killing::new("postmark", place.path(), seed);
    let deployment = Deployment::configured(
        HOMEOWNERS_PER_KILL,
        &format!(
            "mail_timeout_seconds = 2\nlook_up_every_seconds = 1\n[mail]\nby = \"postmark\"\nproduction = true\n[postmark]\n\
             url = \"http://127.0.0.1:{}\"\ntoken_file = \"{}\"\nsettling_seconds = 2",
            killing.provider.port,
            token_file.display()
        ),
    );
    killing.kill(&deployment, kills, |_| deployment.enrol("agent", HOMEOWNERS_PER_KILL));
    let mut running = deployment.run();
    thread::sleep(Duration::from_millis(300));
    killing.replace_provider(true);
    let done = ["SENT", "UNSUBSCRIBED"];
    let explained = until_quiet(&deployment, |campaign| !done.contains(&campaign["phase"].as_str().unwrap()));
    running.ends_in_order();

    let homeowners = deployment.homeowners();
    let truth = killing.truth(homeowners);
    let emails = stored(deployment.path());
    let with = |status| emails.iter().filter(|email| email.delivery_status == status).count();
    let unsubscribed: Vec<String> = deployment
        .campaigns()
        .iter()
        .filter(|campaign| campaign["phase"] == "UNSUBSCRIBED")
        .map(|campaign| campaign["recipient"].as_str().unwrap().to_owned())
        .collect();
    println!(
        "{} kills of the program and {} of the provider; the provider accepted {} emails, lost {} and {} answers, broke {} \
         answers and garbled {}, wanted {} later, refused {}, and did not show {} at once; {} emails are sent, {} held, and \
         {} homeowners unsubscribed",
        truth.ended.programs.len(),
        truth.ended.providers.len(),
        truth.count(Event::Accepted),
        truth.count(Event::EmailLost),
        truth.count(Event::AnswerLost),
        truth.count(Event::Broken),
        truth.count(Event::Garbled),
        truth.count(Event::Later),
        truth.count(Event::Refused),
        truth.count(Event::Hidden),
        with(DeliveryStatus::Complete),
        with(DeliveryStatus::Held),
        unsubscribed.len(),
    );
    assert_eq!(truth.twice(), Vec::<String>::new(), "sent more than once");
    let lost = truth.lost(&emails);
    let lost: Vec<&String> = lost.iter().filter(|to| !is_inactive(to)).collect();
    assert_eq!(lost, Vec::<&String>::new(), "not sent");
    assert_eq!(truth.invented(&emails), Vec::<String>::new(), "sent, and not by the provider's log");
    assert_eq!(with(DeliveryStatus::Held), 0, "the provider can be asked about everything");
    let inactive = (0..homeowners).filter(|n| is_inactive(&format!("owner{n}@home.example"))).count();
    assert!(unsubscribed.iter().all(|to| is_inactive(to)) && unsubscribed.len() == inactive);
    assert_eq!(with(DeliveryStatus::Complete), homeowners - inactive);
    // Otherwise nothing was tried.
    for event in [
        Event::Answered,
        Event::AnswerLost,
        Event::Broken,
        Event::Garbled,
        Event::EmailLost,
        Event::Later,
        Event::Refused,
        Event::Hidden,
    ] {
        assert!(truth.count(event) > 0, "{event:?} never occurred");
    }
    assert!(explained > 0);
}
