//! The figures as tables, and the page that holds them.

use std::{fmt::Write as _, path::Path};

use dripr_tests::Failure;

use crate::{
    figures::{Combination, Figures, STORED, Work, median},
    place::{Kind, Queue},
};

const BEGIN: &str = "<!-- figures: written by the benchmark -->\n";
const END: &str = "<!-- end of figures -->\n";

/// Puts the figures in the page's place for them.
pub(crate) fn write(path: &Path, table: &str) -> Result<(), Failure> {
    let page = std::fs::read_to_string(path)?;
    let between = page.find(BEGIN).map(|at| at + BEGIN.len()).zip(page.find(END));
    let (begin, end) =
        between.filter(|(begin, end)| begin <= end).ok_or("the page has no place for figures")?;
    std::fs::write(path, format!("{}{table}{}", &page[..begin], &page[end..]))?;
    Ok(())
}

/// All tables, in Markdown.
pub(crate) fn table(figures: &Figures) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(figures, &mut out);
    out
}

fn write_all(figures: &Figures, out: &mut String) -> std::fmt::Result {
    let plain = median(figures.plain.clone());
    writeln!(
        out,
        "Medians of {} runs (one, where a run took more than ten seconds); load of the machine {:.1} before and {:.1} after. The plain loop did {} campaigns/s, with {} us of processor time for each.\n",
        figures.runs,
        figures.load.0,
        figures.load.1,
        whole(plain),
        whole(median(figures.plain_processor.clone()))
    )?;
    writeln!(
        out,
        "| store | queues | campaigns | campaigns/s | of the plain loop | processor, each | statements each | commits each | memory | at rest, each |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for of in &figures.combinations {
        for work in &of.works {
            row(of, work, out)?;
        }
    }
    writeln!(out, "\n| store | queues | alone, due to ready: median | slowest tenth |\n|---|---|---|---|")?;
    for of in &figures.combinations {
        let (median, slow) = of.alone;
        writeln!(out, "| {} | {} | {median:.1} ms | {slow:.1} ms |", store(of), queue(of.queue))?;
    }
    let stored: Vec<String> =
        STORED.iter().map(|stored| format!("{} stored", whole(*stored as f64))).collect();
    writeln!(out, "\n| looking for due campaigns | {} | memory with the most |", stored.join(" | "))?;
    writeln!(out, "|---|---|---|---|---|")?;
    for of in figures.combinations.iter().filter(|of| !of.looks.is_empty()) {
        let looks: Vec<String> = of.looks.iter().map(|(look, _)| format!("{look:.0} us")).collect();
        let memory = of.looks.last().map_or(f64::NAN, |(_, memory)| *memory);
        writeln!(out, "| {} | {} | {} |", store(of), looks.join(" | "), megabytes(memory))?;
    }
    let single = |part: &str, name: &str| figures.single[part][name].as_f64().unwrap_or(f64::NAN);
    writeln!(
        out,
        "\nOne send date: {:.0} ns. One report: {:.0} us at {:.0} KB of HTML, {:.0} us as the templates ship ({:.0} KB).",
        figures.single["date"].as_f64().unwrap_or(f64::NAN),
        single("full", "time"),
        single("full", "bytes") / 1e3,
        single("built_in", "time"),
        single("built_in", "bytes") / 1e3,
    )?;
    goals(figures, out)?;
    for missing in &figures.missing {
        writeln!(out, "\nNot measured, because it was not there: {missing}.")?;
    }
    Ok(())
}

/// What was reached beside what is wanted: of the most campaigns, with the queues beside them.
fn goals(figures: &Figures, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n| goal | | wanted | at least | reached |\n|---|---|---|---|---|")?;
    let mut row = |what: &str, of: &str, wanted: &str, least: &str, reached: String| {
        writeln!(out, "| {what} | {of} | {wanted} | {least} | {reached} |")
    };
    for of in figures.combinations.iter().filter(|of| of.queue == Queue::Beside) {
        let Some(work) = of.works.last() else { continue };
        let name = &store(of);
        let (rate, least, alone) = match of.kind {
            Kind::Sqlite => ("2,700", "1,400", "3 ms"),
            Kind::Postgres | Kind::MySql => ("1,200", "700", "10 ms"),
        };
        row("campaigns/s", name, rate, least, whole(work.rate))?;
        if of.kind == Kind::Sqlite {
            row("of the plain loop", name, "", "0.5", format!("{:.2}", work.of_plain))?;
        }
        row("alone, due to ready", name, alone, "", format!("{:.1} ms", of.alone.0))?;
        row("commits each", name, "0.1", "", format!("{:.3}", work.commits))?;
        if let Some(statements) = work.statements {
            row("statements each", name, "5", "", format!("{statements:.2}"))?;
        }
        row("memory", name, "25 MB", "", megabytes(work.memory))?;
        if let Some(bytes) = work.at_rest {
            row("at rest, each month", name, "20 KB", "", format!("{:.1} KB", bytes / 1e3))?;
        }
        if let (Some((few, _)), Some((most, memory))) = (of.looks.first(), of.looks.last()) {
            row("looking for due campaigns", name, "10 us", "", format!("{most:.0} us"))?;
            row("the same, most by fewest stored", name, "1.6", "", format!("{:.1}", most / few))?;
            row("memory with the most stored", name, "64 MB", "", megabytes(*memory))?;
        }
    }
    let date = figures.single["date"].as_f64().unwrap_or(f64::NAN);
    row("a send date", "", "100 ns", "", format!("{date:.0} ns"))?;
    let report = figures.single["full"]["time"].as_f64().unwrap_or(f64::NAN);
    row("a report", "", "40 us", "", format!("{report:.0} us"))
}

fn row(of: &Combination, work: &Work, out: &mut String) -> std::fmt::Result {
    let statements = work.statements.map_or_else(|| "not counted".to_owned(), |n| format!("{n:.2}"));
    let at_rest =
        work.at_rest.map_or_else(|| "not measured".to_owned(), |bytes| format!("{:.1} KB", bytes / 1e3));
    writeln!(
        out,
        "| {} | {} | {} | {} | {:.2} | {} us | {statements} | {:.3} | {} | {at_rest} |",
        store(of),
        queue(of.queue),
        whole(work.campaigns as f64),
        whole(work.rate),
        work.of_plain,
        whole(work.processor),
        work.commits,
        megabytes(work.memory),
    )
}

fn store(of: &Combination) -> String {
    match of.kind {
        Kind::MySql => of.version.split('-').take(2).collect::<Vec<_>>().join(" "),
        Kind::Sqlite => of.version.clone(),
        Kind::Postgres => of.version.split(' ').take(2).collect::<Vec<_>>().join(" "),
    }
}

fn queue(queue: Queue) -> &'static str {
    match queue {
        Queue::Beside => "beside",
        Queue::Redis => "Redis",
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

/// `12,345`.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
