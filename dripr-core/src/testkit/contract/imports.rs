use super::{START, Stage, Store, at};
use crate::{
    campaign::{Actor, AuditEntry},
    ids::{CampaignId, ImportId, UserId},
    imports::{Fate, Import, ImportLine, ImportOptions, Reported, Stage as How, Tally},
    ports::{ImportLineFilter, ImportStore, PersonStore},
    testkit::samples,
};

/// What every [`ImportStore`] must do: progress is stored with the lines that belong to it, by one reader of the file at a
/// time, until it is forgotten; and what is there already is found.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn import_store<S: Store + ImportStore + PersonStore + ?Sized>(store: &S) {
    let stage = Stage::new(store, 2).await;
    let user = stage.new[0].campaign.user_id.clone();
    let id = |name: &str| ImportId::new(name).expect("an id");
    let import = |name: &str, user: &UserId, now: &str| {
        let report = Reported::EveryRow;
        let options = ImportOptions { spread: Some(7), report, ..ImportOptions::default() };
        Import::new(id(name), user.clone(), options, at(now))
    };
    let read = async |name: &str| store.import(&id(name)).await.expect("reading an import");
    let another = samples::agent("other", at(START)).expect("a sample agent");
    let (event, other) = (samples::user_created(&another), another.id.clone());
    assert!(store.register(another, event, Actor::Operator).await.expect("registering an agent"));
    let first = import("a", &user, START);
    store.add_import(first.clone()).await.expect("adding an import");
    assert_eq!(read("a").await.as_ref(), Some(&first), "an import is kept as it is");
    assert_eq!(read("b").await, None, "there is no other");
    store.add_import(import("b", &user, START)).await.expect("adding an import");
    store.add_import(import("c", &other, START)).await.expect("adding an import");

    let listed = async |before: Option<&str>, limit: usize| {
        let imports = store.imports(&user, before.map(id), limit).await.expect("listing imports");
        imports.into_iter().map(|import| import.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 5).await, ["b", "a"], "the newest first, and nobody else's");
    assert_eq!(listed(None, 1).await, ["b"]);
    assert_eq!(listed(Some("b"), 5).await, ["a"]);

    // Two readers at once: one of them goes on.
    let line = |row: u64, fate: Fate| ImportLine {
        row,
        fate,
        opted_out: row == 12,
        not_verified: row == 4,
        external_id: (row == 4).then(|| "crm \u{1f3e0} 4".parse().expect("an external id")),
    };
    let refused = Fate::Refused {
        field: "email".to_owned(),
        value: "kim@home".to_owned(),
        reason: "is \u{1f3e0} none".to_owned(),
    };
    let unusable = Fate::Refused {
        field: "email".to_owned(),
        value: "Who_Knows@gone.example".to_owned(),
        reason: "takes no mail".to_owned(),
    };
    let lines = vec![
        line(2, refused.clone()),
        line(3, Fate::AlreadyEnrolled(Some(stage.id(0)))),
        line(4, Fate::Enrolled(stage.id(1))),
        line(11, refused.clone()),
        line(12, Fate::AlreadyEnrolled(None)),
        line(13, unusable),
    ];
    let entry = |what: &str| Some(AuditEntry::of(what, Actor::Operator, at(START), None));
    let put = async |import: &Import, lines: Vec<ImportLine>, audit: Option<AuditEntry>| {
        store.put_import(import, lines, audit).await.expect("storing progress")
    };
    let mut mine = first.clone();
    mine.begin(at("2026-03-01T12:00:01Z")).expect("a first beginning");
    assert!(put(&mine, Vec::new(), entry("begun")).await, "the first one begins");
    let late = put(&mine, vec![line(9, Fate::Acceptable)], entry("late")).await;
    assert!(!late, "who did not hear of that does not");
    mine.version += 1;
    mine.advance(&Tally { rows: 10, refused: 2, ..Tally::default() }, at("2026-03-01T12:00:02Z"));
    assert!(put(&mine, lines.clone(), None).await);
    mine.version += 1;
    assert_eq!(read("a").await.as_ref(), Some(&mine), "progress is stored, its version counted up");

    let told = async |fate: Option<&'static str>, after: Option<u64>, limit: usize| {
        let filter = ImportLineFilter { fate, ..ImportLineFilter::default() };
        let lines = store.import_lines(&id("a"), filter, after, limit).await.expect("reading lines");
        lines.into_iter().map(|line| line.row).collect::<Vec<_>>()
    };
    let all =
        store.import_lines(&id("a"), ImportLineFilter::default(), None, 9).await.expect("reading lines");
    assert_eq!(all, lines, "lines are kept as they are, and none of who was late");
    assert_eq!(told(None, Some(2), 2).await, [3, 4], "a part of them");
    assert_eq!(told(Some(refused.name()), None, 9).await, [2, 11, 13], "by what became of them");
    assert_eq!(told(Some(refused.name()), Some(2), 9).await, [11, 13]);
    let of_whom = async |opted_out: Option<bool>, not_verified: Option<bool>, after: Option<u64>| {
        let filter = ImportLineFilter { fate: None, opted_out, not_verified };
        let lines = store.import_lines(&id("a"), filter, after, 9).await.expect("reading lines");
        lines.into_iter().map(|line| line.row).collect::<Vec<_>>()
    };
    assert_eq!(of_whom(Some(true), None, None).await, [12], "of those who want no mail");
    assert_eq!(of_whom(Some(false), None, None).await, [2, 3, 4, 11, 13], "of all others");
    assert_eq!(of_whom(None, Some(true), None).await, [4], "of those who could not be verified");
    assert_eq!(of_whom(None, Some(false), Some(3)).await, [11, 12, 13]);
    assert_eq!(of_whom(Some(true), Some(true), None).await, [0_u64; 0], "all that is asked for holds");
    let rows_of = async |address: &str| {
        let address = address.parse().expect("an address");
        let person = store.person(&user, &address).await.expect("looking for a person");
        person.map(|known| known.refused_rows.iter().map(|line| line.row).collect::<Vec<_>>())
    };
    assert_eq!(rows_of("who_knows@GONE.example").await, Some(vec![13]), "who is named in a line is known");
    assert_eq!(rows_of("whoxknows@gone.example").await, None, "and nobody else is");

    // Whoever erases a person cannot know whom lines speak of.
    let address = stage.new[0].contact.email.clone();
    store.erase_contacts(&user, &address, at(START)).await.expect("erasing contacts");
    assert_eq!(told(None, None, 9).await, [0_u64; 0], "lines are erased with any person of the agent");
    assert_eq!(rows_of("who_knows@gone.example").await, None, "with all whom they name");

    mine.end(Some("it broke off".to_owned()), at("2026-03-01T12:00:03Z"));
    assert!(put(&mine, vec![line(12, Fate::Acceptable)], None).await);
    mine.version += 1;
    mine.begin(at("2026-03-01T12:00:04Z")).expect("another beginning");
    assert!(put(&mine, vec![line(12, refused)], None).await);
    assert_eq!(told(None, None, 9).await, [12], "lines are those of the last run");
    let earlier = async || store.forget_earlier_lines(&id("a")).await.expect("forgetting lines");
    assert_eq!((earlier().await, earlier().await), (1, 0), "those of earlier ones are forgotten");
    assert_eq!(told(None, None, 9).await, [12], "and no others");
    let stored = read("a").await.expect("it is there");
    assert!(matches!(stored.stage, How::Running), "it runs again");

    store.add_import(import("d", &other, "2026-03-31T12:00:00Z")).await.expect("adding an import");
    let forget = async |made_by: &str| store.forget_imports(at(made_by)).await.expect("forgetting imports");
    assert_eq!(forget("2026-03-01T11:59:59Z").await, 0, "what is younger is kept");
    let mut forgotten = 0;
    loop {
        match forget(START).await {
            0 => break,
            some => forgotten += some,
        }
    }
    assert_eq!(forgotten, 4, "three imports and a line are forgotten");
    assert_eq!(read("a").await, None, "imports are forgotten");
    assert_eq!(told(None, None, 9).await, [0_u64; 0], "with their lines");
    assert!(!put(&stored, Vec::new(), entry("late")).await, "what is forgotten stays so");
    let history = store.agent_history(&user, None, None, 99).await.expect("reading a history");
    let told: Vec<_> = history.iter().filter(|line| ["begun", "late"].contains(&&*line.entry.what)).collect();
    assert_eq!(told.len(), 1, "the history tells of what was done, and of nothing else");
    assert!(read("d").await.is_some());

    // The second of the sample campaigns; the first one's person was erased.
    let known = (stage.new[1].contact.email.key(), stage.new[1].campaign.home_key());
    let nobody = (known.0.clone(), "elsewhere".to_owned());
    let found = store.campaigns_like(&user, &[nobody.clone(), known.clone(), nobody]).await;
    let expected: [Option<CampaignId>; 3] = [None, Some(stage.id(1)), None];
    assert_eq!(found.expect("looking for campaigns"), expected, "a campaign is found by address and home");
    let of_others = store.campaigns_like(&other, &[known]).await.expect("looking for campaigns");
    assert_eq!(of_others, [None], "and nobody else's");
    cancelled(store, &user).await;
    every_row(store, &user).await;
}

