//! Emails: looking, approving, rejecting, and writing their opening words.

use std::path::Path;

use dripr_core::{
    access::{Reach, Scope},
    campaign::{Action, LONGEST_INTRO},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ports::FeedbackStore,
    testkit::Mood,
};
use reqwest::Method;
use serde_json::json;

use crate::asking::{ask, get, key, operator, post, request, site};

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
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (409, Some("content-changed")),
        "{refused:?}"
    );
    let seen = json!({"content_hash": email["content_hash"]});
    let approved = post(&site, &format!("{path}/approve"), &key, seen.clone()).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(approved.json()["delivery_status"], "APPROVED");
    let approver = approved.json()["approved_by"].clone();
    assert_eq!(approver["type"], "key", "it was not the agent: {approved:?}");
    assert!(key.contains(approver["id"].as_str().unwrap()), "it names the key: {approved:?}");
    site.until("2026-03-13T00:00:00Z").await;
    let sent = site.mailbox.accepted();
    assert_eq!(sent.len(), 1);
    let link = sent[0].message.opt_out_link.clone().unwrap();
    let seen_html = sent[0].message.html.replace(&link, "http://reports.example/o/test");
    assert_eq!(seen_html, html.text, "what was seen is what was sent, but for the recipient's own link");
    let again = post(&site, &format!("{path}/approve"), &key, seen).await;
    assert_eq!(again.status, 409, "what was sent is not approved: {again:?}");
    assert!(again.json()["code"].is_string(), "{again:?}");
    let read = get(&site, &path, &key).await.json();
    assert_eq!(read["delivery_status"], "COMPLETE");
    assert_eq!(read["sent_at"], "2026-03-12T15:00:00Z");
    assert_eq!((&read["tries"], &read["provider_message_id"]), (&json!(1), &json!("box-1")));
    let history = get(&site, "/agents/ana/campaigns/ana-1/history", &key).await.text;
    assert!(history.contains("approved") && history.contains("sent"), "{history}");
    let held = json!({"sent": true, "reason": "seen in the log"});
    let settled = post(&site, &format!("{path}/settle"), &key, held).await;
    assert_eq!((settled.status, settled.json()["code"].as_str()), (409, Some("email-state")), "{settled:?}");
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
    assert_eq!(written.json()["campaign_id"], "ana-1");
    let poll = written.json()["poll"].as_str().unwrap().to_owned();
    let polled = async || get(&site, poll.strip_prefix("/api/v1").unwrap(), &key).await.json();
    assert_eq!(polled().await["items"][0]["delivery_status"], "SUPERSEDED");
    site.until("2026-03-11T20:10:00Z").await;
    let waiting = get(&site, "/agents/ana/emails?delivery_status=CREATED&campaign=ana-1", &key).await.json();
    assert_eq!(waiting["items"][0]["id"], "ana-1.2");
    assert_eq!(polled().await["items"][0]["id"], "ana-1.2", "the newest first");
    let late = ask(request(&site, Method::PUT, intro, &key).json(&words)).await;
    assert_eq!(late.status, 409, "the first one is out of date: {late:?}");
    assert_eq!(late.json()["code"], "email-state");

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
    assert_eq!((stopped.status, stopped.json()["code"].as_str()), (409, Some("agent-state")), "{stopped:?}");
    assert!(stopped.text.contains("paused by an operator"), "{stopped:?}");
    post(&site, "/agents/ana/resume", &key, json!({})).await;
    assert_eq!(statuses(1).await, [200]);

    let own = get(&site, "/agents/ana", &key).await.json()["email"].clone();
    let opted_out = post(&site, "/agents/ana/suppressions", &key, json!({"address": own})).await;
    assert_eq!(opted_out.status, 201, "{opted_out:?}");
    assert_eq!(statuses(1).await, [409]);
}

