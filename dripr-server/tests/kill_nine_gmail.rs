//! `kill -9` of `dripr run` at random moments while agents' emails go by their own Gmail accounts. Google is killed now and
//! then too, lets its access tokens expire, and in mid-run one agent takes the consent back and gives it again later.
//!
//! Agents let their mail be searched, so Gmail can be asked what became of an email, and everybody gets exactly one. Held is
//! only what was under way at the agent whose consent was gone: that mailbox could not be searched.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;
mod fake_provider;
mod killing;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread, time::Duration};

use chrono::TimeDelta;
use dripr_adapters::{
    gmail::{READ, SEND},
    token_vault::TokenVault,
};
use dripr_core::{
    email::{DeliveryStatus, Email},
    ids::UserId,
    mail_account::{self, Grant, MailAccount},
    ports::MailAccountStore,
};
use dripr_server::{compose, config::Config};
use serde_json::Value;

use self::{
    deployment::Deployment,
    fake_provider::{Event, refresh_token, revocations},
    killing::{Killing, stored, until_quiet},
};

const NAME: &str = "whoever_is_killed_everybody_gets_one_email_by_gmail_and_only_who_left_is_held";
const AGENTS: [(&str, &str); 3] =
    [("agent", "ana@brokerage.example"), ("ben", "ben@brokerage.example"), ("eve", "eve@brokerage.example")];
/// Whose consent is taken back.
const LEAVING: (&str, &str) = AGENTS[1];
/// They come to each agent before each kill, for it to meet some.
const HOMEOWNERS_PER_KILL: usize = 5;
const KILLS: usize = 20;
const MAIL_TIMEOUT: u128 = 2_000;
const SEED: u64 = 0x5eed_0004;
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn main() {
    killing::main(NAME, whoever_is_killed_everybody_gets_one_email_by_gmail_and_only_who_left_is_held);
}

