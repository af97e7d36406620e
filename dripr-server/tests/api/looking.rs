//! What is only looked at: statistics, markets, settings.

use dripr_core::{
    access::{Reach, Role, Scope},
    feedback::{Feedback, Happening},
    ports::{AgentStore, Clock, FeedbackStore},
};
use serde_json::{Value, json};

use crate::asking::{agent, get, key, operator, site};

#[tokio::test]
async fn statistics_are_those_of_the_days_and_agents_that_are_asked_for() {
    let site = site().await;
    let operator = operator(&site).await;
    agent(&site, "ben", Some("north"), None, Role::Agent).await;
    site.until("2026-03-13T00:00:00Z").await;
    let opened = Feedback {
        id: "f1".parse().unwrap(),
        email_id: site.email(),
        recipient: None,
        at: "2026-03-12T20:00:00Z".parse().unwrap(),
        what: Happening::Opened { user_agent: String::new() },
    };
    assert!(site.deployment.store.keep_feedback(opened).await.unwrap());
    let all = get(&site, "/statistics", &operator).await.json();
    assert_eq!(
        (&all["from"], &all["to"], &all["zone"]),
        (&json!("2026-02-11"), &json!("2026-03-12"), &json!("America/New_York"))
    );
    assert_eq!(all["now"]["contacts"], 1);
    assert_eq!(all["now"]["campaigns"], json!({"DORMANT": 1}));
    assert_eq!((&all["period"]["sent"], &all["period"]["opened"]), (&json!(1), &json!(1)));
    let own = get(&site, "/agents/ana/statistics?from=2026-03-12&to=2026-03-12", &operator).await.json();
    assert_eq!(own["period"], all["period"]);
    let before = get(&site, "/agents/ana/statistics?to=2026-03-11", &operator).await.json();
    assert_eq!((&before["period"]["sent"], &before["period"]["opened"]), (&json!(0), &json!(0)));
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Read]).await;
    let theirs = get(&site, "/statistics", &north).await.json();
    assert_eq!((&theirs["now"]["contacts"], &theirs["period"]["sent"]), (&json!(0), &json!(0)), "{theirs}");
    for wrong in ["from=2026-03-12&to=2026-03-11", "to=-262143-01-01", "to=%2B262142-12-31", "to=tomorrow"] {
        for path in ["/statistics", "/statistics/agents"] {
            let refused = get(&site, &format!("{path}?{wrong}"), &operator).await;
            assert_eq!(refused.status, 422, "{path}?{wrong}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_series_has_an_entry_for_each_day_week_or_month() {
    let site = site().await;
    let operator = operator(&site).await;
    site.until("2026-03-13T00:00:00Z").await;
    // In New York these are the 12th and the 13th.
    for (id, at) in
        [("f1", "2026-03-12T20:00:00Z"), ("f2", "2026-03-13T03:59:59Z"), ("f3", "2026-03-13T20:00:00Z")]
    {
        let opened = Feedback {
            id: id.parse().unwrap(),
            email_id: site.email(),
            recipient: None,
            at: at.parse().unwrap(),
            what: Happening::Opened { user_agent: String::new() },
        };
        assert!(site.deployment.store.keep_feedback(opened).await.unwrap());
    }
    let without = get(&site, "/statistics?to=2026-03-13", &operator).await.json();
    assert_eq!(without["series"], Value::Null, "{without}");
    let counts = async |path: &str, by: &str| {
        let shown =
            get(&site, &format!("{path}?from=2026-02-27&to=2026-03-13&by={by}"), &operator).await.json();
        let entries = shown["series"].as_array().unwrap_or_else(|| panic!("{shown}")).clone();
        for field in ["sent", "delivered", "opened", "clicked", "bounced", "complained", "opted_out"] {
            let sum: u64 = entries.iter().map(|entry| entry["period"][field].as_u64().unwrap()).sum();
            assert_eq!(shown["period"][field], sum, "{field} by {by}: {shown}");
        }
        let line = |entry: &Value| {
            let day = |name: &str| entry[name].as_str().unwrap().to_owned();
            let count = |name: &str| entry["period"][name].as_u64().unwrap();
            (day("from"), day("to"), count("sent"), count("opened"))
        };
        entries.iter().map(line).collect::<Vec<_>>()
    };
    let line = |from: &str, to: &str, sent, opened| (from.to_owned(), to.to_owned(), sent, opened);
    for path in ["/statistics", "/agents/ana/statistics"] {
        let days = counts(path, "day").await;
        assert_eq!(days.len(), 15);
        assert_eq!(days[0], line("2026-02-27", "2026-02-27", 0, 0));
        assert_eq!(days[13], line("2026-03-12", "2026-03-12", 1, 1));
        assert_eq!(days[14], line("2026-03-13", "2026-03-13", 0, 0), "each email counts once");
        let weeks = [
            line("2026-02-27", "2026-03-01", 0, 0),
            line("2026-03-02", "2026-03-08", 0, 0),
            line("2026-03-09", "2026-03-13", 1, 1),
        ];
        assert_eq!(counts(path, "week").await, weeks);
        let months = [line("2026-02-27", "2026-02-28", 0, 0), line("2026-03-01", "2026-03-13", 1, 1)];
        assert_eq!(counts(path, "month").await, months);
    }
}

#[tokio::test]
async fn a_series_has_no_more_entries_than_can_be_shown() {
    let site = site().await;
    let operator = operator(&site).await;
    let ask = async |query: &str| get(&site, &format!("/statistics?{query}"), &operator).await;
    let most = ask("from=2025-03-01&to=2026-04-04&by=day").await.json();
    assert_eq!(most["series"].as_array().unwrap().len(), 400, "{most}");
    for wrong in ["from=2025-03-01&to=2026-04-05&by=day", "from=0001-01-01&by=month", "by=hour", "by="] {
        let refused = ask(wrong).await;
        assert_eq!(refused.status, 422, "{wrong}: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["pointer"], "by", "{wrong}: {refused:?}");
    }
    let longer = ask("from=2025-03-01&to=2026-04-05&by=week").await.json();
    assert_eq!(longer["series"].as_array().unwrap().len(), 58, "{longer}");
}

#[tokio::test]
async fn each_agent_in_reach_has_statistics_of_their_own() {
    let site = site().await;
    let operator = operator(&site).await;
    for (id, brokerage, team) in [
        ("amy", "north", Some("a")),
        ("ben", "north", None),
        ("bob", "north", Some("a")),
        ("eve", "south", None),
    ] {
        agent(&site, id, Some(brokerage), team, Role::Agent).await;
    }
    site.until("2026-03-13T00:00:00Z").await;
    let listed = async |query: &str, key: &str| {
        let answer = get(&site, &format!("/statistics/agents{query}"), key).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.json()
    };
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = listed("", &operator).await;
    assert_eq!(ids(&all), ["amy", "ana", "ben", "bob", "eve"]);
    assert_eq!(
        (&all["from"], &all["to"], &all["zone"], &all["next_cursor"]),
        (&json!("2026-02-11"), &json!("2026-03-12"), &json!("America/New_York"), &Value::Null)
    );
    let alone = get(&site, "/agents/ana/statistics", &operator).await.json();
    let ana = &all["items"][1];
    assert_eq!((&ana["now"], &ana["period"]), (&alone["now"], &alone["period"]));
    assert_eq!((&ana["period"]["sent"], &ana["now"]["contacts"]), (&json!(1), &json!(1)), "{ana}");
    let ben = &all["items"][2];
    assert_eq!((&ben["period"]["sent"], &ben["now"]["campaigns"]), (&json!(0), &json!({})), "{ben}");
    let read = get(&site, "/agents/ben", &operator).await.json();
    assert_eq!((&ben["first_name"], &ben["last_name"]), (&read["first_name"], &read["last_name"]));
    let together = get(&site, "/statistics", &operator).await.json();
    let items = all["items"].as_array().unwrap();
    for (part, field) in [("period", "sent"), ("now", "contacts")] {
        let sum: u64 = items.iter().map(|item| item[part][field].as_u64().unwrap()).sum();
        assert_eq!(together[part][field], sum, "{field}");
    }
    let before = listed("?to=2026-03-11", &operator).await;
    assert_eq!(before["items"][1]["period"]["sent"], 0, "{before}");

    let north = || "north".parse().unwrap();
    for (reach, expected) in [
        (Reach::Brokerage(north()), vec!["amy", "ben", "bob"]),
        (Reach::Team(north(), "a".parse().unwrap()), vec!["amy", "bob"]),
        (Reach::Agent("ana".parse().unwrap()), vec!["ana"]),
        (Reach::Brokerage("west".parse().unwrap()), vec![]),
    ] {
        let key = key(&site, reach.clone(), &[Scope::Read]).await;
        assert_eq!(ids(&listed("", &key).await), expected, "{reach:?}");
    }
    let first = listed("?limit=2", &operator).await;
    assert_eq!(ids(&first), ["amy", "ana"]);
    let rest = format!("?limit=3&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = listed(&rest, &operator).await;
    assert_eq!(
        (ids(&rest), &rest["next_cursor"]),
        (vec!["ben".into(), "bob".into(), "eve".into()], &Value::Null)
    );

    assert!(site.deployment.store.remove(&"ben".parse().unwrap(), site.clock.now()).await.unwrap());
    assert_eq!(
        ids(&listed("", &operator).await),
        ["amy", "ana", "bob", "eve"],
        "who was removed is not listed"
    );
    for wrong in ["by=day", "cursor=%20", "limit=0"] {
        let refused = get(&site, &format!("/statistics/agents?{wrong}"), &operator).await;
        assert_eq!(refused.status, 422, "{wrong}: {refused:?}");
    }
    let blind = key(&site, Reach::Deployment, &[Scope::Write]).await;
    assert_eq!(get(&site, "/statistics/agents", &blind).await.status, 403);
}

#[tokio::test]
async fn a_market_is_told_as_reports_told_it() {
    let site = site().await;
    let key = operator(&site).await;
    assert_eq!(get(&site, "/markets/98103", &key).await.status, 404, "no report was made yet");
    site.until("2026-03-12T00:00:00Z").await;
    let market = get(&site, "/markets/98103", &key).await.json();
    assert_eq!(market["zip_code"], "98103");
    assert!(market["statistics"]["median_price"].as_u64().is_some(), "{market}");
    assert!(market["mortgage_rate"]["percent"].as_f64().is_some(), "{market}");
    for nowhere in ["98104", "9810", "x"] {
        assert_eq!(get(&site, &format!("/markets/{nowhere}"), &key).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn settings_are_the_operators_and_without_secrets() {
    let site = site().await;
    let key_of_operator = operator(&site).await;
    let shown = get(&site, "/settings", &key_of_operator).await;
    let settings = shown.json()["settings"].clone();
    let setting =
        |key: &str| settings.as_array().unwrap().iter().find(|one| one["key"] == key).cloned().unwrap();
    assert_eq!(setting("public.url")["value"], "http://reports.example");
    assert_eq!(setting("public.url")["from"], "file");
    let secret = setting("public.opt_out_key");
    assert_eq!((&secret["value"], &secret["is_secret"]), (&serde_json::Value::Null, &json!(true)));
    assert!(!shown.text.contains("a key for tests only"));
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    assert_eq!(get(&site, "/settings", &north).await.status, 403);
    let reader = key(&site, Reach::Deployment, &[Scope::Read]).await;
    assert_eq!(get(&site, "/settings", &reader).await.status, 403);
}
