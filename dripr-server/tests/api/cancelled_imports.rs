//! Imports that somebody cancelled: what was stored stays, and nothing more comes.

use dripr_core::{
    campaign::{Actor, AuditEntry},
    ids::ImportId,
    imports::{Import, ImportOptions, Stage, Tally},
    ports::{AgentStore, Clock, ImportStore},
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{
    asking::{Answer, get, operator, post, site},
    imports::{begun, made, piece, rows, sent, when},
    site::{Site, at},
};

async fn cancel(site: &Site, path: &str, key: &str) -> Answer {
    post(site, &format!("{path}/cancel"), key, json!({})).await
}

/// An import of whose file a thousand rows are stored, and two hundred more have come.
async fn under_way(site: &Site, key: &str) -> (String, TcpStream) {
    let path = made(site, key, json!({"send_day": 3})).await;
    let stream = begun(site, &path, key, &format!("email,zip\n{}", rows(0, 1_200))).await;
    when(site, &path, key, |import| import["progress"]["rows"] == 1_000).await;
    (path, stream)
}

/// The answer to who sent the file.
async fn answered(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    // Whoever is cut off has the answer all the same.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn a_file_that_is_being_read_is_read_no_farther_than_the_rows_in_hand() {
    let site = site().await;
    let key = operator(&site).await;
    let (path, mut stream) = under_way(&site, &key).await;
    for _ in 0..2 {
        let asked = cancel(&site, &path, &key).await;
        assert_eq!((asked.status, &asked.json()["stage"]), (202, &json!("cancelling")), "{asked:?}");
        assert_eq!(asked.json()["cancelled_at"], "2026-03-01T12:00:00Z");
    }
    let second = sent(&site, &path, &key, "email,zip\n").await;
    assert_eq!((second.status, &second.json()["code"]), (409, &json!("import-cancelled")));
    piece(&mut stream, &rows(1_200, 1_600)).await;
    let cancelled = when(&site, &path, &key, |import| import["stage"] == "cancelled").await;
    let counts = ["rows", "enrolled"].map(|name| cancelled["progress"][name].clone());
    assert_eq!(counts, [json!(1_500), json!(1_500)], "the rows in hand are stored, and no others");
    let answer = answered(stream).await;
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("import-cancelled"), "{answer}");
    assert!(answer.contains("of 1500 rows 1500 enrolled"), "it says what was stored: {answer}");

    let again = sent(&site, &path, &key, "email,zip\n").await;
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("import-cancelled")), "{again:?}");
    let again = cancel(&site, &path, &key).await;
    assert_eq!((again.status, &again.json()["progress"]["rows"]), (200, &json!(1_500)), "{again:?}");
    let found = get(&site, "/agents/ana/campaigns?email=owner-1499@home.example", &key).await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "what was stored stays");
    let found = get(&site, "/agents/ana/campaigns?email=owner-1500@home.example", &key).await.json();
    assert_eq!(found["items"], json!([]), "what was not, never comes");
}

#[tokio::test]
async fn a_file_of_which_nothing_comes_is_not_waited_for() {
    let site = site().await;
    let key = operator(&site).await;
    let (path, stream) = under_way(&site, &key).await;
    assert_eq!(cancel(&site, &path, &key).await.status, 202);
    // The reader's next sign of life.
    site.clock.set(at("2026-03-01T12:00:20Z"));
    let cancelled = when(&site, &path, &key, |import| import["stage"] == "cancelled").await;
    assert_eq!(cancelled["progress"]["rows"], 1_000);
    // Though the rest of the file never comes.
    let answer = answered(stream).await;
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("import-cancelled"), "{answer}");
    let history = get(&site, "/agents/ana/history?limit=200", &key).await.json()["items"].clone();
    let lines = |what: &str| -> Vec<Value> {
        history.as_array().unwrap().iter().filter(|line| line["what"] == what).cloned().collect()
    };
    let cancelling = lines("import_cancelled");
    assert_eq!(cancelling.len(), 1, "{history}");
    assert!(cancelling[0]["actor"].to_string().contains("key"), "who cancelled it: {cancelling:?}");
    assert!(lines("imported")[0]["cause"].as_str().unwrap().contains("of 1000 rows"), "{history}");
}

#[tokio::test]
async fn a_reader_in_another_process_learns_of_it_and_a_dead_one_is_not_waited_for() {
    let site = site().await;
    let key = operator(&site).await;
    let store = &site.deployment.store;
    let user = || "ana".parse().unwrap();
    let path = "/agents/ana/imports/i-afar";
    let mut afar = Import::new("i-afar".parse().unwrap(), user(), ImportOptions::default(), site.clock.now());
    store.add_import(afar.clone()).await.unwrap();
    afar.begin(site.clock.now()).unwrap();
    assert!(store.put_import(&afar, Vec::new(), None).await.unwrap());
    afar.version += 1;
    assert_eq!(cancel(&site, path, &key).await.status, 202);
    afar.advance(&Tally { rows: 3, ..Tally::default() }, site.clock.now());
    assert!(!store.put_import(&afar, Vec::new(), None).await.unwrap());
    assert!(afar.heed(&store.import(&afar.id).await.unwrap().unwrap()));
    afar.end(None, site.clock.now());
    assert!(store.put_import(&afar, Vec::new(), None).await.unwrap());
    let shown = get(&site, path, &key).await.json();
    assert_eq!((&shown["stage"], &shown["progress"]["rows"]), (&json!("cancelled"), &json!(3)));

    let mut dead = Import::new("i-dead".parse().unwrap(), user(), ImportOptions::default(), site.clock.now());
    store.add_import(dead.clone()).await.unwrap();
    dead.begin(site.clock.now()).unwrap();
    assert!(store.put_import(&dead, Vec::new(), None).await.unwrap());
    site.clock.set(at("2026-03-01T12:01:00Z"));
    let cancelled = cancel(&site, "/agents/ana/imports/i-dead", &key).await;
    assert_eq!((cancelled.status, &cancelled.json()["stage"]), (200, &json!("cancelled")), "{cancelled:?}");
    let stored = store.import(&dead.id).await.unwrap().unwrap();
    assert_eq!(stored.cancelled_at, Some(site.clock.now()));
    let history = store.agent_history(&user(), None, None, 99).await.unwrap();
    let lines = history.iter().filter(|line| line.entry.what == "import_cancelled");
    assert!(lines.clone().all(|line| matches!(line.entry.actor, Actor::ApiKey(_))));
    assert_eq!(lines.count(), 2);
}

