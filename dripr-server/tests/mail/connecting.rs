//! An agent lets their emails be sent by their own Gmail account.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use dripr_core::{
    campaign::Actor,
    mail_account::{AccountMark, ConnectClaim, Grant, forget},
    ports::{AgentStore, Clock, MailAccountStore},
};
use mail_parser::MessageParser;
use reqwest::Url;

use crate::{
    google::{Challenges, SECRETS, ana, come_back, google, leave_by, of, site},
    site::Site,
};

/// The page's button, and where it leads: Google's address with a state, and the cookie.
async fn leave(site: &Site, challenges: &Challenges) -> (Url, String) {
    leave_by(site, challenges, &link(site)).await
}

/// A link by who runs the deployment, for Ana who has connected nothing; it works for a week.
fn link(site: &Site) -> String {
    let claim = ConnectClaim { user_id: ana(), by: Actor::Operator, mark: AccountMark::Nothing };
    site.deployment.config.public.connect.link("gmail", &claim, site.clock.now() + TimeDelta::days(7))
}

#[tokio::test]
async fn an_agent_agrees_and_their_emails_go_by_their_account() {
    let (google, challenges) = google().await;
    let site = site(&google).await;
    let (url, cookie) = leave(&site, &challenges).await;
    assert_eq!(of(&url, "redirect_uri"), "http://reports.example/connect/gmail/callback");
    let state = of(&url, "state");
    let page = come_back(&site, &[("state", &state), ("code", "the-code")], Some(&cookie)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("Gmail is connected") && page.text.contains("ana@brokerage.example"));
    let account = site.deployment.store.mail_account(&ana()).await.unwrap().unwrap();
    assert_eq!(account.grant, Grant::Given);
    let stored = serde_json::to_string(&account).unwrap();
    assert!(!stored.contains("refresh\"") || !stored.contains("1//refresh"), "the token is sealed");

    // What the program composes from the configuration hands the email to Gmail.
    let engine = dripr_server::compose::mailer_for_reports(&site.deployment).unwrap();
    let email = dripr_core::testkit::samples::outgoing(&ana(), 1, site.clock.now()).unwrap();
    let outcomes = engine.send(&[email]).await;
    assert!(matches!(outcomes[..], [dripr_core::ports::SendOutcome::Accepted { .. }]), "{outcomes:?}");
    let asked = google.asked();
    let sending = asked.iter().find(|request| request.path.ends_with("/send")).unwrap();
    assert_eq!(sending.header("authorization"), Some("Bearer ya29.access"));
    let raw = sending.json()["raw"].as_str().unwrap().trim_end_matches('=').to_owned();
    let bytes = URL_SAFE_NO_PAD.decode(raw).unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("ana@brokerage.example"));
}