/// A report of every row is found page by page, and those of a kind among very many.
async fn every_row<S: Store + ImportStore + ?Sized>(store: &S, user: &UserId) {
    let options = ImportOptions { report: Reported::EveryRow, ..ImportOptions::default() };
    let id: ImportId = "every-row".parse().expect("an id");
    let mut import = Import::new(id.clone(), user.clone(), options, at(START));
    store.add_import(import.clone()).await.expect("adding an import");
    import.begin(at(START)).expect("a beginning");
    let campaign = |row: u64| CampaignId::new(format!("c-{row}")).expect("an id");
    let lines = (2..=301).map(|row| ImportLine {
        row,
        fate: if row == 300 { Fate::Acceptable } else { Fate::Enrolled(campaign(row)) },
        opted_out: row == 301,
        not_verified: row == 299,
        external_id: row.is_multiple_of(2).then(|| row.to_string().parse().expect("an external id")),
    });
    let lines: Vec<ImportLine> = lines.collect();
    assert!(store.put_import(&import, lines.clone(), None).await.expect("storing progress"));
    let found = async |filter: ImportLineFilter, after: Option<u64>, limit: usize| {
        store.import_lines(&id, filter, after, limit).await.expect("reading lines")
    };
    let all = ImportLineFilter::default();
    assert_eq!(found(all, None, 1_000).await, lines, "each row has its line");
    assert_eq!(found(all, Some(100), 50).await, lines[99..149], "a part of them");
    let enrolled = ImportLineFilter { fate: Some(lines[0].fate.name()), ..all };
    let rest = found(enrolled, Some(297), 9).await;
    assert_eq!(
        rest.iter().map(|line| line.row).collect::<Vec<_>>(),
        [298, 299, 301],
        "by what became of them"
    );
    let not_verified = ImportLineFilter { not_verified: Some(true), ..enrolled };
    let opted_out = ImportLineFilter { opted_out: Some(true), ..enrolled };
    for (filter, row) in [(not_verified, 299_u64), (opted_out, 301)] {
        let few = found(filter, None, 9).await;
        assert_eq!(few.iter().map(|line| line.row).collect::<Vec<_>>(), [row], "and what else is asked for");
    }
    import.version += 1;
    import.end(None, at(START));
    assert!(store.put_import(&import, Vec::new(), None).await.expect("storing progress"));
}

