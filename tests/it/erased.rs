//! A person who got reports for months is erased: nothing of them is left in the file, the outbox and the archive, and everybody
//! else goes on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use chrono::TimeDelta;
use dripr_adapters::{
    file_outbox::FileOutbox,
    folder_archive::FolderArchive,
    sql::{SqlStore, SqliteOptions, scrub::scrub},
};
use dripr_core::{
    campaign::{Actor, command::Bench},
    email::SuppressionCause,
    ids::{EmailId, UserId},
    person::{Erasing, InArchive, erase},
    policy::Policy,
    ports::{AgentStore, CampaignStore, Clock, ContactStore, EmailFilter, EmailStore, PersonStore},
    schedule::Instant,
    testkit::{ManualClock, samples},
};
use dripr_tests::World;
use sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions};

const CAMPAIGNS: usize = 6;

async fn until(end: Instant, dripr: &dripr_core::Dripr, clock: &ManualClock) {
    while clock.now() < end {
        let step = dripr.step().await.unwrap();
        let later = clock.now() + TimeDelta::hours(8);
        clock.set(step.next.map_or(later, |next| next.clamp(clock.now(), later)));
    }
}

/// Whether a text stands in any file of a folder.
fn stands_in(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(stands_in(&path, text));
        } else if fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn of_a_person_who_was_erased_nothing_is_left_in_any_file() {
    let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("dripr.db");
    let clock = Arc::new(ManualClock::at(start));
    let mut options = SqliteOptions::default();
    options.durable = false;
    let store = SqlStore::sqlite(&database, options).await.unwrap();
    let agent = samples::agent("agent", start).unwrap();
    store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
    let new: Vec<_> =
        (1..=CAMPAIGNS).map(|n| samples::campaign(&agent, n, "98103", 12, start).unwrap()).collect();
    store.enrol(new).await.unwrap();
    let world = World::new(0, 12, start).await.unwrap();
    let outbox = FileOutbox::open(folder.path().join("outbox")).unwrap();
    let archive = Arc::new(FolderArchive::open(folder.path().join("archive")).unwrap());
    let builder = world.builder(&store).unwrap().clock(clock.clone()).mailer(Arc::new(outbox.clone()));
    let dripr = builder.archive(archive.clone()).build().unwrap();
    until("2026-05-20T00:00:00Z".parse().unwrap(), &dripr, &clock).await;

    // One whose texts the others were compressed against, and one of the others.
    let user = UserId::new("agent").unwrap();
    let texts = async || {
        let all = store.emails(&EmailFilter::default(), None, 1000).await.unwrap();
        let ids: Vec<EmailId> = all.iter().map(|email| email.id.clone()).collect();
        let messages = store.messages(&ids).await.unwrap();
        all.into_iter().zip(messages).collect::<Vec<_>>()
    };
    let before = texts().await;
    assert_eq!(before.len(), 3 * CAMPAIGNS, "March, April and May");
    let mut connection = SqliteConnectOptions::new().filename(&database).connect().await.unwrap();
    let bases = sqlx::query("SELECT id FROM message_bases").fetch_all(&mut connection).await.unwrap();
    let bases: BTreeSet<String> = bases.iter().map(|row| row.get(0)).collect();
    let is_base = |n: usize| {
        before.iter().any(|(email, _)| {
            email.campaign_id.as_str() == format!("agent-{n}")
                && bases.contains(&email.content_hash.to_string())
        })
    };
    let first = (1..=CAMPAIGNS).find(|n| is_base(*n)).unwrap();
    let second = (1..=CAMPAIGNS).find(|n| *n != first).unwrap();

    let desk = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
    // Files of emails that the store does not know: kept before a result came too late, or older than a restored backup.
    let unknown = outbox.path(&EmailId::new(format!("agent-{second}.4")).unwrap());
    let elsewhere: Vec<Arc<dyn Erasing>> = vec![Arc::new(InArchive(archive)), Arc::new(outbox)];
    for path in [
        folder.path().join(format!("archive/agent/agent-{first}.4.html")),
        unknown.with_extension("html"),
        unknown,
    ] {
        fs::write(path, format!("Owner{first} Owner{second}")).unwrap();
    }
    for n in [first, second] {
        let address = format!("owner{n}@home.example").parse().unwrap();
        assert!(!stands_in(folder.path(), &format!("Owner{n}")).is_empty(), "otherwise nothing is shown");
        let erased = erase(&store, &elsewhere, &desk, &user, &address).await.unwrap();
        assert_eq!((erased.campaigns, erased.emails, erased.contacts), (1, 3, 1));
        assert!(erased.under_way.is_empty());
    }
    // Everybody else's texts are what they were, compressed against something else now.
    let after = texts().await;
    for ((email, old), (same, new)) in before.iter().zip(&after) {
        assert_eq!(email.id, same.id, "every email is still counted");
        let gone = [first, second].iter().any(|n| email.campaign_id.as_str() == format!("agent-{n}"));
        assert_eq!(new.as_ref(), old.as_ref().filter(|_| !gone), "{}", email.id);
    }
    let left = sqlx::query("SELECT id FROM message_bases").fetch_all(&mut connection).await.unwrap();
    for row in &left {
        let id: String = row.get(0);
        let whose = before.iter().find(|(email, _)| email.content_hash.to_string() == id).unwrap();
        assert!(
            after.iter().any(|(email, text)| email.id == whose.0.id && text.is_some()),
            "{id} is of nobody erased"
        );
    }
    // They go on, and the same program finds what it compresses against.
    until("2026-06-20T00:00:00Z".parse().unwrap(), &dripr, &clock).await;
    let june = texts().await.len();
    assert_eq!(june, 3 * CAMPAIGNS + CAMPAIGNS - 2, "June, without the two");

    // What is not to be written to is the only place where the address is left.
    for n in [first, second] {
        let address = format!("owner{n}@home.example").parse().unwrap();
        assert!(store.person(&user, &address).await.unwrap().unwrap().suppression.is_some());
        assert!(
            store
                .lift(&user, &address, SuppressionCause::Complaint, Actor::Operator, clock.now())
                .await
                .unwrap()
        );
    }
    drop(connection);
    drop(dripr);
    store.close().await;
    assert!(scrub(&database).await.unwrap());
    for n in [first, second] {
        for text in [format!("Owner{n}"), format!("owner{n}@"), format!("{n} Elm St")] {
            assert_eq!(stands_in(folder.path(), &text), Vec::<String>::new(), "{text}");
        }
    }
}
