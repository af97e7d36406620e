//! `dripr ready`: whether the process that runs by a configuration can do its work, for whoever starts and ends
//! containers. An image without a shell has nothing else to ask with.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use super::ConfigFile;
use crate::{config::Config, failure::Failure};

/// Longer than a process takes to find out.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than is ever answered.
const MOST_BYTES: u64 = 16 << 10;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Asks /readyz at operations.listen, or else at http.listen, on this machine. Ends with 0 if \
                        the process that listens there can do its work, with 1 if it cannot or does not answer."
)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(args: &Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let address = address(&args.config.load()?)?;
    let answer = ask(address)
        .map_err(|error| Failure::new(format!("nobody answers at {address} whether it is ready: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => {
            writeln!(out, "{}", body.trim())?;
            Ok(())
        }
        Some("503") => Err(Failure::new(format!("it is not ready: {}", body.trim()))),
        _ => Err(Failure::new(format!("what answers at {address} is not dripr"))),
    }
}

/// Where the process of a configuration answers on its own machine.
fn address(config: &Config) -> Result<SocketAddr, Failure> {
    let listen = config.operations.listen.or(config.http.listen.address());
    let mut address = listen.ok_or_else(|| {
        Failure::new(
            "operations.listen is not given and http.listen is off: nobody answers whether it is ready",
        )
    })?;
    if address.port() == 0 {
        return Err(Failure::new(format!("{address} is another port each time: give one to ask at")));
    }
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(address)
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    String::from_utf8(answer).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(lines: &str) -> Result<String, String> {
        let given = "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
                     [data]\nsales = \"sales.csv\"\n";
        let config = Config::parse(&format!("{given}{lines}"), Path::new(""), &|_| None).unwrap();
        address(&config).map(|address| address.to_string()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn it_asks_where_those_who_watch_are_answered_or_else_where_the_world_is() {
        let asked = |lines| of(lines).unwrap();
        assert_eq!(asked(""), "127.0.0.1:8080");
        assert_eq!(asked("[http]\nlisten = \"0.0.0.0:80\"\n"), "127.0.0.1:80");
        assert_eq!(asked("[http]\nlisten = \"[::]:80\"\n"), "[::1]:80");
        assert_eq!(asked("[operations]\nlisten = \"10.0.0.7:9464\"\n"), "10.0.0.7:9464");
        assert!(of("[http]\nlisten = \"off\"\n").unwrap_err().contains("operations.listen"));
        assert!(of("[http]\nlisten = \"127.0.0.1:0\"\n").unwrap_err().contains("127.0.0.1:0"));
    }
}
