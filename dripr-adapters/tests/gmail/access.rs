//! Access tokens, and consent that is taken back.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_adapters::{
    gmail::{GmailMailer, READ, SEND},
    token_vault::TokenVault,
};
use dripr_core::{
    campaign::{Actor, AuditEntry},
    errors::Fault,
    ids::UserId,
    mail_account::{Grant, MailAccount},
    ports::{AgentStore, MailAccountStore, Mailer, SendOutcome},
    testkit::SeededEntropy,
};
use futures_util::future::join_all;
use secrecy::ExposeSecret;

use crate::{
    REFRESH, SEND_PATH, Scene, TOKEN_PATH,
    google::Trouble,
    is_accepted,
    loopback::{Loopback, Reply},
    needs_people, now, options, outgoing, register, sample, user, vault,
};

/// What an agent's history tells of accounts that were lost.
async fn losses(scene: &Scene, agent: &str) -> Vec<AuditEntry> {
    let history = scene.store.agent_history(&user(agent), None, None, 100).await.unwrap();
    history.into_iter().map(|line| line.entry).filter(|entry| entry.what == "mailbox_lost").collect()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept_until_shortly_before_it_expires() {
    let scene = Scene::new(&["ana"], SEND).await;
    let emails: Vec<_> = (1..=6).map(|n| outgoing("ana", &format!("c.{n}"))).collect();
    let together = join_all(emails[..4].iter().map(|email| scene.send(email))).await;
    assert!(together.iter().all(is_accepted), "{together:?}");
    assert_eq!(scene.google.asked(TOKEN_PATH), 1, "whoever comes meanwhile waits for it");
    // The token lasts 3,599 s.
    scene.google.clock.set(now() + TimeDelta::seconds(3_538));
    assert!(is_accepted(&scene.send(&emails[4]).await));
    assert_eq!(scene.google.asked(TOKEN_PATH), 1);
    scene.google.clock.set(now() + TimeDelta::seconds(3_539));
    assert!(is_accepted(&scene.send(&emails[5]).await));
    assert_eq!(scene.google.asked(TOKEN_PATH), 2);
    scene.google.clock.set(now());
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.7")).await));
    assert_eq!(scene.google.asked(TOKEN_PATH), 3, "a clock that was ahead keeps no token alive");
}

#[tokio::test]
async fn two_agents_never_mix() {
    let scene = Scene::new(&["ana", "ben"], SEND).await;
    let emails: Vec<_> = (0..20).map(|n| outgoing(["ana", "ben"][n % 2], &format!("c.{n}"))).collect();
    let outcomes = scene.mailer.send(&emails).await;
    assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
    let sent = scene.google.sent();
    assert_eq!(sent.len(), 20);
    for sent in sent {
        let text = String::from_utf8(sent.bytes).unwrap();
        assert!(text.contains(&format!("<{}>", sent.account)), "{} sent {text}", sent.account);
    }
    for (email, outcome) in emails.iter().zip(&outcomes) {
        let SendOutcome::Accepted { provider_message_id: Some(id) } = outcome else { panic!("{outcome:?}") };
        let sent = scene.google.sent().into_iter().find(|sent| sent.id == *id).unwrap();
        let text = String::from_utf8(sent.bytes).unwrap();
        assert!(text.contains(&format!("X-Dripr-Email-Id: {}\r\n", email.email_id)), "{text}");
    }
}

#[tokio::test]
async fn a_grant_taken_back_in_mid_batch_stops_that_agent_alone_and_is_asked_about_once() {
    let scene = Scene::new(&["ana", "ben"], SEND).await;
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.0")).await));
    {
        let mut world = scene.google.world();
        world.grants.get_mut(&format!("{REFRESH}ana")).unwrap().revoked = true;
        world.access.clear();
    }
    let emails: Vec<_> = (1..=8).map(|n| outgoing(["ana", "ben"][n % 2], &format!("c.{n}"))).collect();
    let outcomes = scene.mailer.send(&emails).await;
    for (email, outcome) in emails.iter().zip(&outcomes) {
        match email.user_id.as_str() {
            "ana" => needs_people(outcome, "Gmail must be connected again"),
            _ => assert!(is_accepted(outcome), "{outcome:?}"),
        }
    }
    let account = scene.account("ana").await;
    let reason = "Token has been expired or revoked.".to_owned();
    assert_eq!(account.grant, Grant::Revoked { since: now(), reason });
    assert_eq!(account.version, 2, "it is stored once");
    let said = Some("Token has been expired or revoked.".to_owned());
    let told = AuditEntry::of("mailbox_lost", Actor::System, now(), said);
    assert_eq!(losses(&scene, "ana").await, [told], "and stands in her history");
    assert_eq!(scene.account("ben").await.grant, Grant::Given);
    assert_eq!(losses(&scene, "ben").await, []);
    // Ana's first token and the one that was refused, and Ben's.
    assert_eq!(scene.google.asked(TOKEN_PATH), 3);
    let asked = scene.google.loopback.asked().len();
    needs_people(&scene.send(&outgoing("ana", "c.9")).await, "Gmail must be connected again");
    assert_eq!(scene.google.loopback.asked().len(), asked, "nothing is asked for her any more");
    assert_eq!(scene.mailer.probe_account(&user("ana")).await.unwrap_err().fault(), Fault::Misconfigured);

    // She connects again.
    let token = format!("{REFRESH}ana-2");
    let grant = scene.google.world().grants[&format!("{REFRESH}ben")].clone();
    let grant = crate::google::GrantOf { account: "ana@brokerage.example".to_owned(), ..grant };
    scene.google.world().grants.insert(token.clone(), grant);
    let again = MailAccount {
        refresh_token: vault().seal(&user("ana"), &token.as_str().into()).unwrap(),
        grant: Grant::Given,
        connected_at: now(),
        ..account
    };
    assert!(scene.store.put_mail_account(again, None).await.unwrap());
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.9")).await));
    assert!(scene.mailer.probe_account(&user("ana")).await.is_ok());
}

#[tokio::test]
async fn a_scope_taken_away_is_a_grant_taken_back() {
    let detail = r#"{"error":{"code":403,"details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#;
    let listed = r#"{"error":{"code":403,"errors":[{"reason":"insufficientPermissions"}]}}"#;
    for body in [detail, listed] {
        let scene = Scene::new(&["ana"], SEND).await;
        scene.google.trouble(Trouble::Instead(Reply::json(403, body)));
        for n in 0..3 {
            needs_people(
                &scene.send(&outgoing("ana", &format!("c.{n}"))).await,
                "Gmail must be connected again",
            );
        }
        assert_eq!(scene.google.asked(SEND_PATH), 1);
        assert!(matches!(scene.account("ana").await.grant, Grant::Revoked { .. }));
    }
    let scene = Scene::new(&["ana"], SEND).await;
    scene.google.world().grants.get_mut(&format!("{REFRESH}ana")).unwrap().scope = READ.to_owned();
    needs_people(&scene.send(&outgoing("ana", "c.1")).await, "Gmail must be connected again");
    assert_eq!(scene.google.asked(SEND_PATH), 0);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_refreshed_once() {
    let scene = Scene::new(&["ana"], SEND).await;
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.0")).await));
    scene.google.world().access.clear();
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.1")).await));
    assert_eq!(scene.google.asked(TOKEN_PATH), 2);
    for _ in 0..2 {
        scene.google.trouble(Trouble::Instead(Reply::json(401, sample!("error.401"))));
    }
    needs_people(&scene.send(&outgoing("ana", "c.2")).await, "not even a new one");
    assert_eq!((scene.google.asked(TOKEN_PATH), scene.google.asked(SEND_PATH)), (3, 5));
    assert_eq!(scene.account("ana").await.grant, Grant::Given, "only Google's token service says that");
}

#[tokio::test]
async fn a_new_refresh_token_takes_the_place_of_the_old() {
    let scene = Scene::new(&["ana"], SEND).await;
    scene.google.world().grants.get_mut(&format!("{REFRESH}ana")).unwrap().rotates = true;
    for n in 0..3 {
        assert!(is_accepted(&scene.send(&outgoing("ana", &format!("c.{n}"))).await));
    }
    assert_eq!(scene.google.asked(TOKEN_PATH), 1, "the token that came with it is kept");
    let account = scene.account("ana").await;
    assert_eq!(account.version, 2);
    let stored = vault().open(&user("ana"), &account.refresh_token).unwrap();
    assert_eq!(stored.expose_secret(), format!("{REFRESH}ana-rotated"));
    // Another process knows nothing but what is stored.
    let store = Arc::new(scene.store.clone());
    let other =
        GmailMailer::new(&options(&scene.google), store, vault(), scene.google.clock.clone()).unwrap();
    assert!(is_accepted(&other.send(&[outgoing("ana", "c.9")]).await[0]));
}

#[tokio::test]
async fn what_others_change_meanwhile_is_kept() {
    let scene = Scene::new(&["ana"], SEND).await;
    let store = scene.store.clone();
    // While the token service answers, somebody changes the account.
    let refused = sample!("oauth.refresh.invalid-grant");
    let tokens = Loopback::answering(move |_| {
        let changed = futures_util::FutureExt::now_or_never(async {
            let account = store.mail_account(&user("ana")).await.unwrap().unwrap();
            store.put_mail_account(MailAccount { may_fall_back: true, ..account }, None).await.unwrap()
        });
        assert_eq!(changed, Some(true));
        Reply::json(400, refused)
    })
    .await;
    let mut options = options(&scene.google);
    options.tokens_url = Some(tokens.base_url.clone());
    let store = Arc::new(scene.store.clone());
    let mailer = GmailMailer::new(&options, store, vault(), scene.google.clock.clone()).unwrap();
    needs_people(&mailer.send(&[outgoing("ana", "c.1")]).await[0], "Gmail must be connected again");
    assert_eq!(losses(&scene, "ana").await.len(), 1);
    let account = scene.account("ana").await;
    assert!(account.may_fall_back && matches!(account.grant, Grant::Revoked { .. }), "{account:?}");
}

#[tokio::test]
async fn a_consent_given_while_the_former_was_refused_stands() {
    let scene = Scene::new(&["ana"], SEND).await;
    let store = scene.store.clone();
    let refused = sample!("oauth.refresh.invalid-grant");
    let tokens = Loopback::answering(move |_| {
        let changed = futures_util::FutureExt::now_or_never(async {
            let account = store.mail_account(&user("ana")).await.unwrap().unwrap();
            store.put_mail_account(MailAccount { connected_at: now(), ..account }, None).await.unwrap()
        });
        assert_eq!(changed, Some(true));
        Reply::json(400, refused)
    })
    .await;
    let mut options = options(&scene.google);
    options.tokens_url = Some(tokens.base_url.clone());
    let store = Arc::new(scene.store.clone());
    let mailer = GmailMailer::new(&options, store, vault(), scene.google.clock.clone()).unwrap();
    needs_people(&mailer.send(&[outgoing("ana", "c.1")]).await[0], "Gmail must be connected again");
    assert_eq!(scene.account("ana").await.grant, Grant::Given);
    assert_eq!(losses(&scene, "ana").await, [], "and nothing was lost");
}

#[tokio::test]
async fn an_agent_without_an_account_is_told_so_and_nothing_is_asked() {
    let scene = Scene::new(&["ana"], SEND).await;
    register(&scene.store, "ben").await;
    for id in ["ben", "nobody"] {
        needs_people(&scene.send(&outgoing(id, "c.1")).await, "has not connected Gmail");
        let error = scene.mailer.probe_account(&UserId::new(id).unwrap()).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound);
    }
    assert!(scene.store.remove_mail_account(&user("ana")).await.unwrap());
    needs_people(&scene.send(&outgoing("ana", "c.1")).await, "has not connected Gmail");
    assert!(scene.google.loopback.asked().is_empty());
}

#[tokio::test]
async fn a_token_that_another_key_sealed_or_another_agent_had_opens_for_nobody() {
    let scene = Scene::new(&["ana", "ben"], SEND).await;
    let store = Arc::new(scene.store.clone());
    let key = "00".repeat(32);
    let other = Arc::new(TokenVault::new(&key.as_str().into(), Arc::new(SeededEntropy::new(1))).unwrap());
    let mailer = GmailMailer::new(&options(&scene.google), store, other, scene.google.clock.clone()).unwrap();
    needs_people(&mailer.send(&[outgoing("ana", "c.1")]).await[0], "none of the deployment's keys opens");

    let moved =
        MailAccount { refresh_token: scene.account("ben").await.refresh_token, ..scene.account("ana").await };
    assert!(scene.store.put_mail_account(moved, None).await.unwrap());
    needs_people(&scene.send(&outgoing("ana", "c.1")).await, "none of the deployment's keys opens");
    assert!(scene.google.loopback.asked().is_empty());
    assert_eq!(scene.account("ana").await.grant, Grant::Given, "a wrong key takes nobody's consent back");
}
