//! Text to nodes: cuts a file into top-level nodes, has the `kdl` crate parse them in parallel, and on a mistake goes
//! on with the next node.
//!
//! Owns: how a file is divided and what is reported when a part is refused. Refuses to know: what nodes mean. The
//! `kdl` crate is the parser; `lex` and `outline` only find where nodes begin and end, so that a broken one costs
//! nothing but itself. Read next: `lex`, `outline`, `grammar`.

mod grammar;
mod lex;
mod outline;

use std::ops::Range;

use kdl::KdlDocument;
use rayon::prelude::*;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::node::{self, Base, Node};
use crate::source::{FileId, Span};
use lex::{DEEPEST, Flaw, Lexed, Token, TokenKind};
use outline::{Block, BraceFlaw, Outline};

pub(crate) use lex::NOUNS;

/// Levels handed to the `kdl` crate at once. Its parser takes some 40 kB of stack for each level in a debug build, and a
/// thread may have no more than 2 MB; deeper nodes are taken apart here first. A sound spec has four levels.
const LEVELS_AT_ONCE: usize = 8;

/// Text parsed in one call: large enough to be worth a task, small enough that two cores share a thousand lines evenly
/// and a mistake does not cost much twice. A larger node is divided at its children.
const BATCH_BYTES: usize = 8 * 1024;

/// What a file's text gave.
#[derive(Debug, Default)]
pub(crate) struct Syntax {
    pub(crate) nodes: Vec<Node>,
    /// Noun and name of nodes that could not be read, so that what refers to them is not called unknown.
    pub(crate) broken: Vec<(String, String)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Syntax {
    fn append(&mut self, mut other: Syntax) {
        self.nodes.append(&mut other.nodes);
        self.broken.append(&mut other.broken);
        self.diagnostics.append(&mut other.diagnostics);
    }
}

/// Reads a file's text.
pub(crate) fn read(file: FileId, text: &str) -> Syntax {
    let lexed = lex::lex(text);
    let (outlines, brace_flaws) = outline::outline(text, &lexed.tokens);
    let reader = Reader { file, text, lexed: &lexed };
    let mut syntax = Syntax::default();
    syntax.diagnostics.extend(lexed.flaws.iter().map(|(range, flaw)| reader.flaw(range, *flaw)));
    syntax.diagnostics.extend(brace_flaws.iter().map(|flaw| reader.brace_flaw(*flaw)));
    syntax.append(reader.side_by_side(&outlines, Level::Top));
    syntax
}

/// Whether threads may share the work on a node's children. Deeper ones are read by one thread: a thread that waits
/// takes up other work on the same stack, and with each level that shares there would be more of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Inner,
}

/// Divides nodes into runs of about [`BATCH_BYTES`].
fn batches(outlines: &[Outline]) -> Vec<&[Outline]> {
    let mut rest = outlines;
    let mut batches = Vec::new();
    while let Some(first) = rest.first() {
        let enough = first.bytes.start + BATCH_BYTES;
        let count = rest.iter().take_while(|outline| outline.bytes.start < enough).count().max(1);
        let (batch, after) = rest.split_at(count);
        batches.push(batch);
        rest = after;
    }
    batches
}

