//! Opening a `.csv` or `.csv.gz` file and walking its rows without trusting them.
//!
//! The parser sees one line at a time. A quoted field may run over several lines, yet never beyond
//! [`MAX_ROW_BYTES`] or [`MAX_ROW_LINES`]: then only the line that opened the quote is given up and reading goes on
//! with the next one. Memory stays bounded whatever the file holds.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use csv_core::{ReadRecordResult, Reader};
use flate2::read::MultiGzDecoder;

use super::{
    headers::{Column, Headers, MAX_COLUMNS},
    row_report::{RowError, RowReport},
};

/// The longest row that is read, in bytes.
pub const MAX_ROW_BYTES: usize = 64 * 1024;
/// The most lines a row may run over.
pub const MAX_ROW_LINES: usize = 64;
/// The most rows that are taken from one file.
pub const MAX_ROWS: u64 = 5_000_000;

/// A file that cannot be used at all. Errors of single rows are no such thing: see [`RowReport`].
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Missing, unreadable, or damaged while reading.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No header line.
    #[error("{}: the file is empty; a header line was expected", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A column without which no row can be read.
    #[error("{}: no column for {column}; found none of its names in the header", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
    },
    /// More rows than [`MAX_ROWS`].
    #[error("{}: more than {MAX_ROWS} rows", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

/// One row: its line number and fields.
pub(super) struct Row<'a> {
    pub(super) number: u64,
    headers: &'a Headers,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The trimmed text of a column; nothing where the column is missing, empty, or says so (`-`, `NA`, `null`).
    pub(super) fn text(&self, column: Column) -> Option<&'a str> {
        let text = self.raw(column);
        let says_nothing = text.chars().all(|c| c == '-' || c == '—')
            || ["na", "n/a", "null", "none"].iter().any(|word| text.eq_ignore_ascii_case(word));
        (!says_nothing).then_some(text)
    }

    /// The trimmed text of a column as it stands, for errors; empty where there is none.
    pub(super) fn raw(&self, column: Column) -> &'a str {
        let field = || {
            let place = self.headers.place(column)?;
            let end = *self.ends.get(place)?;
            let start = place.checked_sub(1).and_then(|before| self.ends.get(before).copied()).unwrap_or(0);
            self.text.get(start..end)
        };
        field().unwrap_or_default().trim()
    }

    /// An error about this row.
    pub(super) fn error(&self, field: &'static str, value: &str, expected: &'static str) -> RowError {
        RowError::new(self.number, field, value, expected)
    }
}

/// What became of a row.
pub(super) enum Taken {
    /// It was used.
    Yes,
    /// It is sound, but of another kind.
    LeftOut,
}

/// Walks the rows of a file. `required` lists the columns without which nothing can be read, any one of each group,
/// with the words for the error.
pub(super) fn read_rows(
    path: &Path,
    required: &[(&[Column], &'static str)],
    mut take: impl FnMut(&Row<'_>) -> Result<Taken, RowError>,
) -> Result<RowReport, FileError> {
    let io_error = |source| FileError::Io { path: path.to_owned(), source };
    let mut lines = Lines::new(open(path).map_err(io_error)?);
    let mut parser = Parser::new();
    let mut report = RowReport::default();

    let headers = loop {
        match parser.next(&mut lines).map_err(io_error)? {
            Next::End => return Err(FileError::Empty { path: path.to_owned() }),
            Next::Bad(error) => report.reject(error),
            Next::Fields { text, ends, .. } => {
                let fields = (0..ends.len()).filter_map(|i| {
                    let start = i.checked_sub(1).and_then(|before| ends.get(before).copied()).unwrap_or(0);
                    text.get(start..*ends.get(i)?)
                });
                break Headers::read(fields);
            }
        }
    };
    for (group, column) in required {
        if group.iter().all(|column| headers.place(*column).is_none()) {
            return Err(FileError::MissingColumn { path: path.to_owned(), column });
        }
    }
    loop {
        match parser.next(&mut lines).map_err(io_error)? {
            Next::End => return Ok(report),
            Next::Bad(error) => report.reject(error),
            Next::Fields { number, text, ends } => {
                match take(&Row { number, headers: &headers, text, ends }) {
                    Ok(Taken::Yes) => report.taken += 1,
                    Ok(Taken::LeftOut) => report.left_out += 1,
                    Err(error) => report.reject(error),
                }
            }
        }
        if report.taken > MAX_ROWS {
            return Err(FileError::TooLong { path: path.to_owned() });
        }
    }
}

/// Whether a file is gzip is told by its first bytes, not by its name.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))))
    } else {
        Ok(Box::new(file))
    }
}

/// A physical line without its line end.
struct Line {
    number: u64,
    /// Nothing when the line was longer than [`MAX_ROW_BYTES`]; the rest of it has been passed over.
    bytes: Option<Vec<u8>>,
}

struct Lines {
    input: Box<dyn BufRead>,
    read: u64,
    waiting: VecDeque<Line>,
}

impl Lines {
    fn new(input: Box<dyn BufRead>) -> Self {
        Self { input, read: 0, waiting: VecDeque::new() }
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let limit = MAX_ROW_BYTES as u64 + 1;
        if self.input.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.read += 1;
        let number = self.read;
        if !bytes.ends_with(b"\n") && bytes.len() as u64 == limit {
            self.skip_line()?;
            return Ok(Some(Line { number, bytes: None }));
        }
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        if number == 1 && bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        Ok(Some(Line { number, bytes: Some(bytes) }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(());
            }
            let (used, found) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (chunk.len(), false),
            };
            self.input.consume(used);
            if found {
                return Ok(());
            }
        }
    }

    /// Puts lines back, to be read again in their order.
    fn put_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.waiting.push_front(line);
        }
    }
}

