//! A text cut into words, numbers and marks, folded to plain lower case once for all rules.

use std::ops::Range;

/// A text and its tokens.
pub(super) struct Prose<'a> {
    text: &'a str,
    folded: String,
    tokens: Vec<Token>,
}

/// A piece of a text that is no space.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Where it stands in the text, in bytes.
    pub(super) at: Range<usize>,
    /// Where its folded form stands in `Prose::folded`, in bytes.
    folded: Range<usize>,
    /// Whether nothing parts it from what is before it.
    pub(super) glued: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, and apostrophes between them.
    Word,
    /// Digits, with commas between thousands and a decimal point.
    Number,
    /// Any other character, folded.
    Mark(char),
    /// An empty line.
    Paragraph,
}

impl<'a> Prose<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let chars: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, fold(c))).collect();
        let mut prose = Self { text, folded: String::with_capacity(text.len()), tokens: Vec::new() };
        let (mut next, mut glued) = (0, false);
        while let Some((_, c)) = chars.get(next).copied() {
            let from = next;
            let kind = if c.is_whitespace() {
                let space = run(&chars, from, char::is_whitespace);
                let lines = chars.iter().take(space).skip(from).filter(|(_, c)| *c == '\n').count();
                next = space;
                glued = false;
                if lines < 2 {
                    continue;
                }
                Kind::Paragraph
            } else if let Some(end) = number(&chars, from) {
                next = end;
                Kind::Number
            } else if c.is_alphabetic() {
                next = word(&chars, from);
                Kind::Word
            } else {
                next = from + 1;
                Kind::Mark(c)
            };
            prose.push(&chars, from..next, kind, glued);
            glued = kind != Kind::Paragraph;
        }
        prose
    }

    fn push(&mut self, chars: &[(usize, char)], piece: Range<usize>, kind: Kind, glued: bool) {
        let offset = |at: usize| chars.get(at).map_or(self.text.len(), |(offset, _)| *offset);
        let at = offset(piece.start)..offset(piece.end);
        let start = self.folded.len();
        if kind != Kind::Paragraph {
            self.folded.extend(chars.iter().take(piece.end).skip(piece.start).map(|(_, c)| *c));
        }
        self.tokens.push(Token { kind, at, folded: start..self.folded.len(), glued });
    }

    /// The text as it was written.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A token, if there are so many.
    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    /// The token before, if there is one.
    pub(super) fn before(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at.checked_sub(1)?)
    }

    /// A token's folded form; empty where there is no token.
    pub(super) fn folded(&self, at: usize) -> &str {
        self.token(at).and_then(|token| self.folded.get(token.folded.clone())).unwrap_or_default()
    }

    /// A word in lower case without a possessive `'s`; empty where the token is no word.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.token(at) {
            Some(Token { kind: Kind::Word, .. }) => {
                let word = self.folded(at);
                word.strip_suffix("'s").unwrap_or(word)
            }
            _ => "",
        }
    }

    /// The digits, commas and point of a number; empty where the token is none.
    pub(super) fn digits(&self, at: usize) -> &str {
        if self.token(at).is_some_and(|token| token.kind == Kind::Number) { self.folded(at) } else { "" }
    }

    /// Whether a token is this mark.
    pub(super) fn is_mark(&self, at: usize, mark: char) -> bool {
        self.token(at).is_some_and(|token| token.kind == Kind::Mark(mark))
    }

    /// Whether nothing parts a token from what is before it.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.glued)
    }

    /// Whether a token is a hyphen or a dash.
    pub(super) fn is_dash(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| matches!(token.kind, Kind::Mark('-' | '–' | '—')))
    }

    /// Whether a word begins with a capital letter.
    pub(super) fn is_capitalised(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| {
            token.kind == Kind::Word && self.written(at..at + 1).starts_with(char::is_uppercase)
        })
    }

    /// Whether a token begins a sentence.
    pub(super) fn begins_sentence(&self, at: usize) -> bool {
        match self.before(at).map(|token| token.kind) {
            None | Some(Kind::Paragraph) => true,
            Some(Kind::Mark(mark)) => matches!(mark, '.' | '!' | '?' | ':' | '"'),
            Some(_) => false,
        }
    }

    /// Whether a token begins a paragraph.
    pub(super) fn begins_paragraph(&self, at: usize) -> bool {
        self.before(at).is_none_or(|token| token.kind == Kind::Paragraph)
    }

    /// The bytes of the text from the first to the last of some tokens, not beyond their paragraph.
    pub(super) fn span(&self, tokens: Range<usize>) -> Range<usize> {
        let start = self.token(tokens.start).map_or(self.text.len(), |token| token.at.start);
        let within = self.tokens.iter().take(tokens.end).skip(tokens.start);
        let last = within.take_while(|token| token.kind != Kind::Paragraph).last();
        let end = last.map_or(start, |token| token.at.end);
        start..end.max(start)
    }

    /// Some tokens as they were written.
    pub(super) fn written(&self, tokens: Range<usize>) -> &'a str {
        self.text.get(self.span(tokens)).unwrap_or_default()
    }
}

fn run(chars: &[(usize, char)], from: usize, belongs: impl Fn(char) -> bool) -> usize {
    from + chars.iter().skip(from).take_while(|(_, c)| belongs(*c)).count()
}