#[tokio::test]
async fn what_became_of_a_held_email_is_said_by_who_found_out() {
    for (mood, sent, status, what) in [
        (Mood::AcceptInSilence, true, "COMPLETE", "marked_sent"),
        (Mood::LoseInSilence, false, "SKIPPED", "marked_not_sent"),
    ] {
        let site = site().await;
        site.mailbox.next(mood);
        site.mailbox.forget();
        site.until("2026-03-14T00:00:00Z").await;
        let operator = operator(&site).await;
        let path = "/agents/ana/emails/ana-1.1";
        let held = get(&site, path, &operator).await.json();
        assert_eq!((&held["delivery_status"], &held["sent_at"]), (&json!("HELD"), &json!(null)), "{held}");
        assert_eq!((&held["tried_at"], &held["tries"]), (&json!("2026-03-12T15:00:00Z"), &json!(1)));
        assert_eq!(held["message_id"], "ana-1.1@brokerage.example", "by this the provider's log is searched");
        assert_eq!(held["provider_message_id"], json!(null));

        let settle = format!("{path}/settle");
        let said = json!({"sent": sent, "reason": "the provider's log says so"});
        let writer = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
        assert_eq!(post(&site, &settle, &writer, said.clone()).await.status, 403);
        let settled = post(&site, &settle, &operator, said.clone()).await;
        assert_eq!(settled.status, 200, "{settled:?}");
        let sent_at = if sent { json!("2026-03-12T15:00:00Z") } else { json!(null) };
        let shown = settled.json();
        assert_eq!((&shown["delivery_status"], &shown["sent_at"]), (&json!(status), &sent_at), "{shown}");
        assert_eq!(shown["cause"], "the provider's log says so");
        let twice = post(&site, &settle, &operator, said).await;
        assert_eq!(twice.status, 409, "{twice:?}");

        let history = get(&site, "/agents/ana/campaigns/ana-1/history", &operator).await.json();
        let lines = history["items"].as_array().unwrap();
        let marked: Vec<_> = lines.iter().filter(|line| line["what"] == what).collect();
        assert_eq!(marked.len(), 1, "{history:#}");
        assert_eq!(marked[0]["email_id"], "ana-1.1");
        assert_eq!(marked[0]["cause"], "the provider's log says so");
        assert!(marked[0]["actor"].as_str().unwrap().starts_with("key "), "{history:#}");
        site.until("2026-04-11T12:00:00Z").await;
        assert_eq!(site.mailbox.calls(), 1, "whatever was said, that month is over");
        site.until("2026-04-13T12:00:00Z").await;
        assert_eq!(site.mailbox.calls(), 2, "the next one goes on");
    }
}

#[tokio::test]
async fn all_that_an_approval_is_for_can_be_read() {
    let site = site().await;
    let writer = operator(&site).await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &[Scope::Read]).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    let message = async |email: &str| {
        let answer = get(&site, &format!("/agents/ana/emails/{email}/message"), &key).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.text.contains("/o/ana/"), "the recipient's link is theirs: {answer:?}");
        answer.json()
    };
    let shown = message("ana-1.1").await;
    assert!(shown["subject"].as_str().unwrap().starts_with("Home report for "), "{shown}");
    let agent = json!({"name": "Ana Ruiz", "address": "ana@brokerage.example"});
    assert_eq!((&shown["from"], &shown["reply_to"]), (&agent, &agent));
    assert_eq!(shown["to"], json!({"name": "Kim Owner1", "address": "owner1@home.example"}));
    for part in ["html", "text"] {
        let alone = get(&site, &format!("/agents/ana/emails/ana-1.1/{part}"), &key).await;
        assert_eq!(shown[part], alone.text);
    }
    assert_eq!(shown["intro"], "Here is what happened around 98103.");
    assert_eq!(shown["intro_is_agents_own"], false);

    let words = json!({"text": "Spring is here, and so am I."});
    let edit = async |email: &str, body: serde_json::Value| {
        let path = format!("/agents/ana/emails/{email}/intro");
        ask(request(&site, Method::PUT, &path, &writer).json(&body)).await.status
    };
    assert_eq!(edit("ana-1.1", words.clone()).await, 202);
    site.until("2026-03-11T20:10:00Z").await;
    let shown = message("ana-1.2").await;
    assert_eq!((&shown["intro"], &shown["intro_is_agents_own"]), (&words["text"], &json!(true)));
    assert!(shown["text"].as_str().unwrap().contains("Spring is here"), "{shown}");
    let before = message("ana-1.1").await;
    assert_eq!(before["intro"], json!(null), "it is not the present one: {before}");

    for wrong in [json!({}), json!({"text": ""}), json!({"text": " \n "}), json!({"text": "x".repeat(2001)})]
    {
        assert_eq!(edit("ana-1.2", wrong.clone()).await, 422, "{wrong}");
    }
    assert_eq!(message("ana-1.2").await["intro"], words["text"], "who says nothing loses no words");
    assert_eq!(edit("ana-1.2", json!({"text": null})).await, 202);
    site.until("2026-03-11T20:20:00Z").await;
    let back = message("ana-1.3").await;
    assert_eq!(back["intro"], "Here is what happened around 98103.", "those that were written for the agent");
    assert_eq!(back["intro_is_agents_own"], false);
}

