//! Looking emails up.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_adapters::gmail::SEND;
use dripr_core::{
    email::OutgoingEmail,
    mail_account::MailAccount,
    ports::{Inquiry, LookUp, MailAccountStore, Mailer},
    testkit::samples,
};

use crate::{
    Scene, both,
    google::Trouble,
    is_accepted,
    loopback::{Reply, faults},
    message, now, outgoing,
};

async fn looked_up(scene: &Scene, email: &OutgoingEmail) -> LookUp {
    scene.mailer.look_up(&samples::inquiry(email)).await
}

fn found(id: &str) -> LookUp {
    LookUp::Accepted { provider_message_id: Some(id.to_owned()) }
}

#[tokio::test]
async fn an_email_whose_answer_was_lost_is_found() {
    let scene = Scene::new(&["ana"], &both()).await;
    let (email, other) = (outgoing("ana", "c.1"), outgoing("ana", "c.11"));
    assert!(is_accepted(&scene.send(&other).await));
    scene.google.trouble(Trouble::Though(Reply::Reset));
    let outcome = scene.send(&email).await;
    assert!(!is_accepted(&outcome), "{outcome:?}");
    let id = scene.google.sent()[1].id.clone();
    assert_eq!(looked_up(&scene, &email).await, found(&id), "by its whole id, not by a part of it");
    let absent = outgoing("ana", "c.111");
    assert_eq!(looked_up(&scene, &absent).await, LookUp::NotAccepted);
    let asked = scene.google.loopback.asked();
    let search = asked.iter().find(|request| request.path.ends_with("/messages")).unwrap();
    // An hour before the try.
    assert_eq!(search.query("q"), Some("in:sent to:kim@home.example after:1773324000"));
    assert_eq!(search.query("includeSpamTrash"), Some("true"));
    assert_eq!(scene.mailer.settling_time(), Some(std::time::Duration::from_secs(600)));
}

#[tokio::test]
async fn pages_are_read_to_their_end_within_bounds() {
    for (size, pages, expected) in [(1, 3, true), (2, 2, true), (1, 4, false)] {
        let scene = Scene::new(&["ana"], &both()).await;
        scene.google.world().page_size = Some(size);
        for n in 0..size * pages {
            assert!(is_accepted(&scene.send(&outgoing("ana", &format!("c.{n}"))).await));
        }
        let absent = looked_up(&scene, &outgoing("ana", "absent")).await;
        assert_eq!(absent == LookUp::NotAccepted, expected, "{absent:?}");
        let last = looked_up(&scene, &outgoing("ana", &format!("c.{}", size * pages - 1))).await;
        assert_eq!(matches!(last, LookUp::Accepted { .. }), expected, "{last:?}");
    }
}

#[tokio::test]
async fn absence_is_believed_only_where_nothing_speaks_against_it() {
    // Ours may be the one whose header is gone.
    let scene = Scene::new(&["ana"], &both()).await;
    assert!(is_accepted(&scene.send(&outgoing("ana", "c.1")).await));
    scene.google.world().strips_headers = true;
    assert_eq!(looked_up(&scene, &outgoing("ana", "c.2")).await, LookUp::CannotTell);

    // It may have been sent by the account that was connected before.
    let scene = Scene::new(&["ana"], &both()).await;
    let email = outgoing("ana", "c.1");
    let later = MailAccount { connected_at: now() + TimeDelta::seconds(1), ..scene.account("ana").await };
    assert!(scene.store.put_mail_account(later, None).await.unwrap());
    assert_eq!(looked_up(&scene, &email).await, LookUp::CannotTell);
    assert!(is_accepted(&scene.send(&email).await));
    assert!(matches!(looked_up(&scene, &email).await, LookUp::Accepted { .. }));
}

#[tokio::test]
async fn without_a_scope_for_searching_nothing_is_asked() {
    let metadata = format!("{SEND} https://www.googleapis.com/auth/gmail.metadata");
    for scope in [SEND, &metadata] {
        let scene = Scene::new(&["ana"], scope).await;
        assert_eq!(looked_up(&scene, &outgoing("ana", "c.1")).await, LookUp::CannotTell);
        assert!(scene.google.loopback.asked().is_empty());
    }
}

#[tokio::test]
async fn a_search_that_goes_wrong_says_nothing() {
    for (fault, reply, _) in faults::cases() {
        let timeout = std::time::Duration::from_millis(if fault == "silence" { 300 } else { 20_000 });
        let scene = Scene::with(&["ana"], &both(), |options| options.timeout = timeout).await;
        for _ in 0..2 {
            scene.google.world().search_troubles.push_back(reply.clone());
        }
        assert_eq!(looked_up(&scene, &outgoing("ana", "c.1")).await, LookUp::CannotTell, "{fault}");
    }
    for odd in [
        "{}",
        r#"{"messages":[]}"#,
        r#"{"messages":[],"resultSizeEstimate":3}"#,
        r#"{"messages":[{"id":"../drafts"}]}"#,
        r#"{"messages":[{"threadId":"x"}],"resultSizeEstimate":1}"#,
        r#"{"messages":[{"id":"18cf3a7d2f0b9c11"}],"resultSizeEstimate":1}"#,
    ] {
        let scene = Scene::new(&["ana"], &both()).await;
        scene.google.world().search_troubles.push_back(Reply::ok(odd));
        assert_eq!(looked_up(&scene, &outgoing("ana", "c.1")).await, LookUp::CannotTell, "{odd}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_refreshed_for_a_search_too() {
    let scene = Scene::new(&["ana"], &both()).await;
    let email = outgoing("ana", "c.1");
    assert!(is_accepted(&scene.send(&email).await));
    scene.google.world().access.clear();
    assert!(matches!(looked_up(&scene, &email).await, LookUp::Accepted { .. }));
    let stranger = Inquiry { user_id: crate::user("nobody"), ..samples::inquiry(&email) };
    assert_eq!(scene.mailer.look_up(&stranger).await, LookUp::CannotTell);
}

#[tokio::test]
async fn an_address_with_odd_characters_is_not_searched_for_by_name() {
    let scene = Scene::new(&["ana"], &both()).await;
    let mut message = message("ana");
    message.to.address = "kim+{home}|x@home.example".parse().unwrap();
    let email = OutgoingEmail { message: Arc::new(message), ..outgoing("ana", "c.1") };
    assert_eq!(looked_up(&scene, &email).await, LookUp::NotAccepted);
    assert!(is_accepted(&scene.send(&email).await));
    assert!(matches!(looked_up(&scene, &email).await, LookUp::Accepted { .. }));
    let asked = scene.google.loopback.asked();
    let search = asked.iter().find(|request| request.path.ends_with("/messages")).unwrap();
    assert_eq!(search.query("q"), Some("in:sent after:1773324000"));
}
