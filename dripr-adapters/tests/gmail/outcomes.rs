//! What becomes of an email, whatever Google does.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use dripr_adapters::gmail::{GmailMailer, SEND};
use dripr_core::{
    campaign::AuditEntry,
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    mail_account::MailAccount,
    ports::{MailAccountStore, Mailer, SendOutcome},
};

use crate::{
    SEND_PATH, Scene, at,
    google::Trouble,
    is_accepted,
    loopback::{Loopback, Reply, faults, nowhere},
    needs_people, not_before, now, options, outgoing, sample, user, vault,
};

fn is_unknown(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Unknown { .. })
}

#[tokio::test]
async fn every_fault_of_gmail_leads_to_one_transmission_and_the_right_outcome() {
    for (fault, reply, _) in faults::cases() {
        let timeout = if fault == "silence" { Duration::from_millis(300) } else { Duration::from_secs(20) };
        let scene = Scene::with(&["ana"], SEND, |options| options.timeout = timeout).await;
        for _ in 0..2 {
            scene.google.trouble(Trouble::Instead(reply.clone()));
        }
        let outcome = scene.send(&outgoing("ana", "c.1")).await;
        let expected = match fault {
            "400" | "401" | "403" | "404" => matches!(outcome, SendOutcome::NeedsPeople { .. }),
            "429" => not_before(&outcome) == Some(now() + TimeDelta::minutes(1)),
            "429 with Retry-After" => not_before(&outcome) == Some(now() + TimeDelta::seconds(7)),
            _ => is_unknown(&outcome),
        };
        assert!(expected, "{fault}: {outcome:?}");
        let transmitted = if fault == "401" { 2 } else { 1 };
        assert_eq!(scene.google.asked(SEND_PATH), transmitted, "{fault}");
    }
}

