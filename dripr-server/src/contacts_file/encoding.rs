//! Text in other encodings than UTF-8, as Excel and Outlook write it.
//!
//! UTF-16 is told by its byte order mark, or by the zero that every other byte of a Latin header is. All else is taken for UTF-8,
//! row by row; a row that is none is taken for Windows-1252 ([`windows_1252`]), which hardly any UTF-8 text is by chance.

use std::io::{self, BufRead, Chain, Cursor, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are decoded at a time.
const PIECE: usize = 8 * 1024;

/// A file's bytes, in UTF-8 where they were UTF-16.
pub(super) struct Decoded<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    decoder: Option<Decoder>,
    text: Vec<u8>,
    used: usize,
    /// A decoder that was told of the end wants to hear no more.
    is_over: bool,
}

impl<R: BufRead> Decoded<R> {
    /// Looks at the first bytes.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut head)?;
        let encoding = match head.as_slice() {
            [0xff, 0xfe, ..] => Some(UTF_16LE),
            [0xfe, 0xff, ..] => Some(UTF_16BE),
            [low, 0, next, 0] if *low != 0 && *next != 0 => Some(UTF_16LE),
            [0, low, 0, next] if *low != 0 && *next != 0 => Some(UTF_16BE),
            _ => None,
        };
        let decoder = encoding.map(|encoding| encoding.new_decoder_with_bom_removal());
        Ok(Self { input: Cursor::new(head).chain(input), decoder, text: Vec::new(), used: 0, is_over: false })
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = {
            let mut chunk = self.fill_buf()?;
            chunk.read(into)?
        };
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { input, decoder, text, used, is_over } = self;
        let Some(running) = decoder else { return input.fill_buf() };
        while *used >= text.len() && !*is_over {
            let chunk = input.fill_buf()?;
            let last = chunk.is_empty();
            let piece = chunk.get(..chunk.len().min(PIECE)).unwrap_or(chunk);
            // No character of UTF-16 is longer than three bytes of UTF-8 for two of its own; the rest is for what was left over.
            text.resize(piece.len() * 2 + 16, 0);
            let (_, read, written, _) = running.decode_to_utf8(piece, text, last);
            text.truncate(written);
            *used = 0;
            input.consume(read);
            *is_over = last;
        }
        Ok(text.get(*used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        match &self.decoder {
            None => self.input.consume(amount),
            Some(_) => self.used += amount,
        }
    }
}

/// A row that is no UTF-8, as Windows-1252 has it; none if it cannot be that either.
pub(super) fn windows_1252(row: &[u8]) -> Option<Vec<u8>> {
    // These mean nothing there.
    if row.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) {
        return None;
    }
    let text = WINDOWS_1252.decode_without_bom_handling_and_without_replacement(row)?;
    Some(text.into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    fn decoded(bytes: &[u8], buffer: usize) -> Vec<u8> {
        let mut all = Vec::new();
        Decoded::new(io::BufReader::with_capacity(buffer, bytes)).unwrap().read_to_end(&mut all).unwrap();
        all
    }

    proptest! {
        #[test]
        fn utf_16_of_either_order_gives_the_text(text in "[a-z]{2}\\PC{0,300}", buffer in 1..40_usize) {
            for big in [false, true] {
                let marked = utf16(&format!("\u{feff}{text}"), big);
                prop_assert_eq!(decoded(&marked, buffer), text.as_bytes());
                prop_assert_eq!(decoded(&utf16(&text, big), buffer), text.as_bytes());
            }
            prop_assert_eq!(decoded(text.as_bytes(), buffer), text.as_bytes());
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200), buffer in 1..9_usize) {
            decoded(&bytes, buffer);
            windows_1252(&bytes);
        }
    }

    #[test]
    fn half_a_character_at_the_end_is_no_end_of_all() {
        let mut bytes = utf16("\u{feff}ab\u{1f3e0}", false);
        bytes.truncate(bytes.len() - 1);
        assert_eq!(decoded(&bytes, 3), "ab\u{fffd}".as_bytes());
        // Whoever asks again at the end gets the same answer.
        let mut file = Decoded::new(&bytes[..]).unwrap();
        io::copy(&mut file, &mut io::sink()).unwrap();
        for _ in 0..3 {
            assert!(file.fill_buf().unwrap().is_empty());
        }
    }

    #[test]
    fn windows_1252_has_its_own_letters() {
        assert_eq!(windows_1252(b"Gar\xe7on \x80 \x93x\x94").unwrap(), "Garçon € “x”".as_bytes());
        assert_eq!(windows_1252(b"\x81"), None);
    }
}
