//! Refuses text on which the `kdl` crate would recurse without end, before the crate sees it.
//!
//! The crate calls itself for each block inside another, and, to go on after text that it cannot place (`x=x=x=…`, `}}}…`),
//! once for each character of it: some thousand of them overflow the stack, and the process is gone. So one pass over the
//! characters sees to it that what is left to the crate is nodes: a name, then arguments and properties, then a block, in
//! few levels. It knows no values: a wrong number is the crate's to refuse.

/// Nodes inside one another, at most. A world has five levels.
const DEPTH: usize = 32;

/// The most bytes of a file.
const LARGEST: usize = 4 * 1024 * 1024;

/// A place and what is wrong there.
pub(super) type Refusal = (usize, String);

/// Goes through a text and gives the first thing that the crate must not see.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    if text.len() > LARGEST {
        return Err((0, format!("a file has at most {} MiB", LARGEST / 1024 / 1024)));
    }
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut guard =
        Guard { text, at, before: Before::Nothing, slashed: false, blocks: Vec::new(), end: usize::MAX, names: false };
    while guard.at < text.len() {
        guard.step()?;
    }
    guard.end_node()?;
    match guard.blocks.last() {
        Some((open, _)) => Err((*open, "this '{' is never closed".to_owned())),
        None => Ok(()),
    }
}

/// What the node that is being passed consists of so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Name,
    /// An argument, or the name of a property.
    Argument,
    Equals,
    Property,
    Block,
    /// A block that `/-` takes out: another may follow.
    SlashedBlock,
}

struct Guard<'t> {
    text: &'t str,
    at: usize,
    before: Before,
    /// Whether a `/-` waits for what it takes out.
    slashed: bool,
    /// Where each open block begins, and whether it is taken out.
    blocks: Vec<(usize, bool)>,
    /// Where the last word or text ends.
    end: usize,
    /// Whether it can name a property: numbers and keywords cannot.
    names: bool,
}

