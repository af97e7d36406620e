//! `dripr backup` and `dripr restore`, with the program as people run it.

use std::{fs, path::Path};

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, Scopes},
    agent::{PauseCause, Stop, Subscription},
    billing::{self, Change, Stage},
    campaign::{Actor, AuditEntry},
    ids::{ApiKeyId, UserId, WebhookId},
    ports::{AgentStore, ApiKeyStore, WebhookStore},
    schedule::Instant,
    testkit::SeededEntropy,
    webhooks::{Endpoint, KeptSecret, Kinds, NewEndpoint, Off, OffBecause},
};

use crate::program::{Run, deployment, dripr};

const CONTACTS: &str = "first_name,last_name,email,street,city,state,zip,fixed_send_day,unsubscribed\n\
    Ana,Ruiz,ana@home.example,12 Elm St,Seattle,WA,98103,7,\n\
    Bo,Lind,bo@home.example,14 Elm St,Seattle,WA,98103,7,\n\
    Flo,Wade,flo@home.example,22 Elm St,Seattle,WA,98103,7,yes\n";

fn with_contacts() -> tempfile::TempDir {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    folder
}

fn said(run: &Run, text: &str) {
    assert!(run.stdout.contains(text) || run.stderr.contains(text), "{text}\n{run:?}");
}

