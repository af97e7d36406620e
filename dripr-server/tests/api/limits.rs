//! How many requests there may be.

use chrono::TimeDelta;
use dripr_core::ports::Clock;
use reqwest::Method;

use crate::{
    asking::{key, operator, request, site},
    site::{Shown, Site, shown},
};

async fn ask(site: &Site, path: &str, key: &str) -> Shown {
    shown(request(site, Method::GET, path, key)).await
}

fn header<'a>(shown: &'a Shown, name: &str) -> &'a str {
    shown.headers.get(name).map_or("none", |value| value.to_str().unwrap())
}

fn pass(site: &Site, seconds: i64) {
    site.clock.set(site.clock.now() + TimeDelta::seconds(seconds));
}

#[tokio::test]
async fn a_key_has_so_many_requests_a_minute_and_its_neighbour_has_its_own() {
    let site = Site::new("[http]\nrequests_per_minute = 3\n", &[]).await;
    let (one, other) = (operator(&site).await, operator(&site).await);
    for left in [2, 1, 0] {
        let fine = ask(&site, "/agents", &one).await;
        assert_eq!(fine.status, 200, "{}", fine.text);
        let seconds = (3 - left) * 20;
        assert_eq!(header(&fine, "ratelimit"), format!("\"requests\";r={left};t={seconds}"));
        assert_eq!(header(&fine, "ratelimit-policy"), "\"requests\";q=3;w=60");
    }
    // Whatever is asked for, and whoever comes again.
    for path in ["/agents", "/nothing"] {
        let refused = ask(&site, path, &one).await;
        assert_eq!(refused.status, 429);
        assert_eq!(header(&refused, "content-type"), "application/problem+json");
        assert_eq!(
            (header(&refused, "retry-after"), header(&refused, "ratelimit")),
            ("20", "\"requests\";r=0;t=60")
        );
        assert!(refused.text.contains("urn:dripr:problem:too-many-requests"), "{}", refused.text);
    }
    assert_eq!(ask(&site, "/agents", &other).await.status, 200);
    pass(&site, 19);
    assert_eq!(ask(&site, "/agents", &one).await.status, 429);
    pass(&site, 1);
    assert_eq!(ask(&site, "/agents", &one).await.status, 200);
    assert_eq!(ask(&site, "/agents", &one).await.status, 429);
    // What others need is answered.
    for path in ["/livez", "/readyz", "/health", "/api/openapi.json"] {
        for _ in 0..5 {
            assert_eq!(site.get(path).await.status, 200, "{path}");
        }
    }
    assert_eq!(site.get("/o/x/y/z").await.status, 404);
}

#[tokio::test]
async fn what_was_refused_was_not_done_and_is_not_kept() {
    let site = Site::new("[http]\nrequests_per_minute = 1\n", &[]).await;
    let operator = operator(&site).await;
    assert_eq!(ask(&site, "/agents", &operator).await.status, 200);
    let add = || {
        let request = request(&site, Method::POST, "/agents/ana/suppressions", &operator);
        request.header("idempotency-key", "k-1").json(&serde_json::json!({"address": "a@home.example"}))
    };
    assert_eq!(shown(add()).await.status, 429);
    pass(&site, 60);
    assert_eq!(shown(add()).await.status, 201);
}

#[tokio::test]
async fn there_may_be_no_limit() {
    let site = Site::new("[http]\nrequests_per_minute = 0\n", &[]).await;
    let operator = operator(&site).await;
    for _ in 0..50 {
        let fine = ask(&site, "/agents", &operator).await;
        assert_eq!((fine.status, header(&fine, "ratelimit")), (200, "none"));
    }
}

#[tokio::test]
async fn sign_ins_that_fail_too_often_shut_out_nobody_else() {
    let site = site().await;
    let good = key(&site, dripr_core::access::Reach::Deployment, &[dripr_core::access::Scope::Read]).await;
    let forged = format!("{}x", &good[..good.len() - 1]);
    for n in 0..30 {
        let token = if n % 2 == 0 { forged.as_str() } else { "nothing" };
        assert_eq!(ask(&site, "/agents", token).await.status, 401, "{n}");
    }
    let refused = ask(&site, "/agents", &forged).await;
    assert_eq!((refused.status, header(&refused, "retry-after")), (429, "2"));
    assert_eq!(shown(site.client.get(site.url("/api/v1/agents"))).await.status, 429, "without a word too");
    assert_eq!(ask(&site, "/agents", &good).await.status, 200);
    pass(&site, 2);
    assert_eq!(ask(&site, "/agents", &forged).await.status, 401);
    assert_eq!(ask(&site, "/agents", &forged).await.status, 429);
}
