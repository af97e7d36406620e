//! A name server on this machine, by UDP and TCP at one port, that answers from a zone and does all that name servers do wrong.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

pub(crate) const CNAME: u16 = 5;
pub(crate) const MX: u16 = 15;
pub(crate) const TXT: u16 = 16;

/// The most that is sent by UDP.
const DATAGRAM: usize = 1_232;

/// What is answered to a question.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Records of the type asked for, as they go over the wire.
    Records(Vec<Vec<u8>>),
    /// An error, by its number.
    Code(u8),
    /// Nothing.
    Silence,
    /// That the answer does not fit, by TCP too.
    NeverFits,
    /// An answer whose records are these bytes.
    Garbage(Vec<u8>),
}

/// Names and what is there.
#[derive(Clone, Default)]
pub(crate) struct Zone(BTreeMap<(String, u16), Answer>);

impl Zone {
    pub(crate) fn with(mut self, name: &str, kind: u16, answer: Answer) -> Self {
        self.0.insert((name.to_owned(), kind), answer);
        self
    }

    /// A TXT record besides those that are there; its strings have 255 bytes at most.
    pub(crate) fn txt(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        let mut data = Vec::new();
        for part in text.chunks(255) {
            data.push(part.len() as u8);
            data.extend(part);
        }
        if text.is_empty() {
            data.push(0);
        }
        self.and(name, TXT, data)
    }

    pub(crate) fn mx(self, name: &str, preference: u16, host: &str) -> Self {
        let data = [&preference.to_be_bytes()[..], &wire(host)].concat();
        self.and(name, MX, data)
    }

    pub(crate) fn cname(self, name: &str, target: &str) -> Self {
        self.and(name, CNAME, wire(target))
    }

    fn and(mut self, name: &str, kind: u16, data: Vec<u8>) -> Self {
        match self.0.entry((name.to_owned(), kind)).or_insert_with(|| Answer::Records(Vec::new())) {
            Answer::Records(records) => records.push(data),
            _ => panic!("{name} answers something else"),
        }
        self
    }
}

/// A running server, and what it was asked.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl NameServer {
    pub(crate) fn start(zone: Zone) -> Self {
        // The port of one kind of socket may be taken for the other.
        let (udp, tcp) = (0..100)
            .find_map(|_| {
                let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
                Some((UdpSocket::bind(tcp.local_addr().unwrap()).ok()?, tcp))
            })
            .unwrap();
        let address = tcp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let zone = Arc::new(zone);
        let (by_udp, log) = (zone.clone(), asked.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                let reply = reply(&by_udp, &buffer[..length], &log).map(|reply| match reply.len() {
                    0..=DATAGRAM => reply,
                    _ => truncated(&buffer[..length]),
                });
                if let Some(reply) = reply {
                    let _ = udp.send_to(&reply, from);
                }
            }
        });
        let log = asked.clone();
        thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                let (zone, log) = (zone.clone(), log.clone());
                thread::spawn(move || serve(&zone, stream, &log));
            }
        });
        Self { address, asked }
    }

    /// The names that were asked for, each once.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.asked.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

fn serve(zone: &Zone, mut stream: TcpStream, log: &Mutex<Vec<(String, u16)>>) {
    let mut length = [0; 2];
    while stream.read_exact(&mut length).is_ok() {
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        if stream.read_exact(&mut query).is_err() {
            return;
        }
        if let Some(reply) = reply(zone, &query, log) {
            let length = (reply.len() as u16).to_be_bytes();
            let _ = stream.write_all(&[&length[..], &reply].concat());
        }
    }
}

/// The name and the type that are asked for, and how many bytes the question has.
fn question(query: &[u8]) -> (String, u16, usize) {
    let (mut at, mut labels) = (12, Vec::new());
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_ascii_lowercase());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]), at + 5 - 12)
}

fn header(query: &[u8], flags: u8, code: u8, answers: usize) -> Vec<u8> {
    let (_, _, length) = question(query);
    let mut reply = vec![query[0], query[1], 0x80 | flags | (query[2] & 1), 0x80 | code, 0, 1];
    reply.extend((answers as u16).to_be_bytes());
    reply.extend([0; 4]);
    reply.extend(&query[12..12 + length]);
    reply
}

fn truncated(query: &[u8]) -> Vec<u8> {
    header(query, 0x02, 0, 0)
}

fn reply(zone: &Zone, query: &[u8], log: &Mutex<Vec<(String, u16)>>) -> Option<Vec<u8>> {
    let (name, kind, _) = question(query);
    log.lock().unwrap().push((name.clone(), kind));
    let records = |kind: u16, records: &[Vec<u8>]| {
        let mut reply = header(query, 0, 0, records.len());
        for data in records {
            // The name is the question's.
            reply.extend([0xc0, 12]);
            reply.extend(kind.to_be_bytes());
            reply.extend([0, 1, 0, 0, 0, 60]);
            reply.extend((data.len() as u16).to_be_bytes());
            reply.extend(data);
        }
        reply
    };
    let answer = zone.0.get(&(name.clone(), kind));
    let answer = answer.map(|answer| (kind, answer));
    match answer.or_else(|| zone.0.get(&(name.clone(), CNAME)).map(|answer| (CNAME, answer))) {
        Some((kind, Answer::Records(data))) => Some(records(kind, data)),
        Some((_, Answer::Code(code))) => Some(header(query, 0, *code, 0)),
        Some((_, Answer::Silence)) => None,
        Some((_, Answer::NeverFits)) => Some(truncated(query)),
        Some((_, Answer::Garbage(bytes))) => {
            let mut reply = header(query, 0, 0, 3);
            reply.extend(bytes);
            Some(reply)
        }
        None if zone.0.keys().any(|(known, _)| *known == name) => Some(header(query, 0, 0, 0)),
        None => Some(header(query, 0, 3, 0)),
    }
}

/// A name as it goes over the wire; the root if it is empty.
fn wire(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// An RSA key of 2048 bits that belongs to nobody: all bits of its modulus are ones.
pub(crate) fn key() -> String {
    let mut der =
        vec![0x30, 0x82, 0x01, 0x22, 0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    der.extend([0x03, 0x82, 0x01, 0x0f, 0, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0]);
    der.extend([0xff; 256]);
    der.extend([0x02, 3, 1, 0, 1]);
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(der))
}

/// A domain that has all that Google, Postmark and an SMTP server with the selector `s1` need.
pub(crate) fn good() -> Zone {
    Zone::default()
        .txt("agent.example", "v=spf1 include:_spf.google.com ~all")
        .txt("agent.example", "google-site-verification=x")
        .txt("_spf.google.com", "v=spf1 include:_netblocks.google.com ~all")
        .txt("_netblocks.google.com", "v=spf1 ip4:192.0.2.0/24 ~all")
        .cname("pm-bounces.agent.example", "pm.mtasv.net")
        .txt("google._domainkey.agent.example", key())
        .txt("20260101000000pm._domainkey.agent.example", key())
        .cname("s1._domainkey.agent.example", "s1.provider.example")
        .txt("s1.provider.example", key())
        .txt("_dmarc.agent.example", "v=DMARC1; p=quarantine; rua=mailto:dmarc@agent.example")
        .mx("agent.example", 10, "mx1.agent.example")
        .mx("agent.example", 20, "mx2.agent.example")
}
