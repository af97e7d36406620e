//! The connection that all share. It is made when it is needed and made anew when it was lost.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    ports::Probe,
};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    ServerErrorKind, Value,
    aio::{MultiplexedConnection, PubSub},
};
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, time::timeout};

use super::{
    RedisOptions,
    fault::{Failure, sorted},
};

/// A Redis server. Cheap to clone; all clones are one connection.
///
/// ```
/// use dripr_adapters::redis::{Redis, RedisOptions, RedisQueue};
///
/// let redis = Redis::new(RedisOptions::new("redis://redis.brokerage.example:6379/0"))?;
/// let queue = RedisQueue::new(redis);
/// # Ok::<(), dripr_core::errors::PortError>(())
/// ```
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    client: Client,
    prefix: String,
    timeout: Duration,
    held: Mutex<Held>,
}

/// The connection, and how many there were.
#[derive(Default)]
struct Held {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Call<'a> {
    Command(&'a Cmd),
    /// By its hash; it is loaded where the server does not know it.
    Script(&'a ScriptInvocation<'a>),
}

impl Call<'_> {
    async fn on(self, connection: &mut MultiplexedConnection) -> RedisResult<Value> {
        match self {
            Self::Command(command) => command.query_async(connection).await,
            Self::Script(script) => {
                // Somebody may take it away again between loading and running it; hardly three times.
                for _ in 0..2 {
                    match script.invoke_async(connection).await {
                        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {}
                        answer => return answer,
                    }
                }
                script.invoke_async(connection).await
            }
        }
    }
}

/// Whether a call whose answer was lost is made again.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lost {
    Repeat,
    Fail,
}

impl Redis {
    /// The server of some options. Nothing is asked of it yet.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if the address is none.
    pub fn new(options: RedisOptions) -> PortResult<Self> {
        let RedisOptions { address, prefix, timeout } = options;
        // The library's error may repeat the address, which may hold the password.
        let client = Client::open(address.expose_secret()).map_err(|_| {
            let message = "the address of Redis cannot be used: it begins with redis: or rediss: and two slashes, and \
                           goes on as HOST:PORT/DATABASE";
            PortError::new(Fault::Misconfigured, message)
        })?;
        if matches!(client.get_connection_info().addr(), redis::ConnectionAddr::TcpTls { .. }) {
            // The library takes the process's cryptography; where the host chose none, ours is it. An error says that
            // somebody chose in this moment.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let held = Mutex::default();
        Ok(Self(Arc::new(Shared { client, prefix, timeout, held })))
    }

    /// A key with the prefix.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// A key of a queue.
    pub(super) fn queue_key(&self, queue: Queue, name: &str) -> String {
        format!("{}queue:{queue}:{name}", self.0.prefix)
    }

    pub(super) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Makes a call; `doing` completes "while …".
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        lost: Lost,
        doing: &str,
    ) -> PortResult<T> {
        let answer = match timeout(self.0.timeout, self.answer(call, lost)).await {
            Ok(answer) => answer,
            Err(_) => {
                // It may be one that leads nowhere any more.
                self.forget(None).await;
                Err(Failure::Late(self.0.timeout))
            }
        };
        answer
            .and_then(|value| {
                T::from_redis_value(value).map_err(|error| Failure::Redis(RedisError::from(error)))
            })
            .map_err(|failure| sorted(&failure, doing))
    }

    async fn answer(&self, call: Call<'_>, lost: Lost) -> Result<Value, Failure> {
        let (number, mut connection) = self.connection().await?;
        let error = match call.on(&mut connection).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if !error.is_io_error() && !error.is_unrecoverable_error() {
            return Err(Failure::Redis(error));
        }
        self.forget(Some(number)).await;
        if lost == Lost::Fail || !error.is_io_error() {
            return Err(Failure::Redis(error));
        }
        let (number, mut connection) = self.connection().await?;
        let answer = call.on(&mut connection).await;
        if answer.as_ref().is_err_and(|error| error.is_io_error() || error.is_unrecoverable_error()) {
            self.forget(Some(number)).await;
        }
        answer.map_err(Failure::Redis)
    }

    /// The connection, made if there is none. Who waits while another makes it waits no longer than a call may take.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection), Failure> {
        let mut held = self.0.held.lock().await;
        if let Some(connection) = &held.connection {
            return Ok((held.number, connection.clone()));
        }
        // A call's own limit holds for all of it.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let made = self.0.client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = made.map_err(Failure::Connecting)?;
        held.number += 1;
        held.connection = Some(connection.clone());
        Ok((held.number, connection))
    }

    /// Lets a connection go, whichever it is if no number is given. Calls under way on it are finished.
    async fn forget(&self, number: Option<u64>) {
        match number {
            Some(number) => {
                let mut held = self.0.held.lock().await;
                if held.number == number {
                    held.connection = None;
                }
            }
            // While it is locked somebody makes a new one.
            None => {
                if let Ok(mut held) = self.0.held.try_lock() {
                    held.connection = None;
                }
            }
        }
    }

    /// A connection of its own, on which one listens.
    pub(super) async fn listening(&self) -> RedisResult<PubSub> {
        self.0.client.get_async_pubsub().await
    }
}

#[async_trait]
impl Probe for Redis {
    /// `PING`.
    async fn probe(&self) -> PortResult<()> {
        let ping = redis::cmd("PING");
        let pong: String =
            self.call(Call::Command(&ping), Lost::Repeat, "asking whether it is there").await?;
        if pong == "PONG" {
            return Ok(());
        }
        Err(PortError::new(
            Fault::Garbled,
            "what answers is not Redis: a PING is answered with something else",
        ))
    }
}
