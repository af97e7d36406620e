//! From signing in to the opt-out, through the real program and nothing but its HTTP: an agent imports contacts, waits for
//! reports, approves one, whose homeowner gets it and opts out, and sees it all in the history.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the real program runs on the real clock")]

#[path = "../deployment/mod.rs"]
mod deployment;
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
#[cfg(feature = "service-tests")]
#[path = "../deployment/on_sqs.rs"]
mod on_sqs;
#[cfg(feature = "service-tests")]
#[path = "../../../dripr-adapters/tests/sql_servers/place.rs"]
mod place;
#[cfg(feature = "service-tests")]
#[path = "../../../dripr-adapters/tests/sns_sqs/service.rs"]
#[allow(dead_code, reason = "this test uses a part of it")]
mod service;
mod signed_in;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use mail_parser::{HeaderValue, MessageParser};
use serde_json::{Value, json};

use self::{
    deployment::Deployment,
    signed_in::{ISSUER, ORIGIN, SUBJECT, SignedIn},
};

/// The running program, which does not outlive the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program, and learns from its log where it answers.
fn started(deployment: &Deployment) -> (Program, String) {
    let mut child = deployment.dripr(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = log.find(|line| line.contains("links and webhooks are answered")).unwrap();
    let address = line.split("address=").nth(1).unwrap().trim();
    let plain: String = address.chars().filter(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
    // Somebody has to read on, or the program would wait.
    thread::spawn(move || log.for_each(drop));
    (Program(child), format!("http://{plain}"))
}

/// Three homeowners whose first slot lies within the last days; the first one's reports are approved by the agent.
fn contacts() -> String {
    let now = DateTime::<Utc>::from(SystemTime::now());
    let created = (now - TimeDelta::days(5)).format("%Y-%m-%dT%H:%M:%SZ");
    let day = (now - TimeDelta::days(3)).day().min(28);
    let head = "first_name,email,street,city,state,zip_code,latitude,longitude,bedrooms,bathrooms,living_area_sqft,lot_sqft,\
                year_built,fixed_send_day,created_at,check_before_sending\n";
    let row = |n: usize| {
        let check = if n == 0 { "yes" } else { "no" };
        format!(
            "Kim,owner{n}@home.example,{n} Elm St,Seattle,WA,98103,47.685,-122.335,3,2,1800,5000,1950,{day},{created},{check}\n"
        )
    };
    format!("{head}{}{}{}nobody,no address,,,,98103,,,,,,,,{day},{created},no\n", row(0), row(1), row(2))
}

/// What is asked for, as soon as it is there.
async fn when<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < patience, "it never came to that: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The report that somebody got: its HTML, and the link by which it is opted out of.
fn received(outbox: &Path, by: &str) -> Option<(String, String)> {
    for file in fs::read_dir(outbox).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "eml") {
            continue;
        }
        let raw = fs::read(&path).unwrap();
        let message = MessageParser::default().parse(&raw).unwrap();
        if message.to().unwrap().first().unwrap().address() == Some(by) {
            let link = match message.header("List-Unsubscribe").unwrap() {
                HeaderValue::Address(address) => address.first().unwrap().address().unwrap().to_owned(),
                HeaderValue::Text(text) => text.to_string(),
                HeaderValue::TextList(texts) => texts[0].to_string(),
                other => panic!("{other:?}"),
            };
            let link = link.trim_matches(['<', '>']).to_owned();
            return Some((message.body_html(0).unwrap().into_owned(), link));
        }
    }
    None
}

/// The whole story, on a deployment whose configuration ends in these sections.
fn an_agent_and_a_homeowner(environment: BTreeMap<String, String>, sections: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(story(environment, sections));
}