#[tokio::test]
async fn every_fault_of_gmail_after_it_took_the_email_leaves_it_unknown_and_never_sent_twice() {
    for (fault, reply, _) in faults::cases() {
        // Who takes an email does not say that they refuse it.
        if ["400", "401", "403", "404"].contains(&fault) || fault.starts_with("429") {
            continue;
        }
        let timeout = if fault == "silence" { Duration::from_millis(300) } else { Duration::from_secs(20) };
        let scene = Scene::with(&["ana"], SEND, |options| options.timeout = timeout).await;
        scene.google.trouble(Trouble::Though(reply));
        let outcome = scene.send(&outgoing("ana", "c.1")).await;
        assert!(is_unknown(&outcome), "{fault}: {outcome:?}");
        assert_eq!(scene.google.sent().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn every_fault_of_the_token_service_is_sorted_and_nothing_is_transmitted() {
    let scene = Scene::new(&["ana"], SEND).await;
    let ask = async |http: dripr_adapters::http::HttpOptions| {
        let mut options = options(&scene.google);
        (options.tokens_url, options.timeout) = (http.base_url, http.timeout);
        options.client_secret = faults::key();
        let store = Arc::new(scene.store.clone());
        let mailer = GmailMailer::new(&options, store, vault(), scene.google.clock.clone()).unwrap();
        let asked = mailer.probe_account(&user("ana")).await;
        let outcomes = mailer.send(&[outgoing("ana", "c.1")]).await;
        match &outcomes[0] {
            SendOutcome::NotSent { .. } => assert!(asked.as_ref().unwrap_err().fault().may_heal()),
            SendOutcome::NeedsPeople { .. } => assert!(!asked.as_ref().unwrap_err().fault().may_heal()),
            other => panic!("{other:?}"),
        }
        asked
    };
    faults::all("an access token", &[], ask).await;
    assert_eq!(scene.google.asked(SEND_PATH), 0);
}

#[tokio::test]
async fn every_fault_of_the_token_service_fails_a_probe() {
    let scene = Scene::new(&[], SEND).await;
    faults::all_of_a_probe(|http| {
        let mut options = options(&scene.google);
        (options.tokens_url, options.timeout) = (http.base_url, http.timeout);
        options.client_secret = faults::key();
        GmailMailer::new(&options, Arc::new(scene.store.clone()), vault(), scene.google.clock.clone())
            .unwrap()
    })
    .await;
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let scene = Scene::with(&["ana"], SEND, |options| options.gmail_url = Some(nowhere())).await;
    let outcome = scene.send(&outgoing("ana", "c.1")).await;
    assert!(matches!(outcome, SendOutcome::NotSent { not_before: None, .. }), "{outcome:?}");
    let scene = Scene::with(&["ana"], SEND, |options| options.tokens_url = Some(nowhere())).await;
    let outcome = scene.send(&outgoing("ana", "c.1")).await;
    assert!(matches!(outcome, SendOutcome::NotSent { not_before: None, .. }), "{outcome:?}");
    // A server that speaks no TLS.
    let plain = Loopback::answering(|_| Reply::Reset).await;
    let url = plain.base_url.replace("http://", "https://");
    let timeout = Duration::from_secs(4);
    let scene = Scene::with(&["ana"], SEND, |options| {
        (options.gmail_url, options.timeout) = (Some(url), timeout);
    })
    .await;
    let outcome = scene.send(&outgoing("ana", "c.1")).await;
    assert!(matches!(outcome, SendOutcome::NotSent { not_before: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_silent_token_service_costs_the_time_that_a_call_has_and_no_email() {
    let timeout = Duration::from_millis(300);
    let scene = Scene::with(&["ana"], SEND, |options| options.timeout = timeout).await;
    scene.google.world().token_troubles.push_back(Reply::Silence);
    let outcome = scene.send(&outgoing("ana", "c.1")).await;
    assert_eq!(not_before(&outcome), None);
    assert_eq!(scene.google.asked(SEND_PATH), 0);
}

fn reason(status: u16, reason: &str) -> Reply {
    let error =
        serde_json::json!({"code": status, "message": "no", "errors": [{"reason": reason, "message": "no"}]});
    Reply::json(status, serde_json::json!({"error": error}).to_string())
}

#[tokio::test]
async fn refusals_that_people_must_mend_say_what() {
    let detail =
        r#"{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#;
    for (reply, words) in [
        (Reply::json(400, sample!("error.400")), "Gmail refuses the email (HTTP 400, badRequest)"),
        (reason(400, "invalidArgument"), "Gmail refuses the email (HTTP 400, invalidArgument)"),
        (reason(400, "failedPrecondition"), "not switched on for the agent's account"),
        (reason(403, "domainPolicy"), "administrator of the agent's domain"),
        (reason(403, "accessNotConfigured"), "not switched on for the deployment's OAuth client"),
        (Reply::json(403, detail), "not switched on for the deployment's OAuth client"),
        (reason(403, "<script>"), "does not allow this account to send (HTTP 403)"),
        (reason(413, "uploadTooLarge"), "too large"),
    ] {
        let scene = Scene::new(&["ana"], SEND).await;
        scene.google.trouble(Trouble::Instead(reply));
        needs_people(&scene.send(&outgoing("ana", "c.1")).await, words);
        assert!(is_accepted(&scene.send(&outgoing("ana", "c.2")).await), "another email may do: {words}");
    }
}

#[tokio::test]
async fn a_throttled_account_rests_without_a_call_and_others_go_on() {
    let sending = sample!("error.429.mail-sending.constructed");
    let stated = sending.replace("2026-01-11T15:04:05.000Z", "2026-03-12T19:04:05.000Z");
    let far = sending.replace("2026-01-11T15:04:05.000Z", "2036-03-12T19:04:05.000Z");
    let unstated = sending.replace("Retry after 2026-01-11T15:04:05.000Z ", "");
    let rate = sample!("error.403.rate-limit.constructed");
    for (reply, until) in [
        (Reply::json(429, stated.clone()), "2026-03-12T19:04:05Z"),
        (Reply::json(429, stated).with("retry-after", "7"), "2026-03-12T19:04:05Z"),
        (Reply::json(429, sending), "2026-03-12T19:00:00Z"),
        (Reply::json(429, unstated), "2026-03-12T19:00:00Z"),
        (Reply::json(429, far), "2026-03-13T15:00:00Z"),
        (reason(429, "userRateLimitExceeded"), "2026-03-12T15:01:00Z"),
        (reason(429, "rateLimitExceeded").with("retry-after", "30"), "2026-03-12T15:00:30Z"),
        (Reply::json(403, rate), "2026-03-12T15:01:00Z"),
        (reason(403, "userRateLimitExceeded"), "2026-03-12T15:01:00Z"),
        (Reply::json(403, sample!("error.403.daily-limit.constructed")), "2026-03-13T08:00:00Z"),
    ] {
        let scene = Scene::new(&["ana", "ben"], SEND).await;
        scene.google.trouble(Trouble::Instead(reply));
        let until = at(until);
        let rests = Some(until);
        assert_eq!(not_before(&scene.send(&outgoing("ana", "c.1")).await), rests);
        assert_eq!(not_before(&scene.send(&outgoing("ana", "c.2")).await), rests);
        assert_eq!(scene.google.asked(SEND_PATH), 1, "nothing is asked while the account rests");
        assert!(is_accepted(&scene.send(&outgoing("ben", "c.3")).await));
        scene.google.clock.set(until);
        assert!(is_accepted(&scene.send(&outgoing("ana", "c.1")).await));
        assert_eq!(scene.google.sent().len(), 2);
    }
}

#[tokio::test]
async fn an_account_sends_no_more_than_its_share() {
    let few = |options: &mut dripr_adapters::gmail::GmailOptions| {
        (options.sends_per_minute, options.sends_per_day) = (2, 3);
    };
    let scene = Scene::with(&["ana", "ben"], SEND, few).await;
    let emails: Vec<_> = (1..=4).map(|n| outgoing("ana", &format!("c.{n}"))).collect();
    let outcomes = scene.mailer.send(&emails).await;
    assert_eq!(outcomes.iter().filter(|outcome| is_accepted(outcome)).count(), 2);
    for outcome in &outcomes[2..] {
        assert_eq!(not_before(outcome), Some(at("2026-03-12T15:01:00Z")));
    }
    scene.google.clock.set(at("2026-03-12T15:01:00Z"));
    let asked = scene.google.loopback.asked().len();
    let outcomes = scene.mailer.send(&emails[2..]).await;
    assert!(is_accepted(&outcomes[0]));
    assert_eq!(not_before(&outcomes[1]), Some(at("2026-03-13T15:00:00Z")));
    assert_eq!(scene.google.loopback.asked().len(), asked + 1, "nothing is asked for an email too many");
    assert!(is_accepted(&scene.send(&outgoing("ben", "c.9")).await), "each account has its own share");
}

#[tokio::test]
async fn a_shared_limiter_is_asked_instead_where_there_is_one() {
    use dripr_adapters::token_bucket::{Rate, TokenBuckets};
    let scene = Scene::new(&["ana", "ben"], SEND).await;
    let hourly = Rate { calls: 1, period: Duration::from_secs(3_600) };
    let mailer =
        scene.mailer.clone().paced_by(Arc::new(TokenBuckets::new([("gmail:ana".to_owned(), hourly)])));
    let outcomes =
        mailer.send(&[outgoing("ana", "c.1"), outgoing("ana", "c.2"), outgoing("ben", "c.3")]).await;
    assert!(is_accepted(&outcomes[0]) && is_accepted(&outcomes[2]));
    assert_eq!(not_before(&outcomes[1]), Some(at("2026-03-12T16:00:00Z")));
}

/// A store that cannot be read.
struct Locked;

#[async_trait::async_trait]
impl MailAccountStore for Locked {
    async fn mail_account(&self, _: &UserId) -> PortResult<Option<MailAccount>> {
        Err(PortError::new(Fault::Unavailable, "the database is locked"))
    }
    async fn put_mail_account(&self, _: MailAccount, _: Option<AuditEntry>) -> PortResult<bool> {
        Err(PortError::new(Fault::Unavailable, "the database is locked"))
    }
    async fn remove_mail_account(&self, _: &UserId) -> PortResult<bool> {
        Err(PortError::new(Fault::Unavailable, "the database is locked"))
    }
}

#[tokio::test]
async fn a_store_that_fails_sends_nothing() {
    let scene = Scene::new(&["ana"], SEND).await;
    let options = options(&scene.google);
    let mailer = GmailMailer::new(&options, Arc::new(Locked), vault(), scene.google.clock.clone()).unwrap();
    let outcomes = mailer.send(&[outgoing("ana", "c.1")]).await;
    assert_eq!(not_before(&outcomes[0]), None);
    assert!(scene.google.loopback.asked().is_empty());
}
