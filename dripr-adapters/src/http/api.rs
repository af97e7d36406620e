//! One provider's API: where it is, who asks, and how long an answer may be.

use std::{error::Error as StdError, fmt, time::Duration};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::Refusal;

/// The longest reason that is told for an answer that did not come, in characters.
const LONGEST_REASON: usize = 200;

/// How a provider is asked. The defaults suit the real services.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where the API is, if not where its provider has it: a proxy, a sandbox, a test.
    pub base_url: Option<String>,
    /// How long an answer may take, connecting included. Connecting may take half of it, so that what never reached its
    /// provider is known as such.
    pub timeout: Duration,
    /// How many bytes an answer may have.
    pub most_bytes: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { base_url: None, timeout: Duration::from_secs(10), most_bytes: 8 << 20 }
    }
}

/// Why a provider cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum UnusableApi {
    /// The address is none.
    #[error("the address of {provider} is not an http or https URL: {url:?}")]
    Url {
        /// Whose it should be.
        provider: &'static str,
        /// What was given.
        url: String,
    },
    /// The key cannot stand in a header.
    #[error("the key of {provider} has characters that no key has, such as a line break")]
    Key {
        /// Whose key.
        provider: &'static str,
    },
    /// There is no TLS.
    #[error("{provider} cannot be asked over TLS")]
    Tls {
        /// For whom.
        provider: &'static str,
        /// Why.
        source: rustls::Error,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client of {provider} cannot be made")]
    Client {
        /// For whom.
        provider: &'static str,
        /// Why.
        source: reqwest::Error,
    },
}

/// One provider's API.
#[derive(Clone)]
pub(crate) struct HttpApi {
    provider: &'static str,
    client: Client,
    base: Url,
    headers: HeaderMap,
    most_bytes: usize,
}

impl fmt::Debug for HttpApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpApi")
            .field("provider", &self.provider)
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer, where it matters whether the provider may have got the question.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// There was no call to make, or no connection to make it over: not a byte of the question has left.
    NotAsked(PortError),
    /// A connection was there, so the question may have arrived, and what the provider made of it is not known.
    NotHeard(PortError),
}

impl From<Unanswered> for PortError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotAsked(error) | Unanswered::NotHeard(error) => error,
        }
    }
}

impl HttpApi {
    pub(crate) fn new(
        provider: &'static str,
        usual_base: &str,
        options: &HttpOptions,
    ) -> Result<Self, UnusableApi> {
        let given = options.base_url.as_deref().unwrap_or(usual_base);
        // Without the slash the last part of its path would be exchanged and not extended.
        let url = format!("{}/", given.trim_end_matches('/'));
        let base =
            Url::parse(&url).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        let base = base.ok_or_else(|| UnusableApi::Url { provider, url: given.to_owned() })?;
        let tls = tls().map_err(|source| UnusableApi::Tls { provider, source })?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .timeout(options.timeout)
            // Whoever cannot be reached at all is known for that before the time is up.
            .connect_timeout(options.timeout / 2)
            .user_agent(concat!("dripr/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| UnusableApi::Client { provider, source })?;
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Ok(Self { provider, client, base, headers, most_bytes: options.most_bytes })
    }

    /// Sends a header that holds a key, or what a key is put into.
    pub(crate) fn keyed(
        mut self,
        name: &'static str,
        before: &str,
        key: &SecretString,
    ) -> Result<Self, UnusableApi> {
        let unusable = UnusableApi::Key { provider: self.provider };
        let Ok(mut value) = HeaderValue::from_str(&format!("{before}{}", key.expose_secret())) else {
            return Err(unusable);
        };
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// The same, with a name that is only known when it runs.
    #[cfg(feature = "otlp")]
    pub(crate) fn keyed_by(mut self, name: &str, key: &SecretString) -> Result<Self, UnusableApi> {
        let name = HeaderName::from_bytes(name.as_bytes());
        let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_str(key.expose_secret())) else {
            return Err(UnusableApi::Key { provider: self.provider });
        };
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sends a header that everybody may know.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    pub(crate) fn provider(&self) -> &'static str {
        self.provider
    }

    pub(crate) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Asks for what stands at a path below the base.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        allowance: &Allowance,
    ) -> PortResult<Answer> {
        let request = self.request(Method::GET, path)?.query(query);
        self.send(request, allowance).await
    }

    /// Asks for an address that the provider itself gave for the next page. It must be the provider's own.
    pub(crate) async fn get_next(&self, link: &str, allowance: &Allowance) -> PortResult<Answer> {
        let next = self.base.join(link).ok().filter(|next| next.origin() == self.base.origin());
        let next = next.ok_or_else(|| {
            let message = format!("{} gave a next page that is not its own", self.provider);
            PortError::new(Fault::Garbled, message)
        })?;
        let request = self.client.request(Method::GET, next).headers(self.headers.clone());
        self.send(request, allowance).await
    }

    /// Sends JSON to a path below the base.
    pub(crate) async fn post<B: Serialize + Sync>(
        &self,
        path: &str,
        body: &B,
        allowance: &Allowance,
    ) -> PortResult<Answer> {
        let request = self.request(Method::POST, path)?.json(body);
        self.send(request, allowance).await
    }

    /// Sends a form to a path below the base.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        form: &[(&str, &str)],
        allowance: &Allowance,
    ) -> PortResult<Answer> {
        let request = self.request(Method::POST, path)?.form(form);
        self.send(request, allowance).await
    }