fn suppressed(folder: &Path) -> Vec<String> {
    let run = dripr(folder, &["campaigns", "--json", "--status=UNSUBSCRIBED"]).success();
    let lines: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let mut all: Vec<String> =
        lines.iter().map(|line| line["recipient"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn a_backup_is_whole_is_for_its_owner_alone_and_overwrites_nothing() {
    let folder = with_contacts();
    dripr(folder.path(), &["backup", "copy.db"]).success();
    let copy = folder.path().join("copy.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let before = fs::read(&copy).unwrap();
    said(&dripr(folder.path(), &["backup", "copy.db"]).failure(), "copy.db is there already");
    assert_eq!(fs::read(&copy).unwrap(), before);
    said(&dripr(folder.path(), &["backup", "nowhere/copy.db"]).failure(), "nowhere/copy.db");
    // Nobody works on a backup by mistake.
    let run = dripr(folder.path(), &["campaigns", "--set", "database.path=copy.db"]).failure();
    said(&run, "it is a backup: put it in place with `dripr restore`");
    let left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("part") || name.contains("restoring"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let empty = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join("dripr.toml"), empty.path().join("dripr.toml")).unwrap();
    said(&dripr(empty.path(), &["backup", "copy.db"]).failure(), "there is no database");
    assert!(!empty.path().join("dripr.db").exists() && !empty.path().join("copy.db").exists());
}

#[test]
fn a_restored_database_has_the_opt_outs_that_came_since() {
    let folder = with_contacts();
    dripr(folder.path(), &["backup", "copy.db"]).success();
    // Since then somebody opts out, and somebody comes.
    let since =
        "email,zip,fixed_send_day,unsubscribed\nbo@home.example,98103,7,yes\nnew@home.example,98103,7,\n";
    fs::write(folder.path().join("since.csv"), since).unwrap();
    dripr(folder.path(), &["import", "since.csv", "--agent", "a1"]).success();
    said(&dripr(folder.path(), &["restore", "copy.db"]).failure(), "there is a database dripr.db; --replace");
    fs::write(
        folder.path().join("out.csv"),
        "\u{feff}Email,Agent\nANA@home.example,\nx@home.example,nobody\n",
    )
    .unwrap();
    let run = dripr(folder.path(), &["restore", "copy.db", "--replace", "--opted-out", "out.csv"]).success();
    said(&run, "its opt-outs are taken over");
    said(&run, "3 campaigns as of ");
    said(&run, "2 opt-outs were added");
    said(&run, "1 opt-outs are of agents that the backup does not have");
    dripr(folder.path(), &["campaigns"]).success();
    let all = ["ana@home.example", "bo@home.example", "flo@home.example"];
    assert_eq!(suppressed(folder.path()), all);
    let run = dripr(folder.path(), &["export", "contacts", "--agent", "a1"]).success();
    for address in ["ana", "bo", "flo"] {
        let line = run.stdout.lines().find(|line| line.starts_with(&format!("{address}@"))).unwrap();
        assert!(line.ends_with(",opt_out"), "{line}");
    }
    assert!(!run.stdout.contains("new@"));
    // What was there is kept as one file.
    let aside: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".replaced-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    let database = format!("database.path={}", aside[0]);
    let run = dripr(folder.path(), &["campaigns", "--set", &database]).success();
    said(&run, "new@home.example");
}

#[test]
fn a_restored_database_has_the_addresses_that_were_blocked_since() {
    let folder = with_contacts();
    dripr(folder.path(), &["block", "add", "early@home.example"]).success();
    dripr(folder.path(), &["backup", "copy.db"]).success();
    dripr(folder.path(), &["block", "add", "bo@home.example", "--reason", "a court said so"]).success();
    let listed = || dripr(folder.path(), &["block", "list"]).success().stdout;
    let before = listed();
    let run = dripr(folder.path(), &["restore", "copy.db", "--replace"]).success();
    said(&run, "1 addresses were blocked since, and stay so");
    assert_eq!(listed(), before, "with when and why");
    assert_eq!(before.lines().count(), 2, "{before}");
}

#[test]
fn who_was_removed_or_stopped_since_does_not_send_again() {
    let folder = with_contacts();
    let add = |id: &str| {
        let email = format!("--email={id}@brokerage.example");
        let id = format!("--id={id}");
        let arguments =
            ["agent", "add", &id, &email, "--first-name=A", "--last-name=B", "--postal-address=1 St"];
        dripr(folder.path(), &arguments).success();
    };
    for id in ["paused", "resumed", "gone", "unpaid", "same"] {
        add(id);
    }
    dripr(folder.path(), &["agent", "pause", "resumed", "--because=leave"]).success();
    dripr(folder.path(), &["backup", "copy.db"]).success();
    dripr(folder.path(), &["agent", "pause", "paused", "--because=leave"]).success();
    dripr(folder.path(), &["agent", "resume", "resumed"]).success();
    let path = folder.path().join("dripr.db");
    let (gone, unpaid, never) =
        ("gone".parse().unwrap(), "unpaid".parse().unwrap(), "never".parse().unwrap());
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        assert!(store.remove(&gone, at).await.unwrap() && store.remove(&never, at).await.unwrap());
        let ended = Change {
            subscription: "sub_1".parse().unwrap(),
            customer: "cus_1".parse().unwrap(),
            user_id: Some(UserId::clone(&unpaid)),
            at,
            stage: Stage::Deleted,
            status: Subscription::Canceled,
            from: None,
        };
        assert_eq!(billing::take(&store, &ended).await.unwrap(), billing::Taken::New);
        store.close().await;
    });
    let run = dripr(folder.path(), &["restore", "copy.db", "--replace"]).success();
    said(&run, "5 accounts stand as they did since");
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        let stop = async |id: &str| {
            let agent = store.agent(&id.parse().unwrap()).await.unwrap().unwrap();
            agent.stopped_by(chrono::Utc::now())
        };
        assert_eq!(stop("paused").await, Some(Stop::Paused(PauseCause::Operator)));
        assert_eq!(stop("gone").await, Some(Stop::Removed));
        assert_eq!(stop("unpaid").await, Some(Stop::Canceled));
        assert_eq!((stop("same").await, stop("resumed").await), (None, None));
        assert!(store.is_removed(&gone).await.unwrap() && store.is_removed(&never).await.unwrap());
        let payers = store.of_customer(&"cus_1".parse().unwrap()).await.unwrap();
        assert_eq!(payers[0].id, unpaid, "what Stripe tells next finds them");
        store.close().await;
    });
}

fn key(name: &str, seed: u64) -> ApiKey {
    let new = NewApiKey {
        name: name.to_owned(),
        reach: Reach::Deployment,
        scopes: Scopes::all(),
        expires_at: None,
    };
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    ApiKey::mint(new, &Caller::operator(), &SeededEntropy::new(seed), at).key
}