/// Whoever reads a file learns by the store that another cancelled its import, and what they have in hand is kept.
async fn cancelled<S: Store + ImportStore + ?Sized>(store: &S, user: &UserId) {
    let id: ImportId = "unwanted".parse().expect("an id");
    let read = async || store.import(&id).await.expect("reading an import").expect("an import");
    let put = async |import: &Import, what: Option<&str>| {
        let audit = what.map(|what| AuditEntry::of(what, Actor::Operator, at(START), None));
        store.put_import(import, Vec::new(), audit).await.expect("storing progress")
    };
    let mut reader = Import::new(id.clone(), user.clone(), ImportOptions::default(), at(START));
    store.add_import(reader.clone()).await.expect("adding an import");
    reader.begin(at(START)).expect("a beginning");
    assert!(put(&reader, None).await);
    reader.version += 1;
    let mut another = read().await;
    assert_eq!(another.cancel(at("2026-03-01T12:00:05Z")), Ok(true), "another cancels it");
    assert!(put(&another, Some("import_cancelled")).await);
    let stored = read().await;
    assert_eq!((&stored.stage, stored.cancelled_at), (&How::Running, another.cancelled_at), "that is kept");
    reader.advance(&Tally { rows: 5, ..Tally::default() }, at("2026-03-01T12:00:06Z"));
    assert!(!put(&reader, None).await, "whoever reads it cannot go on as before");
    assert!(reader.heed(&read().await), "since it was cancelled");
    reader.end(None, at("2026-03-01T12:00:07Z"));
    assert!(put(&reader, Some("imported")).await, "and can store what was read till then");
    let stored = read().await;
    assert_eq!((&stored.stage, stored.tally.rows), (&How::Cancelled, 5), "it is cancelled, with its counts");
    let history = store.agent_history(user, None, None, 99).await.expect("reading a history");
    let told = history.iter().filter(|line| line.entry.what == "import_cancelled").count();
    assert_eq!(told, 1, "the history tells of it");
    left_to_readers(store, user).await;
}

