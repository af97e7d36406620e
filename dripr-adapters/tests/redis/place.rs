//! A prefix of its own on the server, and what tests put there.

use std::{
    collections::hash_map::RandomState,
    env,
    hash::{BuildHasher, Hasher},
    time::Duration,
};

use dripr_adapters::redis::{Redis, RedisOptions, RedisQueue};
use dripr_core::{
    campaign::CampaignStatus,
    events::{Event, StatusChanged},
    ids::{CampaignId, EventId},
    schedule::Instant,
};

pub(crate) const VISIBILITY: Duration = Duration::from_secs(30);

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn address() -> String {
    env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned())
}

/// A prefix. What begins with it is removed in the end.
pub(crate) struct Place {
    pub(crate) prefix: String,
    begin: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::ending("")
    }

    /// With something at the prefix's end.
    pub(crate) fn ending(end: &str) -> Self {
        let begin = format!("dripr-test-{:016x}:", RandomState::new().build_hasher().finish());
        let place = Self { prefix: format!("{begin}{end}"), begin };
        place.raw();
        place
    }

    /// The server itself.
    pub(crate) fn raw(&self) -> redis::Connection {
        let client =
            redis::Client::open(address()).expect("DRIPR_TEST_REDIS is the address of a Redis server");
        client.get_connection_with_timeout(Duration::from_secs(5)).unwrap_or_else(|error| {
            panic!(
                "these tests need a Redis server: start one on 127.0.0.1:6379, or name one in DRIPR_TEST_REDIS ({error})"
            )
        })
    }

    /// A connection, as a process of its own has one.
    pub(crate) fn redis(&self) -> Redis {
        self.redis_at(&address())
    }

    pub(crate) fn redis_at(&self, address: &str) -> Redis {
        let mut options = RedisOptions::new(address);
        options.prefix = self.prefix.clone();
        Redis::new(options).unwrap()
    }

    pub(crate) fn queue(&self) -> RedisQueue {
        RedisQueue::new(self.redis())
    }

    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        self.find(&mut self.raw()).unwrap()
    }

    /// Removes everything, as a server that lost its memory.
    pub(crate) fn flush(&self) {
        self.remove(&mut self.raw()).unwrap();
    }

    fn find(&self, raw: &mut redis::Connection) -> redis::RedisResult<Vec<Vec<u8>>> {
        let mut command = redis::cmd("SCAN");
        command.cursor_arg(0).arg("MATCH").arg(format!("{}*", self.begin)).arg("COUNT").arg(10_000);
        command.iter::<Vec<u8>>(raw)?.collect()
    }

    fn remove(&self, raw: &mut redis::Connection) -> redis::RedisResult<()> {
        for key in self.find(raw)? {
            redis::cmd("DEL").arg(key).exec(raw)?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whatever the test came to; a server that is gone by now has nothing to be removed.
        let client = redis::Client::open(address());
        if let Ok(mut raw) =
            client.and_then(|client| client.get_connection_with_timeout(Duration::from_secs(5)))
        {
            let _ = self.remove(&mut raw);
        }
    }
}

/// A change that wakes the email sending handler alone.
pub(crate) fn event(number: u64) -> Event {
    Event::StatusChanged(StatusChanged {
        event_id: Some(EventId::new(format!("test:{number}")).unwrap()),
        campaign_id: CampaignId::new("campaign").unwrap(),
        zip_code: "98103".parse().unwrap(),
        from_status: CampaignStatus::WaitingForData,
        to_status: CampaignStatus::ReadyToSendEmail,
        timestamp: at("2026-03-12T15:00:00Z"),
        version: Some(number),
        cycle: None,
        operations: None,
    })
}

pub(crate) fn number(event: &Event) -> u64 {
    let Event::StatusChanged(change) = event else { panic!("a status change") };
    change.version.unwrap()
}
