//! A small Postmark: it reads what it is given as strictly as it can, keeps what it takes, and finds it again.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::{
    faults,
    loopback::{Loopback, Reply, Request},
};

/// To whom nothing is delivered.
pub(crate) const INACTIVE: &str = "inactive@home.example";
/// Whom Postmark takes for no address.
pub(crate) const NONE: &str = "none@home.example";
/// From whom nothing is taken.
pub(crate) const UNCONFIRMED: &str = "unconfirmed@brokerage.example";

/// What it was given and took, in order, and how it behaves.
#[derive(Default)]
pub(crate) struct Log {
    taken: Mutex<Vec<Value>>,
    /// Its list of whom it delivers nothing to.
    suppressed: Mutex<Vec<Value>>,
    /// It takes everything and says nothing.
    pub(crate) loses_answers: AtomicBool,
    /// It does not show in its search what it took.
    pub(crate) is_slow: AtomicBool,
}

impl Log {
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }

    /// Puts an address on its list.
    pub(crate) fn suppress(&self, address: &str, reason: &str, since: &str) {
        let entry = json!({"EmailAddress": address, "SuppressionReason": reason, "Origin": "Recipient",
            "CreatedAt": since});
        self.suppressed.lock().unwrap().push(entry);
    }
}

/// A running one, and its log.
pub(crate) async fn postmark() -> (Loopback, Arc<Log>) {
    let log = Arc::<Log>::default();
    let its = log.clone();
    (Loopback::answering(move |request| its.answer(request)).await, log)
}

impl Log {
    fn answer(&self, request: &Request) -> Reply {
        if request.header("x-postmark-server-token") != Some(faults::KEY) {
            return refusal(401, 10, "Bad or missing server token.");
        }
        assert_eq!(request.header("accept"), Some("application/json"));
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/email") => {
                let said = self.take(&json_of(request));
                let status = if said["ErrorCode"] == 0 { 200 } else { 422 };
                Reply::json(status, said.to_string())
            }
            ("POST", "/email/batch") => {
                let emails = json_of(request);
                let emails = emails.as_array().unwrap();
                if emails.len() > 500 {
                    return refusal(422, 410, "Too many batch messages.");
                }
                let said: Vec<Value> = emails.iter().map(|email| self.take(email)).collect();
                Reply::ok(Value::from(said).to_string())
            }
            ("GET", "/messages/outbound") => return self.search(request),
            ("GET", "/message-streams/broadcast/suppressions/dump") => {
                let suppressed = self.suppressed.lock().unwrap();
                return Reply::ok(json!({"Suppressions": *suppressed}).to_string());
            }
            _ => return Reply::json(404, ""),
        };
        if self.loses_answers.load(Ordering::SeqCst) { Reply::Reset } else { answer }
    }

    fn take(&self, email: &Value) -> Value {
        let said = |code: u32, message: &str| json!({"ErrorCode": code, "Message": message});
        let (Some((_, from)), Some((_, to))) = (mailbox(&email["From"]), mailbox(&email["To"])) else {
            return said(300, "Error parsing 'To': it is not one mailbox.");
        };
        let metadata = email["Metadata"].as_object().unwrap();
        let fits = metadata.len() <= 10
            && metadata.iter().all(|(key, value)| key.len() <= 20 && value.as_str().unwrap().len() <= 80);
        if !fits {
            return said(300, "Invalid metadata content.");
        }
        match (from.as_str(), to.as_str()) {
            (UNCONFIRMED, _) => return said(401, "The Sender signature is not confirmed."),
            (_, INACTIVE) => {
                let found = format!("You tried to send to recipient(s) marked as inactive. Found: {to}.");
                return said(406, &found);
            }
            (_, NONE) => return said(300, &format!("Invalid 'To' address: '{to}'.")),
            _ => {}
        }
        let mut taken = self.taken.lock().unwrap();
        let id = format!("0a8b1c2d-0000-4000-8000-{:012}", taken.len() + 1);
        let mut kept = email.clone();
        kept["MessageID"] = id.clone().into();
        taken.push(kept);
        json!({"ErrorCode": 0, "Message": "OK", "MessageID": id, "To": to,
            "SubmittedAt": "2026-03-12T15:00:01.5813997-05:00"})
    }

    fn search(&self, request: &Request) -> Reply {
        let number = |name| request.query(name).unwrap().parse::<usize>().unwrap();
        let filters: Vec<_> = request
            .query
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("metadata_")?, value.as_str())))
            .collect();
        assert_eq!(filters.len(), 1, "there is one filter by metadata in a search");
        let (key, value) = filters[0];
        let found: Vec<Value> = if self.is_slow.load(Ordering::SeqCst) {
            Vec::new()
        } else {
            self.taken().into_iter().rev().filter(|email| email["Metadata"][key] == value).collect()
        };
        let total = found.len();
        let page: Vec<Value> = found.into_iter().skip(number("offset")).take(number("count")).collect();
        Reply::ok(json!({"TotalCount": total, "Messages": page}).to_string())
    }
}

fn refusal(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, json!({"ErrorCode": code, "Message": message}).to_string())
}

fn json_of(request: &Request) -> Value {
    assert_eq!(request.header("content-type"), Some("application/json"));
    request.json()
}

/// Name and address of the one mailbox that a text is (RFC 5322, section 3.4), with the name in quotes; none if it is
/// anything else.
pub(crate) fn mailbox(text: &Value) -> Option<(String, String)> {
    let text = text.as_str()?;
    if text.contains(char::is_control) {
        return None;
    }
    let is_address = |text: &str| {
        text.split('@').count() == 2
            && text.chars().all(|c| c.is_ascii_graphic() && !"<>()\",;:\\".contains(c))
    };
    let Some(quoted) = text.strip_prefix('"') else {
        return is_address(text).then(|| (String::new(), text.to_owned()));
    };
    let (mut name, mut rest) = (String::new(), quoted.chars());
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => name.push(rest.next()?),
            c => name.push(c),
        }
    }
    let address = rest.as_str().strip_prefix(" <")?.strip_suffix('>')?;
    is_address(address).then(|| (name, address.to_owned()))
}
