//! What providers that are reached by HTTP have in common.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use reqwest::Url;
use serde_json::Value;

use super::{Desk, Event, Letter, Mood, short_pause};

/// Longer than the tests let a call last.
const TOO_LATE: Duration = Duration::from_millis(2_100);

pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: Url,
    headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A header, by its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What is said to a request.
pub(super) struct Reply {
    pub(super) status: u16,
    /// For how many seconds nobody is to come back.
    pub(super) retry_after: Option<u32>,
    pub(super) body: String,
    /// Whose sender is told by it that they were accepted.
    pub(super) told: Vec<Letter>,
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, retry_after: None, body: body.to_string(), told: Vec::new() }
    }
}

/// Answers one request after the other, until the connection ends or `answer` wants it to, with `None`.
pub(super) fn session(
    stream: &TcpStream,
    desk: &Desk,
    answer: impl Fn(&Desk, &Request) -> io::Result<Option<Reply>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    loop {
        let request = request(&mut lines)?;
        let Some(reply) = answer(desk, &request)? else { return Ok(()) };
        let pause =
            reply.retry_after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
        let head = format!(
            "HTTP/1.1 {} Said\r\ncontent-type: application/json\r\n{pause}content-length: {}\r\n\r\n",
            reply.status,
            reply.body.len()
        );
        let mut stream = stream;
        stream.write_all([head.as_bytes(), reply.body.as_bytes()].concat().as_slice())?;
        for letter in &reply.told {
            desk.note(Event::Answered, letter)?;
        }
    }
}

fn request(lines: &mut BufReader<&TcpStream>) -> io::Result<Request> {
    let broken = || io::Error::other("no request");
    let first = line(lines)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().ok_or_else(broken)?, words.next().ok_or_else(broken)?);
    let url = Url::parse(&format!("http://provider.example{target}")).map_err(io::Error::other)?;
    let mut headers = HashMap::new();
    loop {
        let line = line(lines)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(broken)?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length =
        headers.get("content-length").map_or(Ok(0), |length| length.parse()).map_err(io::Error::other)?;
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    Ok(Request { method: method.to_owned(), url, headers, body })
}

fn line(lines: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if lines.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches("\r\n").to_owned())
}

/// Takes the emails of a request as its mood is: `take` accepts what it accepts, and makes the answer; `pause` is the one
/// that asks to come back.
pub(super) fn moody(
    desk: &Desk,
    letters: &[Letter],
    pause: impl FnOnce() -> Reply,
    take: impl FnOnce() -> io::Result<Reply>,
) -> io::Result<Option<Reply>> {
    let note = |event, letters: &[Letter]| letters.iter().try_for_each(|letter| desk.note(event, letter));
    let mood = desk.mood()?;
    match mood {
        Mood::Lost => {
            note(Event::EmailLost, letters)?;
            return Ok(None);
        }
        Mood::Later => {
            note(Event::Later, letters)?;
            return Ok(Some(pause()));
        }
        Mood::LateToTake => thread::sleep(short_pause(desk)),
        Mood::TooLate => thread::sleep(TOO_LATE + short_pause(desk)),
        _ => {}
    }
    let mut reply = take()?;
    match mood {
        Mood::LateToAnswer => thread::sleep(short_pause(desk)),
        // After that nobody reads it.
        Mood::TooLate | Mood::AnswerLost => {
            note(Event::AnswerLost, &reply.told)?;
            return Ok(None);
        }
        Mood::Broken => {
            note(Event::Broken, &reply.told)?;
            return Ok(Some(Reply::json(500, &Value::Null)));
        }
        Mood::Garbled => {
            note(Event::Garbled, &reply.told)?;
            reply.body.truncate(reply.body.len() / 2);
            reply.told.clear();
        }
        _ => {}
    }
    Ok(Some(reply))
}
