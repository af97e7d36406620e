//! A mail server for one test: it answers as it is told, and keeps all that it hears.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The first bytes of an email are here, its end is not.
    WithinEmail,
    /// An email is here to its final dot.
    EndOfEmail,
    Quit,
}

/// What a server does at one place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    /// Says a line.
    Says(&'static str),
    /// Closes the connection without a word.
    Closes,
    /// Says a line and closes the connection.
    SaysAndCloses(&'static str),
    /// Resets the connection.
    Resets,
    /// Says nothing any more.
    Hangs,
}

/// How a server behaves.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// What it does in other than the usual way, and at which email of a connection, from 1; 0 is every one.
    pub(crate) unusual: Vec<(At, usize, Does)>,
    /// What it offers besides.
    pub(crate) offers: &'static [&'static str],
    /// TLS, from the first byte or after STARTTLS.
    pub(crate) tls: Option<(TlsAcceptor, bool)>,
}

impl Script {
    /// The usual way, but for one place.
    pub(crate) fn but(at: At, does: Does) -> Self {
        Self { unusual: vec![(at, 0, does)], ..Self::default() }
    }

    fn does(&self, at: At, email: usize) -> Does {
        let told = self.unusual.iter().find(|(place, number, _)| *place == at && [0, email].contains(number));
        told.map_or_else(
            || {
                Does::Says(match at {
                    At::Greeting => "220 mx.test ESMTP",
                    At::Ehlo | At::WithinEmail => "",
                    At::StartTls => "220 2.0.0 go ahead",
                    At::Auth => "235 2.7.0 welcome",
                    At::Mail | At::Rcpt => "250 2.1.0 Ok",
                    At::Data => "354 End data with <CR><LF>.<CR><LF>",
                    At::EndOfEmail => "250 2.0.0 Ok: queued as 4XyZ1a2B3c",
                    At::Quit => "221 bye",
                })
            },
            |(_, _, does)| *does,
        )
    }
}

/// All that a server heard.
#[derive(Debug, Default, Clone)]
pub(crate) struct Heard {
    /// Commands, in order.
    pub(crate) commands: Vec<String>,
    /// Emails as they came over the wire, up to and with the final dot.
    pub(crate) emails: Vec<Vec<u8>>,
    /// Connections that were opened.
    pub(crate) opened: usize,
    /// Connections that have ended.
    pub(crate) ended: usize,
    /// The most that were open at a time.
    pub(crate) most: usize,
}

impl Heard {
    /// The email, as its bytes were before they were made fit for the wire.
    pub(crate) fn email(&self, n: usize) -> Vec<u8> {
        let wire = self.emails[n].strip_suffix(b".\r\n").unwrap();
        let text = String::from_utf8(wire.to_vec()).unwrap();
        let lines = text.split_inclusive("\r\n");
        lines.map(|line| line.strip_prefix('.').unwrap_or(line)).collect::<String>().into_bytes()
    }
}

/// A server on a port of its own, until it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    heard: Arc<Mutex<Heard>>,
    _task: JoinSet<()>,
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut task = JoinSet::new();
        let ours = heard.clone();
        task.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, heard) = (script.clone(), ours.clone());
                sessions.spawn(async move {
                    {
                        let mut heard = heard.lock().unwrap();
                        heard.opened += 1;
                        heard.most = heard.most.max(heard.opened - heard.ended);
                    }
                    // Whatever ends it: that it ended is all there is to say.
                    let _ = Session::begin(script, stream, heard.clone()).await;
                    heard.lock().unwrap().ended += 1;
                });
            }
        });
        Self { port, heard, _task: task }
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it heard enough.
    pub(crate) async fn until(&self, enough: impl Fn(&Heard) -> bool) {
        while !enough(&self.heard()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

struct Session {
    script: Script,
    wire: Pin<Box<dyn Wire>>,
    unread: Vec<u8>,
    heard: Arc<Mutex<Heard>>,
    /// Emails begun on this connection.
    email: usize,
}

/// The session is over.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Session {
    async fn begin(script: Script, stream: TcpStream, heard: Arc<Mutex<Heard>>) -> Result<(), Over> {
        if script.unusual.iter().any(|(_, _, does)| matches!(does, Does::Resets)) {
            stream.set_zero_linger()?;
        }
        let wire: Pin<Box<dyn Wire>> = match &script.tls {
            Some((acceptor, true)) => Box::pin(acceptor.accept(stream).await?),
            _ => Box::pin(stream),
        };
        let mut session = Self { script, wire, unread: Vec::new(), heard, email: 1 };
        session.act(At::Greeting).await?;
        loop {
            let line = session.line().await?;
            session.heard.lock().unwrap().commands.push(line.clone());
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match word.as_str() {
                "EHLO" => session.ehlo().await?,
                "STARTTLS" => {
                    session.act(At::StartTls).await?;
                    let (acceptor, _) = session.script.tls.clone().unwrap();
                    session.wire = Box::pin(acceptor.accept(session.wire).await?);
                }
                "AUTH" => session.act(At::Auth).await?,
                "MAIL" => session.act(At::Mail).await?,
                "RCPT" => session.act(At::Rcpt).await?,
                "DATA" => session.data().await?,
                _ => return session.act(At::Quit).await,
            }
        }
    }

    async fn ehlo(&mut self) -> Result<(), Over> {
        if !matches!(self.script.does(At::Ehlo, self.email), Does::Says("")) {
            return self.act(At::Ehlo).await;
        }
        for offer in self.script.offers {
            self.say(&format!("250-{offer}")).await?;
        }
        self.say("250 SIZE 10240000").await
    }

    async fn data(&mut self) -> Result<(), Over> {
        self.act(At::Data).await?;
        let mut email = Vec::new();
        while !email.ends_with(b"\r\n.\r\n") {
            let byte = self.byte().await?;
            email.push(byte);
            if email.len() == 50 && !matches!(self.script.does(At::WithinEmail, self.email), Does::Says("")) {
                self.act(At::WithinEmail).await?;
            }
        }
        self.heard.lock().unwrap().emails.push(email);
        self.act(At::EndOfEmail).await?;
        self.email += 1;
        Ok(())
    }

    async fn act(&mut self, at: At) -> Result<(), Over> {
        match self.script.does(at, self.email) {
            Does::Says(line) => self.say(line).await,
            Does::SaysAndCloses(line) => {
                self.say(line).await?;
                Err(Over)
            }
            Does::Closes | Does::Resets => Err(Over),
            Does::Hangs => loop {
                // Until the other side closes.
                self.byte().await?;
            },
        }
    }

    async fn say(&mut self, line: &str) -> Result<(), Over> {
        self.wire.write_all(format!("{line}\r\n").as_bytes()).await?;
        Ok(self.wire.flush().await?)
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(self.byte().await?);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8(line).unwrap())
    }

    async fn byte(&mut self) -> Result<u8, Over> {
        if self.unread.is_empty() {
            let mut read = [0; 4096];
            let count = self.wire.read(&mut read).await?;
            self.unread = read[..count].iter().rev().copied().collect();
        }
        self.unread.pop().ok_or(Over)
    }
}
