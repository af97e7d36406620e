//! The one service of all tests, and plain HTTP to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

static SERVICE: OnceLock<Service> = OnceLock::new();

/// It ends with this process, since its standard input does.
struct Service {
    port: u16,
    _process: Child,
}

/// The port at which it answers.
pub(crate) fn port() -> u16 {
    SERVICE.get_or_init(start).port
}

fn start() -> Service {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../dripr-adapters/tests/sns_sqs/service.py");
    let mut process = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need python3 with moto[server] and boto3");
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().parse();
    Service {
        port: port.expect("these tests need moto[server]: pip install 'moto[server]'"),
        _process: process,
    }
}

/// A request, and the body of its answer.
pub(crate) fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port())).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    // Not to the stream's end, which the other side takes its time for.
    let mut answer = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), None);
    loop {
        let begin = head.len();
        assert_ne!(answer.read_line(&mut head).unwrap(), 0, "{method} {path}: {head}");
        let line = head[begin..].trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<u64>().unwrap());
        }
    }
    let mut body = String::new();
    answer.take(length.unwrap_or(u64::MAX)).read_to_string(&mut body).unwrap();
    assert!(head.contains(" 200 "), "{method} {path}: {head}{body}");
    body
}
