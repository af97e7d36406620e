//! What mail systems write to agents.

use chrono::TimeDelta;
use dripr_adapters::gmail::SEND;
use dripr_core::errors::Fault;

use crate::{
    Scene, both,
    google::Sent,
    loopback::{Reply, faults},
    now, user,
};

fn mail(id: &str, agent: &str, from: &str, minutes_ago: i64) -> Sent {
    let text = format!(
        "From: <{from}>\r\nSubject: Delivery Status Notification (Failure)\r\n\r\n{id} \u{e9}\u{0}\r\n"
    );
    Sent {
        id: id.to_owned(),
        account: format!("{agent}@brokerage.example"),
        bytes: text.into_bytes(),
        at: (now() - TimeDelta::minutes(minutes_ago)).timestamp(),
    }
}

async fn read(scene: &Scene, agent: &str, known: &[&str]) -> Vec<String> {
    let since = now() - TimeDelta::hours(1);
    let known = |id: &str| known.contains(&id);
    let mails = scene.mailer.mail_systems_wrote(&user(agent), since, &known).await.unwrap().unwrap();
    mails.into_iter().map(|mail| mail.id).collect()
}

#[tokio::test]
async fn what_mail_systems_wrote_is_read_and_what_people_wrote_is_not() {
    let scene = Scene::new(&["ana", "bob"], &both()).await;
    scene.google.world().inbox = vec![
        mail("a1", "ana", "MAILER-DAEMON@googlemail.com", 10),
        mail("a2", "ana", "postmaster@home.example", 20),
        mail("a3", "ana", "kim@home.example", 5),
        mail("a4", "ana", "mailer-daemon@home.example", 90),
        mail("b1", "bob", "mailer-daemon@home.example", 1),
    ];
    assert_eq!(read(&scene, "ana", &[]).await, ["a1", "a2"]);
    assert_eq!(read(&scene, "bob", &[]).await, ["b1"]);
    let asked = |path: &str| scene.google.asked(path);
    assert_eq!((asked("/messages/a3"), asked("/messages/a4")), (0, 0));
    assert_eq!(read(&scene, "ana", &["a1"]).await, ["a2"], "what is known is not read again");
    assert_eq!(asked("/messages/a1"), 1);

    let since = now() - TimeDelta::hours(1);
    let mails = scene.mailer.mail_systems_wrote(&user("bob"), since, &|_| false).await.unwrap().unwrap();
    assert_eq!(mails[0].raw, scene.google.world().inbox[4].bytes, "byte for byte");
    assert_eq!(mails[0].received_at, now() - TimeDelta::minutes(1));
}

#[tokio::test]
async fn pages_are_read_to_their_end_within_bounds() {
    let scene = Scene::new(&["ana"], &both()).await;
    scene.google.world().page_size = Some(2);
    scene.google.world().inbox =
        (0..13).map(|n| mail(&format!("m{n}"), "ana", "mailer-daemon@x.example", 1)).collect();
    assert_eq!(read(&scene, "ana", &[]).await.len(), 10, "five pages");
}

#[tokio::test]
async fn nothing_is_asked_of_who_only_lets_us_send() {
    let scene = Scene::new(&["ana"], SEND).await;
    let mails = scene.mailer.mail_systems_wrote(&user("ana"), now(), &|_| false).await.unwrap();
    assert_eq!(mails, None);
    assert!(scene.google.loopback.asked().is_empty());
    let stranger = scene.mailer.mail_systems_wrote(&user("nobody"), now(), &|_| false).await.unwrap_err();
    assert_eq!(stranger.fault(), Fault::NotFound);
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_and_not_an_empty_inbox() {
    for (fault, reply, _) in faults::cases() {
        let timeout = std::time::Duration::from_millis(if fault == "silence" { 300 } else { 20_000 });
        let scene = Scene::with(&["ana"], &both(), |options| options.timeout = timeout).await;
        for _ in 0..2 {
            scene.google.world().search_troubles.push_back(reply.clone());
        }
        let asked = scene.mailer.mail_systems_wrote(&user("ana"), now(), &|_| false).await;
        assert!(asked.is_err(), "{fault}: {asked:?}");
    }
    for raw in [r#"{"id":"a1"}"#, r#"{"raw":"***"}"#, r#"{"raw":7}"#] {
        let scene = Scene::new(&["ana"], &both()).await;
        scene
            .google
            .world()
            .search_troubles
            .push_back(Reply::ok(r#"{"messages":[{"id":"a1"},{"id":"../send"}]}"#));
        scene.google.world().search_troubles.push_back(Reply::ok(raw));
        let asked = scene.mailer.mail_systems_wrote(&user("ana"), now(), &|_| false).await;
        assert_eq!(asked.unwrap_err().fault(), Fault::Garbled, "{raw}");
    }
}
