//! The file of an import, read as it comes.

use std::{
    io::{self, BufReader},
    sync::Arc,
};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
};
use dripr_core::{
    access::Scope,
    agent::Agent,
    campaign::AuditEntry,
    imports::{Import, ImportLine, Tally},
    ports::ImportStore,
    schedule::SendDay,
};
use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{find, view::ImportView};
use crate::{
    api::{Api, caller::Asking, problem::Problem},
    compose,
    contacts_file::{ContactsFile, Expected, FileProblem, SendDayRule},
    enrolment::{BATCH, Enroller, ReadRow},
    verifying::Verifying,
};

/// Files that are read at once by one process; each has a thread.
pub(in crate::api) const AT_ONCE: usize = 4;
/// The largest file, in bytes: some millions of rows.
const LARGEST: u64 = 1 << 30;

/// Sends the file of an import: CSV with a header line, in UTF-8, UTF-16 or Windows-1252, with the columns of any of the usual
/// address books. It is answered when every row was read; meanwhile the import tells how far it is. A file that broke off
/// is sent again, whole.
#[utoipa::path(
    put, path = "/agents/{agent}/imports/{import}/file", tag = "imports",
    request_body(content = String, content_type = "text/csv"),
    params(("agent" = String, Path), ("import" = String, Path)), responses((status = 200, body = ImportView))
)]
pub(super) async fn send_import_file(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, import)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ImportView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let mut import = find(&api, &agent.id, &import).await?;
    check(&headers)?;
    let place = api.reading.clone().try_acquire_owned().map_err(|_| {
        Problem::busy(format!("{AT_ONCE} files are being read already; send it again in a while"))
    })?;
    import.begin(api.bench.clock.now()).map_err(|refused| Problem::conflict(refused.to_string()))?;
    let begun = asking.audit(&api, "import_begun", Some(format!("import {}", import.id)));
    keep(&api, &mut import, Vec::new(), Some(begun)).await?;
    let ended = asking.audit(&api, "imported", None);
    // Whoever sends the file may go away; that it broke off is to be noted all the same.
    let reading = tokio::spawn(async move {
        let _place = place;
        read(&api, &agent, import, ended, body).await
    });
    reading.await.map_err(|_| Problem::lost())?.map(|import| Json(ImportView::of(import)))
}

fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/csv") {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the file must be text/csv"));
    }
    if text(header::CONTENT_LENGTH).parse::<u64>().is_ok_and(|length| length > LARGEST) {
        return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, "the file is larger than 1 GiB"));
    }
    Ok(())
}

/// Reads a file to its end, or to where it breaks off, and says so of its import.
async fn read(
    api: &Api,
    agent: &Agent,
    mut import: Import,
    mut ended: AuditEntry,
    body: Body,
) -> Result<Import, Problem> {
    let outcome = take(api, agent, &mut import, body).await;
    let failure = match &outcome {
        Ok(()) => None,
        Err(Stopped::ByFile(problem)) => Some(problem.to_string()),
        Err(Stopped::ByUs(_)) => Some("something failed here; send it again".to_owned()),
    };
    let now = api.bench.clock.now();
    import.end(failure, now);
    let Tally { rows, enrolled, already_enrolled, refused, .. } = import.tally;
    ended.at = now;
    ended.cause = Some(format!(
        "import {}{}: of {rows} rows {enrolled} enrolled, {already_enrolled} already there, {refused} refused",
        import.id,
        if import.options.dry_run { " (dry run)" } else { "" },
    ));
    keep(api, &mut import, Vec::new(), Some(ended)).await?;
    match outcome {
        Ok(()) => Ok(import),
        Err(Stopped::ByFile(problem)) => Err(Problem::invalid("", format!("the file: {problem}"))),
        Err(Stopped::ByUs(problem)) => Err(problem),
    }
}

/// Why a file was not read to its end.
enum Stopped {
    /// It is none, or broke off.
    ByFile(FileProblem),
    /// A store failed, or somebody else reads it now.
    ByUs(Problem),
}

async fn take(api: &Api, agent: &Agent, import: &mut Import, body: Body) -> Result<(), Stopped> {
    let verifier = api.verifier.as_deref().filter(|_| !import.options.dry_run || import.options.verify);
    let enroller = Enroller {
        campaigns: &*api.store,
        contacts: &*api.store,
        imports: &*api.store,
        entropy: &*api.entropy,
        now: api.bench.clock.now(),
        desk: api.bench.clone(),
        user_id: agent.id.clone(),
        dry_run: import.options.dry_run,
        verifying: verifier.map(|verifier| Verifying::by(verifier, &*api.bench.clock)),
    };
    let send_day = match (import.options.send_day.or(api.default_send_day), import.options.spread) {
        (first, Some(days)) => SendDayRule::Spread { first: first.unwrap_or(SendDay::FIRST), days },
        (Some(day), None) => SendDayRule::Default(day),
        (None, None) => SendDayRule::Required,
    };
    let expected = Expected {
        zone: api.bench.policy.rules.zone(),
        now: enroller.now,
        send_day,
        knows_zip: &compose::knows_zip,
    };
    let mut parts = parts(body, expected);
    while let Some(rows) = parts.recv().await {
        let taken = enroller.take(rows.map_err(Stopped::ByFile)?).await;
        let taken = taken.map_err(|error| Stopped::ByUs(error.into()))?;
        import.advance(&taken.tally, api.bench.clock.now());
        keep(api, import, taken.lines, None).await.map_err(Stopped::ByUs)?;
    }
    Ok(())
}

/// The rows of a file, some at a time. Not more of it is fetched than is being taken in.
fn parts(body: Body, expected: Expected<'static>) -> mpsc::Receiver<Result<Vec<ReadRow>, FileProblem>> {
    let (sender, receiver) = mpsc::channel(1);
    let limited = http_body_util::Limited::new(body, usize::try_from(LARGEST).unwrap_or(usize::MAX));
    let stream = Body::new(limited).into_data_stream().map_err(io::Error::other);
    let input = SyncIoBridge::new(StreamReader::new(stream));
    tokio::task::spawn_blocking(move || {
        let read = |told: &mpsc::Sender<_>| -> Result<(), FileProblem> {
            let mut file = ContactsFile::new(BufReader::new(input), expected)?;
            loop {
                let rows = file.next_rows(BATCH)?;
                if rows.is_empty() || told.blocking_send(Ok(rows)).is_err() {
                    return Ok(());
                }
            }
        };
        if let Err(problem) = read(&sender) {
            // Nobody listens any more if the store failed; then that is what is told.
            let _ = sender.blocking_send(Err(problem));
        }
    });
    receiver
}

/// Stores how far an import is.
async fn keep(
    api: &Api,
    import: &mut Import,
    lines: Vec<ImportLine>,
    audit: Option<AuditEntry>,
) -> Result<(), Problem> {
    if api.store.put_import(import, lines, audit).await? {
        import.version += 1;
        return Ok(());
    }
    Err(Problem::conflict("the file of this import is being read by another call"))
}