enum Next<'a> {
    Fields { number: u64, text: &'a str, ends: &'a [usize] },
    Bad(RowError),
    End,
}

/// The outcome of feeding one line.
enum Fed {
    Done,
    WantsMore,
    TooMuch,
}

struct Parser {
    core: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_len: usize,
    ends_len: usize,
}

impl Parser {
    fn new() -> Self {
        Self {
            core: Reader::new(),
            text: vec![0; MAX_ROW_BYTES],
            ends: vec![0; MAX_COLUMNS],
            text_len: 0,
            ends_len: 0,
        }
    }

    fn next(&mut self, lines: &mut Lines) -> io::Result<Next<'_>> {
        // A row that was given up hands its later lines back; they are read again as rows of their own.
        let number = loop {
            let Some(first) = lines.next()? else { return Ok(Next::End) };
            match &first.bytes {
                Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Some(_) => break self.gather(first, lines)?,
                None => {
                    let error = RowError::new(first.number, "row", "", "a line of at most 65,536 bytes");
                    return Ok(Next::Bad(error));
                }
            }
        };
        match number {
            Err(error) => Ok(Next::Bad(error)),
            Ok(number) => match std::str::from_utf8(&self.text[..self.text_len]) {
                Ok(text) => Ok(Next::Fields { number, text, ends: &self.ends[..self.ends_len] }),
                Err(_) => {
                    let shown = String::from_utf8_lossy(&self.text[..self.text_len.min(80)]);
                    Ok(Next::Bad(RowError::new(number, "row", &shown, "UTF-8 text")))
                }
            },
        }
    }

    /// Feeds a line, and further ones while a quote stands open.
    fn gather(&mut self, first: Line, lines: &mut Lines) -> io::Result<Result<u64, RowError>> {
        self.core.reset();
        self.text_len = 0;
        self.ends_len = 0;
        let number = first.number;
        let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let opening = first.bytes.as_deref().map(shown).unwrap_or_default();
        let mut later = Vec::new();
        let mut fed = self.feed(first.bytes.as_deref().unwrap_or_default());
        loop {
            match fed {
                Fed::Done => return Ok(Ok(number)),
                Fed::WantsMore if later.len() + 1 < MAX_ROW_LINES => match lines.next()? {
                    Some(line) => {
                        fed = line.bytes.as_deref().map_or(Fed::TooMuch, |bytes| self.feed(bytes));
                        later.push(line);
                    }
                    None => break,
                },
                Fed::WantsMore | Fed::TooMuch => break,
            }
        }
        lines.put_back(later);
        Ok(Err(RowError::new(number, "row", &opening, "closed quotes and at most 1,024 fields")))
    }

    fn feed(&mut self, line: &[u8]) -> Fed {
        for input in [line, b"\n"] {
            let mut rest = input;
            while !rest.is_empty() {
                let (result, read, wrote, ended) = self.core.read_record(
                    rest,
                    &mut self.text[self.text_len..],
                    &mut self.ends[self.ends_len..],
                );
                self.text_len += wrote;
                self.ends_len += ended;
                rest = &rest[read..];
                match result {
                    ReadRecordResult::InputEmpty => {}
                    // A carriage return in mid-line ends the row for the parser; what follows it is not guessed at.
                    ReadRecordResult::Record if input == b"\n" || rest.is_empty() => return Fed::Done,
                    ReadRecordResult::Record
                    | ReadRecordResult::OutputFull
                    | ReadRecordResult::OutputEndsFull
                    | ReadRecordResult::End => return Fed::TooMuch,
                }
            }
        }
        Fed::WantsMore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn rows(bytes: &[u8]) -> (Vec<Vec<Option<String>>>, RowReport) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut seen = Vec::new();
        let report = read_rows(&path, &[(&[Column::Price], "the price")], |row| {
            let text = |column| row.text(column).map(str::to_owned);
            seen.push(vec![text(Column::Price), text(Column::Address)]);
            Ok(Taken::Yes)
        });
        (seen, report.unwrap())
    }

    fn pair(price: &str, address: &str) -> Vec<Option<String>> {
        vec![Some(price.to_owned()), Some(address.to_owned())]
    }

    #[test]
    fn quotes_line_breaks_bom_and_crlf_are_understood() {
        let (seen, report) = rows(
            "\u{feff}price,extra,address\r\n1,x,\"12 Elm St, Unit \"\"B\"\"\"\r\n\r\n2,y,\"two\nlines\"\n3"
                .as_bytes(),
        );
        assert_eq!(seen[0], pair("1", "12 Elm St, Unit \"B\""));
        assert_eq!(seen[1], pair("2", "two\nlines"));
        assert_eq!(seen[2], vec![Some("3".to_owned()), None]);
        assert_eq!((report.taken, report.rejected), (3, 0));
    }

    #[test]
    fn an_open_quote_costs_one_row_and_not_the_rest_of_the_file() {
        let mut file = b"price,address\n1,a\n2,\"never closed\n".to_vec();
        for i in 0..200 {
            file.extend_from_slice(format!("{i},home\n").as_bytes());
        }
        let (seen, report) = rows(&file);
        assert_eq!(seen.len(), 201);
        assert_eq!(report.rejected, 1);
        assert_eq!(report.errors[0].row, 3);
    }

    #[test]
    fn a_row_that_is_not_utf8_or_far_too_long_is_reported_and_passed_over() {
        let mut file = b"price,address\n1,caf\xe9\n2,ok\n3,".to_vec();
        file.extend(std::iter::repeat_n(b'x', 3 * MAX_ROW_BYTES));
        file.extend_from_slice(b"\n4,ok\n5");
        file.extend(std::iter::repeat_n(b',', 5000));
        file.extend_from_slice(b"\n6,ok\n");
        let (seen, report) = rows(&file);
        assert_eq!(seen, [pair("2", "ok"), pair("4", "ok"), pair("6", "ok")]);
        assert_eq!(report.errors.iter().map(|e| e.row).collect::<Vec<_>>(), [2, 4, 6]);
    }

    #[test]
    fn errors_are_all_counted_and_a_bounded_number_kept() {
        let mut file = b"price\n".to_vec();
        for _ in 0..500 {
            file.extend_from_slice(b"\xff\n");
        }
        let (_, report) = rows(&file);
        assert_eq!((report.rejected, report.errors.len()), (500, super::super::row_report::KEPT_ERRORS));
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("named-plainly.csv");
        let mut gzip =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        gzip.write_all(b"price\n7\n").unwrap();
        gzip.finish().unwrap();
        let report = read_rows(&path, &[], |_| Ok(Taken::Yes)).unwrap();
        assert_eq!(report.taken, 1);
        // Cut short, it is an error that names the file.
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 6]).unwrap();
        let error = read_rows(&path, &[], |_| Ok(Taken::Yes)).unwrap_err();
        assert!(error.to_string().contains("named-plainly.csv"), "{error}");
    }

    #[test]
    fn a_missing_file_an_empty_one_and_a_missing_column_name_the_file() {
        let missing = read_rows(Path::new("/no/such/sales.csv"), &[], |_| Ok(Taken::Yes)).unwrap_err();
        assert!(missing.to_string().contains("/no/such/sales.csv"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "").unwrap();
        assert!(matches!(read_rows(&path, &[], |_| Ok(Taken::Yes)), Err(FileError::Empty { .. })));
        std::fs::write(&path, "address\nx\n").unwrap();
        let error = read_rows(&path, &[(&[Column::Price], "the price")], |_| Ok(Taken::Yes)).unwrap_err();
        assert!(error.to_string().contains("the price"), "{error}");
    }
}
