//! Bounces that come to an agent who sends by their own Gmail account.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use chrono::TimeDelta;
use dripr_adapters::{gmail::READ, token_vault::TokenVault};
use dripr_core::{
    campaign::CampaignStatus,
    email::SuppressionCause,
    mail_account::{Grant, MailAccount},
    ports::{Clock, MailAccountStore},
    testkit::SeededEntropy,
};
use dripr_server::{compose, gmail_inboxes::Inboxes};
use serde_json::json;

use crate::{
    loopback::{Loopback, Reply, Request},
    site::Site,
};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// What came, by Gmail's name for it.
type Inbox = Arc<Mutex<Vec<(String, String)>>>;

fn answer(request: &Request, inbox: &Inbox) -> Reply {
    let inbox = inbox.lock().unwrap();
    match request.path.as_str() {
        "/token" => {
            Reply::ok(r#"{"access_token": "ya29.access", "expires_in": 3599, "token_type": "Bearer"}"#)
        }
        "/gmail/v1/users/me/messages" => {
            let hits: Vec<_> = inbox.iter().map(|(id, _)| json!({"id": id})).collect();
            Reply::ok(json!({"messages": hits, "resultSizeEstimate": hits.len()}).to_string())
        }
        path => {
            let id = path.strip_prefix("/gmail/v1/users/me/messages/").unwrap();
            let (_, mail) = inbox.iter().find(|(known, _)| known == id).unwrap();
            Reply::ok(
                json!({"id": id, "raw": URL_SAFE.encode(mail), "internalDate": "1773334800000"}).to_string(),
            )
        }
    }
}

/// A bounce as Gmail writes it, about an email.
fn bounce(email: &str) -> String {
    format!(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\nTo: ana@brokerage.example\r\n\
         Subject: Delivery Status Notification (Failure)\r\nMessage-ID: <bounce-1@mx.google.com>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nAddress not found\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; googlemail.com\r\n\r\n\
         Final-Recipient: rfc822; owner1@home.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nX-Dripr-Email-Id: {email}\r\nSubject: Your home\r\n\r\nx\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn a_bounce_in_an_agent_s_inbox_ends_the_mail_to_that_address() {
    let inbox = Inbox::default();
    let shown = inbox.clone();
    let google = Loopback::answering(move |request| answer(request, &shown)).await;
    let url = &google.base_url;
    let lines = format!(
        "[mail]\nproduction = true\n[gmail]\nclient_id = \"1234.apps\"\nlook_ups = true\ntokens_url = \"{url}\"\n\
         gmail_url = \"{url}\"\n"
    );
    let secrets = [("DRIPR_GMAIL_CLIENT_SECRET", "a secret"), ("DRIPR_TOKEN_KEY", KEY)];
    let site = Site::new(&lines, &secrets).await;
    let ana = "ana".parse().unwrap();
    let vault = TokenVault::new(&KEY.into(), Arc::new(SeededEntropy::new(1))).unwrap();
    let account = MailAccount {
        refresh_token: vault.seal(&ana, &"1//refresh".into()).unwrap(),
        user_id: ana,
        address: "ana@brokerage.example".parse().unwrap(),
        scopes: vec![READ.to_owned()],
        grant: Grant::Given,
        connected_at: site.clock.now(),
        may_fall_back: false,
        fell_back_until: None,
        version: 0,
    };
    assert!(site.deployment.store.put_mail_account(account, None).await.unwrap());
    site.until("2026-03-12T17:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);

    let deployment = site.deployment.clone();
    let mut inboxes = Inboxes::new(deployment, compose::gmail_mailer(&site.deployment).unwrap().unwrap());
    assert_eq!(inboxes.look().await.unwrap(), 0);
    inbox
        .lock()
        .unwrap()
        .push(("m1".to_owned(), "From: postmaster@x.example\r\n\r\nGreetings\r\n".to_owned()));
    inbox.lock().unwrap().push(("m2".to_owned(), bounce(site.email().as_str())));
    assert_eq!(inboxes.look().await.unwrap(), 2);
    let cause = site.dossier().await.suppression.map(|suppression| suppression.cause);
    assert_eq!(cause, Some(SuppressionCause::HardBounce));
    site.clock.set(site.clock.now() + TimeDelta::minutes(15));
    assert_eq!(inboxes.look().await.unwrap(), 0, "what was read is not read again");
    site.until("2026-04-20T12:00:00Z").await;
    assert_eq!(site.dossier().await.campaign.status, CampaignStatus::Unsubscribed);
    assert_eq!(site.mailbox.accepted().len(), 1);
}
