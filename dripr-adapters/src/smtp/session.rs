//! One connection to the server, and the steps by which an email goes over it. Each step is noted before it is taken, so
//! that wherever the session ends, by an answer, an error or a timeout from outside, it is known how far it came.

use std::time::Duration;

use dripr_core::{email::OutgoingEmail, ports::SendOutcome};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
        response::{Response, Severity},
    },
};
use secrecy::ExposeSecret;

use super::{
    Login, Security, SmtpOptions,
    reply::Refusal,
    verdict::{Stage, Trouble},
};
use crate::mime;

/// Of a server with several addresses, each gets this part of the whole time.
const PART_FOR_AN_ADDRESS: u32 = 4;

/// An email as it goes over the wire.
pub(super) struct Letter {
    from: Address,
    to: Address,
    bytes: Vec<u8>,
}

impl Letter {
    /// # Errors
    /// What becomes of an email that cannot be written.
    pub(super) fn of(email: &OutgoingEmail) -> Result<Self, SendOutcome> {
        let mut bytes = mime::bytes(email).map_err(|reason| SendOutcome::NeedsPeople { reason })?;
        let address = |party: &dripr_core::email::Party| party.address.as_str().parse::<Address>();
        let from = address(&email.message.from).map_err(|_| SendOutcome::NeedsPeople {
            reason: "the agent's address cannot be written in SMTP".to_owned(),
        })?;
        let to = address(&email.message.to).map_err(|_| SendOutcome::BadRecipient {
            reason: "the address cannot be written in SMTP".to_owned(),
        })?;
        // The line break before the final dot is the last one of the email.
        if bytes.ends_with(b"\r\n") {
            bytes.truncate(bytes.len() - 2);
        }
        Ok(Self { from, to, bytes })
    }

    /// What the server has to be told before it gets the email, if it can take it.
    fn parameters(&self, server: &ServerInfo) -> Result<Vec<MailParameter>, Trouble> {
        let mut parameters = Vec::new();
        let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !ascii(&self.from) || !ascii(&self.to) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                let reason = "the address has letters for which the mail server knows no SMTPUTF8".to_owned();
                let from_fits = ascii(&self.from);
                return Err(if from_fits { Trouble::UnfitRecipient(reason) } else { Trouble::Unfit(reason) });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !self.bytes.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                let reason = "the email has bytes for which the mail server knows no 8BITMIME".to_owned();
                return Err(Trouble::Unfit(reason));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// A connection to the server. Dropping it closes it.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
}

impl Session {
    /// Connects, protects the connection and logs in.
    pub(super) async fn open(
        options: &SmtpOptions,
        tls: Option<&TlsParameters>,
        stage: &mut Stage,
    ) -> Result<Self, Trouble> {
        *stage = Stage::Connect;
        let hello = ClientId::default();
        let server = (options.host.as_str(), options.port);
        let for_an_address: Duration = options.timeout / PART_FOR_AN_ADDRESS;
        let at_once = tls.filter(|_| options.security == Security::Tls).cloned();
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(for_an_address), &hello, at_once, None)
                .await
                .map_err(trouble)?;
        if let Some(tls) = tls.filter(|_| options.security == Security::StartTls) {
            if !connection.can_starttls() {
                return Err(Trouble::Broken("it offers no STARTTLS".to_owned()));
            }
            connection.starttls(tls.clone(), &hello).await.map_err(trouble)?;
        }
        let mut session = Self { connection };
        if let Some(login) = &options.login {
            *stage = Stage::LogIn;
            session.log_in(login).await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Trouble> {
        if self.connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            let reason = "the mail server offers no login by name and password".to_owned();
            return Err(Trouble::Unfit(reason));
        }
        let password = login.password.expose_secret().to_owned();
        let credentials = Credentials::new(login.username.clone(), password);
        let reply = self.connection.auth(DEFAULT_MECHANISMS, &credentials).await;
        done(reply.map_err(trouble)?).map(|_| ())
    }

    /// Hands an email over and gives the reply by which the server took it. After an error the connection is of no use
    /// any more.
    pub(super) async fn deliver(&mut self, letter: &Letter, stage: &mut Stage) -> Result<Response, Trouble> {
        *stage = Stage::Sender;
        let parameters = letter.parameters(self.connection.server_info())?;
        let from = Mail::new(Some(letter.from.clone()), parameters);
        done(self.connection.command(from).await.map_err(trouble)?)?;
        *stage = Stage::Recipient;
        let to = Rcpt::new(letter.to.clone(), Vec::new());
        done(self.connection.command(to).await.map_err(trouble)?)?;
        *stage = Stage::Data;
        let leave = self.connection.command(Data).await.map_err(trouble)?;
        if !leave.has_code(354) {
            return Err(out_of_step(&leave));
        }
        *stage = Stage::Body;
        done(self.connection.message(&letter.bytes).await.map_err(trouble)?)
    }

    /// Says good-bye and closes the connection, whatever the server answers.
    pub(super) async fn leave(mut self) {
        self.connection.abort().await;
    }
}

/// A reply that says that what was asked for is done.
fn done(reply: Response) -> Result<Response, Trouble> {
    if reply.code().severity == Severity::PositiveCompletion { Ok(reply) } else { Err(out_of_step(&reply)) }
}

/// A good reply to another question than ours.
fn out_of_step(reply: &Response) -> Trouble {
    Trouble::Broken(format!("its reply {} does not fit the command", reply.code()))
}

fn trouble(error: Error) -> Trouble {
    match Refusal::of(&error) {
        Ok(refusal) => Trouble::Refused(refusal),
        Err(why) => Trouble::Broken(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(from: &str, to: &str, bytes: &str) -> Letter {
        let address = |text: &str| {
            let (local, domain) = text.split_once('@').unwrap();
            Address::new_dangerous(local, domain)
        };
        Letter { from: address(from), to: address(to), bytes: bytes.as_bytes().to_vec() }
    }

    fn server(offers: &str) -> ServerInfo {
        ServerInfo::from_response(&format!("250-mx\r\n250 {offers}\r\n").parse().unwrap()).unwrap()
    }

    fn told(letter: &Letter, offers: &str) -> Result<Vec<String>, Trouble> {
        let parameters = letter.parameters(&server(offers))?;
        Ok(parameters.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_server_is_told_of_more_than_ascii_only_where_there_is_some() {
        let plain = letter("ana@x.example", "kim@y.example", "Subject: x\r\n\r\nx");
        assert!(told(&plain, "SMTPUTF8").unwrap().is_empty());
        let eight = letter("ana@x.example", "kim@y.example", "Subject: x\r\n\r\nGröße");
        assert_eq!(told(&eight, "8BITMIME").unwrap(), ["BODY=8BITMIME"]);
        let wide = letter("ana@x.example", "größe@y.example", "x");
        assert_eq!(told(&wide, "SMTPUTF8").unwrap(), ["SMTPUTF8"]);
    }

    #[test]
    fn what_a_server_cannot_take_it_is_not_asked_to_take() {
        let eight = letter("ana@x.example", "kim@y.example", "Größe");
        let people = told(&eight, "SIZE").unwrap_err();
        assert!(matches!(people, Trouble::Unfit(_)), "{people:?}");
        let recipient = told(&letter("ana@x.example", "größe@y.example", "x"), "8BITMIME").unwrap_err();
        assert!(matches!(recipient, Trouble::UnfitRecipient(_)), "{recipient:?}");
        let sender = told(&letter("größe@x.example", "kim@y.example", "x"), "8BITMIME").unwrap_err();
        assert!(matches!(sender, Trouble::Unfit(_)), "{sender:?}");
    }
}