fn webhook(id: &str) -> Endpoint {
    let new = NewEndpoint {
        id: id.parse().unwrap(),
        reach: Reach::Deployment,
        description: String::new(),
        url: format!("https://crm.example/{id}"),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    Endpoint::new(new, &Caller::operator(), "2026-03-01T12:00:00Z".parse().unwrap())
}

/// Changes a stored webhook.
async fn change(store: &SqlStore, id: &str, change: impl FnOnce(&mut Endpoint)) {
    let mut endpoint = store.webhook(&id.parse().unwrap()).await.unwrap().unwrap();
    change(&mut endpoint);
    put(store, endpoint).await;
}

async fn put(store: &SqlStore, endpoint: Endpoint) {
    let deed = endpoint.deed("webhook_changed", Actor::Operator, endpoint.created_at, None);
    assert!(store.put_webhook(endpoint, deed).await.unwrap());
}

#[test]
fn who_lost_a_way_in_or_out_since_does_not_get_it_back() {
    let folder = with_contacts();
    let path = folder.path().join("dripr.db");
    let (kept, leaked, later) = (key("kept", 1), key("leaked", 2), key("later", 3));
    let at = "2026-03-02T12:00:00Z".parse().unwrap();
    let a1: UserId = "a1".parse().unwrap();
    let newer = || KeptSecret::Plain("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        for key in [&kept, &leaked] {
            assert!(store.put_api_key(key.clone()).await.unwrap());
        }
        for id in ["exchanged", "off", "removed", "same"] {
            put(&store, webhook(id)).await;
        }
        store.close().await;
    });
    dripr(folder.path(), &["backup", "copy.db"]).success();
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        assert!(store.put_api_key(later.clone()).await.unwrap());
        for id in [&leaked.id, &later.id] {
            assert!(store.revoke_api_key(id, Actor::Operator, at).await.unwrap());
        }
        change(&store, "exchanged", |endpoint| endpoint.rotate(newer(), at)).await;
        change(&store, "off", |endpoint| endpoint.switch(false, at)).await;
        let gone: WebhookId = "removed".parse().unwrap();
        let deed = webhook("removed").deed("webhook_removed", Actor::Operator, at, None);
        assert!(store.remove_webhook(&gone, deed).await.unwrap());
        put(&store, webhook("new")).await;
        let mut agent = store.agent(&a1).await.unwrap().unwrap();
        let brokerage = Some("north".parse().unwrap());
        agent.membership = Membership { brokerage, ..Membership::default() };
        assert!(AgentStore::replace(&store, agent, None).await.unwrap());
        store.close().await;
    });
    // Without the later database nobody knows, and that is said.
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["dripr.toml", "sales.csv", "copy.db"] {
        fs::copy(folder.path().join(name), elsewhere.path().join(name)).unwrap();
    }
    let run = dripr(elsewhere.path(), &["restore", "copy.db"]).success();
    said(&run, "WORK AGAIN");
    said(&run, &format!("this key works: {}  leaked", leaked.id));

    let run = dripr(folder.path(), &["restore", "copy.db", "--replace"]).success();
    said(&run, "1 accounts stand as they did since; so do 1 keys that were taken back, and 3 webhooks");
    assert!(!run.stdout.contains("this key works"), "{run:?}");
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        let revoked = async |id: &ApiKeyId| store.api_key(id).await.unwrap().map(|key| key.revoked_at);
        assert_eq!(revoked(&kept.id).await, Some(None));
        assert_eq!(revoked(&leaked.id).await, Some(Some(at)));
        assert_eq!(revoked(&later.id).await, None, "none is invented");
        let found = store.webhooks(&Reach::Deployment, None, 10).await.unwrap();
        let ids: Vec<&str> = found.iter().map(|endpoint| endpoint.id.as_str()).collect();
        assert_eq!(ids, ["exchanged", "off", "same"]);
        assert!(found[0].secret == newer() && found[0].former.is_some());
        assert!(found[1].off.is_some() && found[2].off.is_none());
        let agent = store.agent(&a1).await.unwrap().unwrap();
        assert_eq!(agent.membership.brokerage, Some("north".parse().unwrap()));
        store.close().await;
    });
}

/// Lets an agent be banned, or not any more.
async fn ban(store: &SqlStore, agent: &UserId, banned: bool, at: Instant) {
    let mut agent = store.agent(agent).await.unwrap().unwrap();
    agent.banned = banned;
    let audit = AuditEntry::of("account_changed", Actor::Provider, at, None);
    assert!(AgentStore::replace(store, agent, Some(audit)).await.unwrap());
}