#[tokio::test]
async fn an_answer_counts_only_in_the_browser_that_began() {
    let (google, challenges) = google().await;
    let site = site(&google).await;
    let (url, cookie) = leave(&site, &challenges).await;
    let state = of(&url, "state");
    let forged = cookie.replace("ana", "bob");
    for cookie in [None, Some("dripr_connect="), Some(forged.as_str())] {
        let page = come_back(&site, &[("state", &state), ("code", "the-code")], cookie).await;
        assert_eq!(page.status, 400, "{cookie:?}");
    }
    assert_eq!(site.deployment.store.mail_account(&ana()).await.unwrap(), None);
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_told_to_the_agent_and_connects_nothing() {
    let (google, challenges) = google().await;
    let site = site(&google).await;
    let (url, cookie) = leave(&site, &challenges).await;
    let state = of(&url, "state");
    let changed = format!("{state}0");
    for query in [
        &[("error", "access_denied"), ("state", &state)][..],
        &[("state", &state)],
        &[("code", "the-code")],
        &[("state", &changed), ("code", "the-code")],
        &[("state", &state), ("code", "another-code")],
        &[("error", "<script>alert(1)</script>")],
        &[],
    ] {
        let page = come_back(&site, query, Some(&cookie)).await;
        assert_eq!(page.status, 400, "{query:?}");
        assert!(
            page.text.contains("Gmail is not connected") && !page.text.contains("<script>"),
            "{}",
            page.text
        );
    }
    assert_eq!(site.deployment.store.mail_account(&ana()).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_is_for_one_agent_and_ends() {
    let (google, _) = google().await;
    let site = site(&google).await;
    let link = link(&site);
    for (said, forged) in [("/ana/", "/bob/"), ("/operator/", "/system/"), ("/n/", "/c1/")] {
        assert_eq!(site.post(&link.replace(said, forged)).await.status, 404, "{forged}");
    }
    assert_eq!(site.get(&link).await.status, 200);
    site.clock.set(site.clock.now() + TimeDelta::days(7));
    assert_eq!(site.post(&link).await.status, 404);
    assert_eq!(site.get(&link).await.status, 404);
}

#[tokio::test]
async fn a_link_works_once_and_not_for_what_was_forgotten_since() {
    let (google, challenges) = google().await;
    let site = site(&google).await;
    let (first, ways) = (link(&site), [leave(&site, &challenges).await, leave(&site, &challenges).await]);
    let come_back_by = async |(url, cookie): &(Url, String)| {
        let state = of(url, "state");
        come_back(&site, &[("state", &state), ("code", "the-code")], Some(cookie)).await
    };
    assert_eq!(come_back_by(&ways[0]).await.status, 200);
    let store = &site.deployment.store;
    let connected = store.mail_account(&ana()).await.unwrap();
    let another = come_back_by(&ways[1]).await;
    assert_eq!(another.status, 400, "{}", another.text);
    assert_eq!(store.mail_account(&ana()).await.unwrap(), connected);
    for page in [site.get(&first).await, site.post(&first).await] {
        assert_eq!(page.status, 404);
        assert!(page.text.contains("connected or disconnected since"), "{}", page.text);
    }

    // Of the account that there is now, which is then forgotten, by a consent that is under way.
    let mark = AccountMark::of(connected.as_ref());
    let claim = ConnectClaim { user_id: ana(), by: Actor::Operator, mark };
    let until = site.clock.now() + TimeDelta::days(7);
    let again = site.deployment.config.public.connect.link("gmail", &claim, until);
    let way = leave_by(&site, &challenges, &again).await;
    assert!(forget(&**store, &ana(), &Actor::Operator, site.clock.now()).await.unwrap());
    let page = come_back_by(&way).await;
    assert_eq!(page.status, 400, "{}", page.text);
    assert_eq!(site.get(&again).await.status, 404);
    let stays = store.mail_account(&ana()).await.unwrap();
    assert!(stays.is_some_and(|account| !account.is_connected()), "what was forgotten stays so");
}

#[tokio::test]
async fn a_removed_agent_is_led_to_nobody_and_connects_nothing() {
    let (google, challenges) = google().await;
    let site = site(&google).await;
    let (url, cookie) = leave(&site, &challenges).await;
    assert!(site.deployment.store.remove(&ana(), site.clock.now()).await.unwrap());
    let link = link(&site);
    for page in [site.get(&link).await, site.post(&link).await] {
        assert_eq!(page.status, 404);
        assert!(page.text.contains("There is no such account any more"), "{}", page.text);
    }
    let state = of(&url, "state");
    let page = come_back(&site, &[("state", &state), ("code", "the-code")], Some(&cookie)).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("There is no such account any more"), "{}", page.text);
    assert_eq!(site.deployment.store.mail_account(&ana()).await.unwrap(), None);
    assert!(google.asked().is_empty(), "no consent is taken up");
}

#[tokio::test]
async fn below_a_path_the_button_and_the_cookie_are_below_it_too() {
    let (google, _) = google().await;
    let lines = format!(
        "[mail]\nproduction = true\n[gmail]\nclient_id = \"1234.apps\"\ntokens_url = \"{0}\"\ngmail_url = \"{0}\"\n",
        google.base_url
    );
    let site = Site::at("https://x.example/reports", &lines, &SECRETS).await;
    let link = link(&site);
    let path = link.strip_prefix("https://x.example/reports").unwrap();
    let page = site.get(path).await;
    assert!(page.text.contains(&format!("action=\"/reports{path}\"")), "{}", page.text);
    let on = site.post(path).await;
    let cookie = on.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Path=/reports/connect/gmail; ") && cookie.ends_with("; Secure"), "{cookie}");
}
