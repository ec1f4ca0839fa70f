//! Cuts KDL text into tokens, in one pass and without ever failing.
//!
//! Owns: where strings, comments and words begin and end, and what is wrong inside one token. Refuses to know: values
//! (the `kdl` crate reads those) and which nodes the language has, except their names, which are where reading resumes
//! after a string that never ends. Read next: `outline`, which groups tokens into nodes.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A bare word or number.
    Word,
    /// `#true` and its like.
    Keyword,
    /// Any form of string.
    Text,
    /// `=`.
    Equals,
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `(`.
    AnnotationOpen,
    /// `)`.
    AnnotationClose,
    /// The end of a line.
    Newline,
    /// `;`.
    Semicolon,
    /// `/-`.
    Slashdash,
    /// A character KDL has no use for.
    Stray,
}

/// One token and its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What is wrong inside a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A string that does not end on its line, or at all.
    UnclosedString,
    /// `/*` without `*/`.
    UnclosedComment,
    /// Comments in comments, too many levels of them.
    DeepComment,
    /// `\q`.
    Escape,
    /// A character in a string that KDL forbids everywhere.
    Hidden,
}

/// The tokens of a text, and the flaws met.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) flaws: Vec<(Range<usize>, Flaw)>,
}

/// The nodes that stand at the top of a spec. Also the places where reading resumes after a brace or string left open.
pub(crate) const NOUNS: &[&str] = &[
    "project", "include", "variable", "account", "network", "target", "api", "caller", "workflow", "expect", "moved",
    "ignore",
];

/// The most levels that nodes, or comments in comments, may be nested. The language itself needs four.
pub(crate) const DEEPEST: usize = 64;

/// Strings left open after which the rest of the text counts as one string: bounds the work on hostile input.
const MOST_OPEN_STRINGS: usize = 20;

/// Cuts `text` into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, open_strings: 0, out: Lexed::default() };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    while lexer.at < lexer.bytes.len() {
        lexer.token();
    }
    lexer.out.flaws.sort_by_key(|(range, _)| range.start);
    lexer.out
}