#[test]
fn opening_words_are_described_as_they_are_taken() {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let schema = &description["components"]["schemas"]["Intro"];
    assert_eq!(schema["required"], json!(["text"]));
    let text = &schema["properties"]["text"];
    assert_eq!((&text["minLength"], &text["maxLength"]), (&json!(1), &json!(LONGEST_INTRO)));
}

#[tokio::test]
async fn emails_are_listed_in_the_order_in_which_they_were_made_and_by_how_they_stand() {
    let site = site().await;
    let key = operator(&site).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    for n in 1..11 {
        let path = format!("/agents/ana/emails/ana-1.{n}/intro");
        let written = ask(request(&site, Method::PUT, &path, &key).json(&json!({"text": "Hello."}))).await;
        assert_eq!(written.status, 202, "{written:?}");
        site.until(&format!("2026-03-11T20:{n:02}:00Z")).await;
    }
    let ids = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let made = async |id: &str| {
        let email = get(&site, &format!("/agents/ana/emails/{id}"), &key).await.json();
        email["created_at"].as_str().unwrap().to_owned()
    };
    let (second, last) = (made("ana-1.2").await, made("ana-1.11").await);
    let as_made: Vec<String> = (1..12).map(|n| format!("ana-1.{n}")).collect();
    let newest_first: Vec<String> = as_made.iter().rev().cloned().collect();
    let mut as_texts = as_made.clone();
    as_texts.sort();
    for list in ["/agents/ana/emails?", "/emails?", "/emails?agent=ana&"] {
        for (sort, expected) in [
            ("", &as_texts),
            ("&sort=id", &as_texts),
            ("&sort=created_at", &as_made),
            ("&sort=-created_at", &newest_first),
        ] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = get(&site, &format!("{list}limit=4{sort}{cursor}"), &key).await.json();
                seen.extend(ids(&page));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen, *expected, "{list} {sort}");
        }
        let found = async |filter: &str| ids(&get(&site, &format!("{list}{filter}"), &key).await.json());
        let waiting = "ana-1.11";
        assert_eq!(found("delivery_status=CREATED").await, [waiting]);
        assert_eq!(found("delivery_status=CREATED,SUPERSEDED").await.len(), 11);
        assert_eq!(found("delivery_status=HELD,COMPLETE,HELD").await, [""; 0]);
        assert_eq!(found(&format!("created_from={last}&sort=created_at")).await, [waiting]);
        assert_eq!(found(&format!("created_to={second}")).await, ["ana-1.1"]);
        for wrong in
            ["sort=cycle", "delivery_status=CREATED,SLEEPY", "delivery_status=,", "created_from=today"]
        {
            let refused = get(&site, &format!("{list}{wrong}"), &key).await;
            assert_eq!(refused.status, 422, "{list}{wrong}: {refused:?}");
        }
        let by_id = get(&site, &format!("{list}limit=1"), &key).await.json();
        let cursor = by_id["next_cursor"].as_str().unwrap();
        let other = get(&site, &format!("{list}sort=created_at&cursor={cursor}"), &key).await;
        assert_eq!(other.status, 422, "a cursor is good for its own order: {other:?}");
    }
    assert_eq!(get(&site, "/agents/ana/emails/ana-1.1", &key).await.json()["agent_id"], "ana");
}

