//! What Redis says, sorted by whose fault it is. An error holds no address, and nothing that the server was sent.

use std::time::Duration;

use dripr_core::errors::{Fault, PortError};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server, or the way to it.
    Redis(RedisError),
    /// The same, while the connection was made.
    Connecting(RedisError),
    /// It took longer than it may.
    Late(Duration),
}

/// Sorts a failure; `doing` completes "while …".
pub(super) fn sorted(failure: &Failure, doing: &str) -> PortError {
    let (fault, why) = match failure {
        Failure::Late(limit) => {
            (Fault::Unavailable, format!("Redis did not answer within {} ms", limit.as_millis()))
        }
        Failure::Redis(error) => {
            let (fault, why) = of(error);
            (fault, why.to_owned())
        }
        Failure::Connecting(error) => match of(error) {
            // A database that is not there, a command of the greeting that is not known.
            (Fault::Garbled, why) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => {
                (Fault::Misconfigured, why.to_owned())
            }
            (fault, why) => (fault, why.to_owned()),
        },
    };
    PortError::new(fault, format!("{why} while {doing}"))
}

fn of(error: &RedisError) -> (Fault, &'static str) {
    match error.kind() {
        ErrorKind::Io if error.is_connection_refusal() => {
            (Fault::Unavailable, "Redis cannot be reached: the connection is refused")
        }
        ErrorKind::Io => (Fault::Unavailable, "Redis cannot be reached, or the connection was lost"),
        ErrorKind::AuthenticationFailed => (Fault::Misconfigured, "Redis refuses the password"),
        ErrorKind::InvalidClientConfig => (Fault::Misconfigured, "the address of Redis cannot be used"),
        ErrorKind::Parse => (Fault::Garbled, "what answers is not Redis"),
        ErrorKind::UnexpectedReturnType => {
            (Fault::Garbled, "Redis answered with something that is not understood")
        }
        ErrorKind::Server(kind) => of_server(kind, error),
        ErrorKind::Extension => of_code(error),
        _ => (Fault::Garbled, "Redis failed"),
    }
}

fn of_server(kind: ServerErrorKind, error: &RedisError) -> (Fault, &'static str) {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::NoScript
        | ServerErrorKind::TryAgain
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ExecAbort => (Fault::Unavailable, "Redis is not ready"),
        ServerErrorKind::ReadOnly => (Fault::Unavailable, "this Redis is a replica and cannot be written to"),
        ServerErrorKind::Moved
        | ServerErrorKind::Ask
        | ServerErrorKind::CrossSlot
        | ServerErrorKind::ClusterDown => {
            (Fault::Misconfigured, "this Redis is a cluster, which is not spoken")
        }
        ServerErrorKind::NoPerm => {
            (Fault::Misconfigured, "the user of Redis may not do what is needed, or not with this prefix")
        }
        _ => of_code(error),
    }
}

fn of_code(error: &RedisError) -> (Fault, &'static str) {
    match error.code() {
        Some("NOAUTH") => (Fault::Misconfigured, "Redis wants a password"),
        Some("WRONGPASS") => (Fault::Misconfigured, "Redis refuses the password"),
        Some("DENIED") => (Fault::Misconfigured, "Redis takes no connection from here without a password"),
        Some("OOM") => (Fault::Misconfigured, "the memory of Redis is full"),
        Some("MISCONF") => (Fault::Misconfigured, "Redis cannot store to its disk"),
        Some("WRONGTYPE") => (Fault::Corrupt, "a key in Redis is not what it was made as"),
        Some("BUSY" | "NOREPLICAS" | "UNBLOCKED") => (Fault::Unavailable, "Redis is not ready"),
        // Before version 7 a script's error has the code of none.
        _ if error.detail().is_some_and(|detail| detail.contains("WRONGTYPE")) => {
            (Fault::Corrupt, "a key in Redis is not what it was made as")
        }
        _ if error.detail().is_some_and(|detail| detail.contains("max number of clients")) => {
            (Fault::Unavailable, "Redis has as many connections as it takes")
        }
        _ => (Fault::Garbled, "Redis answered with an error that is not known"),
    }
}