fn word(chars: &[(usize, char)], from: usize) -> usize {
    let mut end = run(chars, from, char::is_alphabetic);
    while chars.get(end).is_some_and(|(_, c)| *c == '\'')
        && chars.get(end + 1).is_some_and(|(_, c)| c.is_alphabetic())
    {
        end = run(chars, end + 1, char::is_alphabetic);
    }
    end
}

/// Where a number ends that begins here: `1,187,500`, `6.37`, `.5`. A comma belongs to it before exactly three digits.
fn number(chars: &[(usize, char)], from: usize) -> Option<usize> {
    let is_digit = |at: usize| chars.get(at).is_some_and(|(_, c)| c.is_ascii_digit());
    let is = |at: usize, mark: char| chars.get(at).is_some_and(|(_, c)| *c == mark);
    if !is_digit(from) {
        let after_letter =
            from.checked_sub(1).and_then(|at| chars.get(at)).is_some_and(|(_, c)| c.is_alphanumeric());
        let leading_point = is(from, '.') && is_digit(from + 1) && !after_letter;
        return leading_point.then(|| run(chars, from + 1, |c| c.is_ascii_digit()));
    }
    let mut end = run(chars, from, |c| c.is_ascii_digit());
    if end - from <= 3 {
        while is(end, ',') && run(chars, end + 1, |c| c.is_ascii_digit()) == end + 4 {
            end += 4;
        }
    }
    if is(end, '.') && is_digit(end + 1) {
        end = run(chars, end + 1, |c| c.is_ascii_digit());
    }
    Some(end)
}

/// Latin letters with accents, and the letter that each is read as.
const ACCENTED: [(char, &str); 19] = [
    ('a', "ÀÁÂÃÄÅÆàáâãäåæĀāĂăĄą"),
    ('c', "ÇçĆćĈĉĊċČč"),
    ('d', "ÐðĎďĐđ"),
    ('e', "ÈÉÊËèéêëĒēĔĕĖėĘęĚě"),
    ('g', "ĜĝĞğĠġĢģ"),
    ('h', "ĤĥĦħ"),
    ('i', "ÌÍÎÏìíîïĨĩĪīĬĭĮįİı"),
    ('j', "Ĵĵ"),
    ('k', "Ķķ"),
    ('l', "ĹĺĻļĽľĿŀŁł"),
    ('n', "ÑñŃńŅņŇňŊŋ"),
    ('o', "ÒÓÔÕÖØòóôõöøŌōŎŏŐőŒœ"),
    ('r', "ŔŕŖŗŘř"),
    ('s', "ßŚśŜŝŞşŠš"),
    ('t', "ÞþŢţŤťŦŧ"),
    ('u', "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų"),
    ('w', "Ŵŵ"),
    ('y', "ÝýÿŶŷŸ"),
    ('z', "ŹźŻżŽž"),
];

/// The plain letter that an accented Latin letter is read as.
pub(super) fn without_accent(c: char) -> Option<char> {
    ACCENTED.iter().find(|(_, accented)| accented.contains(c)).map(|(plain, _)| *plain)
}

/// A character in lower case, without accent, and in its plainest form.
fn fold(c: char) -> char {
    match c {
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{2012}' => '–',
        _ => without_accent(c).unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let prose = Prose::of(text);
        (0..prose.len()).map(|at| prose.folded(at).to_owned()).collect()
    }

    #[test]
    fn a_text_is_cut_into_words_numbers_and_marks() {
        assert_eq!(
            tokens("It’s $1,187,500.50, today's."),
            ["it's", "$", "1,187,500.50", ",", "today's", "."]
        );
        assert_eq!(tokens("97,41 and 1,2345 .5%"), ["97", ",", "41", "and", "1", ",", "2345", ".5", "%"]);
        assert_eq!(tokens("São\u{a0}Café\n\nx"), ["sao", "cafe", "", "x"]);
        assert_eq!(tokens("in 2015,970 homes"), ["in", "2015", ",", "970", "homes"]);
    }

    #[test]
    fn a_token_knows_where_it_stands() {
        let prose = Prose::of("Ünder “the  tree”");
        assert_eq!(prose.written(0..1), "Ünder");
        assert_eq!(prose.written(2..4), "the  tree");
        assert!(prose.is_capitalised(0) && prose.is_glued(2) && !prose.is_glued(3));
        assert_eq!((prose.word(0), prose.word(99)), ("under", ""));
        assert_eq!(prose.span(90..99), 22..22);
    }

    #[test]
    fn quotes_dashes_and_spaces_are_read_as_their_plainest_form() {
        assert_eq!(
            tokens("“a” ‘b’ c\u{2010}d\u{2011}e\u{2212}f\u{2012}g\u{a0}h"),
            ["\"", "a", "\"", "'", "b", "'", "c", "-", "d", "-", "e", "-", "f", "–", "g", "h"]
        );
        assert_eq!(tokens("don't 'tis o'clock's' x'"), ["don't", "'", "tis", "o'clock's", "'", "x", "'"]);
        let prose = Prose::of("One. Two: three, four\n\nfive");
        let begins: Vec<bool> = (0..prose.len()).map(|at| prose.begins_sentence(at)).collect();
        assert_eq!(begins, [true, false, true, false, true, false, false, false, true]);
    }
}
