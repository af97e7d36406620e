//! Reading answers, page by page.

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{access::Entrance, question::Question, record::Record};
use crate::http::{Answer, Refusal, json};

/// No question needs more records than these.
pub(super) const MOST_RECORDS: usize = 200;
/// However small a server's pages are, no question is worth more calls.
const MOST_PAGES: usize = 10;

/// The resource `Property`.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    entrance: Entrance,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Read<T> {
    /// What was kept of it.
    pub(super) kept: Vec<T>,
    /// How many there are, where that was asked and told.
    pub(super) count: Option<u32>,
    /// Whether there is no more.
    pub(super) is_all: bool,
}

impl Pages {
    pub(super) fn new(entrance: Entrance) -> Self {
        Self { entrance }
    }

    /// Reads until so many records are kept, or there are no more.
    pub(super) async fn read<T: Send>(
        &self,
        question: &Question<'_>,
        wanted: usize,
        keep: impl Fn(Record) -> Option<T> + Send + Sync,
        allowance: &Allowance,
    ) -> PortResult<Read<T>> {
        let mut read = Read { kept: Vec::new(), count: None, is_all: false };
        let mut link = question.link(MOST_RECORDS);
        for _ in 0..MOST_PAGES {
            let page = self.page(&link, allowance).await?;
            read.count = read.count.or(page.count);
            // A record that is none does not cost the others.
            let records = page.value.into_iter().filter_map(|value| serde_json::from_value(value).ok());
            read.kept.extend(records.filter_map(&keep));
            let Some(next) = page.next else {
                read.is_all = true;
                break;
            };
            if read.kept.len() >= wanted {
                break;
            }
            link = next;
        }
        Ok(read)
    }

    /// How many records there are, where the server counts.
    pub(super) async fn count(
        &self,
        question: Question<'_>,
        allowance: &Allowance,
    ) -> PortResult<Option<u32>> {
        Ok(self.page(&question.counted().link(1), allowance).await?.count)
    }

    async fn page(&self, link: &str, allowance: &Allowance) -> PortResult<Page> {
        self.understood(&self.entrance.get(link, allowance).await?)
    }

    /// Asks for one record, and sees whether it can be read.
    pub(super) async fn probe(&self, question: &Question<'_>) -> PortResult<()> {
        let answer = self.entrance.get_afresh(&question.link(1), &Allowance::unlimited()).await?;
        let first = self.understood(&answer)?.value.into_iter().next();
        let (fault, message) = match first.map(serde_json::from_value::<Record>) {
            Some(Ok(_)) => return Ok(()),
            Some(Err(_)) => (Fault::Garbled, "the MLS gave a record that is none"),
            None => (
                Fault::NotFound,
                "the MLS shows no home: this account may see none, or enumerations are in the other dialect",
            ),
        };
        Err(PortError::new(fault, message))
    }

    fn understood(&self, answer: &Answer) -> PortResult<Page> {
        let (fault, what) = match answer.status {
            StatusCode::NOT_IMPLEMENTED => (Fault::Invalid, "does not support the question"),
            // The Core says 403 where others say 401.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (Fault::Misconfigured, "refuses the token"),
            _ => return answer.json(self.entrance.api()),
        };
        let message = format!("the MLS {what} (HTTP {})", answer.status.as_u16());
        Err(Refusal::of(answer).as_error(fault, message))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, rename = "@odata.count", deserialize_with = "json::integer")]
    count: Option<u32>,
    #[serde(default, rename = "@odata.nextLink", deserialize_with = "json::text")]
    next: Option<String>,
    value: Vec<Value>,
}
