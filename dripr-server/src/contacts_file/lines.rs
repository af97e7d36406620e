//! From bytes to rows, without trusting the bytes.
//!
//! One line is held at a time. A quoted field may run over several lines, yet a row never beyond [`MAX_ROW_BYTES`] or
//! [`MAX_ROW_LINES`]. One that does is passed over as a whole, so that what stands in its field is not taken for rows: anybody may
//! have written that. Only if the quote does not end within [`AHEAD_BYTES`] and [`AHEAD_LINES`] is the line that opened it
//! given up alone, and reading goes on with the next one. Lines may end in LF, CR LF, or CR alone.
//!
//! Cells are parted by what parts those of the header line. A row with more cells than the header has is refused: nobody knows
//! which of its cells stand in their columns.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use csv::{ReaderBuilder, StringRecord};

use super::{encoding::windows_1252, problem::RowProblem};

/// The longest row that is read, in bytes.
pub(super) const MAX_ROW_BYTES: usize = 64 * 1024;
/// The most lines that a row may run over.
const MAX_ROW_LINES: usize = 64;
/// How far the end of a quoted field is looked for, in bytes.
const AHEAD_BYTES: usize = 1024 * 1024;
/// The same in lines.
const AHEAD_LINES: usize = 4096;
/// What may part cells. Of those that stand in the header line as often as each other the first one does.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What comes next in the file.
pub(crate) enum Next {
    Fields { number: u64, fields: StringRecord },
    Bad(RowProblem),
    End,
}

/// The rows of a file.
pub(crate) struct Rows<R> {
    input: R,
    read: u64,
    after_cr: bool,
    waiting: VecDeque<Line>,
    /// What parts cells; known from the header line on.
    delimiter: Option<u8>,
    /// How many cells the header has.
    width: Option<usize>,
    /// The last line that was looked through for the end of a quote, and none was found.
    looked_to: u64,
}

/// A line without its end.
struct Line {
    number: u64,
    text: Text,
}

enum Text {
    Whole(Vec<u8>),
    /// It was longer than a row may be. Only this is kept of it: how quoting stands at its end if none was open before it, and
    /// if one was.
    TooLong {
        afresh: Quotes,
        within: Quotes,
    },
}

