//! Mail providers in a process of their own, with a log of their own: what one accepted is on the disk before it says so.
//!
//! They are moody, from a seed: they answer late, lose an answer after they accepted an email, lose an email before they
//! accepted it, or want it later. What a provider shows when it is asked is what its log says, also after it was killed.

#![allow(dead_code, reason = "each test uses a part of it")]

mod dice;
mod gmail;
mod http;
mod log;
mod postmark;
mod smtp;

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use self::dice::{Mood, mood};
#[allow(unused_imports, reason = "each test uses a part of it")]
pub(crate) use self::{
    dice::Dice,
    gmail::refresh_token,
    log::{Entry, Event, Letter, read},
    postmark::{TOKEN, is_inactive},
};

/// The seed of a provider that has no moods.
pub(crate) const CALM: u64 = 0;

/// Milliseconds since 1970.
pub(crate) fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
}

/// A running provider, which does not outlive the test.
pub(crate) struct Provider {
    kind: &'static str,
    log: PathBuf,
    process: Option<(Child, BufReader<ChildStdout>)>,
    /// The same in all its lives.
    pub(crate) port: u16,
}

impl Provider {
    /// Starts one of a kind: this very program, told to be a provider.
    pub(crate) fn start(kind: &'static str, log: &Path, seed: u64) -> Self {
        let mut provider = Self { kind, log: log.to_owned(), process: None, port: 0 };
        provider.start_again(seed);
        provider
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it at its port, with its log.
    pub(crate) fn start_again(&mut self, seed: u64) {
        self.kill();
        let log = self.log.to_str().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["provider", self.kind, &self.port.to_string(), log, &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        self.port = line.trim().parse().unwrap();
        self.process = Some((child, stdout));
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where it stands whose grants were taken back.
pub(crate) fn revocations(log: &Path) -> PathBuf {
    log.with_extension("revoked")
}

/// What a provider process does: `KIND PORT LOG SEED`. Port 0 is any.
pub(crate) fn run(args: &[String]) {
    let [kind, port, log, seed] = args else { panic!("a provider is told KIND PORT LOG SEED, not {args:?}") };
    let listener = TcpListener::bind(("127.0.0.1", port.parse().unwrap())).unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    // The test is gone when nobody holds the other end any more.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let session: fn(&TcpStream, &Desk) -> io::Result<()> = match kind.as_str() {
        "smtp" => smtp::session,
        "postmark" => postmark::session,
        "gmail" => gmail::session,
        other => panic!("there is no provider {other}"),
    };
    let desk = Arc::new(Desk::open(Path::new(log), seed.parse().unwrap()));
    for stream in listener.incoming() {
        let (stream, desk) = (stream.unwrap(), desk.clone());
        // A session ends in whatever way; the next one begins anew.
        thread::spawn(move || drop(session(&stream, &desk)));
    }
}

struct Desk {
    log: Mutex<File>,
    /// What was accepted in all its lives.
    accepted: Mutex<Vec<Entry>>,
    /// When the emails that were searched for are shown, by their `Message-ID`s.
    searched: Mutex<HashMap<String, u128>>,
    dice: Mutex<Dice>,
    /// The seed of moods, and a byte for each request in all its lives, however short they are.
    moods: Mutex<File>,
    calm: bool,
    revocations: PathBuf,
}

impl Desk {
    fn open(log: &Path, seed: u64) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut moods = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(log.with_extension("moods"))
            .unwrap();
        if moods.metadata().unwrap().len() == 0 {
            moods.write_all(&seed.max(1).to_le_bytes()).unwrap();
        }
        let (mut accepted, mut searched) = (Vec::new(), HashMap::new());
        for entry in read(log) {
            match entry.event {
                Event::Accepted => accepted.push(entry),
                Event::Hidden => {
                    let shown_at = entry.at + hidden_for(&entry.letter);
                    searched.entry(entry.letter.message_id).or_insert(shown_at);
                }
                _ => {}
            }
        }
        Self {
            log: Mutex::new(file),
            accepted: Mutex::new(accepted),
            searched: Mutex::new(searched),
            dice: Mutex::new(Dice(seed.max(1))),
            moods: Mutex::new(moods),
            calm: seed == CALM,
            revocations: revocations(log),
        }
    }

    fn roll(&self, end: u64) -> u64 {
        self.dice.lock().unwrap().below(end)
    }

    /// How the next request is taken.
    fn mood(&self) -> io::Result<Mood> {
        if self.calm {
            return Ok(Mood::Plain);
        }
        let mut file = self.moods.lock().unwrap();
        let (mut seed, mut requests) = ([0; 8], Vec::new());
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut seed)?;
        file.read_to_end(&mut requests)?;
        file.write_all(b".")?;
        Ok(mood(u64::from_le_bytes(seed), requests.len() as u64))
    }

    /// A line in the log, on the disk.
    fn note(&self, event: Event, letter: &Letter) -> io::Result<()> {
        self.write(&Entry { at: now(), event, letter: letter.clone(), name: "-".to_owned() })
    }

    /// Takes an email, and gives it a name.
    fn accept(&self, letter: &Letter) -> io::Result<String> {
        let mut accepted = self.accepted.lock().unwrap();
        let name = format!("{:016x}{:04x}", hash(&letter.message_id), accepted.len());
        let entry = Entry { at: now(), event: Event::Accepted, letter: letter.clone(), name: name.clone() };
        self.write(&entry)?;
        accepted.push(entry);
        Ok(name)
    }

    fn write(&self, entry: &Entry) -> io::Result<()> {
        let mut log = self.log.lock().unwrap();
        log.write_all(entry.line().as_bytes())?;
        log.sync_data()
    }

    /// The accepted emails that a search shows, the newest first. Every third is not there yet when it is first searched
    /// for, however late that is: longer than the provider is believed to need.
    fn shown(&self, wanted: impl Fn(&Letter) -> bool) -> io::Result<Vec<Entry>> {
        let mut found = self.accepted.lock().unwrap().clone();
        found.retain(|entry| wanted(&entry.letter));
        let (shown, hidden): (Vec<_>, Vec<_>) = {
            let mut searched = self.searched.lock().unwrap();
            found.into_iter().rev().partition(|entry| {
                let late = searched.len().is_multiple_of(3);
                let pause = if late { hidden_for(&entry.letter) } else { 0 };
                let shown_at =
                    searched.entry(entry.letter.message_id.clone()).or_insert_with(|| now() + pause);
                now() >= *shown_at
            })
        };
        for entry in hidden {
            self.note(Event::Hidden, &entry.letter)?;
        }
        Ok(shown)
    }
}

/// For how many milliseconds an email is not shown, from the first search on: shorter than it takes until absence is
/// believed.
fn hidden_for(letter: &Letter) -> u128 {
    500 + u128::from(hash(&letter.message_id) % 1_000)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A pause that nobody minds.
fn short_pause(desk: &Desk) -> Duration {
    Duration::from_millis(10 + desk.roll(50))
}
