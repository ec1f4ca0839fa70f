//! Source files and places in them.

use std::sync::{Arc, OnceLock};

/// Which file of the set that was read; an index into [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One file's name and text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user would write it.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

/// Every file that was read, in the order it was met.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// Made for a file when the first place in it is asked for.
    indices: Vec<OnceLock<Index>>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        self.indices.push(OnceLock::new());
        FileId(self.files.len() as u32 - 1)
    }

    /// The file behind an id.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order they were met.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// `name:line:column` of a span's first byte, both from one; columns count characters.
    pub fn locate(&self, span: Span) -> String {
        let (Some(file), Some(index)) = (self.get(span.file), self.index(span.file)) else { return String::from("?") };
        let start = (span.start as usize).min(file.text.len());
        let line = index.line(start);
        let column = index.chars_before(&file.text, start) - index.chars_before(&file.text, index.start_of(line)) + 1;
        format!("{}:{}:{column}", file.name, line + 1)
    }

    pub(crate) fn index(&self, id: FileId) -> Option<&Index> {
        let text = &self.get(id)?.text;
        self.indices.get(id.0 as usize).map(|index| index.get_or_init(|| Index::new(text)))
    }
}

/// Bytes between two marks of an [`Index`].
const MARK_BYTES: usize = 1024;

/// Where a file's lines begin, and how many characters stand before some of its bytes: so that a message costs the same
/// wherever in a file it points.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// The first byte of each line but the first.
    breaks: Vec<u32>,
    /// Characters that begin before each multiple of [`MARK_BYTES`].
    marks: Vec<u32>,
}

impl Index {
    fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1).collect();
        let mut marks = vec![0];
        let mut chars = 0;
        for chunk in text.as_bytes().chunks(MARK_BYTES) {
            chars += count_chars(chunk) as u32;
            marks.push(chars);
        }
        Index { breaks, marks }
    }

    /// The line a byte stands in, from zero.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.breaks.partition_point(|start| *start as usize <= at)
    }

    /// The first byte of a line; of the last line for one beyond the end.
    pub(crate) fn start_of(&self, line: usize) -> usize {
        match line.min(self.breaks.len()).checked_sub(1) {
            Some(at) => self.breaks.get(at).map_or(0, |start| *start as usize),
            None => 0,
        }
    }

    /// One past the last byte of a line and its line end, or the length of the text for the last line.
    pub(crate) fn end_of(&self, line: usize, text: &str) -> usize {
        self.breaks.get(line).map_or(text.len(), |next| *next as usize)
    }

    fn chars_before(&self, text: &str, at: usize) -> usize {
        let mark = at / MARK_BYTES;
        let rest = text.as_bytes().get(mark * MARK_BYTES..at).unwrap_or_default();
        self.marks.get(mark).map_or(0, |chars| *chars as usize) + count_chars(rest)
    }
}

/// Characters that begin in a piece of UTF-8.
fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{FileId, SourceFile, Sources, Span};

    /// As it was meant: counted from the start of the text.
    fn counted(text: &str, at: usize) -> String {
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("a.kdl:{line}:{column}")
    }

    #[test]
    fn places_are_those_that_counting_gives() {
        for text in ["", "\n", "a\nbb\n\nc", &"äx\n→y".repeat(900), &"é".repeat(3000)] {
            let mut sources = Sources::default();
            let file = sources.add(SourceFile { name: String::from("a.kdl"), text: text.into() });
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let span = Span { file, start: at as u32, end: at as u32 };
                assert_eq!(sources.locate(span), counted(text, at));
            }
        }
    }

    #[test]
    fn places_outside_a_text_do_no_harm() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile { name: String::from("a.kdl"), text: "ab\nc".into() });
        assert_eq!(sources.locate(Span { file, start: 99, end: 100 }), "a.kdl:2:2");
        assert_eq!(sources.locate(Span { file: FileId(7), start: 0, end: 0 }), "?");
    }
}
