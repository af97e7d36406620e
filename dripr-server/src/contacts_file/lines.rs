//! From bytes to rows, without trusting the bytes.
//!
//! One line is held at a time. A quoted field may run over several lines, yet never beyond [`MAX_ROW_BYTES`] or
//! [`MAX_ROW_LINES`]: then only the line that opened the quote is given up, and reading goes on with the next one.
//! Lines may end in LF, CR LF, or CR alone.

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
}

/// A line without its end; no bytes when it was too long, and the rest of it has been passed over.
struct Line {
    number: u64,
    bytes: Option<Vec<u8>>,
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, read: 0, after_cr: false, waiting: VecDeque::new() }
    }

    /// The next row that is not blank.
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        loop {
            let Some(line) = self.line()? else { return Ok(Next::End) };
            let Some(bytes) = line.bytes else {
                return Ok(Next::Bad(RowProblem::new(line.number, "row", "", TOO_LONG)));
            };
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return self.row(line.number, bytes);
            }
        }
    }

    /// The row that begins with a line, and with further ones while a quote stands open.
    fn row(&mut self, number: u64, first: Vec<u8>) -> io::Result<Next> {
        let mut quotes = Quotes::default();
        quotes.follow(&first);
        let first_end = first.len();
        let mut bytes = first;
        let mut added: VecDeque<Line> = VecDeque::new();
        while quotes.open() {
            let line = if added.len() + 1 < MAX_ROW_LINES { self.line()? } else { None };
            let fits = line
                .as_ref()
                .and_then(|line| line.bytes.as_ref())
                .is_some_and(|more| bytes.len() + more.len() < MAX_ROW_BYTES);
            let more = match line {
                Some(Line { number, bytes: Some(more) }) if fits => Line { number, bytes: Some(more) },
                rest => {
                    // What came after the open quote is read again, as rows of their own.
                    added.extend(rest);
                    added.append(&mut self.waiting);
                    self.waiting = added;
                    let shown = String::from_utf8_lossy(&bytes[..first_end]).into_owned();
                    let reason = "a quoted field opens here and does not end";
                    return Ok(Next::Bad(RowProblem::new(number, "row", &shown, reason)));
                }
            };
            bytes.push(b'\n');
            if let Some(more) = &more.bytes {
                quotes.follow(b"\n");
                quotes.follow(more);
                bytes.extend_from_slice(more);
            }
            added.push_back(more);
        }
        Ok(match fields(&bytes) {
            Ok(fields) => Next::Fields { number, fields },
            Err(reason) => {
                Next::Bad(RowProblem::new(number, "row", &String::from_utf8_lossy(&bytes), reason))
            }
        })
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let mut too_long = false;
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
            let room = MAX_ROW_BYTES - bytes.len();
            too_long |= part.len() > room;
            bytes.extend_from_slice(&part[..part.len().min(room)]);
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
        if self.read == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(Some(Line { number: self.read, bytes: (!too_long).then_some(bytes) }))
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const TOO_LONG: &str = "the line is longer than 65,536 bytes";

fn fields(row: &[u8]) -> Result<StringRecord, &'static str> {
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
        .buffer_capacity(row.len().max(1))
        .from_reader(row);
    match reader.read_record(&mut fields) {
        Ok(_) => Ok(fields),
        Err(_) => Err(NO_TEXT),
    }
}

/// Follows quoting from line to line: a quote opens a field only at its start, and is doubled inside.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Quotes {
    #[default]
    FieldStart,
    Bare,
    Quoted,
    /// After a quote inside a quoted field: its end, or the first half of a doubled one.
    MaybeEnd,
}

impl Quotes {
    fn follow(&mut self, bytes: &[u8]) {
        for byte in bytes {
            *self = match (*self, byte) {
                (Self::FieldStart | Self::MaybeEnd, b'"') => Self::Quoted,
                (Self::Quoted, b'"') => Self::MaybeEnd,
                (Self::Quoted, _) => Self::Quoted,
                (Self::FieldStart | Self::Bare | Self::MaybeEnd, b',') => Self::FieldStart,
                (Self::FieldStart | Self::Bare | Self::MaybeEnd, _) => Self::Bare,
            };
        }
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
        assert_eq!(rows(b"a\nGar\xe7on,\x80\nGar\xc3\xa7on\n"), ["1:a", "2:Garçon|€", "3:Garçon"]);
        assert!(rows(b"a\nb\x81\n")[1].contains("save the file as CSV in UTF-8"));
        assert!(rows(b"a\nb\0\n")[1].contains("save the file as CSV in UTF-8"));
    }
}
