//! What happens is told, whole, signed and once.

use dripr_core::{
    campaign::{Action, Actor},
    email::{Suppression, SuppressionCause},
    feedback::{Feedback, Happening},
    ports::{ContactStore, FeedbackStore},
};
use serde_json::{Value, json};

use crate::{
    asking::operator,
    deliver,
    loopback::{Loopback, Reply},
    nearby,
    site::at,
    verified, webhook,
};

#[tokio::test]
async fn a_month_is_told_as_it_happens() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let kinds = ["email.ready", "email.sent", "email.dropped", "contact.opted_out", "campaign.status"];
    let (_, secret) = webhook(&site, &key, &format!("{}/all", server.base_url), &kinds).await;
    webhook(&site, &key, &format!("{}/sent", server.base_url), &["email.sent"]).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;
    deliver(&site).await;
    let told = |path: &str, kind: &str| -> Vec<Value> {
        let asked = server.asked().into_iter().filter(|request| request.path == path);
        asked.map(|request| request.json()).filter(|body| body["type"] == kind).collect()
    };
    let email = site.dossier().await.email.unwrap();
    let ready = told("/all", "email.ready");
    assert_eq!(ready.len(), 1);
    let data = json!({
        "agent_id": "ana", "campaign_id": "ana-1", "contact_id": "ana-1", "external_id": null, "email_id": "ana-1.1",
        "recipient": email.recipient.as_str(), "cycle": email.cycle.to_string(), "status": "CREATED",
        "scheduled_for": "2026-03-12T15:00:00Z", "because": null, "content_hash": email.content_hash.to_string(),
    });
    assert_eq!(ready[0]["data"], data);
    assert_eq!(told("/all", "email.sent").len(), 0, "what has not happened is not told");

    let (email_id, of) = (email.id.clone(), "ana".parse().unwrap());
    site.command(Action::Approve { email_id, content_hash: email.content_hash, of }).await;
    site.until("2026-03-12T16:00:00Z").await;
    deliver(&site).await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    for path in ["/all", "/sent"] {
        let sent = told(path, "email.sent");
        assert_eq!(sent.len(), 1, "{path}");
        assert_eq!(
            (&sent[0]["data"]["email_id"], &sent[0]["data"]["status"]),
            (&json!("ana-1.1"), &json!("COMPLETE"))
        );
    }
    let statuses = told("/all", "campaign.status");
    let to: Vec<_> = statuses.iter().map(|body| body["data"]["to"].as_str().unwrap()).collect();
    assert_eq!(to.last(), Some(&"DORMANT"), "{to:?}");
    assert!(to.contains(&"READY_TO_SEND_EMAIL"), "{to:?}");

    let opt_out = Suppression {
        user_id: "ana".parse().unwrap(),
        address: email.recipient.clone(),
        cause: SuppressionCause::OptOut,
        since: at("2026-03-12T16:00:00Z"),
        carried_from: None,
    };
    site.deployment.store.suppress(opt_out, Actor::Recipient).await.unwrap();
    deliver(&site).await;
    let out = told("/all", "contact.opted_out");
    assert_eq!(out.len(), 1);
    assert_eq!(out[0]["timestamp"], "2026-03-12T16:00:00Z");
    let asked = server.asked();
    let opted_out = asked.iter().rfind(|request| request.path == "/all").unwrap();
    assert_eq!(verified(opted_out, &secret, &site), Ok(()));
    let ids: std::collections::BTreeSet<_> =
        asked.iter().map(|request| (&request.path, request.header("webhook-id"))).collect();
    assert_eq!(ids.len(), asked.len(), "each once");
    assert_eq!(deliver(&site).await, 0);
    assert!(!asked.iter().any(|request| String::from_utf8_lossy(&request.body).contains('<')), "no HTML");
}

#[tokio::test]
async fn where_a_link_leads_is_told_unless_it_is_the_recipients_own() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    webhook(&site, &key, &format!("{}/clicks", server.base_url), &["email.clicked"]).await;
    site.until("2026-03-13T12:00:00Z").await;
    let own = site.mailbox.accepted()[0].message.opt_out_link.clone().unwrap();
    let of_another = "http://reports.example/o/ana/ana-2/00".to_owned();
    let links = [own.clone(), format!("{own}/again"), format!("https://safe.example/?to={own}"), of_another];
    for (nr, link) in links.iter().enumerate() {
        let kept = Feedback {
            id: format!("f{nr}").parse().unwrap(),
            email_id: site.email(),
            recipient: None,
            at: at("2026-03-12T20:00:00Z"),
            what: Happening::Clicked { link: link.clone(), user_agent: String::new() },
        };
        assert!(site.deployment.store.keep_feedback(kept).await.unwrap());
    }
    deliver(&site).await;
    let asked = server.asked();
    let told: Vec<Value> = asked.iter().map(|request| request.json()["data"]["link"].clone()).collect();
    assert_eq!(told.len(), 4);
    assert_eq!(told.iter().filter(|link| link.is_null()).count(), 3, "{told:?}");
    assert!(told.contains(&json!(links[3])), "{told:?}");
    let data = asked[0].json()["data"].clone();
    assert!(data.as_object().unwrap().contains_key("link"), "it is null and not missing: {data}");
}