#[tokio::test]
async fn one_that_was_only_made_is_cancelled_at_once_and_one_that_is_done_never() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3})).await;
    let cancelled = cancel(&site, &path, &key).await;
    assert_eq!((cancelled.status, &cancelled.json()["stage"]), (200, &json!("cancelled")), "{cancelled:?}");
    assert_eq!(cancel(&site, &path, &key).await.status, 200, "as often as one likes");
    let refused = sent(&site, &path, &key, "email,zip\nkim@home.example,98103\n").await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("import-cancelled")), "{refused:?}");
    let contacts = get(&site, "/agents/ana/contacts?email=kim@home.example", &key).await.json();
    assert_eq!(contacts["items"], json!([]), "nothing was stored");

    // One that failed could be sent again.
    let path = made(&site, &key, json!({"send_day": 3})).await;
    assert_eq!(sent(&site, &path, &key, "name\nKim\n").await.status, 422);
    assert_eq!(cancel(&site, &path, &key).await.json()["stage"], "cancelled");
    assert_eq!(sent(&site, &path, &key, "email,zip\n").await.json()["code"], "import-cancelled");

    let path = made(&site, &key, json!({"send_day": 3})).await;
    assert_eq!(sent(&site, &path, &key, "email,zip\nkim@home.example,98103\n").await.status, 200);
    let refused = cancel(&site, &path, &key).await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("import-done")), "{refused:?}");
    assert_eq!(get(&site, &path, &key).await.json()["stage"], "done");
    let nobody = format!("/agents/ana/imports/{}", crate::asking::NOBODY);
    assert_eq!(cancel(&site, &nobody, &key).await.status, 404);
}

/// How many lines of a kind the history has of an import.
async fn lines(site: &Site, what: &str, import: &str) -> usize {
    let history =
        site.deployment.store.agent_history(&"ana".parse().unwrap(), None, None, 100_000).await.unwrap();
    let entries = history.iter().map(|line| &line.entry).filter(|entry| entry.what == what);
    entries.filter(|entry| entry.cause.as_deref().is_some_and(|cause| cause.contains(import))).count()
}

#[tokio::test]
async fn one_that_was_ended_in_the_place_of_its_reader_stays_so_when_they_wake() {
    let site = site().await;
    let key = operator(&site).await;
    let store = &site.deployment.store;
    let (path, mut stream) = under_way(&site, &key).await;
    let id: ImportId = path.rsplit('/').next().unwrap().parse().unwrap();
    // As another process does to which they give no sign of life.
    let mut ended = store.import(&id).await.unwrap().unwrap();
    assert_eq!(ended.cancel(at("2026-03-01T12:02:00Z")), Ok(true));
    assert_eq!(ended.stage, Stage::Cancelled);
    let told = AuditEntry::of("imported", Actor::System, site.clock.now(), Some(ended.outcome()));
    assert!(store.put_import(&ended, Vec::new(), Some(told)).await.unwrap());
    piece(&mut stream, &rows(1_200, 1_600)).await;
    let answer = answered(stream).await;
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("import-cancelled"), "{answer}");
    let stored = store.import(&id).await.unwrap().unwrap();
    assert_eq!((&stored.stage, stored.tally.rows), (&Stage::Cancelled, 1_500), "what was stored counts");
    assert_eq!(lines(&site, "imported", id.as_str()).await, 1, "its end is told once");
}

#[tokio::test]
async fn one_whose_reader_died_before_they_heeded_it_is_cancelled_again_and_that_is_told_once() {
    let site = site().await;
    let key = operator(&site).await;
    let store = &site.deployment.store;
    let (id, user) = ("i-left".parse().unwrap(), "ana".parse().unwrap());
    let mut left = Import::new(id, user, ImportOptions::default(), site.clock.now());
    store.add_import(left.clone()).await.unwrap();
    left.begin(site.clock.now()).unwrap();
    left.advance(&Tally { rows: 3, refused: 3, ..Tally::default() }, site.clock.now());
    assert!(store.put_import(&left, Vec::new(), None).await.unwrap());
    let path = "/agents/ana/imports/i-left";
    assert_eq!(cancel(&site, path, &key).await.status, 202);
    site.clock.set(at("2026-03-01T12:01:00Z"));
    for _ in 0..2 {
        let again = cancel(&site, path, &key).await;
        assert_eq!((again.status, &again.json()["stage"]), (200, &json!("cancelled")), "{again:?}");
    }
    assert_eq!(lines(&site, "import_cancelled", "i-left").await, 1, "who cancelled it");
    assert_eq!(lines(&site, "imported", "i-left: of 3 rows").await, 1, "and with which counts it ended");
}
