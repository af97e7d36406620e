//! A way to the server that can be cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use super::place::address;

#[derive(Clone, Default)]
pub(crate) struct Proxy {
    port: u16,
    swallow: Arc<AtomicBool>,
    ways: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                accepting.pass(client.unwrap());
            }
        });
        proxy
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://{}127.0.0.1:{}{}", credentials(), self.port, database())
    }

    /// The next answer is lost, and the connection with it.
    pub(crate) fn lose_the_next_answer(&self) {
        self.swallow.store(true, SeqCst);
    }

    /// Whether an answer is still to be lost.
    pub(crate) fn waits(&self) -> bool {
        self.swallow.load(SeqCst)
    }

    pub(crate) fn cut_all(&self) {
        for way in self.ways.lock().unwrap().drain(..) {
            let _ = way.shutdown(Shutdown::Both);
        }
    }

    fn pass(&self, client: TcpStream) {
        let server = TcpStream::connect(host()).unwrap();
        self.ways.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        let (asks, asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || copy(asks, asked, || false));
        let swallow = self.swallow.clone();
        thread::spawn(move || copy(server, client, move || swallow.swap(false, SeqCst)));
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, cut: impl Fn() -> bool) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if cut() || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// `HOST:PORT` of the server.
pub(crate) fn host() -> String {
    let address = address();
    let rest = address.split_once("://").unwrap().1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap();
    if host.contains(':') { host.to_owned() } else { format!("{host}:6379") }
}

fn credentials() -> String {
    let address = address();
    let rest = address.split_once("://").unwrap().1;
    rest.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"))
}

fn database() -> String {
    let address = address();
    let rest = address.split_once("://").unwrap().1;
    rest.find('/').map_or(String::new(), |slash| rest[slash..].to_owned())
}
