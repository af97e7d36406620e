//! Emails: looking, approving, rejecting, and writing their opening words.

use std::path::Path;

use dripr_core::campaign::Action;
use reqwest::Method;
use serde_json::json;

use crate::asking::{ask, get, operator, post, request, site};

#[tokio::test]
async fn an_email_is_looked_at_approved_by_its_content_and_sent_as_it_was() {
    let site = site().await;
    let key = operator(&site).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    let waiting = get(&site, "/agents/ana/emails?delivery_status=CREATED", &key).await.json();
    let email = waiting["items"][0].clone();
    let path = format!("/agents/ana/emails/{}", email["id"].as_str().unwrap());
    let html = get(&site, &format!("{path}/html"), &key).await;
    assert_eq!((html.status, html.kind.as_str()), (200, "text/html; charset=utf-8"));
    let text = get(&site, &format!("{path}/text"), &key).await;
    assert!(text.kind.starts_with("text/plain"));
    for shown in [&html.text, &text.text] {
        assert!(!shown.contains("/o/ana/"), "by the recipient's link an agent could undo what they decided");
    }

    let other = json!({"content_hash": "0".repeat(64)});
    let refused = post(&site, &format!("{path}/approve"), &key, other).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let seen = json!({"content_hash": email["content_hash"]});
    let approved = post(&site, &format!("{path}/approve"), &key, seen.clone()).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(approved.json()["delivery_status"], "APPROVED");
    assert_eq!(approved.json()["approved_by"], "ana");
    site.until("2026-03-13T00:00:00Z").await;
    let sent = site.mailbox.accepted();
    assert_eq!(sent.len(), 1);
    let link = sent[0].message.opt_out_link.clone().unwrap();
    let seen_html = sent[0].message.html.replace(&link, "http://reports.example/o/test");
    assert_eq!(seen_html, html.text, "what was seen is what was sent, but for the recipient's own link");
    let again = post(&site, &format!("{path}/approve"), &key, seen).await;
    assert_eq!(again.status, 409, "what was sent is not approved: {again:?}");
    let read = get(&site, &path, &key).await.json();
    assert_eq!(read["delivery_status"], "COMPLETE");
    assert_eq!(read["sent_at"], "2026-03-12T15:00:00Z");
    let history = get(&site, "/agents/ana/campaigns/ana-1/history", &key).await.text;
    assert!(history.contains("approved") && history.contains("sent"), "{history}");
    let held = json!({"sent": true, "reason": "seen in the log"});
    assert_eq!(post(&site, &format!("{path}/settle"), &key, held).await.status, 409);
}

#[tokio::test]
async fn an_email_is_made_again_with_the_agents_words_or_rejected() {
    let site = site().await;
    let key = operator(&site).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    let words = json!({"text": "Spring is here, and so am I."});
    let intro = "/agents/ana/emails/ana-1.1/intro";
    let written = ask(request(&site, Method::PUT, intro, &key).json(&words)).await;
    assert_eq!(written.status, 202, "{written:?}");
    site.until("2026-03-11T20:10:00Z").await;
    let waiting = get(&site, "/agents/ana/emails?delivery_status=CREATED&campaign=ana-1", &key).await.json();
    assert_eq!(waiting["items"][0]["id"], "ana-1.2");
    let late = ask(request(&site, Method::PUT, intro, &key).json(&words)).await;
    assert_eq!(late.status, 409, "the first one is out of date: {late:?}");

    let path = "/agents/ana/emails/ana-1.2/reject";
    let rejected = post(&site, path, &key, json!({"reason": "not this month"})).await;
    assert_eq!(rejected.status, 200, "{rejected:?}");
    assert_eq!(rejected.json()["delivery_status"], "REJECTED");
    assert_eq!(rejected.json()["cause"], "not this month");
    site.until("2026-03-14T00:00:00Z").await;
    assert!(site.mailbox.accepted().is_empty());
}

/// With its lines unfolded.
fn only_message_in(outbox: &Path) -> String {
    let files = std::fs::read_dir(outbox).unwrap().map(|file| file.unwrap().path());
    let messages: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "eml")).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    std::fs::read_to_string(&messages[0]).unwrap().replace("=\r\n", "")
}

#[tokio::test]
async fn a_test_copy_goes_to_the_agent_alone_and_opts_nobody_out() {
    let site = site().await;
    let key = operator(&site).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    let path = "/agents/ana/emails/ana-1.1";
    let sent = post(&site, &format!("{path}/test"), &key, json!({})).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let own = sent.json()["recipient"].as_str().unwrap().to_owned();
    let message = only_message_in(&site.deployment.config.outbox.dir);
    assert!(message.contains(&format!("<{own}>")), "{message}");
    assert!(message.contains("Subject: [Test] "), "{message}");
    assert!(message.contains("http://reports.example/o/test"), "{message}");
    for theirs in ["owner1@home.example", "/o/ana/", "List-Unsubscribe"] {
        assert!(!message.contains(theirs), "{theirs} stands in {message}");
    }
    let page = site.get("/o/test").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("This was a test"), "{}", page.text);
    let read = get(&site, path, &key).await.json();
    assert_eq!(read["delivery_status"], "CREATED", "the email itself stays as it is");
    let history = get(&site, "/agents/ana/history", &key).await.text;
    assert!(history.contains("test_sent"), "{history}");
}

#[tokio::test]
async fn no_test_copy_goes_where_no_mail_may_go_or_without_end() {
    let site = site().await;
    let key = operator(&site).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    let path = "/agents/ana/emails/ana-1.1/test";
    let statuses = async |times: usize| {
        let mut statuses = Vec::new();
        for _ in 0..times {
            statuses.push(post(&site, path, &key, json!({})).await.status);
        }
        statuses
    };
    assert_eq!(statuses(21).await, [vec![200; 20], vec![429]].concat());
    site.until("2026-03-11T22:00:00Z").await;
    assert_eq!(statuses(1).await, [200]);

    post(&site, "/agents/ana/pause", &key, json!({"because": "a test"})).await;
    let stopped = post(&site, path, &key, json!({})).await;
    assert_eq!(stopped.status, 409, "{stopped:?}");
    assert!(stopped.text.contains("paused by an operator"), "{stopped:?}");
    post(&site, "/agents/ana/resume", &key, json!({})).await;
    assert_eq!(statuses(1).await, [200]);

    let own = get(&site, "/agents/ana", &key).await.json()["email"].clone();
    let opted_out = post(&site, "/agents/ana/suppressions", &key, json!({"address": own})).await;
    assert_eq!(opted_out.status, 201, "{opted_out:?}");
    assert_eq!(statuses(1).await, [409]);
}
