//! An SMTP server.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    thread,
};

use super::{Desk, Event, Letter, short_pause};

pub(super) fn session(stream: &TcpStream, desk: &Desk) -> io::Result<()> {
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
            let letter = email(&mut lines, &recipient)?;
            if !take(desk, &letter, &say)? {
                return Ok(());
            }
        } else {
            return say("221 2.0.0 bye");
        }
    }
}

/// Reads an email to its final dot.
fn email(lines: &mut BufReader<&TcpStream>, recipient: &str) -> io::Result<Letter> {
    let (mut message_id, mut email_id) = (None, None);
    loop {
        let line = line(lines)?;
        if line == "." {
            let missing = || io::Error::other("an email without its names");
            return Ok(Letter {
                account: "-".to_owned(),
                recipient: recipient.to_owned(),
                message_id: message_id.ok_or_else(missing)?,
                email_id: email_id.ok_or_else(missing)?,
            });
        }
        if let Some(id) = line.strip_prefix("Message-ID: <") {
            message_id.get_or_insert(id.trim_end_matches('>').to_owned());
        }
        if let Some(id) = line.strip_prefix("X-Dripr-Email-Id: ") {
            email_id.get_or_insert(id.to_owned());
        }
    }
}

/// Accepts an email, or does not; says so, or does not. Whether the session goes on.
fn take(desk: &Desk, letter: &Letter, say: &impl Fn(&str) -> io::Result<()>) -> io::Result<bool> {
    let mood = desk.roll(100);
    let pause = short_pause(desk);
    match mood {
        0..5 => {
            desk.note(Event::EmailLost, letter)?;
            return Ok(false);
        }
        5..10 => {
            desk.note(Event::Later, letter)?;
            say("451 4.3.0 not now")?;
            return Ok(true);
        }
        10..20 => thread::sleep(pause),
        _ => {}
    }
    let name = desk.accept(letter)?;
    match mood {
        20..25 => {
            desk.note(Event::AnswerLost, letter)?;
            return Ok(false);
        }
        25..40 => thread::sleep(pause),
        _ => {}
    }
    say(&format!("250 2.0.0 Ok: queued as {name}"))?;
    desk.note(Event::Answered, letter)?;
    Ok(true)
}

fn line(lines: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if lines.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches("\r\n").to_owned())
}
