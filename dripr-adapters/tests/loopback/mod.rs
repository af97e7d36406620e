//! A provider on this machine: it answers what it is told to, breaks as it is told to, and remembers what it was asked.

#![allow(dead_code, reason = "each test needs its part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod faults;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// An address at which nobody listens.
pub(crate) fn nowhere() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// What a provider does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers in order.
    Whole {
        /// The status.
        status: u16,
        /// Headers besides the length.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Closes the connection without a word.
    Reset,
    /// Says nothing and keeps the connection.
    Silence,
    /// Announces more than it sends.
    Truncated(Vec<u8>),
    /// Sends so many bytes, in pieces, without announcing how many.
    Endless(usize),
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Whole { status, headers, body: body.into() }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// With names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Answering = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running provider; it ends when it is dropped.
pub(crate) struct Loopback {
    pub(crate) base_url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    serving: JoinHandle<()>,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Loopback {
    /// One that answers each request by what it asks.
    pub(crate) async fn answering(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Request>>>::default();
        let (answer, remembered): (Arc<Answering>, _) = (Arc::new(answer), asked.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), remembered.clone()));
            }
        });
        Self { base_url, asked, serving }
    }

    /// One that gives these answers, one after the other, and then the last one for ever.
    pub(crate) async fn giving(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Mutex::new(VecDeque::from_iter(replies));
        Self::answering(move |_| {
            let mut replies = replies.lock().unwrap();
            match replies.len() {
                0 => Reply::Reset,
                1 => replies[0].clone(),
                _ => replies.pop_front().unwrap(),
            }
        })
        .await
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<Answering>, asked: Arc<Mutex<Vec<Request>>>) {
    // A body that waits for its head to be acknowledged takes 40 ms.
    let _ = stream.set_nodelay(true);
    while let Some(request) = read(&mut stream).await {
        asked.lock().unwrap().push(request.clone());
        match answer(&request) {
            Reply::Reset => {
                // Unsent data is thrown away: the client sees a reset and no end.
                let _ = stream.set_zero_linger();
                return;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Truncated(body) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len() + 1000
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
                return;
            }
            Reply::Endless(bytes) => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).await;
                let piece = [b' '; 1 << 16];
                for _ in 0..bytes / piece.len() {
                    if stream.write_all(&piece).await.is_err() {
                        return;
                    }
                }
                return;
            }
            Reply::Whole { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&body).await.is_err()
                {
                    return;
                }
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap());
    let url = reqwest::Url::parse("http://loopback").unwrap().join(target).unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        headers,
        body,
    })
}
