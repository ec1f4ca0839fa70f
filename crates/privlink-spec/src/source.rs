//! Source files and places in them.

use std::sync::Arc;

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
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
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
        let Some(file) = self.get(span.file) else { return String::from("?") };
        let before = file.text.get(..span.start as usize).unwrap_or(&file.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("{}:{line}:{column}", file.name)
    }
}
