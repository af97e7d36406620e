//! Google on this machine: the token service and Gmail, with a log of its own of what was really sent.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use dripr_core::{ports::Clock, testkit::ManualClock};
use mail_parser::MessageParser;
use serde_json::{Value, json};

use crate::{
    loopback::{Loopback, Reply, Request},
    sample,
};

/// What Google does with a sending instead of taking it and saying so.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// Answers without taking it.
    Instead(Reply),
    /// Takes it and answers something else.
    Though(Reply),
}

/// An email that Gmail took.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct GrantOf {
    pub(crate) account: String,
    pub(crate) scope: String,
    pub(crate) revoked: bool,
    /// Whether the next refresh gives another refresh token.
    pub(crate) rotates: bool,
}

#[derive(Default)]
pub(crate) struct World {
    /// By refresh token.
    pub(crate) grants: HashMap<String, GrantOf>,
    /// Access tokens and their accounts.
    pub(crate) access: HashMap<String, String>,
    pub(crate) sent: Vec<Sent>,
    /// For the next sendings.
    pub(crate) troubles: VecDeque<Trouble>,
    /// For the next questions to the token service.
    pub(crate) token_troubles: VecDeque<Reply>,
    /// For the next look-ups.
    pub(crate) search_troubles: VecDeque<Reply>,
    /// Codes: the challenge, the refresh token if one is given with it, and what was allowed.
    pub(crate) codes: HashMap<String, (String, Option<String>, String)>,
    pub(crate) page_size: Option<usize>,
    /// Whether the sender's copy lacks our header.
    pub(crate) strips_headers: bool,
    /// What came to an account: its name, the account, when and what.
    pub(crate) inbox: Vec<Sent>,
    given: usize,
}

pub(crate) struct Google {
    pub(crate) loopback: Loopback,
    world: Arc<Mutex<World>>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Google {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(ManualClock::at(crate::now()));
        let world = Arc::<Mutex<World>>::default();
        let (shared, time) = (world.clone(), clock.clone());
        let loopback = Loopback::answering(move |request| {
            shared.lock().unwrap().answer(request, time.now().timestamp())
        })
        .await;
        Self { loopback, world, clock }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.world().troubles.push_back(trouble);
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.loopback.asked().iter().filter(|request| request.path.ends_with(path)).count()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.world().sent.clone()
    }
}