#[test]
fn what_a_ban_took_since_stays_taken() {
    let folder = with_contacts();
    let path = folder.path().join("dripr.db");
    let arguments = [
        "agent",
        "add",
        "--id=a2",
        "--email=a2@brokerage.example",
        "--first-name=A",
        "--last-name=B",
        "--postal-address=1 St",
    ];
    dripr(folder.path(), &arguments).success();
    let [a1, a2]: [UserId; 2] = ["a1", "a2"].map(|id| id.parse().unwrap());
    let own = |agent: &UserId, name: &str, seed: u64| {
        let (by, reach) = (Actor::User(agent.clone()), Reach::Agent(agent.clone()));
        ApiKey { created_by: Some(by), owner: Some(reach.clone()), reach, ..key(name, seed) }
    };
    let own_webhook = |agent: &UserId| {
        let (by, reach) = (Actor::User(agent.clone()), Reach::Agent(agent.clone()));
        Endpoint { created_by: Some(by), owner: Some(reach.clone()), reach, ..webhook(agent.as_str()) }
    };
    let keys = [own(&a1, "a1's", 4), own(&a2, "a2's", 5)];
    let operators = ApiKey { reach: Reach::Agent(a1.clone()), ..key("for a1", 6) };
    let at: Instant = "2026-03-02T12:00:00Z".parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        for key in [&keys[0], &keys[1], &operators] {
            assert!(store.put_api_key(key.clone()).await.unwrap());
        }
        for agent in [&a1, &a2] {
            put(&store, own_webhook(agent)).await;
        }
        store.close().await;
    });
    dripr(folder.path(), &["backup", "copy.db"]).success();
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        ban(&store, &a1, true, at).await;
        ban(&store, &a2, true, at).await;
        ban(&store, &a2, false, at).await;
        store.close().await;
    });
    let run = dripr(folder.path(), &["restore", "copy.db", "--replace"]).success();
    said(&run, "1 accounts stand as they did since; so do 2 keys that were taken back, and 2 webhooks");
    runtime.block_on(async {
        let store = SqlStore::sqlite(&path, SqliteOptions::default()).await.unwrap();
        let revoked = async |key: &ApiKey| store.api_key(&key.id).await.unwrap().unwrap().revoked_at;
        for (agent, key, banned) in [(&a1, &keys[0], true), (&a2, &keys[1], false)] {
            assert_eq!(store.agent(agent).await.unwrap().unwrap().banned, banned);
            assert_eq!(revoked(key).await, Some(at), "{agent}: a ban that was lifted gave nothing back");
            let webhook = store.webhook(&agent.as_str().parse().unwrap()).await.unwrap().unwrap();
            assert_eq!(webhook.off, Some(Off { since: at, because: OffBecause::Banned }), "{agent}");
        }
        assert_eq!(revoked(&operators).await, None, "what others made stays");
        store.close().await;
    });
}

#[test]
fn what_is_no_whole_backup_of_ours_is_refused_and_changes_nothing() {
    let folder = with_contacts();
    let path = |name: &str| folder.path().join(name);
    dripr(folder.path(), &["backup", "copy.db"]).success();
    let mut bytes = fs::read(path("copy.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    fs::write(path("damaged.db"), &bytes).unwrap();
    fs::write(path("short.db"), &bytes[..10_000]).unwrap();
    fs::write(
        path("text.db"),
        "this is no database at all, and long enough to have a header of one, it would seem",
    )
    .unwrap();
    fs::write(path("empty.db"), "").unwrap();
    let before = fs::read(path("dripr.db")).unwrap();
    for (name, why) in [
        ("damaged.db", "damaged"),
        ("short.db", ""),
        ("text.db", "text.db"),
        ("empty.db", "another program"),
        ("none.db", "cannot open none.db"),
    ] {
        let run = dripr(folder.path(), &["restore", name, "--replace"]).failure();
        said(&run, why);
        assert!(!run.stderr.contains(".restoring"), "{run:?}");
        assert_eq!(fs::read(path("dripr.db")).unwrap(), before, "{name}");
        assert!(!path("dripr.db.restoring").exists());
    }
    // A mere copy does not say when it was taken.
    fs::copy(path("dripr.db"), path("plain.db")).unwrap();
    fs::rename(path("dripr.db"), path("moved.db")).unwrap();
    let run = dripr(folder.path(), &["restore", "plain.db"]).failure();
    said(&run, "does not say when it was taken");
    said(
        &dripr(folder.path(), &["restore", "plain.db", "--taken-at=2099-01-01T00:00:00Z"]).failure(),
        "is later than the present",
    );
    let run = dripr(folder.path(), &["restore", "plain.db", "--taken-at=2026-01-01T00:00:00Z"]).success();
    said(&run, "opt-outs, bounces and complaints since the backup are LOST");
    said(&run, "3 campaigns as of 2026-01-01T00:00:00Z");
    let run = dripr(folder.path(), &["restore", "--mark", "--taken-at=2026-01-01T00:00:00Z"]).success();
    said(&run, "3 campaigns as of 2026-01-01T00:00:00Z");
    assert_eq!(dripr(folder.path(), &["restore", "--mark"]).failure().code, Some(2));
    assert_eq!(dripr(folder.path(), &["restore"]).failure().code, Some(2));
}