impl Line {
    fn is_blank(&self) -> bool {
        matches!(&self.text, Text::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace))
    }

    fn size(&self) -> usize {
        match &self.text {
            Text::Whole(bytes) => bytes.len(),
            Text::TooLong { .. } => MAX_ROW_BYTES + 1,
        }
    }

    /// How quoting stands at its end.
    fn follow(&self, before: Quotes, delimiter: u8) -> Quotes {
        match &self.text {
            Text::Whole(bytes) => before.follow(bytes, delimiter),
            Text::TooLong { within, .. } if before.open() => *within,
            Text::TooLong { afresh, .. } => *afresh,
        }
    }

    fn shown(&self) -> String {
        match &self.text {
            Text::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Text::TooLong { .. } => String::new(),
        }
    }
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(input: R) -> Self {
        let waiting = VecDeque::new();
        Self { input, read: 0, after_cr: false, waiting, delimiter: None, width: None, looked_to: 0 }
    }

    /// The next row that is not blank.
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        loop {
            let Some(line) = self.line()? else { return Ok(Next::End) };
            if !line.is_blank() {
                return self.row(line);
            }
        }
    }

    /// The row that begins with a line, and with further ones while a quote stands open.
    fn row(&mut self, first: Line) -> io::Result<Next> {
        let number = first.number;
        let delimiter = match (&first.text, self.delimiter) {
            (Text::Whole(bytes), None) => *self.delimiter.insert(parting(bytes)),
            (_, known) => known.unwrap_or(b','),
        };
        // Lines that were looked through are not looked through for every quote in them: a file of open quotes takes no more
        // time than another.
        let (most_bytes, most_lines) =
            if number > self.looked_to { (AHEAD_BYTES, AHEAD_LINES) } else { (MAX_ROW_BYTES, MAX_ROW_LINES) };
        let mut quotes = first.follow(Quotes::FieldStart, delimiter);
        let mut size = first.size();
        let mut more: VecDeque<Line> = VecDeque::new();
        while quotes.open() {
            let line = if size < most_bytes && more.len() + 1 < most_lines { self.line()? } else { None };
            let Some(line) = line else { return Ok(Next::Bad(self.give_up(&first, more))) };
            size += 1 + line.size();
            quotes = line.follow(Quotes::Quoted, delimiter);
            more.push_back(line);
        }
        let lines = 1 + more.len();
        let mut bytes = match &first.text {
            Text::Whole(bytes) => bytes.clone(),
            Text::TooLong { .. } => return Ok(Next::Bad(RowProblem::new(number, "row", "", TOO_LONG))),
        };
        if size > MAX_ROW_BYTES || lines > MAX_ROW_LINES {
            let reason = format!("a quoted field opens here, and the row runs over {lines} lines: {MOST}");
            return Ok(Next::Bad(RowProblem::new(number, "row", &first.shown(), reason)));
        }
        for line in &more {
            bytes.push(b'\n');
            if let Text::Whole(more) = &line.text {
                bytes.extend_from_slice(more);
            }
        }
        Ok(match fields(&bytes, delimiter) {
            Ok(fields) => self.within_the_header(number, fields),
            Err(reason) => {
                Next::Bad(RowProblem::new(number, "row", &String::from_utf8_lossy(&bytes), reason))
            }
        })
    }

    /// What is wrong with a line that opens a quote which does not end. What came after it is read again, as rows of their own.
    fn give_up(&mut self, first: &Line, after: VecDeque<Line>) -> RowProblem {
        let last = after.back().map_or(first.number, |line| line.number);
        self.looked_to = self.looked_to.max(last);
        after.into_iter().rev().for_each(|line| self.waiting.push_front(line));
        let reason = match first.text {
            Text::Whole(_) => "a quoted field opens here and does not end",
            Text::TooLong { .. } => TOO_LONG,
        };
        RowProblem::new(first.number, "row", &first.shown(), reason)
    }

    /// Only cells that have a column: the first row is the header.
    fn within_the_header(&mut self, number: u64, fields: StringRecord) -> Next {
        let width = *self.width.get_or_insert(fields.len());
        let Some(beyond) = fields.iter().skip(width).find(|cell| !cell.trim().is_empty()) else {
            return Next::Fields { number, fields };
        };
        let cells = fields.len();
        let reason = format!(
            "the row has {cells} cells and the header {width}, so they may be shifted; what parts cells needs quotes \
             around it within one"
        );
        Next::Bad(RowProblem::new(number, "row", beyond, reason))
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let delimiter = self.delimiter.unwrap_or(b',');
        let mut text = Text::Whole(Vec::new());
        let mut any = false;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                // The second half of a CR LF that ended the line before.
                self.input.consume(1);
                continue;
            }
            any = true;
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            text.extend(part, delimiter);
            self.after_cr = end.is_some_and(|end| chunk[end] == b'\r');
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.read += 1;
        if self.read == 1
            && let Text::Whole(bytes) = &mut text
            && bytes.starts_with(BYTE_ORDER_MARK)
        {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(Some(Line { number: self.read, text }))
    }
}

