//! The file of an import, read as it comes.

use std::{io::BufReader, pin::pin, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use dripr_core::{
    access::Scope,
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ids::ImportId,
    imports::{BEAT_SECONDS, Fate, FileRefused, Import, ImportLine, MOST_REFUSED, Stage},
    policy::after,
    ports::ImportStore,
    schedule::SendDay,
};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{
    find,
    pieces::{PATIENCE, in_time},
    view::ImportView,
};
use crate::{
    api::{Api, caller::Asking, conflict::Conflict, path::Path, problem::Problem},
    compose,
    contacts_file::{ContactsFile, Expected, FileProblem, SendDayRule},
    enrolment::{Approvals, Enroller, ReadRow, Seen},
    verifying::Verifying,
};

/// The largest file, in bytes: some millions of rows.
const LARGEST: u64 = 1 << 30;

/// Sends the file of an import: CSV with a header line, in UTF-8, UTF-16 or Windows-1252, with the columns of any of the usual
/// address books. It is answered when every row was read; meanwhile the import tells how far it is. A file that broke off
/// is sent again, whole; it does so if nothing comes of it for a minute. Two files of an agent are read at once. Once the import
/// is cancelled, by whomever, it is read no farther, and this is a conflict (`import-cancelled`).
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
    // Whoever sends the file decides what goes out, and may be another than who made the import.
    let otherwise = asking.check_before_sending(import.options.check_before_sending)?;
    let may_approve = asking.0.scopes.has(Scope::Approve);
    let approvals = if may_approve { Approvals::AsRowsSay { otherwise } } else { Approvals::Always };
    let place = api.reading.take(&agent.id)?;
    import.begin(api.bench.clock.now()).map_err(|refused| match refused {
        FileRefused::Done => Problem::conflict(Conflict::ImportDone, refused.to_string()),
        FileRefused::Cancelled => Problem::conflict(Conflict::ImportCancelled, refused.to_string()),
        FileRefused::Running => Problem::in_progress(refused.to_string()),
    })?;
    let begun = asking.audit(&api, "import_begun", Some(format!("import {}", import.id)));
    keep(&api, &mut import, Vec::new(), Some(begun)).await?;
    let by = asking.0.actor.clone();
    let ended = asking.audit(&api, "imported", None);
    // Whoever sends the file may go away; that it broke off is to be noted all the same.
    let reading = tokio::spawn(async move {
        let _place = place;
        read(&api, &agent, by, approvals, import, ended, body).await
    });
    let import = reading.await.map_err(|_| Problem::lost())??;
    let now = import.moved_at;
    Ok(Json(ImportView::of(import, now)))
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
    by: Actor,
    approvals: Approvals,
    mut import: Import,
    mut ended: AuditEntry,
    body: Body,
) -> Result<Import, Problem> {
    let outcome = take(api, agent, by, approvals, &mut import, body).await;
    let failure = match &outcome {
        Ok(()) | Err(Stopped::Cancelled) => None,
        Err(Stopped::ByFile(problem)) => Some(problem.to_string()),
        Err(Stopped::ByUs(_)) => Some("something failed here; send it again".to_owned()),
    };
    let now = api.bench.clock.now();
    // Whoever ended it in this reader's place told of it.
    let was_ended = import.stage == Stage::Cancelled;
    import.end(failure, now);
    ended.at = now;
    ended.cause = Some(import.outcome());
    keep(api, &mut import, Vec::new(), (!was_ended).then_some(ended)).await?;
    match outcome {
        _ if import.stage == Stage::Cancelled => {
            let detail = format!("this import was cancelled; what was stored stays: {}", import.tally);
            Err(Problem::conflict(Conflict::ImportCancelled, detail))
        }
        Ok(()) | Err(Stopped::Cancelled) => Ok(import),
        Err(Stopped::ByFile(FileProblem::Unreadable(why))) if *api.stopping.borrow() => {
            Err(Problem::busy(why.to_string()))
        }
        Err(Stopped::ByFile(problem)) => Err(Problem::invalid("", format!("the file: {problem}"))),
        Err(Stopped::ByUs(problem)) => Err(problem),
    }
}

/// Why a file was not read to its end.
enum Stopped {
    /// Somebody cancelled the import.
    Cancelled,
    /// It is none, or broke off.
    ByFile(FileProblem),
    /// A store failed, or somebody else reads it now.
    ByUs(Problem),
}

