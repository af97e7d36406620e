//! Google on this machine, as far as an agent's consent leads there, and a deployment that asks it.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dripr_core::ids::UserId;
use reqwest::Url;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    loopback::{Loopback, Reply, Request},
    site::{Shown, Site, shown},
};

/// What Google was told of the way back: the challenge of each consent.
pub(crate) type Challenges = Arc<Mutex<Vec<String>>>;

/// What the configuration of a site with Gmail needs besides.
pub(crate) const SECRETS: [(&str, &str); 2] = [
    ("DRIPR_GMAIL_CLIENT_SECRET", "a secret"),
    ("DRIPR_TOKEN_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
];

fn form(request: &Request) -> std::collections::HashMap<String, String> {
    let body = format!("http://form/?{}", String::from_utf8(request.body.clone()).unwrap());
    Url::parse(&body).unwrap().query_pairs().into_owned().collect()
}

fn answer(request: &Request, challenges: &Challenges) -> Reply {
    match request.path.as_str() {
        "/token" => {
            let form = form(request);
            if form["grant_type"] == "authorization_code" {
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
                let known = challenges.lock().unwrap().contains(&challenge);
                if form["code"] != "the-code" || !known {
                    return Reply::json(400, r#"{"error":"invalid_grant"}"#);
                }
            }
            Reply::ok(
                json!({"access_token": "ya29.access", "expires_in": 3599, "token_type": "Bearer",
                    "refresh_token": "1//refresh", "scope": "https://www.googleapis.com/auth/gmail.send"})
                .to_string(),
            )
        }
        "/gmail/v1/users/me/messages/send" => {
            Reply::ok(r#"{"id":"18c1f0","threadId":"18c1f0","labelIds":["SENT"]}"#)
        }
        other => panic!("nobody answers {other}"),
    }
}

/// Google's token service and Gmail, and where what it is told of each consent is written down.
pub(crate) async fn google() -> (Loopback, Challenges) {
    let challenges = Challenges::default();
    let known = challenges.clone();
    (Loopback::answering(move |request| answer(request, &known)).await, challenges)
}

/// A deployment that sends by Gmail.
pub(crate) async fn site(google: &Loopback) -> Site {
    let url = &google.base_url;
    let lines = format!(
        "[mail]\nproduction = true\n[gmail]\nclient_id = \"1234.apps\"\ntokens_url = \"{url}\"\ngmail_url = \"{url}\"\n\
         consent_url = \"https://accounts.google.com/o/oauth2/v2/auth\"\n"
    );
    Site::new(&lines, &SECRETS).await
}

pub(crate) fn ana() -> UserId {
    UserId::new("ana").unwrap()
}

/// The button of a link's page, and where it leads: Google's address with a state, and the cookie.
pub(crate) async fn leave_by(site: &Site, challenges: &Challenges, link: &str) -> (Url, String) {
    let page = site.get(link).await;
    assert!(page.text.contains("your own Gmail account"), "{}", page.text);
    let on = site.post(link).await;
    assert_eq!(on.status, 303);
    let url = Url::parse(on.headers["location"].to_str().unwrap()).unwrap();
    assert_eq!(url.host_str(), Some("accounts.google.com"));
    let cookie = on.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    challenges.lock().unwrap().push(of(&url, "code_challenge"));
    (url, cookie.split(';').next().unwrap().to_owned())
}

/// A parameter of an address.
pub(crate) fn of(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned()
}

/// Google leads back, to a browser with a cookie.
pub(crate) async fn come_back(site: &Site, query: &[(&str, &str)], cookie: Option<&str>) -> Shown {
    let mut request = site.client.get(site.url("/connect/gmail/callback")).query(query);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("other=1; {cookie}"));
    }
    shown(request).await
}
