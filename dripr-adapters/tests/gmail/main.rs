//! Gmail, asked on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../loopback/mod.rs"]
mod loopback;

mod access;
mod consent;
mod emails;
mod google;
mod inbox;
mod outcomes;
mod search;
mod secrets;
mod suites;

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dripr_adapters::{
    gmail::{GmailMailer, GmailOptions, READ, SEND},
    token_vault::TokenVault,
};
use dripr_core::{
    email::{Message, MessageId, OutgoingEmail, Party},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    mail_account::{Grant, MailAccount},
    ports::{AgentStore, MailAccountStore, Mailer, SendOutcome},
    schedule::Instant,
    testkit::{MemoryStore, SeededEntropy, samples},
};
use google::{Google, GrantOf};
use sha2::{Digest, Sha256};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/gmail/", $name, ".json"))
    };
}
pub(crate) use sample;

const CLIENT: &str = "1234.apps.googleusercontent.example";
const CLIENT_SECRET: &str = "s3cret-of-the-client";
const ACCESS: &str = "ya29.s3cret-access-";
const REFRESH: &str = "s3cret-refresh-";
const REDIRECT: &str = "https://dripr.example/gmail/connected";
const VAULT_KEY: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";
const SEND_PATH: &str = "/messages/send";
const TOKEN_PATH: &str = "/token";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn now() -> Instant {
    at("2026-03-12T15:00:00Z")
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

fn vault() -> Arc<TokenVault> {
    Arc::new(TokenVault::new(&VAULT_KEY.into(), Arc::new(SeededEntropy::new(1))).unwrap())
}

fn options(google: &Google) -> GmailOptions {
    let here = Some(google.loopback.base_url.clone());
    let mut options = GmailOptions::new(CLIENT, CLIENT_SECRET.into());
    options.tokens_url.clone_from(&here);
    options.gmail_url = here;
    options.timeout = Duration::from_secs(20);
    options
}

/// Google, a store with agents who connected their accounts, and a mailer.
struct Scene {
    google: Google,
    store: MemoryStore,
    mailer: GmailMailer,
}

impl Scene {
    /// Agents who let their emails be sent, and searched for if `scope` says so.
    async fn new(agents: &[&str], scope: &str) -> Self {
        Self::with(agents, scope, |_| {}).await
    }

    async fn with(agents: &[&str], scope: &str, change: impl FnOnce(&mut GmailOptions)) -> Self {
        let google = Google::start().await;
        let store = MemoryStore::new();
        for agent in agents {
            register(&store, agent).await;
            let token = format!("{REFRESH}{agent}");
            let account = MailAccount {
                user_id: user(agent),
                address: format!("{agent}@brokerage.example").parse().unwrap(),
                scopes: scope.split(' ').map(str::to_owned).collect(),
                refresh_token: vault().seal(&user(agent), &token.as_str().into()).unwrap(),
                grant: Grant::Given,
                connected_at: at("2026-03-01T00:00:00Z"),
                may_fall_back: false,
                fell_back_until: None,
                version: 0,
            };
            let grant = GrantOf {
                account: account.address.to_string(),
                scope: scope.to_owned(),
                revoked: false,
                rotates: false,
            };
            google.world().grants.insert(token, grant);
            assert!(store.put_mail_account(account, None).await.unwrap());
        }
        let mut options = options(&google);
        change(&mut options);
        let mailer =
            GmailMailer::new(&options, Arc::new(store.clone()), vault(), google.clock.clone()).unwrap();
        Self { google, store, mailer }
    }

    async fn send(&self, email: &OutgoingEmail) -> SendOutcome {
        let mut outcomes = self.mailer.send(std::slice::from_ref(email)).await;
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    async fn account(&self, agent: &str) -> MailAccount {
        self.store.mail_account(&user(agent)).await.unwrap().unwrap()
    }
}

async fn register(store: &MemoryStore, agent: &str) {
    let agent = samples::agent(agent, at("2026-03-01T00:00:00Z")).unwrap();
    let event = samples::user_created(&agent);
    assert!(store.register(agent, event, dripr_core::campaign::Actor::Operator).await.unwrap());
}

/// Sending and reading.
fn both() -> String {
    format!("{SEND} {READ}")
}

fn message(agent: &str) -> Message {
    let address = format!("{agent}@brokerage.example").parse().unwrap();
    Message {
        from: Party { name: "Ana Ruiz".to_owned(), address },
        to: Party { name: "Kim Owner".to_owned(), address: "kim@home.example".parse().unwrap() },
        subject: "12 Elm St: your home report for März".to_owned(),
        html: "<!doctype html>\n<p>Größe &amp; 家</p>\n".to_owned(),
        text: "Größe & 家\n".to_owned(),
        opt_out_link: Some("https://mail.example/o/agent/c/5f6c".to_owned()),
        opt_out_mailto: None,
    }
}

fn outgoing(agent: &str, id: &str) -> OutgoingEmail {
    let (email_id, message) = (EmailId::new(id).unwrap(), message(agent));
    OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        campaign_id: Some(CampaignId::new("c").unwrap()),
        user_id: user(agent),
        message_id: MessageId::of(&email_id, &message.from.address),
        date: now(),
        message: Arc::new(message),
        email_id,
    }
}

fn is_accepted(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Accepted { .. })
}

fn needs_people(outcome: &SendOutcome, words: &str) {
    let SendOutcome::NeedsPeople { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(words), "{reason}");
}

fn not_before(outcome: &SendOutcome) -> Option<Instant> {
    match outcome {
        SendOutcome::NotSent { not_before, .. } => *not_before,
        other => panic!("{other:?}"),
    }
}
