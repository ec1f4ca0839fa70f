//! Says what is wrong in the head of a node that the `kdl` crate refused.
//!
//! The crate names a property without a value by the start of its node, and words several mistakes alike; the first
//! mistake is found here instead, at its own place. It is also looked for before the crate sees the text, because the
//! crate's recovery recurses: `x=x=x=…` overflows its stack. Owns: the wording of grammar mistakes. Refuses to know:
//! braces (`outline`) and what sound text means (`kdl`, which has the last word on text that has no mistake here).

use super::lex::{Token, TokenKind};
use crate::codes::{self, Code};

/// A mistake: its bytes, code, message, label and help.
pub(crate) struct Mistake {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) label: &'static str,
    pub(crate) help: String,
}

const NAME_FIRST: &str = "write the node's name first: network \"hub\"";
const IN_QUOTES: &str = "take it out, or put the value it belongs to in quotes: \"…\"";

/// The first mistake among the tokens of one node's head.
pub(crate) fn first_mistake(text: &str, tokens: &[Token]) -> Option<Mistake> {
    let mut walk = Walk { text, tokens, at: 0 };
    if walk.kind() == Some(TokenKind::Slashdash) {
        walk.at += 1;
    }
    let name = walk.peek()?;
    match name.kind {
        TokenKind::Word if starts_number(walk.slice(name)) => {
            return Some(syntax(name, "a node begins with a name, not with a number", "not a name", NAME_FIRST));
        }
        TokenKind::Word if is_bare_keyword(walk.slice(name)) => return Some(walk.bare_keyword(name)),
        TokenKind::Word | TokenKind::Text => walk.at += 1,
        TokenKind::AnnotationOpen => {
            if let Some(mistake) = walk.annotation() {
                return Some(mistake);
            }
            walk.at += 1;
        }
        _ => return Some(syntax(name, "a node begins with its name", "not a name", NAME_FIRST)),
    }
    while walk.peek().is_some() {
        if let Some(mistake) = walk.entry() {
            return Some(mistake);
        }
    }
    None
}

struct Walk<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Walk<'t> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn kind(&self) -> Option<TokenKind> {
        self.peek().map(|token| token.kind)
    }

    fn slice(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    fn touches_previous(&self, token: Token) -> bool {
        let previous = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        previous.is_some_and(|previous| {
            previous.end == token.start
                && !matches!(
                    previous.kind,
                    TokenKind::Equals | TokenKind::AnnotationOpen | TokenKind::AnnotationClose | TokenKind::Slashdash
                )
        })
    }

    /// Passes one argument or property, or says what is wrong with it.
    fn entry(&mut self) -> Option<Mistake> {
        let token = self.peek()?;
        match token.kind {
            TokenKind::Slashdash if self.next_kind() == Some(TokenKind::Slashdash) => Some(syntax(
                token,
                "`/-` takes out what follows, and that is another `/-`",
                "one too many",
                "take one of them out",
            )),
            TokenKind::Slashdash => {
                self.at += 1;
                None
            }
            TokenKind::Equals => Some(syntax(
                token,
                "`=` has no property name before it",
                "no name",
                "write name=value, or take the = out",
            )),
            TokenKind::Stray | TokenKind::AnnotationClose => {
                let message = format!("`{}` means nothing here", self.slice(token));
                Some(syntax(token, &message, "not expected", IN_QUOTES))
            }
            TokenKind::AnnotationOpen => self.annotation().or_else(|| self.value()),
            _ if self.touches_previous(token) => {
                let help = format!("write a space before {}", self.slice(token));
                Some(syntax(token, "a space is missing before this", "put a space here", help))
            }
            TokenKind::Word if self.next_kind() == Some(TokenKind::Equals) && starts_number(self.slice(token)) => {
                let help = format!("put the name in quotes: \"{}\"=…", self.slice(token));
                Some(syntax(token, "a property's name does not begin with a digit", "not a name", help))
            }
            TokenKind::Word | TokenKind::Text if self.next_kind() == Some(TokenKind::Equals) => {
                self.at += 2;
                match self.kind() {
                    Some(TokenKind::AnnotationOpen) => self.annotation().or_else(|| self.value()),
                    Some(TokenKind::Word | TokenKind::Text | TokenKind::Keyword) => self.value(),
                    _ => {
                        let name = self.slice(token).to_owned();
                        Some(Mistake {
                            start: token.start,
                            end: self.tokens.get(self.at - 1).map_or(token.end, |equals| equals.end),
                            code: codes::SYNTAX,
                            message: format!("the property `{name}` has no value"),
                            label: "a value is missing after this",
                            help: format!("write `{name}=\"…\"`, or take the property out"),
                        })
                    }
                }
            }
            _ => self.value(),
        }
    }

    fn next_kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at + 1).map(|token| token.kind)
    }

    /// Passes `(type)`.
    fn annotation(&mut self) -> Option<Mistake> {
        let open = self.peek()?;
        let inside = self.next_kind();
        let close = self.tokens.get(self.at + 2).map(|token| token.kind);
        if matches!(inside, Some(TokenKind::Word | TokenKind::Text)) && close == Some(TokenKind::AnnotationClose) {
            self.at += 3;
            return None;
        }
        Some(syntax(open, "`(` begins a type annotation, and this is none", "not a type annotation", IN_QUOTES))
    }

    fn value(&mut self) -> Option<Mistake> {
        let token = self.peek()?;
        let slice = self.slice(token);
        self.at += 1;
        match token.kind {
            TokenKind::Text => None,
            TokenKind::Keyword if matches!(slice, "#true" | "#false" | "#null" | "#inf" | "#-inf" | "#nan") => None,
            TokenKind::Keyword => Some(syntax(
                token,
                &format!("`{slice}` is no keyword"),
                "unknown keyword",
                "the keywords are #true, #false and #null; put anything else in quotes",
            )),
            TokenKind::Word if is_bare_keyword(slice) => Some(self.bare_keyword(token)),
            TokenKind::Word if starts_number(slice) && !is_number(slice) => Some(syntax(
                token,
                &format!("`{slice}` begins like a number but is none"),
                "not a number",
                format!("put it in quotes: \"{slice}\""),
            )),
            TokenKind::Word => None,
            _ => Some(syntax(token, &format!("`{slice}` stands where a value should"), "not a value", IN_QUOTES)),
        }
    }

    fn bare_keyword(&self, token: Token) -> Mistake {
        let word = self.slice(token);
        Mistake {
            start: token.start,
            end: token.end,
            code: codes::BARE_KEYWORD,
            message: format!("`{word}` needs a `#` before it"),
            label: "KDL 2 keywords begin with `#`",
            help: format!("write #{word}, or \"{word}\" if the word itself is meant"),
        }
    }
}

fn syntax(token: Token, message: &str, label: &'static str, help: impl Into<String>) -> Mistake {
    Mistake {
        start: token.start,
        end: token.end,
        code: codes::SYNTAX,
        message: message.to_owned(),
        label,
        help: help.into(),
    }
}

fn is_bare_keyword(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "inf" | "-inf" | "nan")
}

fn starts_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let unsigned = unsigned.strip_prefix('.').unwrap_or(unsigned);
    unsigned.starts_with(|c: char| c.is_ascii_digit())
}

fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let digits = |text: &str, radix| {
        text.starts_with(|c: char| c.is_digit(radix)) && text.chars().all(|c| c == '_' || c.is_digit(radix))
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = unsigned.strip_prefix(prefix) {
            return digits(rest, radix);
        }
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole, 10)
        && fraction.is_none_or(|fraction| digits(fraction, 10))
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e), 10))
}