impl Text {
    fn extend(&mut self, part: &[u8], delimiter: u8) {
        match self {
            Self::Whole(bytes) if bytes.len() + part.len() <= MAX_ROW_BYTES => bytes.extend_from_slice(part),
            Self::Whole(bytes) => {
                let end = |before: Quotes| before.follow(bytes, delimiter).follow(part, delimiter);
                *self = Self::TooLong { afresh: end(Quotes::FieldStart), within: end(Quotes::Quoted) };
            }
            Self::TooLong { afresh, within } => {
                *afresh = afresh.follow(part, delimiter);
                *within = within.follow(part, delimiter);
            }
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const TOO_LONG: &str = "the line is longer than 65,536 bytes";
const MOST: &str = "more than 64 lines or 65,536 bytes are not read";

/// What parts the cells of a header line: what stands in it most often outside quotes.
fn parting(header: &[u8]) -> u8 {
    let count = |wanted: &u8| {
        let mut quotes = Quotes::FieldStart;
        let parts = header.iter().filter(|byte| {
            quotes = quotes.after(**byte, |byte| DELIMITERS.contains(&byte));
            quotes == Quotes::FieldStart && *byte == wanted
        });
        parts.count()
    };
    // Of several that are the most the last one is found.
    DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn fields(row: &[u8], delimiter: u8) -> Result<StringRecord, &'static str> {
    const NO_TEXT: &str = "it is no text in UTF-8, UTF-16 or Windows-1252; save the file as CSV in UTF-8";
    if row.contains(&0) {
        return Err(NO_TEXT);
    }
    let other = match std::str::from_utf8(row) {
        Ok(_) => None,
        Err(_) => Some(windows_1252(row).ok_or(NO_TEXT)?),
    };
    let row = other.as_deref().unwrap_or(row);
    let mut fields = StringRecord::new();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(row.len().max(1))
        .from_reader(row);
    match reader.read_record(&mut fields) {
        Ok(_) => Ok(fields),
        Err(_) => Err(NO_TEXT),
    }
}

/// Follows quoting from line to line: a quote opens a field only at its start, and is doubled inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    FieldStart,
    Bare,
    Quoted,
    /// After a quote inside a quoted field: its end, or the first half of a doubled one.
    MaybeEnd,
}

impl Quotes {
    fn after(self, byte: u8, parts: impl Fn(u8) -> bool) -> Self {
        match (self, byte) {
            (Self::FieldStart | Self::MaybeEnd, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::MaybeEnd,
            (Self::Quoted, _) => Self::Quoted,
            (_, byte) if parts(byte) => Self::FieldStart,
            _ => Self::Bare,
        }
    }

    fn follow(self, bytes: &[u8], delimiter: u8) -> Self {
        bytes.iter().fold(self, |quotes, byte| quotes.after(*byte, |byte| byte == delimiter))
    }

    fn open(self) -> bool {
        self == Self::Quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<String> {
        // A tiny buffer, so that lines are cut everywhere.
        let mut rows = Rows::new(io::BufReader::with_capacity(3, bytes));
        let mut all = Vec::new();
        loop {
            match rows.next().unwrap() {
                Next::End => return all,
                Next::Bad(problem) => all.push(format!("{}!{}", problem.row, problem.reason)),
                Next::Fields { number, fields } => {
                    all.push(format!("{number}:{}", fields.iter().collect::<Vec<_>>().join("|")));
                }
            }
        }
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("\u{feff}a,b{end}{end}1,\"x{end}y\"{end}2,z");
            assert_eq!(rows(text.as_bytes()), ["1:a|b", "3:1|x\ny", "5:2|z"], "{end:?}");
        }
    }

    #[test]
    fn an_open_quote_costs_only_the_line_that_opened_it() {
        let mut text = String::from("a,b\n1,\"open\n");
        for n in 0..100 {
            text.push_str(&format!("{n},z\n"));
        }
        let rows = rows(text.as_bytes());
        assert_eq!(rows.len(), 102);
        assert!(rows[1].starts_with("2!a quoted field"), "{}", rows[1]);
        assert_eq!(rows[2], "3:0|z");
        assert_eq!(rows[101], "102:99|z");
    }

    #[test]
    fn a_huge_line_is_passed_over() {
        let text = format!("a\n{}\n2\n", "x".repeat(200_000));
        assert_eq!(rows(text.as_bytes()), ["1:a", "2!the line is longer than 65,536 bytes", "3:2"]);
    }

    #[test]
    fn a_row_that_is_no_utf_8_is_windows_1252_or_refused() {
        assert_eq!(rows(b"a,b\nGar\xe7on,\x80\nGar\xc3\xa7on\n"), ["1:a|b", "2:Garçon|€", "3:Garçon"]);
        assert!(rows(b"a\nb\x81\n")[1].contains("save the file as CSV in UTF-8"));
        assert!(rows(b"a\nb\0\n")[1].contains("save the file as CSV in UTF-8"));
    }

    /// Rows that stand in a cell, as anybody may write them into a note.
    fn note(lines: usize) -> String {
        (0..lines).map(|n| format!("stranger{n}@x.example,98103\n")).collect()
    }

    #[test]
    fn what_stands_in_a_field_is_never_taken_for_rows() {
        for lines in [2, 63, 64, 500, 4_000] {
            let rows = rows(format!("a,b\n1,\"{}\"\n2,z\n", note(lines)).as_bytes());
            assert_eq!((rows.len(), rows.last().unwrap().ends_with(":2|z")), (3, true), "{lines}: {rows:?}");
            assert_eq!(
                rows[1].starts_with("2!a quoted field opens here, and the row"),
                lines > 63,
                "{lines}"
            );
        }
        // A line of it may be longer than any row, or the first one.
        let long = "x".repeat(MAX_ROW_BYTES + 1);
        for field in
            [format!("y\n{long}\n{}", note(3)), format!("{long}\n{}", note(3)), format!("{long}\"\"\n\"\"")]
        {
            let rows = rows(format!("a,b\n1,\"{field}\"\n2,z\n").as_bytes());
            assert_eq!((rows.len(), rows.last().unwrap().ends_with(":2|z")), (3, true), "{rows:?}");
            assert!(rows[1].starts_with("2!"), "{rows:?}");
        }
    }

    #[test]
    fn a_quote_that_does_not_end_is_looked_for_only_so_far() {
        let text = format!("a,b\n1,\"{}", note(AHEAD_LINES + 500));
        let all = rows(text.as_bytes());
        assert_eq!(all.len(), 1 + AHEAD_LINES + 500);
        assert!(all[1].starts_with("2!a quoted field opens here and does not end"), "{}", all[1]);
        assert_eq!(all[2], "3:stranger1@x.example|98103");
        // Every line opens one anew.
        let all = rows(format!("a,b\n{}", "x\",\"\n".repeat(30_000)).as_bytes());
        assert!(all.len() > 29_000, "{}", all.len());
    }

    #[test]
    fn cells_are_parted_by_what_parts_those_of_the_header() {
        for (header, row, expected) in [
            ("a;b", "1;2,5", "2:1|2,5"),
            ("a\tb", "1\t\"x;\ty\"", "2:1|x;\ty"),
            ("\"a;;;\",b", "1;2,3", "2:1;2|3"),
            ("a;\"b,,,\"", "\"1;\n2\";3", "2:1;\n2|3"),
            ("a,b;c", "1,2;3", "2:1|2;3"),
            ("a", "1", "2:1"),
        ] {
            assert_eq!(rows(format!("{header}\n{row}\n").as_bytes())[1], expected, "{header}");
        }
    }

    #[test]
    fn a_row_with_more_cells_than_the_header_is_refused() {
        let all = rows(b"a,b\n1\n1,2,,\n1,2,x\n1,2, ,y\n3,4\n");
        assert_eq!((all[1].as_str(), all[2].as_str(), all[5].as_str()), ("2:1", "3:1|2||", "6:3|4"));
        assert!(all[3].starts_with("4!the row has 3 cells and the header 2"), "{}", all[3]);
        assert!(all[4].starts_with("5!the row has 4 cells and the header 2"), "{}", all[4]);
    }
}