/// Whether a character ends a line in KDL 2.
pub(crate) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Characters that KDL forbids everywhere: those that are not seen, or turn the line around.
fn is_hidden(c: char) -> bool {
    let control = c.is_ascii_control() && c != '\t' && !is_newline(c);
    control || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_word(c: char) -> bool {
    !is_newline(c)
        && !is_space(c)
        && !is_hidden(c)
        && !matches!(c, '\\' | '/' | '(' | ')' | '{' | '}' | ';' | '[' | ']' | '"' | '#' | '=')
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    open_strings: usize,
    out: Lexed,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        match self.bytes.get(self.at) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.text.get(self.at..).and_then(|rest| rest.chars().next()),
            None => None,
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn starts_with(&self, what: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.out.tokens.push(Token { kind, start, end: self.at });
    }

    fn single(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, start);
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while let Some(c) = self.peek().filter(|c| keep(*c)) {
            self.at += c.len_utf8();
        }
    }

    fn token(&mut self) {
        let Some(c) = self.peek() else { return };
        match c {
            _ if is_space(c) => self.at += c.len_utf8(),
            '\r' if self.byte(1) == Some(b'\n') => self.single(TokenKind::Newline, 2),
            _ if is_newline(c) => self.single(TokenKind::Newline, c.len_utf8()),
            ';' => self.single(TokenKind::Semicolon, 1),
            '{' => self.single(TokenKind::Open, 1),
            '}' => self.single(TokenKind::Close, 1),
            '(' => self.single(TokenKind::AnnotationOpen, 1),
            ')' => self.single(TokenKind::AnnotationClose, 1),
            '=' => self.single(TokenKind::Equals, 1),
            '"' => self.string(0),
            '#' => self.hash(),
            '/' => self.slash(),
            '\\' => self.line_continuation(),
            '[' | ']' => self.single(TokenKind::Stray, 1),
            _ if is_hidden(c) => self.single(TokenKind::Stray, c.len_utf8()),
            _ => {
                let start = self.at;
                self.skip_while(is_word);
                self.push(TokenKind::Word, start);
            }
        }
    }

    fn slash(&mut self) {
        match self.byte(1) {
            Some(b'/') => self.skip_while(|c| !is_newline(c)),
            Some(b'*') => self.block_comment(),
            Some(b'-') => {
                self.single(TokenKind::Slashdash, 2);
                self.line_space();
            }
            _ => self.single(TokenKind::Stray, 1),
        }
    }

    /// What may stand between `/-` and the thing it takes out: blanks, comments and line ends.
    fn line_space(&mut self) {
        loop {
            let before = self.at;
            self.skip_while(|c| is_space(c) || is_newline(c));
            if self.starts_with("//") {
                self.skip_while(|c| !is_newline(c));
            } else if self.starts_with("/*") {
                self.block_comment();
            }
            if self.at == before {
                return;
            }
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            if self.starts_with("/*") {
                depth += 1;
                if depth == DEEPEST {
                    self.out.flaws.push((start..start + 2, Flaw::DeepComment));
                }
                self.at += 2;
            } else if self.starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else if self.at < self.bytes.len() {
                self.at += 1;
            } else {
                self.out.flaws.push((start..start + 2, Flaw::UnclosedComment));
                return;
            }
        }
    }

    /// `\` at the end of a line joins it with the next.
    fn line_continuation(&mut self) {
        let start = self.at;
        self.at += 1;
        self.skip_while(is_space);
        if self.starts_with("//") {
            self.skip_while(|c| !is_newline(c));
        }
        if self.starts_with("\r\n") {
            self.at += 2;
        } else if let Some(c) = self.peek().filter(|c| is_newline(*c)) {
            self.at += c.len_utf8();
        } else if self.at < self.bytes.len() {
            self.at = start + 1;
            self.push(TokenKind::Stray, start);
        }
    }

    fn hash(&mut self) {
        let hashes = self.bytes.get(self.at..).unwrap_or_default().iter().take_while(|b| **b == b'#').count();
        if self.byte(hashes) == Some(b'"') {
            self.string(hashes);
            return;
        }
        let start = self.at;
        self.at += hashes;
        self.skip_while(is_word);
        self.push(TokenKind::Keyword, start);
    }

    /// A string with `hashes` before its quote: none means that escapes count.
    fn string(&mut self, hashes: usize) {
        let start = self.at;
        self.at += hashes;
        let quotes = if self.starts_with("\"\"\"") { 3 } else { 1 };
        self.at += quotes;
        let closed = if quotes == 3 { self.long_body(hashes) } else { self.line_body(hashes) };
        self.hidden(start);
        if !closed {
            self.open_strings += 1;
            self.out.flaws.push((start..start + hashes + quotes, Flaw::UnclosedString));
            if self.open_strings > MOST_OPEN_STRINGS {
                self.at = self.bytes.len();
            }
        }
        self.push(TokenKind::Text, start);
    }

    /// Reports the first character that a string which ends here must not have.
    fn hidden(&mut self, start: usize) {
        let found = self.text.get(start..self.at).and_then(|text| text.char_indices().find(|(_, c)| is_hidden(*c)));
        if let Some((at, c)) = found {
            self.out.flaws.push((start + at..start + at + c.len_utf8(), Flaw::Hidden));
        }
    }

    fn closes(&self, quotes: usize, hashes: usize) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        rest.len() >= quotes + hashes
            && rest.iter().take(quotes).all(|b| *b == b'"')
            && rest.iter().skip(quotes).take(hashes).all(|b| *b == b'#')
    }

    /// A string left open before a `{` at the end of its line gives the brace back: it opens the node's block.
    fn leave_brace(&mut self, body: usize) {
        let inside = self.text.get(body..self.at).unwrap_or("").trim_end();
        if let Some(before) = inside.strip_suffix('{') {
            self.at = body + before.len();
        }
    }

    fn line_body(&mut self, hashes: usize) -> bool {
        let body = self.at;
        while let Some(c) = self.peek() {
            if is_newline(c) {
                self.leave_brace(body);
                return false;
            }
            if c == '\\' && hashes == 0 {
                self.escape();
            } else if c == '"' && self.closes(1, hashes) {
                self.at += 1 + hashes;
                return true;
            } else {
                self.at += c.len_utf8();
            }
        }
        false
    }

    fn long_body(&mut self, hashes: usize) -> bool {
        let body = self.at;
        while let Some(byte) = self.byte(0) {
            if byte == b'\\' && hashes == 0 {
                self.escape();
            } else if byte == b'"' && self.closes(3, hashes) {
                self.at += 3 + hashes;
                return true;
            } else {
                self.at += 1;
            }
        }
        self.at = next_noun(self.text, body).unwrap_or(self.bytes.len());
        false
    }

    fn escape(&mut self) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else { return };
        if is_space(c) || is_newline(c) {
            self.skip_while(|c| is_space(c) || is_newline(c));
            return;
        }
        self.at += c.len_utf8();
        let sound = match c {
            'n' | 'r' | 't' | '\\' | '"' | 'b' | 'f' | 's' => true,
            'u' => self.unicode_escape(),
            _ => false,
        };
        if !sound {
            self.out.flaws.push((start..self.at, Flaw::Escape));
        }
    }

    fn unicode_escape(&mut self) -> bool {
        if self.byte(0) != Some(b'{') {
            return false;
        }
        let after = self.bytes.get(self.at + 1..).unwrap_or_default();
        let length = after.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let digits = self.text.get(self.at + 1..self.at + 1 + length).unwrap_or("");
        self.at += 1 + length;
        if length > 6 || self.byte(0) != Some(b'}') {
            return false;
        }
        self.at += 1;
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).is_some()
    }
}

/// The first line at or after `from` that begins, without indentation, with a noun of the language.
fn next_noun(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.match_indices('\n').map(|(at, _)| from + at + 1).find(|at| begins_with_noun(text, *at))
}

/// Whether a noun of the language stands at byte `at`.
pub(crate) fn begins_with_noun(text: &str, at: usize) -> bool {
    let word = text.get(at..).map(|rest| rest.split(|c| !is_word(c)).next().unwrap_or(""));
    word.is_some_and(|word| NOUNS.contains(&word))
}