async fn take(
    api: &Api,
    agent: &Agent,
    by: Actor,
    approvals: Approvals,
    import: &mut Import,
    body: Body,
) -> Result<(), Stopped> {
    let id = import.id.clone();
    let forgotten = alive(api, import, forget_earlier_lines(api, &id)).await?;
    forgotten.map_err(|error| Stopped::ByUs(error.into()))?;
    if import.cancelled_at.is_some() {
        return Err(Stopped::Cancelled);
    }
    let verifier = api.verifier.as_deref().filter(|_| !import.options.dry_run || import.options.verify);
    let enroller = Enroller {
        campaigns: &*api.store,
        contacts: &*api.store,
        imports: &*api.store,
        entropy: &*api.entropy,
        now: api.bench.clock.now(),
        desk: api.bench.clone(),
        user_id: agent.id.clone(),
        by,
        approvals,
        dry_run: import.options.dry_run,
        reported: import.options.report,
        verifying: verifier.map(|verifier| Verifying::by(verifier, &*api.bench.clock)),
        seen: Seen::default(),
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
    // The file ends for its reader when nobody is left who takes rows in: whatever of it is still to come is not waited for.
    let (_taking, taken_no_more) = oneshot::channel();
    let mut parts = parts(body, taken_no_more, api.stopping.clone(), expected, enroller.batch());
    let mut useless = 0;
    while let Some(rows) = until_cancelled(api, import, parts.recv()).await? {
        let taken = alive(api, import, enroller.take(rows.map_err(Stopped::ByFile)?)).await?;
        let taken = taken.map_err(|error| Stopped::ByUs(error.into()))?;
        useless += taken.lines.iter().filter(|line| is_useless(line)).count() as u64;
        import.advance(&taken.tally, api.bench.clock.now());
        keep(api, import, taken.lines, None).await.map_err(Stopped::ByUs)?;
        if import.cancelled_at.is_some() {
            return Err(Stopped::Cancelled);
        }
        if useless >= MOST_REFUSED {
            return Err(Stopped::ByFile(FileProblem::TooManyRefused(useless)));
        }
    }
    Ok(())
}

/// Forgets what was told of the file when it came before. Of every row that may be much, and takes its time.
async fn forget_earlier_lines(api: &Api, import: &ImportId) -> PortResult<()> {
    while api.store.forget_earlier_lines(import).await? > 0 {}
    Ok(())
}

/// Whether nothing at all became of a row.
const fn is_useless(line: &ImportLine) -> bool {
    matches!(line.fate, Fate::Refused { .. }) && !line.opted_out
}

/// Waits for some work, and meanwhile says of an import again and again that whoever reads its file is there. Work that was begun is
/// done: what it stores is to be counted.
async fn alive<T>(api: &Api, import: &mut Import, work: impl Future<Output = T>) -> Result<T, Stopped> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = beat(api, import) => keep(api, import, Vec::new(), None).await.map_err(Stopped::ByUs)?,
        }
    }
}

/// The same of waiting for what is still to come, which ends once somebody cancels the import.
async fn until_cancelled<T>(
    api: &Api,
    import: &mut Import,
    coming: impl Future<Output = T>,
) -> Result<T, Stopped> {
    let mut coming = pin!(coming);
    loop {
        tokio::select! {
            biased;
            came = &mut coming => return Ok(came),
            () = beat(api, import) => keep(api, import, Vec::new(), None).await.map_err(Stopped::ByUs)?,
        }
        if import.cancelled_at.is_some() {
            return Err(Stopped::Cancelled);
        }
    }
}

/// Waits until it is time for a sign of life, and gives one.
async fn beat(api: &Api, import: &mut Import) {
    let next = after(import.moved_at, Duration::from_secs(BEAT_SECONDS));
    api.bench.clock.sleep_until(next).await;
    import.beat(api.bench.clock.now());
}

/// The rows of a file, some at a time. Not more of it is fetched than is being taken in.
fn parts(
    body: Body,
    taken_no_more: oneshot::Receiver<()>,
    stopping: watch::Receiver<bool>,
    expected: Expected<'static>,
    some: usize,
) -> mpsc::Receiver<Result<Vec<ReadRow>, FileProblem>> {
    let (sender, receiver) = mpsc::channel(1);
    let limited = http_body_util::Limited::new(body, usize::try_from(LARGEST).unwrap_or(usize::MAX));
    let pieces = Body::new(limited).into_data_stream().take_until(taken_no_more);
    let stream = in_time(pieces, PATIENCE, stopping);
    let input = SyncIoBridge::new(StreamReader::new(Box::pin(stream)));
    tokio::task::spawn_blocking(move || {
        let read = |told: &mpsc::Sender<_>| -> Result<(), FileProblem> {
            let mut file = ContactsFile::new(BufReader::new(input), expected)?;
            loop {
                let rows = file.next_rows(some)?;
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

/// Stores how far an import is, also if it was cancelled meanwhile; it knows that then. If it was ended in its reader's place too, the
/// history tells of that already, and `audit` is left out.
async fn keep(
    api: &Api,
    import: &mut Import,
    lines: Vec<ImportLine>,
    mut audit: Option<AuditEntry>,
) -> Result<(), Problem> {
    while !api.store.put_import(import, lines.clone(), audit.clone()).await? {
        let stored = api.store.import(&import.id).await?;
        // There are two such changes at most: it is cancelled, and ended.
        let Some(stored) = stored.as_ref().filter(|stored| import.heed(stored)) else {
            return Err(not_ours(stored.as_ref()));
        };
        audit = audit.filter(|_| stored.stage != Stage::Cancelled);
    }
    import.version += 1;
    Ok(())
}

/// Why an import is not this reader's, given how it is stored.
fn not_ours(stored: Option<&Import>) -> Problem {
    // Also if that came before its file began to.
    if stored.is_some_and(|stored| stored.cancelled_at.is_some()) {
        return Problem::conflict(Conflict::ImportCancelled, FileRefused::Cancelled.to_string());
    }
    Problem::in_progress("the file of this import is being read by another call")
}

#[cfg(test)]
mod tests {
    use dripr_core::imports::ImportOptions;

    use super::*;

    #[test]
    fn who_loses_an_import_that_was_cancelled_is_told_so() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let (id, user) = ("i".parse().unwrap(), "ana".parse().unwrap());
        let waiting = Import::new(id, user, ImportOptions::default(), now);
        let code = |stored: Option<&Import>| serde_json::to_value(not_ours(stored)).unwrap()["code"].clone();
        // Their file began to come when somebody cancelled it: another run is no news that they could heed.
        let mut begun = waiting.clone();
        begun.begin(now).unwrap();
        let mut cancelled = waiting.clone();
        cancelled.cancel(now).unwrap();
        cancelled.version += 1;
        assert!(!begun.heed(&cancelled));
        assert_eq!(code(Some(&cancelled)), "import-cancelled");
        assert_eq!(code(Some(&Import { run: 2, ..begun })), "in-progress");
        assert_eq!(code(None), "in-progress");
    }
}