impl World {
    fn answer(&mut self, request: &Request, now: i64) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/token") => self.token(request),
            ("POST", "/gmail/v1/users/me/messages/send" | "/upload/gmail/v1/users/me/messages/send") => {
                self.send(request, now)
            }
            ("GET", path) => match (self.account(request), self.search_troubles.pop_front()) {
                (_, Some(trouble)) => trouble,
                (None, _) => Reply::json(401, sample!("error.401")),
                (Some(account), None) => self.read(request, path, &account),
            },
            _ => Reply::json(404, "{}"),
        }
    }

    fn account(&self, request: &Request) -> Option<String> {
        self.access.get(request.header("authorization")?.strip_prefix("Bearer ")?).cloned()
    }

    fn token(&mut self, request: &Request) -> Reply {
        if let Some(trouble) = self.token_troubles.pop_front() {
            return trouble;
        }
        let url = format!("http://form/?{}", std::str::from_utf8(&request.body).unwrap());
        let form: HashMap<String, String> =
            reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        if form["client_id"] != crate::CLIENT || form["client_secret"] != crate::CLIENT_SECRET {
            return Reply::json(401, r#"{"error":"invalid_client","error_description":"Unauthorized"}"#);
        }
        let refused = Reply::json(400, sample!("oauth.refresh.invalid-grant"));
        let (refresh, scope, shown) = match form["grant_type"].as_str() {
            "authorization_code" => {
                let Some((challenge, refresh, scope)) = self.codes.remove(&form["code"]) else {
                    return refused;
                };
                if form["redirect_uri"] != crate::REDIRECT
                    || crate::challenge(&form["code_verifier"]) != challenge
                {
                    return refused;
                }
                (refresh.clone(), scope, refresh)
            }
            _ => {
                let known = form["refresh_token"].clone();
                let Some(grant) = self.grants.get(&known).filter(|grant| !grant.revoked).cloned() else {
                    return refused;
                };
                let mut shown = None;
                if grant.rotates {
                    let next = format!("{known}-rotated");
                    self.grants.remove(&known);
                    self.grants.insert(next.clone(), GrantOf { rotates: false, ..grant.clone() });
                    shown = Some(next);
                }
                (shown.clone().or(Some(known)), grant.scope, shown)
            }
        };
        let account =
            refresh.and_then(|refresh| self.grants.get(&refresh)).map(|grant| grant.account.clone());
        self.given += 1;
        let access = format!("{}{}", crate::ACCESS, self.given);
        self.access.insert(access.clone(), account.unwrap_or_default());
        let mut answer: Value = serde_json::from_str(sample!("oauth.refresh.ok.constructed")).unwrap();
        answer["access_token"] = json!(access);
        answer["scope"] = json!(scope);
        if let Some(refresh) = shown {
            answer["refresh_token"] = json!(refresh);
        }
        Reply::ok(answer.to_string())
    }

    fn send(&mut self, request: &Request, now: i64) -> Reply {
        let trouble = self.troubles.pop_front();
        if let Some(Trouble::Instead(reply)) = trouble {
            return reply;
        }
        let Some(account) = self.account(request) else {
            return Reply::json(401, sample!("error.401"));
        };
        let bytes = match request.header("content-type").unwrap() {
            "application/json" => URL_SAFE.decode(request.json()["raw"].as_str().unwrap()).unwrap(),
            "message/rfc822" => request.body.clone(),
            other => panic!("{other}"),
        };
        let id = format!("18cf3a7d2f0b{:04x}", self.sent.len());
        self.sent.push(Sent { id: id.clone(), account, bytes, at: now });
        if let Some(Trouble::Though(reply)) = trouble {
            return reply;
        }
        let mut answer: Value = serde_json::from_str(sample!("send.response.constructed")).unwrap();
        answer["id"] = json!(id);
        Reply::ok(answer.to_string())
    }

    fn read(&self, request: &Request, path: &str, account: &str) -> Reply {
        let Some(rest) = path.strip_prefix("/gmail/v1/users/me/") else { return Reply::json(404, "{}") };
        if rest == "profile" {
            return Reply::ok(json!({"emailAddress": account, "messagesTotal": 7}).to_string());
        }
        let came = |mail: &&Sent| mail.account == account;
        if let Some(id) = rest.strip_prefix("messages/")
            && request.query("format") == Some("raw")
        {
            let Some(mail) = self.inbox.iter().filter(came).find(|mail| mail.id == id) else {
                return Reply::json(404, "{}");
            };
            let internal = (mail.at * 1_000).to_string();
            return Reply::ok(
                json!({"id": id, "raw": URL_SAFE.encode(&mail.bytes), "internalDate": internal}).to_string(),
            );
        }
        if rest == "messages" && request.query("q").unwrap().starts_with('{') {
            return self.inbox(request, self.inbox.iter().filter(came).collect());
        }
        let of_account = self.sent.iter().filter(|sent| sent.account == account);
        let Some(id) = rest.strip_prefix("messages/") else {
            return self.search(request, of_account.collect());
        };
        let Some(sent) = of_account.into_iter().find(|sent| sent.id == id) else {
            return Reply::json(404, "{}");
        };
        let mut answer: Value = serde_json::from_str(sample!("get.metadata.constructed")).unwrap();
        answer["id"] = json!(id);
        let mut headers = vec![json!({"name": "Message-Id", "value": "<CAJ0q7example@mail.gmail.com>"})];
        let parsed = MessageParser::new().parse(&sent.bytes).unwrap();
        if let Some(ours) = parsed.header_raw("X-Dripr-Email-Id").filter(|_| !self.strips_headers) {
            headers.push(json!({"name": "x-dripr-email-id", "value": ours.trim()}));
        }
        answer["payload"]["headers"] = json!(headers);
        Reply::ok(answer.to_string())
    }

    /// Mail of mail systems, by the search that is asked for.
    fn inbox(&self, request: &Request, mut came: Vec<&Sent>) -> Reply {
        let (systems, after) = request.query("q").unwrap().split_once("} after:").unwrap();
        let systems: Vec<&str> = systems
            .trim_start_matches('{')
            .split(' ')
            .map(|word| word.strip_prefix("from:").unwrap())
            .collect();
        came.retain(|mail| {
            let parsed = MessageParser::new().parse(&mail.bytes).unwrap();
            let from = parsed.from().unwrap().first().unwrap().address().unwrap().to_lowercase();
            mail.at >= after.parse().unwrap() && systems.iter().any(|system| from.starts_with(system))
        });
        let first: usize = request.query("pageToken").map_or(0, |token| token.parse().unwrap());
        let last = came.len().min(first + self.page_size.unwrap_or(100));
        let hits: Vec<Value> = came[first..last].iter().map(|mail| json!({"id": mail.id})).collect();
        let mut answer = json!({"messages": hits, "resultSizeEstimate": came.len()});
        if hits.is_empty() {
            answer = json!({"resultSizeEstimate": 0});
        }
        if last < came.len() {
            answer["nextPageToken"] = json!(last.to_string());
        }
        Reply::ok(answer.to_string())
    }

    fn search(&self, request: &Request, mut of_account: Vec<&Sent>) -> Reply {
        for word in request.query("q").unwrap().split(' ') {
            match word.split_once(':').unwrap() {
                ("in", "sent") => {}
                ("to", to) => of_account.retain(|sent| {
                    let parsed = MessageParser::new().parse(&sent.bytes).unwrap();
                    parsed.to().unwrap().first().unwrap().address() == Some(to)
                }),
                ("after", after) => of_account.retain(|sent| sent.at >= after.parse().unwrap()),
                (other, _) => panic!("{other}"),
            }
        }
        if of_account.is_empty() {
            return Reply::ok(sample!("list.none.constructed"));
        }
        let first: usize = request.query("pageToken").map_or(0, |token| token.parse().unwrap());
        let last = of_account.len().min(first + self.page_size.unwrap_or(20));
        let hits: Vec<Value> =
            of_account[first..last].iter().map(|sent| json!({"id": sent.id, "threadId": sent.id})).collect();
        let mut answer: Value = serde_json::from_str(sample!("list.hit.constructed")).unwrap();
        answer["messages"] = json!(hits);
        answer["resultSizeEstimate"] = json!(of_account.len());
        if last < of_account.len() {
            answer["nextPageToken"] = json!(last.to_string());
        }
        Reply::ok(answer.to_string())
    }
}