/// Marks a node whose braces cannot be trusted: what stands in it may belong to another.
fn tear(node: &mut Node) {
    node.torn = true;
    node.children.iter_mut().for_each(tear);
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    lexed: &'t Lexed,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Base { file: self.file, offset: 0 }.span(start, end)
    }

    /// Where the character before a byte begins.
    fn last_char(&self, end: usize) -> usize {
        end - self.slice(0..end).chars().next_back().map_or(0, char::len_utf8)
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    /// Reads nodes of the top, or the children of one, in parallel.
    fn side_by_side(&self, outlines: &[Outline], level: Level) -> Syntax {
        let parts: Vec<Syntax> = batches(outlines).into_par_iter().map(|batch| self.batch(batch, level)).collect();
        let mut syntax = Syntax::default();
        for part in parts {
            syntax.append(part);
        }
        syntax
    }

    /// Reads a batch: runs of sound nodes in one call of the parser each, the others alone.
    fn batch(&self, outlines: &[Outline], level: Level) -> Syntax {
        let mut syntax = Syntax::default();
        let judged: Vec<(&Outline, bool)> = outlines.iter().map(|outline| (outline, self.is_plain(outline))).collect();
        for run in judged.chunk_by(|a, b| a.1 && b.1) {
            let ([(first, plain), ..], [.., (last, _)]) = (run, run) else { continue };
            if *plain
                && last.bytes.end - first.bytes.start <= 2 * BATCH_BYTES
                && let Some(mut nodes) = self.parse(first.bytes.start..last.bytes.end)
            {
                syntax.nodes.append(&mut nodes);
            } else if run.len() > 1 {
                run.iter().for_each(|(outline, _)| self.node(outline, level, &mut syntax));
            } else {
                self.divided(first, level, &mut syntax);
            }
        }
        syntax
    }

    /// Whether the `kdl` crate can be given the node as it stands.
    fn is_plain(&self, outline: &Outline) -> bool {
        outline.whole && outline.levels <= LEVELS_AT_ONCE && !self.has_flaw(&outline.bytes) && self.is_sound(outline)
    }

    fn is_sound(&self, outline: &Outline) -> bool {
        grammar::first_mistake(self.text, self.head_tokens(outline)).is_none()
            && self.stray_tail(outline).is_none()
            && outline.blocks.iter().flat_map(|block| &block.children).all(|child| self.is_sound(child))
    }

    /// The tokens of a node's head, without a `/-` that belongs to its block.
    fn head_tokens(&self, outline: &Outline) -> &[Token] {
        let tokens = self.lexed.tokens.get(outline.head.clone()).unwrap_or_default();
        match tokens.split_last() {
            Some((last, before))
                if !outline.blocks.is_empty() && last.kind == TokenKind::Slashdash && !before.is_empty() =>
            {
                before
            }
            _ => tokens,
        }
    }

    fn has_flaw(&self, bytes: &Range<usize>) -> bool {
        let first = self.lexed.flaws.partition_point(|(range, _)| range.start < bytes.start);
        self.lexed.flaws.get(first).is_some_and(|(range, _)| range.start < bytes.end)
    }

    fn parse(&self, range: Range<usize>) -> Option<Vec<Node>> {
        let base = Base { file: self.file, offset: range.start };
        let piece = self.slice(range);
        let document = KdlDocument::parse_v2(piece).ok()?;
        Some(document.nodes().iter().map(|node| node::take(node, piece, base)).collect())
    }

    /// Reads one sound node of a run that was refused or is too large for one call.
    fn node(&self, outline: &Outline, level: Level, out: &mut Syntax) {
        if outline.bytes.len() <= 2 * BATCH_BYTES
            && let Some(mut nodes) = self.parse(outline.bytes.clone())
        {
            out.nodes.append(&mut nodes);
        } else {
            self.divided(outline, level, out);
        }
    }

    /// Reads a node that is refused as a whole, or too large: its head, and its children by themselves.
    fn divided(&self, outline: &Outline, level: Level, out: &mut Syntax) {
        let mut children = Syntax::default();
        for block in &outline.blocks {
            self.block(block, level, &mut children);
        }
        let before = children.diagnostics.len();
        let torn = before > 0 || !outline.whole || self.has_flaw(&outline.bytes);
        let head = self.head(outline, &mut children);
        if children.diagnostics.len() == before {
            self.tail(outline, &mut children);
        }
        out.diagnostics.append(&mut children.diagnostics);
        match head {
            Some(mut node) => {
                node.torn = torn;
                node.children = children.nodes;
                if !outline.whole {
                    node.children.iter_mut().for_each(tear);
                }
                node.span.end = self.span(0, outline.bytes.end).end;
                out.nodes.push(node);
            }
            None => out.broken.extend(self.declared(outline)),
        }
    }

    fn block(&self, block: &Block, level: Level, out: &mut Syntax) {
        let mut inside = match level {
            Level::Top => self.side_by_side(&block.children, Level::Inner),
            Level::Inner => self.batch(&block.children, level),
        };
        out.diagnostics.append(&mut inside.diagnostics);
        if !block.taken_out {
            out.nodes.append(&mut inside.nodes);
        }
    }

    /// The node without its block; `None` when it is refused or taken out by `/-`.
    fn head(&self, outline: &Outline, out: &mut Syntax) -> Option<Node> {
        let tokens = self.head_tokens(outline);
        let (first, last) = (tokens.first()?, tokens.last()?);
        let range = first.start..last.end;
        if self.has_flaw(&range) {
            return None;
        }
        if let Some(mistake) = grammar::first_mistake(self.text, tokens) {
            out.diagnostics.push(
                Diagnostic::error(mistake.code, mistake.message)
                    .at(self.span(mistake.start, mistake.end), mistake.label)
                    .help(mistake.help),
            );
            return None;
        }
        let base = Base { file: self.file, offset: range.start };
        let piece = self.slice(range.clone());
        match KdlDocument::parse_v2(piece) {
            Ok(document) => document.nodes().first().map(|node| node::take(node, piece, base)),
            Err(error) => {
                out.diagnostics.push(self.refused(range, &error));
                None
            }
        }
    }

    fn refused(&self, range: Range<usize>, error: &kdl::KdlError) -> Diagnostic {
        let first = error.diagnostics.first();
        let start = range.start + first.map_or(0, |d| d.span.offset());
        let end = (start + first.map_or(1, |d| d.span.len().max(1))).min(range.end.max(start));
        let message = first.and_then(|d| d.message.clone()).unwrap_or_else(|| String::from("this is not KDL"));
        Diagnostic::error(codes::SYNTAX, message).at(self.span(start, end), "cannot be read").help(
            first
                .and_then(|d| d.help.clone())
                .unwrap_or_else(|| String::from("look at the quotes, spaces and = signs here")),
        )
    }

    fn tail(&self, outline: &Outline, out: &mut Syntax) {
        if let Some((start, end)) = self.stray_tail(outline) {
            out.diagnostics.push(
                Diagnostic::error(codes::SYNTAX, "something follows the closing `}` on its line")
                    .at(self.span(start, end), "not expected after `}`")
                    .help("begin a new line"),
            );
        }
    }

    /// What follows a node's block and should not: a second block, or anything else.
    fn stray_tail(&self, outline: &Outline) -> Option<(usize, usize)> {
        let tokens = self.lexed.tokens.get(outline.tail.clone()).unwrap_or_default();
        let stray =
            tokens.iter().find(|token| token.kind != TokenKind::Slashdash).map(|token| (token.start, token.end));
        let mut blocks = outline.blocks.iter().filter(|block| !block.taken_out);
        stray.or_else(|| blocks.nth(1).map(|block| (block.open, block.open + 1)))
    }

    /// Noun and name of a node whose head is broken, as far as they can be made out.
    fn declared(&self, outline: &Outline) -> Option<(String, String)> {
        let tokens = self.lexed.tokens.get(outline.head.clone())?;
        let [noun, name, ..] = tokens else { return None };
        let name = self.slice(name.start..name.end).trim_start_matches('"');
        // A string left open runs on to the next quote: the name is what could be one.
        let name = name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).next().unwrap_or("");
        Some((self.slice(noun.start..noun.end).to_owned(), name.to_owned()))
    }

    fn flaw(&self, range: &Range<usize>, flaw: Flaw) -> Diagnostic {
        let span = self.span(range.start, range.end);
        match flaw {
            Flaw::UnclosedString => Diagnostic::error(codes::UNCLOSED, "a string is never closed")
                .at(span, "begins here")
                .help("close it with the quotes it begins with, on the same line unless it begins with \"\"\""),
            Flaw::UnclosedComment => Diagnostic::error(codes::UNCLOSED, "a comment is never closed")
                .at(span, "begins here")
                .help("close it with */"),
            Flaw::DeepComment => {
                Diagnostic::error(codes::TOO_DEEP, format!("comments are nested {DEEPEST} levels deep"))
                    .at(span, "begins here")
                    .help("take the comments inside it out")
            }
            Flaw::Hidden => {
                let found = self.slice(range.clone()).escape_default();
                Diagnostic::error(codes::SYNTAX, "a character that is not seen stands in this string")
                    .at(span, "not allowed in KDL")
                    .help(format!("take it out, or write it as {found} in a string without #"))
            }
            Flaw::Escape => {
                let found = self.slice(range.clone());
                Diagnostic::error(codes::SYNTAX, format!("`{found}` is no escape"))
                    .at(span, "unknown escape")
                    .help("write \\\\ for a backslash, or a raw string: #\"…\"#")
            }
        }
    }

    fn brace_flaw(&self, flaw: BraceFlaw) -> Diagnostic {
        match flaw {
            BraceFlaw::Stray(at) => Diagnostic::error(codes::UNCLOSED, "`}` closes nothing")
                .at(self.span(at, at + 1), "no `{` is open here")
                .help("take it out, or look above it for a `{` that is missing or a `}` too many"),
            BraceFlaw::Unopened(after) => Diagnostic::error(codes::UNCLOSED, "a `{` is missing")
                .at(self.span(self.last_char(after), after), "the block of this node begins after this")
                .help("add `{` at the end of the line"),
            BraceFlaw::Unclosed(at) => Diagnostic::error(codes::UNCLOSED, "`{` is never closed")
                .at(self.span(at, at + 1), "opened here")
                .help("add the missing `}`"),
            BraceFlaw::TooDeep(at) => {
                Diagnostic::error(codes::TOO_DEEP, format!("nodes are nested more than {DEEPEST} levels deep"))
                    .at(self.span(at, at + 1), "one level too many")
                    .help("no node of a spec needs more than four levels")
            }
        }
    }
}