impl Guard<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn refuse<T>(&self, message: &str) -> Result<T, Refusal> {
        Err((self.at, message.to_owned()))
    }

    fn step(&mut self) -> Result<(), Refusal> {
        let Some(c) = self.rest().chars().next() else { return Ok(()) };
        match c {
            _ if is_space(c) => self.at += c.len_utf8(),
            _ if is_newline(c) || c == ';' => {
                self.end_node()?;
                self.at += c.len_utf8();
            }
            _ if is_hidden(c) => return self.refuse("this character cannot stand here"),
            '{' => self.open()?,
            '}' => self.close()?,
            '=' if self.before == Before::Argument && self.names => {
                self.before = Before::Equals;
                self.at += 1;
            }
            '=' => return self.refuse("'=' stands between the name of a property and its value, and here it does not"),
            '"' => self.quoted()?,
            '#' => self.hash()?,
            '/' => self.slash()?,
            '\\' => self.continuation()?,
            '(' | ')' | '[' | ']' => return self.refuse(&format!("'{c}' means nothing here")),
            _ => {
                let start = self.at;
                self.skip(is_word);
                self.value(start)?;
            }
        }
        Ok(())
    }

    fn skip(&mut self, keep: fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !keep(c)).unwrap_or(rest.len());
    }

    /// Takes a word or text that began at `start` and ends here.
    fn value(&mut self, start: usize) -> Result<(), Refusal> {
        if start == self.end {
            return Err((start, "a space is missing before this".to_owned()));
        }
        self.before = match self.before {
            Before::Nothing => Before::Name,
            Before::Name | Before::Argument | Before::Property => Before::Argument,
            Before::Equals => Before::Property,
            Before::Block | Before::SlashedBlock => {
                return Err((start, "after '}' begins a new line, or ';' stands".to_owned()));
            }
        };
        let text = self.text.get(start..self.at).unwrap_or_default();
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if unsigned.strip_prefix('.').is_some_and(begins_with_digit) {
            return Err((start, "a number begins with a digit: 0.5".to_owned()));
        }
        self.names = !begins_with_digit(unsigned) && (!text.starts_with('#') || text.contains('"'));
        self.end = self.at;
        self.slashed = false;
        Ok(())
    }

    fn end_node(&mut self) -> Result<(), Refusal> {
        if self.before == Before::Equals {
            return self.refuse("a value is missing after '='");
        }
        if self.slashed {
            return self.refuse("nothing follows '/-'");
        }
        self.before = Before::Nothing;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Refusal> {
        match self.before {
            Before::Nothing => return self.refuse("this '{' has no node before it"),
            Before::Equals => return self.refuse("a value is missing after '='"),
            Before::Block if !self.slashed => return self.refuse("a node has one block"),
            _ => {}
        }
        if self.blocks.len() == DEPTH {
            return self.refuse(&format!("nodes are nested more than {DEPTH} deep"));
        }
        self.blocks.push((self.at, self.slashed && self.before != Before::Block));
        self.slashed = false;
        self.before = Before::Nothing;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        self.end_node()?;
        let Some((_, slashed)) = self.blocks.pop() else { return self.refuse("this '}' closes nothing") };
        self.before = if slashed { Before::SlashedBlock } else { Before::Block };
        self.at += 1;
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        if self.rest().starts_with("\"\"\"") {
            return self.refuse("texts of several lines are not read here");
        }
        self.at += 1;
        while let Some(c) = self.rest().chars().next().filter(|c| !is_newline(*c)) {
            match c {
                '"' => {
                    self.at += 1;
                    return self.value(start);
                }
                '\\' => self.escape()?,
                _ if is_hidden(c) => return self.refuse("this character cannot stand here"),
                _ => self.at += c.len_utf8(),
            }
        }
        Err((start, "this text is never closed".to_owned()))
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        let after = self.rest().get(1..).unwrap_or_default();
        let sound = match after.chars().next() {
            Some('n' | 'r' | 't' | '\\' | '"' | 'b' | 'f' | 's') => true,
            Some('u') => {
                after.get(1..).and_then(|rest| rest.strip_prefix('{')?.split_once('}')).is_some_and(|(hex, _)| {
                    (1..=6).contains(&hex.len())
                        && hex.bytes().all(|b| b.is_ascii_hexdigit())
                        && u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).is_some()
                })
            }
            _ => false,
        };
        if !sound {
            return self.refuse("this is no escape: write \\\\ for a backslash");
        }
        self.at += 2;
        Ok(())
    }

    /// `#true` and its like, or a text without escapes.
    fn hash(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        let hashes = self.rest().len() - self.rest().trim_start_matches('#').len();
        self.at += hashes;
        if !self.rest().starts_with('"') {
            self.skip(is_word);
            return self.value(start);
        }
        if self.rest().starts_with("\"\"\"") {
            return Err((start, "texts of several lines are not read here".to_owned()));
        }
        let body = self.rest().get(1..).unwrap_or_default();
        let line = body.split(is_newline).next().unwrap_or_default();
        if let Some((at, _)) = line.char_indices().find(|(_, c)| is_hidden(*c)) {
            return Err((self.at + 1 + at, "this character cannot stand here".to_owned()));
        }
        let closing = format!("\"{}", "#".repeat(hashes));
        let Some(length) = line.find(&closing) else { return Err((start, "this text is never closed".to_owned())) };
        self.at += 1 + length + closing.len();
        self.value(start)
    }

    fn slash(&mut self) -> Result<(), Refusal> {
        let rest = self.rest();
        if rest.starts_with("//") {
            return self.line_comment();
        }
        if let Some(inside) = rest.strip_prefix("/*") {
            let Some((before, _)) = inside.split_once("*/") else { return self.refuse("this comment is never closed") };
            // `/*/` opens and does not close.
            if inside.find("/*").is_some_and(|at| at <= before.len()) {
                return self.refuse("this comment has another one in it");
            }
            let inside = before;
            if let Some((at, _)) = inside.char_indices().find(|(_, c)| is_hidden(*c)) {
                return Err((self.at + 2 + at, "this character cannot stand here".to_owned()));
            }
            self.at += inside.len() + 4;
            return Ok(());
        }
        if !rest.starts_with("/-") {
            return self.refuse("'/' means nothing here");
        }
        if self.slashed {
            return self.refuse("one '/-' is enough");
        }
        if self.before == Before::Equals {
            return self.refuse("a value is missing after '='");
        }
        self.slashed = true;
        self.at += 2;
        Ok(())
    }

    fn line_comment(&mut self) -> Result<(), Refusal> {
        while let Some(c) = self.rest().chars().next().filter(|c| !is_newline(*c)) {
            if is_hidden(c) {
                return self.refuse("this character cannot stand here");
            }
            self.at += c.len_utf8();
        }
        Ok(())
    }

    /// `\` joins a line with the next.
    fn continuation(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.at += 1;
        self.skip(is_space);
        if self.rest().starts_with("//") {
            self.line_comment()?;
        }
        match self.rest().chars().next() {
            Some('\r') if self.rest().starts_with("\r\n") => self.at += 2,
            Some(c) if is_newline(c) => self.at += c.len_utf8(),
            None => {}
            Some(_) => return Err((start, "'\\' stands at the end of a line, and here it does not".to_owned())),
        }
        Ok(())
    }
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Characters that KDL forbids everywhere.
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