fn whoever_is_killed_everybody_gets_one_email_by_gmail_and_only_who_left_is_held() {
    let (kills, seed) = killing::told(KILLS, SEED);
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, secret: &str| {
        let path = place.path().join(name);
        fs::write(&path, secret).unwrap();
        path.display().to_string()
    };
    let mut killing = Killing::new("gmail", place.path(), seed);
    let url = format!("http://127.0.0.1:{}", killing.provider.port);
    let deployment = Deployment::of_agents(
        &AGENTS,
        HOMEOWNERS_PER_KILL,
        &format!(
            "mail_timeout_seconds = {}\nlook_up_every_seconds = 1\nhold_after_seconds = 20\n[mail]\nproduction = true\n[gmail]\n\
             client_id = \"1234.apps\"\nclient_secret_file = \"{}\"\ntoken_key_file = \"{}\"\nlook_ups = true\n\
             sends_per_minute = 100000\nsends_per_day = 100000\nsettling_seconds = 2\ntokens_url = \"{url}\"\n\
             gmail_url = \"{url}\"",
            MAIL_TIMEOUT / 1000,
            file("secret", "a secret"),
            file("key", KEY),
        ),
    );
    for agent in AGENTS {
        connect(deployment.path(), agent);
    }
    let revoked = revocations(&killing.log);
    killing.kill(&deployment, kills, |number| {
        for (id, _) in AGENTS {
            deployment.enrol(id, HOMEOWNERS_PER_KILL);
        }
        if number == kills / 2 {
            fs::write(&revoked, LEAVING.1).unwrap();
        }
    });
    let mut running = deployment.run();
    thread::sleep(Duration::from_millis(300));
    killing.replace_provider(true);
    let left = |campaign: &Value| campaign["user_id"] == LEAVING.0 && campaign["phase"] == "ERROR";
    let explained = until_quiet(&deployment, |campaign| campaign["phase"] != "SENT" && !left(campaign));
    let waiting = deployment.campaigns().into_iter().filter(left).count();
    // The agent agrees again, and what waited goes out.
    fs::remove_file(&revoked).unwrap();
    connect(deployment.path(), LEAVING);
    until_quiet(&deployment, |campaign| campaign["phase"] != "SENT");
    running.ends_in_order();

    let homeowners = deployment.homeowners();
    let truth = killing.truth(homeowners);
    let emails = stored(deployment.path());
    let with = |status| emails.iter().filter(move |email| email.delivery_status == status);
    let held: Vec<&Email> = with(DeliveryStatus::Held).collect();
    let elsewhere: Vec<_> = held.iter().filter(|email| email.user_id.as_str() != LEAVING.0).collect();
    println!(
        "{} kills of the program and {} of the provider; the provider accepted {} emails, lost {} and {} answers, broke {} \
         answers and garbled {}, wanted {} later, did not show {} at once, found {} tokens expired and gave no access {} \
         times; {waiting} emails waited for consent; {} emails are sent and {} held, {} of these not at the agent who left",
        truth.ended.programs.len(),
        truth.ended.providers.len(),
        truth.count(Event::Accepted),
        truth.count(Event::EmailLost),
        truth.count(Event::AnswerLost),
        truth.count(Event::Broken),
        truth.count(Event::Garbled),
        truth.count(Event::Later),
        truth.count(Event::Hidden),
        truth.count(Event::Expired),
        truth.count(Event::Revoked),
        with(DeliveryStatus::Complete).count(),
        held.len(),
        elsewhere.len(),
    );
    assert_eq!(truth.twice(), Vec::<String>::new(), "sent more than once");
    assert_eq!(truth.lost(&emails), Vec::<String>::new(), "neither sent nor held");
    assert_eq!(truth.invented(&emails), Vec::<String>::new(), "sent, and not by the provider's log");
    assert!(elsewhere.is_empty(), "held, and the mailbox could be searched: {elsewhere:#?}");
    assert_eq!(
        truth.unexplained(&emails, MAIL_TIMEOUT),
        Vec::<String>::new(),
        "held, and nothing was cut off"
    );
    assert_eq!(with(DeliveryStatus::Complete).count() + held.len(), homeowners);
    let agents: BTreeMap<&str, &str> =
        emails.iter().map(|email| (email.id.as_str(), email.user_id.as_str())).collect();
    let wrong = truth.log.iter().filter(|entry| entry.event == Event::Accepted).find(|entry| {
        let agent = agents.get(entry.letter.email_id.as_str());
        !AGENTS.iter().any(|(id, account)| Some(id) == agent && entry.letter.account == *account)
    });
    assert!(wrong.is_none(), "by another agent's account: {wrong:?}");
    // Otherwise nothing was tried.
    for event in [
        Event::Answered,
        Event::AnswerLost,
        Event::Broken,
        Event::Garbled,
        Event::EmailLost,
        Event::Later,
        Event::Hidden,
        Event::Expired,
        Event::Revoked,
    ] {
        assert!(truth.count(event) > 0, "{event:?} never occurred");
    }
    assert!(explained > 0 && waiting > 0);
}

/// Stores an agent's consent as the page that Google leads back to does, and lets go on what waited for it.
fn connect(folder: &Path, (id, address): (&str, &str)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&folder.join("dripr.toml"), &|_| None).unwrap();
        let deployment = compose::deployment(config).await.unwrap();
        let (store, user_id) = (&*deployment.store, UserId::new(id).unwrap());
        let vault = TokenVault::new(&KEY.into(), deployment.entropy.clone()).unwrap();
        let known = store.mail_account(&user_id).await.unwrap();
        let account = MailAccount {
            address: address.parse().unwrap(),
            scopes: vec![SEND.to_owned(), READ.to_owned()],
            refresh_token: vault.seal(&user_id, &refresh_token(address).into()).unwrap(),
            grant: Grant::Given,
            connected_at: deployment.clock.now() - TimeDelta::seconds(1),
            may_fall_back: false,
            fell_back_until: None,
            version: known.map_or(0, |known| known.version),
            user_id: user_id.clone(),
        };
        assert!(store.put_mail_account(account, None).await.unwrap());
        mail_account::resume(store, &Arc::clone(&deployment.desk()), &user_id).await.unwrap();
        deployment.close().await;
    });
}
