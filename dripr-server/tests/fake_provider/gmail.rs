//! Google: the token service, whose access tokens soon expire, and Gmail, which sends and is searched.

use std::{collections::HashMap, fs, io, net::TcpStream};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use chrono::{SecondsFormat, TimeDelta, Utc};
use mail_parser::MessageParser;
use reqwest::Url;
use serde_json::{Value, json};

use super::{
    Desk, Event, Letter,
    http::{self, Reply, Request},
    now,
};

const MESSAGES: &str = "/gmail/v1/users/me/messages";
const SCOPES: &str =
    "https://www.googleapis.com/auth/gmail.send https://www.googleapis.com/auth/gmail.readonly";

/// What new access to an account is asked for with.
pub(crate) fn refresh_token(account: &str) -> String {
    format!("1//{account}")
}

pub(super) fn session(stream: &TcpStream, desk: &Desk) -> io::Result<()> {
    http::session(stream, desk, answer)
}

fn answer(desk: &Desk, request: &Request) -> io::Result<Option<Reply>> {
    if request.url.path() == "/token" {
        return token(desk, request).map(Some);
    }
    let Some(account) = account(desk, request)? else {
        let refused = json!({"error": {"code": 401, "message": "Invalid Credentials",
            "errors": [{"domain": "global", "reason": "authError", "message": "Invalid Credentials"}]}});
        return Ok(Some(Reply::json(401, &refused)));
    };
    match (request.method.as_str(), request.url.path()) {
        ("POST", path) if path == format!("{MESSAGES}/send") => send(desk, request, &account),
        ("GET", MESSAGES) => list(desk, request, &account).map(Some),
        ("GET", path) => get(desk, path, &account).map(Some),
        _ => Ok(Some(Reply::json(404, &Value::Null))),
    }
}

fn is_revoked(desk: &Desk, account: &str) -> bool {
    let revoked = fs::read_to_string(&desk.revocations).unwrap_or_default();
    revoked.lines().any(|line| line == account)
}

fn token(desk: &Desk, request: &Request) -> io::Result<Reply> {
    let form = String::from_utf8(request.body.clone()).map_err(io::Error::other)?;
    let form = Url::parse(&format!("http://form/?{form}")).map_err(io::Error::other)?;
    let form: HashMap<String, String> = form.query_pairs().into_owned().collect();
    let account = form["refresh_token"].strip_prefix("1//").ok_or_else(|| io::Error::other("no token"))?;
    if is_revoked(desk, account) {
        desk.note(Event::Revoked, &Letter::none_of(account))?;
        let refused =
            json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
        return Ok(Reply::json(400, &refused));
    }
    // It is said to last an hour, and does not.
    let until = now() + 100 + u128::from(desk.roll(1_500));
    let given = json!({"access_token": format!("ya29.{until}.{account}"), "expires_in": 3599, "scope": SCOPES,
        "token_type": "Bearer"});
    Ok(Reply::json(200, &given))
}

/// Whose account it is, if the access token is good.
fn account(desk: &Desk, request: &Request) -> io::Result<Option<String>> {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ya29."));
    let Some((until, account)) = token.and_then(|token| token.split_once('.')) else { return Ok(None) };
    if is_revoked(desk, account) {
        return Ok(None);
    }
    if until.parse::<u128>().map_err(io::Error::other)? < now() {
        desk.note(Event::Expired, &Letter::none_of(account))?;
        return Ok(None);
    }
    Ok(Some(account.to_owned()))
}

fn send(desk: &Desk, request: &Request, account: &str) -> io::Result<Option<Reply>> {
    let raw = request.json()["raw"].as_str().unwrap().to_owned();
    let bytes = URL_SAFE.decode(raw).map_err(io::Error::other)?;
    let message = MessageParser::default().parse_headers(&bytes).unwrap();
    let letter = Letter {
        account: account.to_owned(),
        recipient: message.to().unwrap().first().unwrap().address().unwrap().to_owned(),
        message_id: message.message_id().unwrap().to_owned(),
        email_id: message.header_raw("X-Dripr-Email-Id").unwrap().trim().to_owned(),
    };
    let pause = || {
        let until = (Utc::now() + TimeDelta::seconds(1)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let message = format!("User-rate limit exceeded.  Retry after {until}");
        let error = json!({"domain": "usageLimits", "reason": "userRateLimitExceeded", "message": message});
        Reply::json(429, &json!({"error": {"code": 429, "message": message, "errors": [error]}}))
    };
    http::moody(desk, std::slice::from_ref(&letter), pause, || {
        let name = desk.accept(&letter)?;
        let sent = json!({"id": name, "threadId": name, "labelIds": ["SENT"]});
        Ok(Reply { told: vec![letter.clone()], ..Reply::json(200, &sent) })
    })
}

fn list(desk: &Desk, request: &Request, account: &str) -> io::Result<Reply> {
    let question = request.query("q").unwrap();
    // No mail system wrote to anybody.
    if question.starts_with("{from:") {
        return Ok(Reply::json(200, &json!({"resultSizeEstimate": 0})));
    }
    let to = question.split(' ').find_map(|word| word.strip_prefix("to:")).unwrap();
    let found = desk.shown(|letter| letter.account == account && letter.recipient == to)?;
    let hits: Vec<Value> =
        found.iter().map(|entry| json!({"id": entry.name, "threadId": entry.name})).collect();
    let answer = match hits.len() {
        0 => json!({"resultSizeEstimate": 0}),
        number => json!({"messages": hits, "resultSizeEstimate": number}),
    };
    Ok(Reply::json(200, &answer))
}

fn get(desk: &Desk, path: &str, account: &str) -> io::Result<Reply> {
    let accepted = desk.accepted.lock().unwrap();
    let found = accepted
        .iter()
        .find(|entry| entry.letter.account == account && path == format!("{MESSAGES}/{}", entry.name));
    let Some(entry) = found else { return Ok(Reply::json(404, &Value::Null)) };
    // Gmail has put a Message-ID of its own in the place of ours.
    let headers = json!([{"name": "Message-Id", "value": format!("<{}@mail.gmail.com>", entry.name)},
        {"name": "X-Dripr-Email-Id", "value": entry.letter.email_id}]);
    let found = json!({"id": entry.name, "threadId": entry.name, "labelIds": ["SENT"],
        "payload": {"headers": headers}});
    Ok(Reply::json(200, &found))
}