async fn story(environment: BTreeMap<String, String>, sections: &str) {
    let mut agent = SignedIn::publishing().await;
    let lines = format!(
        "mail_timeout_seconds = 5\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [clerk]\nissuer = \"{ISSUER}\"\nauthorized_parties = [\"{ORIGIN}\"]\njwks_url = \"{}\"\n{sections}",
        agent.keys()
    );
    let people = [(SUBJECT, "ana@brokerage.example")];
    let deployment = Deployment::in_environment(environment, &people, 0, &lines);
    let config = deployment.path().join("dripr.toml");
    let text = fs::read_to_string(&config).unwrap().replace("filter = \"warn\"", "filter = \"info\"");
    fs::write(&config, text).unwrap();
    let (_program, base) = started(&deployment);
    agent.base.clone_from(&base);

    // Signs in, and imports.
    let (status, own) = agent.get("/agents/me").await;
    assert_eq!((status, &own["id"]), (200, &json!(SUBJECT)), "{own}");
    let (status, import) = agent.send("POST", "/agents/me/imports", &json!({})).await;
    assert_eq!(status, 201, "{import}");
    let path = format!("/agents/me/imports/{}", import["id"].as_str().unwrap());
    let (status, done) = agent.file(&format!("{path}/file"), contacts()).await;
    let progress = &done["progress"];
    let counts = ["rows", "enrolled", "refused"].map(|name| progress[name].clone());
    assert_eq!((status, counts), (200, [json!(4), json!(3), json!(1)]), "{done}");
    let (_, rows) = agent.get(&format!("{path}/rows")).await;
    assert_eq!(rows["items"][0]["problem"]["field"], "email", "{rows}");

    // Waits for reports: one waits for approval, the other two are sent.
    let outbox = deployment.path().join("outbox");
    let waiting = when("a report waits for approval", async || {
        let (_, emails) = agent.get("/agents/me/emails?delivery_status=CREATED").await;
        emails["items"].as_array().unwrap().first().cloned()
    })
    .await;
    when("the others are sent", async || {
        received(&outbox, "owner1@home.example").and(received(&outbox, "owner2@home.example"))
    })
    .await;
    assert_eq!(received(&outbox, "owner0@home.example"), None, "nothing is sent without approval");

    // Looks at it, and approves it.
    let email = format!("/agents/me/emails/{}", waiting["id"].as_str().unwrap());
    let seen = agent.text(&format!("{email}/html")).await;
    let approval = json!({"content_hash": waiting["content_hash"]});
    let (status, approved) = agent.send("POST", &format!("{email}/approve"), &approval).await;
    assert_eq!(status, 200, "{approved}");
    let (html, link) =
        when("the approved one is received", async || received(&outbox, "owner0@home.example")).await;
    // But for the way to opt out, which is the homeowner's alone.
    let received_html = html.replace("\r\n", "\n").replace(&link, "https://reports.example/o/test");
    assert_eq!(received_html, seen.replace("\r\n", "\n"), "what was seen is what is received");

    // The homeowner opts out with one click (RFC 8058).
    let path = link.strip_prefix("https://reports.example").unwrap_or_else(|| panic!("{link}"));
    let click =
        agent.client.post(format!("{base}{path}")).body("List-Unsubscribe=One-Click").send().await.unwrap();
    assert_eq!(click.status(), 200);

    // All of it stands in the history.
    let campaign = format!("/agents/me/campaigns/{}", waiting["campaign_id"].as_str().unwrap());
    when("the campaign is over", async || {
        let (_, shown) = agent.get(&campaign).await;
        (shown["status"] == "UNSUBSCRIBED").then_some(())
    })
    .await;
    let lines = |history: &Value| -> Vec<String> {
        let items = history["items"].as_array().unwrap();
        items.iter().map(|line| line["what"].as_str().unwrap().to_owned()).collect()
    };
    let (_, history) = agent.get(&format!("{campaign}/history")).await;
    let told = lines(&history);
    for what in ["email_created", "approved", "sent", "suppressed"] {
        assert!(told.iter().any(|line| line == what), "{what} is not in {told:?}");
    }
    let (_, history) = agent.get("/agents/me/history?limit=200").await;
    let told = lines(&history);
    for what in ["registered", "import_begun", "imported"] {
        assert!(told.iter().any(|line| line == what), "{what} is not in {told:?}");
    }
    let (_, counted) = agent.get("/agents/me/statistics").await;
    let period = &counted["period"];
    assert_eq!((&period["sent"], &period["opted_out"]), (&json!(3), &json!(1)), "{counted}");
    let (_, suppressed) = agent.get("/agents/me/suppressions").await;
    assert_eq!(suppressed["items"][0]["address"], "owner0@home.example", "{suppressed}");
}

#[test]
fn on_sqlite() {
    an_agent_and_a_homeowner(BTreeMap::new(), "");
}

#[cfg(feature = "service-tests")]
#[test]
fn on_mysql_with_sqs_and_redis() {
    use secrecy::ExposeSecret;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(place::Place::new(place::Server::MySql));
    let redis = std::env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let (environment, section) = on_sqs::provisioned(BTreeMap::from([
        ("DRIPR_DATABASE_URL".to_owned(), place.url().expose_secret().to_owned()),
        ("DRIPR_REDIS_URL".to_owned(), redis),
    ]));
    let prefix = std::process::id();
    let sections =
        format!("[queues]\nplace = \"aws\"\n{section}[redis]\nprefix = \"dripr-test-{prefix}:\"\n");
    an_agent_and_a_homeowner(environment, &sections);
}
