//! A way to a server on which packets can be dropped, as a firewall drops them: nobody is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use dripr_adapters::sql::{ServerOptions, SqlStore};
use secrecy::{ExposeSecret, SecretString};

use crate::place::{Place, Server};

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    server: String,
    /// For each connection whether nothing passes any more.
    ways: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
    /// Whether nothing passes on new ones.
    all_silent: Arc<AtomicBool>,
    /// Whether nothing passes on the next one after it passed on a commit.
    after_a_commit: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn start(place: &Place) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = place.url();
        let (_, server, _) = parts(&url);
        let port = if place.server == Server::Postgres { 5432 } else { 3306 };
        let server = if server.contains(':') { server.to_owned() } else { format!("{server}:{port}") };
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            server,
            ways: Arc::default(),
            all_silent: Arc::default(),
            after_a_commit: Arc::default(),
        };
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                accepting.pass(client.unwrap());
            }
        });
        proxy
    }

    /// A store on this way. What is said there is not encrypted, so that commits are seen.
    pub(crate) async fn open(&self, place: &Place, options: ServerOptions) -> SqlStore {
        let url = place.url();
        let (before, _, after) = parts(&url);
        let url = |query: &str| -> SecretString {
            format!("{before}127.0.0.1:{}{after}?{query}", self.port).into()
        };
        match place.server {
            Server::Postgres => SqlStore::postgres(&url("sslmode=disable"), options).await.unwrap(),
            Server::MySql => SqlStore::mysql(&url("ssl-mode=DISABLED"), options).await.unwrap(),
        }
    }

    /// Nothing passes any more on the connections of now.
    pub(crate) fn drop_packets(&self) {
        for way in self.ways.lock().unwrap().iter() {
            way.store(true, SeqCst);
        }
    }

    /// Nor on those that are made from now on.
    pub(crate) fn drop_all_packets(&self) {
        self.all_silent.store(true, SeqCst);
        self.drop_packets();
    }

    /// New connections pass again.
    pub(crate) fn pass_again(&self) {
        self.all_silent.store(false, SeqCst);
    }

    /// Nothing passes any more on the next connection on which a commit went to the server.
    pub(crate) fn drop_packets_after_a_commit(&self) {
        self.after_a_commit.store(true, SeqCst);
    }

    fn pass(&self, client: TcpStream) {
        let server = TcpStream::connect(&self.server).unwrap();
        let silent = Arc::new(AtomicBool::new(self.all_silent.load(SeqCst)));
        self.ways.lock().unwrap().push(silent.clone());
        let (asks, asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (committing, dropping) = (self.after_a_commit.clone(), silent.clone());
        thread::spawn(move || {
            copy(asks, asked, |bytes, to| {
                if dropping.load(SeqCst) {
                    return true;
                }
                // PostgreSQL's statements end with a NUL.
                let commits = bytes.strip_suffix(b"\0").unwrap_or(bytes).ends_with(b"COMMIT");
                if commits && committing.swap(false, SeqCst) {
                    dropping.store(true, SeqCst);
                }
                to.write_all(bytes).is_ok()
            });
        });
        thread::spawn(move || {
            copy(server, client, |bytes, to| silent.load(SeqCst) || to.write_all(bytes).is_ok());
        });
    }
}

/// Passes on or drops what comes, until either end closes.
fn copy(mut from: TcpStream, mut to: TcpStream, mut pass: impl FnMut(&[u8], &mut TcpStream) -> bool) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if !pass(&buffer[..length], &mut to) {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Of a URL: all before the server's address, that, and all after it.
fn parts(url: &SecretString) -> (&str, &str, &str) {
    let url = url.expose_secret();
    let database = url.rfind('/').unwrap();
    let server = url[..database].rfind(['@', '/']).unwrap() + 1;
    (&url[..server], &url[server..database], &url[database..])
}
