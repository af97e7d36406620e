//! A mail provider in a process of its own, with a log of its own: what it accepted is on the disk before it says so.
//!
//! It is moody, from a seed: it answers late, loses an answer after it accepted an email, loses an email before it accepted
//! it, or wants it later.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

/// A small generator (xorshift64*), so that a seed tells all.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        // The upper bits are the better ones.
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % end
    }
}

/// What became of an email, by the provider's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It is the provider's now.
    Accepted,
    /// Whoever sent it was told so.
    Answered,
    /// The connection ended after it was accepted, and before anybody was told.
    AnswerLost,
    /// The connection ended before it was accepted.
    EmailLost,
    /// It was refused for now.
    Later,
}

const EVENTS: [(Event, &str); 5] = [
    (Event::Accepted, "accepted"),
    (Event::Answered, "answered"),
    (Event::AnswerLost, "answer-lost"),
    (Event::EmailLost, "email-lost"),
    (Event::Later, "later"),
];

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: u128,
    pub(crate) event: Event,
    pub(crate) message_id: String,
    pub(crate) recipient: String,
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
}

/// What a log says.
pub(crate) fn read(log: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(log).unwrap();
    let entry = |line: &str| {
        let [at, event, message_id, recipient] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("a line of the provider's log: {line:?}")
        };
        Entry {
            at: at.parse().unwrap(),
            event: EVENTS.iter().find(|(_, name)| *name == event).unwrap().0,
            message_id: message_id.to_owned(),
            recipient: recipient.to_owned(),
        }
    };
    // The last line may be half written by now.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(entry).collect()
}

/// A running provider, which does not outlive the test.
pub(crate) struct Provider {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Provider {
    /// Starts one: this very program, told to be a provider. Port 0 is any.
    pub(crate) fn start(port: u16, log: &Path, seed: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["provider", &port.to_string(), log.to_str().unwrap(), &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap(), _stdout: stdout }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // kill -9, whether the test means it or is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a provider process does: `PORT LOG SEED`.
pub(crate) fn run(args: &[String]) {
    let [port, log, seed] = args else { panic!("a provider is told PORT LOG SEED, not {args:?}") };
    let listener = TcpListener::bind(("127.0.0.1", port.parse().unwrap())).unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    // The test is gone when nobody holds the other end any more.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let file = OpenOptions::new().create(true).append(true).open(PathBuf::from(log)).unwrap();
    let desk = Arc::new(Desk { log: Mutex::new(file), dice: Mutex::new(Dice(seed.parse().unwrap())) });
    for stream in listener.incoming() {
        let (stream, desk) = (stream.unwrap(), desk.clone());
        // A session ends in whatever way; the next one begins anew.
        thread::spawn(move || drop(session(&stream, &desk)));
    }
}

struct Desk {
    log: Mutex<File>,
    dice: Mutex<Dice>,
}

impl Desk {
    fn roll(&self, end: u64) -> u64 {
        self.dice.lock().unwrap().below(end)
    }

    /// A line in the log, on the disk.
    fn note(&self, event: Event, message_id: &str, recipient: &str) -> io::Result<()> {
        let (_, name) = EVENTS.iter().find(|(known, _)| *known == event).unwrap();
        let line = format!("{} {name} {message_id} {recipient}\n", now());
        let mut log = self.log.lock().unwrap();
        log.write_all(line.as_bytes())?;
        log.sync_data()
    }
}

fn session(stream: &TcpStream, desk: &Desk) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    let say = |line: &str| {
        let mut stream = stream;
        stream.write_all(format!("{line}\r\n").as_bytes())
    };
    say("220 provider.example ESMTP")?;
    let mut recipient = String::new();
    loop {
        let line = line(&mut lines)?;
        if line.starts_with("EHLO") {
            say("250-provider.example\r\n250 SIZE 10240000")?;
        } else if line.starts_with("MAIL FROM:") {
            // Before the email nothing is at stake, and nothing must be lost or held for it.
            match desk.roll(50) {
                0 => return Ok(()),
                1 => say("451 4.3.0 not now")?,
                _ => say("250 2.1.0 Ok")?,
            }
        } else if let Some(address) = line.strip_prefix("RCPT TO:") {
            address.trim_matches(['<', '>']).clone_into(&mut recipient);
            say("250 2.1.5 Ok")?;
        } else if line == "DATA" {
            say("354 go on")?;
            let message_id = email(&mut lines)?;
            if !take(desk, &message_id, &recipient, &say)? {
                return Ok(());
            }
        } else {
            return say("221 2.0.0 bye");
        }
    }
}

/// Reads an email to its final dot and gives its `Message-ID`.
fn email(lines: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut message_id = None;
    loop {
        let line = line(lines)?;
        if line == "." {
            return message_id.ok_or_else(|| io::Error::other("an email without Message-ID"));
        }
        if let Some(id) = line.strip_prefix("Message-ID: <") {
            message_id.get_or_insert(id.trim_end_matches('>').to_owned());
        }
    }
}

/// Accepts an email, or does not; says so, or does not. Whether the session goes on.
fn take(
    desk: &Desk,
    message_id: &str,
    recipient: &str,
    say: &impl Fn(&str) -> io::Result<()>,
) -> io::Result<bool> {
    let mood = desk.roll(100);
    let pause = Duration::from_millis(10 + desk.roll(50));
    match mood {
        0..5 => {
            desk.note(Event::EmailLost, message_id, recipient)?;
            return Ok(false);
        }
        5..10 => {
            desk.note(Event::Later, message_id, recipient)?;
            say("451 4.3.0 not now")?;
            return Ok(true);
        }
        10..20 => thread::sleep(pause),
        _ => {}
    }
    desk.note(Event::Accepted, message_id, recipient)?;
    match mood {
        20..25 => {
            desk.note(Event::AnswerLost, message_id, recipient)?;
            return Ok(false);
        }
        25..40 => thread::sleep(pause),
        _ => {}
    }
    say(&format!("250 2.0.0 Ok: queued as {}", queue_id(message_id)))?;
    desk.note(Event::Answered, message_id, recipient)?;
    Ok(true)
}

/// The provider's own name for an email.
pub(crate) fn queue_id(message_id: &str) -> String {
    message_id.split('@').next().unwrap_or_default().to_owned()
}

fn line(lines: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if lines.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches("\r\n").to_owned())
}