/// What was cancelled while it was read, and has not ended since, is found, whosever it is.
async fn left_to_readers<S: Store + ImportStore + ?Sized>(store: &S, user: &UserId) {
    let put = async |import: &mut Import| {
        assert!(store.put_import(import, Vec::new(), None).await.expect("storing progress"));
        import.version += 1;
    };
    let left = async |after: Option<&str>, limit: usize| {
        let after = after.map(|id| ImportId::new(id).expect("an id"));
        let imports = store.imports_left_to_readers(after, limit).await.expect("looking for imports");
        imports.into_iter().map(|id| id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(left(None, 9).await, [""; 0], "one that its reader ended is not left to them");
    let mut made = Vec::new();
    for id in ["left-1", "left-2", "left-3", "waiting", "read"] {
        let id = ImportId::new(id).expect("an id");
        let mut import = Import::new(id, user.clone(), ImportOptions::default(), at(START));
        store.add_import(import.clone()).await.expect("adding an import");
        if import.id.as_str() != "waiting" {
            import.begin(at(START)).expect("a beginning");
            put(&mut import).await;
        }
        if import.id.as_str() != "read" {
            assert_eq!(import.cancel(at("2026-03-01T12:00:05Z")), Ok(true));
            put(&mut import).await;
        }
        made.push(import);
    }
    assert_eq!(left(None, 9).await, ["left-1", "left-2", "left-3"], "no other is");
    assert_eq!(left(None, 2).await, ["left-1", "left-2"], "in the order of their ids");
    assert_eq!(left(Some("left-1"), 9).await, ["left-2", "left-3"], "a part of them");
    assert!(!made[0].end_for_dead_reader(at("2026-03-01T12:00:59Z")), "they may live");
    assert!(made[0].end_for_dead_reader(at("2026-03-01T12:01:00Z")), "and are dead a minute later");
    put(&mut made[0]).await;
    assert_eq!(left(None, 9).await, ["left-2", "left-3"], "what has ended is not found again");
}