#[tokio::test]
async fn what_came_back_of_an_email_is_told_as_it_happened() {
    let site = site().await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &[Scope::Read]).await;
    site.until("2026-04-13T00:00:00Z").await;
    let opt_out = site.mailbox.accepted()[0].message.opt_out_link.clone().unwrap();
    let (browser, filter) = ("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0".to_owned(), String::new());
    let bounce = Bounce { kind: BounceKind::FullMailbox, detail: "452 mailbox full".to_owned() };
    for (id, email, at, what) in [
        (
            "f4",
            "ana-1.1",
            "2026-03-12T20:00:00Z",
            Happening::Clicked { link: opt_out, user_agent: browser.clone() },
        ),
        (
            "f6",
            "ana-1.1",
            "2026-03-12T21:00:00Z",
            Happening::Clicked {
                link: "https://homes.example/?id=7".to_owned(),
                user_agent: browser.clone(),
            },
        ),
        ("f1", "ana-1.1", "2026-03-12T15:00:02Z", Happening::Delivered),
        ("f3", "ana-1.1", "2026-03-12T16:00:00Z", Happening::Opened { user_agent: browser }),
        ("f2", "ana-1.1", "2026-03-12T16:00:00Z", Happening::Opened { user_agent: filter }),
        ("f5", "ana-1.2", "2026-04-12T16:00:00Z", Happening::Bounced(bounce)),
    ] {
        let (id, email_id, at) = (id.parse().unwrap(), email.parse().unwrap(), at.parse().unwrap());
        let kept = Feedback { id, email_id, recipient: None, at, what };
        assert!(site.deployment.store.keep_feedback(kept).await.unwrap());
    }
    let events = async |email: &str, part: &str| {
        let answer = get(&site, &format!("/agents/ana/emails/{email}/events{part}"), &key).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.text.contains("/o/ana/"), "the recipient's own link is theirs: {answer:?}");
        answer.json()
    };
    let event = |at: &str, what: &str, by: serde_json::Value, link: serde_json::Value| json!({"at": at, "what": what, "by": by, "link": link, "bounce": null});
    let of_first = json!([
        event("2026-03-12T15:00:02Z", "delivered", json!(null), json!(null)),
        event("2026-03-12T16:00:00Z", "opened", json!("robot"), json!(null)),
        event("2026-03-12T16:00:00Z", "opened", json!("person"), json!(null)),
        event("2026-03-12T20:00:00Z", "clicked", json!("person"), json!(null)),
        event("2026-03-12T21:00:00Z", "clicked", json!("person"), json!("https://homes.example/?id=7")),
    ]);
    let whole = events("ana-1.1", "").await;
    assert_eq!((&whole["items"], &whole["next_cursor"]), (&of_first, &json!(null)));
    let first = events("ana-1.1", "?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = events("ana-1.1", &format!("?limit=3&cursor={cursor}")).await;
    assert_eq!(
        (&rest["items"][0], &rest["items"][1], &rest["items"][2]),
        (&of_first[2], &of_first[3], &of_first[4]),
        "no line twice or left out"
    );
    assert_eq!(rest["next_cursor"], json!(null));
    let returned = events("ana-1.2", "").await["items"].clone();
    let bounce = json!({"kind": "full_mailbox", "detail": "452 mailbox full", "is_final": false});
    assert_eq!((returned.as_array().unwrap().len(), &returned[0]["bounce"]), (1, &bounce));
}
