//! What is only looked at: statistics, markets, settings.

use dripr_core::{
    access::{Reach, Role, Scope},
    feedback::{Feedback, Happening},
    ports::FeedbackStore,
};
use serde_json::json;

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
    for wrong in ["from=2026-03-12&to=2026-03-11", "to=-262143-01-01", "to=+262142-12-31", "to=tomorrow"] {
        let refused = get(&site, &format!("/statistics?{wrong}"), &operator).await;
        assert_eq!(refused.status, 422, "{wrong}: {refused:?}");
    }
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
