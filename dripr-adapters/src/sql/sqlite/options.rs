//! How a database is opened.

use std::time::Duration;

/// How a database is opened. The defaults lose nothing, whatever happens to the machine.
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
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durable: true,
            busy_timeout: Duration::from_secs(5),
            readers: 2,
            group: 64,
            check_up_to: 256 * 1024 * 1024,
        }
    }
}
