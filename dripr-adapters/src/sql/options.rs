//! How a database is opened.

use std::time::Duration;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::connection::LONGEST_SILENCE;

/// Where events go that a change announces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Queues {
    /// Into queues in the same database.
    #[default]
    Beside,
    /// Into the outbox, from which a relay takes them to queues elsewhere. All processes of a deployment must agree.
    Elsewhere,
}

/// How a SQLite file is opened. The defaults lose nothing, whatever happens to the machine.
#[cfg(feature = "sqlite")]
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// Whether a commit is on the disk before it is answered (`synchronous=FULL`). Without it, a power failure may
    /// take back the last answers; a crash of the program alone never does.
    pub durable: bool,
    /// How long another program's lock on the file is waited for.
    pub busy_timeout: Duration,
    /// Connections that read, beside the one that writes.
    pub readers: u32,
    /// How many waiting calls share one commit at most.
    pub group: usize,
    /// Up to which size in bytes the whole file is looked through on opening. Of a larger one only the header, its
    /// length and the schema are: looking through a gigabyte takes seconds.
    pub check_up_to: u64,
    /// Where events go.
    pub queues: Queues,
}

#[cfg(feature = "sqlite")]
impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durable: true,
            busy_timeout: Duration::from_secs(5),
            readers: 2,
            group: 64,
            check_up_to: 256 * 1024 * 1024,
            queues: Queues::Beside,
        }
    }
}

/// How a database server is used. The defaults lose nothing that the server is set up not to lose.
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Whether a commit is on the server's disk before it is answered. PostgreSQL alone lets a client choose
    /// (`synchronous_commit`); without it, a failure of the server may take back the last answers.
    pub durable: bool,
    /// Connections that read.
    pub readers: u32,
    /// Connections that write, each one transaction at a time.
    pub writers: u32,
    /// How many waiting calls share one commit at most.
    pub group: usize,
    /// Where events go.
    pub queues: Queues,
    /// How long the server may say nothing when it was asked something, before the connection is given up; 120 seconds unless told
    /// otherwise. Longer than any statement takes, the locks that it waits for (ten seconds each) included. Nothing else is waited for
    /// longer: a new connection 30 seconds at most, the answer to whether one is open ten.
    pub longest_silence: Duration,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            durable: true,
            readers: 4,
            writers: 2,
            group: 64,
            queues: Queues::Beside,
            longest_silence: LONGEST_SILENCE,
        }
    }
}

/// What the writing tasks know of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    pub(super) durable: bool,
    pub(super) group: usize,
    pub(super) relayed: bool,
}

impl Writing {
    pub(super) fn new(durable: bool, group: usize, queues: Queues) -> Self {
        Self { durable, group: group.max(1), relayed: queues == Queues::Elsewhere }
    }
}
