//! Postmark: single emails, batches in which each email has its own result, and the search.

use std::{io, net::TcpStream};

use serde_json::{Value, json};

use super::{
    Desk, Event, Letter,
    http::{self, Reply, Request},
};

/// The server token.
pub(crate) const TOKEN: &str = "postmark-token-of-the-test";

/// Whether nothing is delivered to a recipient any more.
pub(crate) fn is_inactive(recipient: &str) -> bool {
    let number = recipient.trim_start_matches("owner").split('@').next().unwrap_or_default();
    number.parse::<usize>().is_ok_and(|number| number % 23 == 7)
}

pub(super) fn session(stream: &TcpStream, desk: &Desk) -> io::Result<()> {
    http::session(stream, desk, answer)
}

fn answer(desk: &Desk, request: &Request) -> io::Result<Option<Reply>> {
    if request.header("x-postmark-server-token") != Some(TOKEN) {
        return Ok(Some(Reply::json(401, &said(10, "Bad or missing server token."))));
    }
    match (request.method.as_str(), request.url.path()) {
        ("POST", "/email") => send(desk, &[request.json()], true),
        ("POST", "/email/batch") => send(desk, request.json().as_array().unwrap(), false),
        ("GET", "/messages/outbound") => search(desk, request).map(Some),
        // Who is inactive is found out by writing to them.
        ("GET", "/message-streams/broadcast/suppressions/dump") => {
            Ok(Some(Reply::json(200, &json!({"Suppressions": []}))))
        }
        _ => Ok(Some(Reply::json(404, &Value::Null))),
    }
}

fn said(code: u32, message: &str) -> Value {
    json!({"ErrorCode": code, "Message": message})
}

fn send(desk: &Desk, emails: &[Value], alone: bool) -> io::Result<Option<Reply>> {
    let letters: Vec<Letter> = emails.iter().map(letter).collect();
    let pause = || Reply { retry_after: Some(1), ..Reply::json(429, &said(429, "Too many requests.")) };
    http::moody(desk, &letters, pause, || {
        let mut told = Vec::new();
        let mut results = Vec::new();
        for letter in &letters {
            results.push(take(desk, letter, alone, &mut told)?);
        }
        if !alone {
            return Ok(Reply { told, ..Reply::json(200, &results.into()) });
        }
        let status = if results[0]["ErrorCode"] == 0 { 200 } else { 422 };
        Ok(Reply { told, ..Reply::json(status, &results[0]) })
    })
}

/// The result of one email.
fn take(desk: &Desk, letter: &Letter, alone: bool, told: &mut Vec<Letter>) -> io::Result<Value> {
    if is_inactive(&letter.recipient) {
        desk.note(Event::Refused, letter)?;
        let message = format!("Found inactive addresses: {}.", letter.recipient);
        return Ok(said(406, &message));
    }
    if !alone && !desk.calm && desk.roll(12) == 0 {
        desk.note(Event::Later, letter)?;
        return Ok(said(429, "Too many requests."));
    }
    let name = desk.accept(letter)?;
    told.push(letter.clone());
    Ok(json!({"ErrorCode": 0, "Message": "OK", "MessageID": name, "To": letter.recipient,
        "SubmittedAt": "2026-03-12T15:00:01.5813997-05:00"}))
}

fn letter(email: &Value) -> Letter {
    let headers = email["Headers"].as_array().unwrap();
    let message_id = headers.iter().find(|header| header["Name"] == "Message-ID").unwrap();
    let to = email["To"].as_str().unwrap();
    Letter {
        account: "-".to_owned(),
        recipient: to.rsplit('<').next().unwrap().trim_end_matches('>').to_owned(),
        message_id: message_id["Value"].as_str().unwrap().trim_matches(['<', '>']).to_owned(),
        email_id: email["Metadata"]["dripr_email_id"].as_str().unwrap().to_owned(),
    }
}

fn search(desk: &Desk, request: &Request) -> io::Result<Reply> {
    let wanted = request.query("metadata_dripr_email_id").unwrap();
    let found = desk.shown(|letter| letter.email_id == wanted)?;
    let count: usize = request.query("count").unwrap().parse().unwrap();
    let messages = found.iter().take(count).map(|entry| {
        json!({"MessageID": entry.name, "Recipients": [entry.letter.recipient], "Status": "Sent",
            "Metadata": {"dripr_email_id": entry.letter.email_id}})
    });
    let messages: Vec<Value> = messages.collect();
    Ok(Reply::json(200, &json!({"TotalCount": found.len(), "Messages": messages})))
}