    /// Hands over what must not be handed over twice, and says of a failure whether the provider may have it. `within` is
    /// shorter than the usual time, where less is left.
    pub(crate) async fn hand_over(
        &self,
        path: &str,
        query: &[(&str, &str)],
        kind: &'static str,
        body: Vec<u8>,
        within: Option<Duration>,
        allowance: &Allowance,
    ) -> Result<Answer, Unanswered> {
        let request = self.request(Method::POST, path).map_err(Unanswered::NotAsked)?;
        let request = request.query(query).header(CONTENT_TYPE, kind).body(body);
        let request = match within {
            Some(within) => request.timeout(within),
            None => request,
        };
        self.exchange(request, allowance).await
    }

    fn request(&self, method: Method, path: &str) -> PortResult<RequestBuilder> {
        let url = self.base.join(path.trim_start_matches('/')).map_err(|source| {
            PortError::new(Fault::Invalid, format!("{} has no such address", self.provider)).caused_by(source)
        })?;
        Ok(self.client.request(method, url).headers(self.headers.clone()))
    }

    async fn send(&self, request: RequestBuilder, allowance: &Allowance) -> PortResult<Answer> {
        Ok(self.exchange(request, allowance).await?)
    }

    async fn exchange(&self, request: RequestBuilder, allowance: &Allowance) -> Result<Answer, Unanswered> {
        allowance.take().await.map_err(Unanswered::NotAsked)?;
        let response = request.send().await.map_err(|error| {
            let never_left = error.is_connect() || error.is_builder();
            let error = self.unanswered(error);
            if never_left { Unanswered::NotAsked(error) } else { Unanswered::NotHeard(error) }
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        // What the head says stands, whatever becomes of the rest: a refusal is one without its reasons too.
        match self.body(response).await {
            Ok(body) => Ok(Answer { status, headers, body }),
            Err(_) if status.is_client_error() => Ok(Answer { status, headers, body: Vec::new() }),
            Err(error) => Err(Unanswered::NotHeard(error)),
        }
    }

    async fn body(&self, mut response: Response) -> PortResult<Vec<u8>> {
        let too_long = || {
            let message = format!("{} answered with more than {} bytes", self.provider, self.most_bytes);
            Err(PortError::new(Fault::Garbled, message))
        };
        if response.content_length().is_some_and(|length| length > self.most_bytes as u64) {
            return too_long();
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unanswered(error))? {
            if body.len() + chunk.len() > self.most_bytes {
                return too_long();
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// An error of the connection, without the address, which may hold a key and tells who is asked about.
    fn unanswered(&self, error: reqwest::Error) -> PortError {
        let (fault, what) = if error.is_timeout() {
            (Fault::Unavailable, "did not answer in time")
        } else if error.is_connect() {
            (Fault::Unavailable, "cannot be reached")
        } else if error.is_builder() || error.is_request() && error.is_redirect() {
            (Fault::Invalid, "cannot be asked that")
        } else {
            (Fault::Unavailable, "broke off its answer")
        };
        PortError::new(fault, format!("{} {what}", self.provider)).caused_by(reason(&error.without_url()))
    }
}

/// Why there was no answer, in the words of whoever found it out: "error sending request" helps nobody, "Connection
/// refused" does. A certificate's names are among them, so they are cut.
fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}

impl Answer {
    /// What the provider said, if its status is one of success.
    ///
    /// # Errors
    /// The refusal, sorted; [`Fault::Garbled`] if the body is not what was to be expected.
    pub(crate) fn json<T: DeserializeOwned>(&self, api: &HttpApi) -> PortResult<T> {
        if !self.status.is_success() {
            return Err(Refusal::of(self).sorted(api));
        }
        self.parsed(api)
    }

    /// What the provider said, whatever its status.
    pub(crate) fn parsed<T: DeserializeOwned>(&self, api: &HttpApi) -> PortResult<T> {
        serde_json::from_slice(&self.body).map_err(|source| {
            // serde_json quotes what it met, which may be somebody's address.
            let place = format!("line {} column {}", source.line(), source.column());
            let message = format!("the answer of {} cannot be read ({place})", api.provider());
            PortError::new(Fault::Garbled, message)
        })
    }
}

/// TLS as rustls does it with ring, trusting the roots that Mozilla trusts.
pub(crate) fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