#[cfg(test)]
mod tests {
    use super::check;
    use crate::world_file::reader::Reader;

    #[test]
    fn hostile_texts_are_refused_and_nothing_ends() {
        let long = 3_000;
        let pieces = [
            "a +1=1 ",
            "-.1 ",
            "+.5=1 ",
            "a 1.=1 ",
            "a 0x=1 ",
            "a 1a=1 ",
            "a -1=\"x\" ",
            "a .a=1 ",
            "a +=1 ",
            "a -=1 ",
            "a +.=1 ",
            "a ##=1 ",
            "a -inf=1 ",
            "a #inf ",
            "a ++1 ",
            "a --1=1 ",
            "a 1e=1 ",
            "a ._1=1 ",
            "a -.=1 ",
            "a ..1=1 ",
            "a ,=1 ",
            "a \u{661}=1 ",
            "a .\u{661} ",
            "a #\"x\"#=1 ",
            "a \"\"=1 ",
            "a <=> ",
            "a 1_=_1 ",
            "/- a=1 ",
            "a/*x*/=1",
            "a x/*x*/=1 ",
            "a x= /*x*/1 ",
            "a /*x*/",
            "a//\n",
            "a x=\\\n1 ",
            "a \\\n=1",
            "/-\n",
            "/- //\n",
            "a /- /*x*/ b ",
            "a /-\n\n b=1 ",
            "a {",
            "}",
            "{",
            "x=",
            "x = ",
            "a x=x",
            "a\n}",
            "a {} b ",
            "a {} ",
            "(",
            ")",
            "(a)",
            "[",
            "]",
            "/*",
            "/-",
            "/- ",
            "/-a\n",
            "\\",
            "\\\n",
            "\"",
            "\"\"",
            "\"a\"b",
            "\"\\u{",
            "#",
            "#\"",
            "##\"a\"#",
            "\"\"\"\n",
            "a;",
            ";",
            "=",
            "\u{8}",
            "a \u{2028}=",
            "a #yes ",
            "a 1x ",
            "a \"\\q\"\n",
            "true\n",
            "1 ",
            "a x=\n",
            "a /-{}",
            "\u{feff}",
            "a\\b ",
            "/",
            "a/b ",
            "a x=/-",
            "x\u{a0}=",
            "a true=1 ",
            "a 1=1 ",
            "a #true=1 ",
            "a x=1x=",
            "a x=\"b\"=",
            "-",
            ".1 ",
            "a -.1=",
            "a\r",
            "é=",
        ];
        for piece in pieces {
            for text in [format!("a {}", piece.repeat(long)), format!("a {{{}}}", piece.repeat(long))] {
                let mut reader = Reader::new("world.kdl", &text);
                let document = reader.parse();
                assert_eq!(document.is_some(), reader.problems.is_empty(), "{piece:?}");
            }
        }
    }

    #[test]
    fn the_first_mistake_is_at_its_place() {
        let place = |text: &str| check(text).err().map(|(at, message)| (at, message.split(' ').count() > 2));
        assert_eq!(place("a {\n  b x=\n}"), Some((10, true)));
        assert_eq!(place("a x=1=2"), Some((5, true)));
        assert_eq!(place("a }"), Some((2, true)));
        assert_eq!(place("a {\n"), Some((2, true)));
        assert_eq!(place("a \"b\nc\""), Some((2, true)));
        assert_eq!(place("a {} {}"), Some((5, true)));
        assert_eq!(place(&"a {".repeat(40)), Some((98, true)));
    }

    #[test]
    fn sound_texts_pass() {
        let texts = [
            "",
            "a; b; c",
            "/- kdl-version 2\na \"x\" y=\"z\" u = 1 { b #true; c #\"raw\"# } // end\r\n",
            "a /- 1 2 /- x=1 /-{ b } { c } /-{ d }\n/- e { f }",
            "a /* x */ 1 \\ // more\n  2\n",
            "\u{feff}\"quoted name\" \"\\u{e9}\\n\" -1.5 0x1f",
        ];
        for text in texts {
            assert_eq!(check(text), Ok(()), "{text}");
            assert!(kdl::KdlDocument::parse_v2(text).is_ok(), "{text}");
        }
    }
}
