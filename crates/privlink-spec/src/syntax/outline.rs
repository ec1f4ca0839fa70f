//! Groups tokens into nodes: where each begins, where its head ends and what stands in its block.
//!
//! Owns: braces, the depth limit, and where to go on after a brace left open. Refuses to know: values and grammar
//! inside a head. Read next: `mod.rs`, which hands each node's text to the `kdl` crate.
//!
//! **Invariant:** no recursion here is deeper than [`DEEPEST`] + 1, whatever the text.

use std::ops::Range;

use super::lex::{DEEPEST, Token, TokenKind, begins_with_noun};

/// How often nodes are given to the noun before them: bounds the work on hostile input.
const MOST_ADOPTIONS: usize = 20;

/// One node: its bytes, the tokens of its head, and its blocks.
#[derive(Debug)]
pub(crate) struct Outline {
    /// First byte and one past the last.
    pub(crate) bytes: Range<usize>,
    /// Indices of the tokens before the first block.
    pub(crate) head: Range<usize>,
    /// The block of children, and any that were taken out by `/-`.
    pub(crate) blocks: Vec<Block>,
    /// Indices of tokens that follow the blocks, which is never right.
    pub(crate) tail: Range<usize>,
    /// Levels of blocks inside it.
    pub(crate) levels: usize,
    /// Whether every brace in it is closed and nothing is too deep.
    pub(crate) whole: bool,
}

/// One block of children.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) open: usize,
    pub(crate) close: Option<usize>,
    pub(crate) taken_out: bool,
    pub(crate) children: Vec<Outline>,
}

/// What is wrong with the braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BraceFlaw {
    /// `}` that closes nothing, at this byte.
    Stray(usize),
    /// A block whose `{` is missing after this byte.
    Unopened(usize),
    /// `{` that is never closed, at this byte.
    Unclosed(usize),
    /// `{` that opens a level beyond the limit, at this byte.
    TooDeep(usize),
}

/// The nodes at the top of a text.
pub(crate) fn outline(text: &str, tokens: &[Token]) -> (Vec<Outline>, Vec<BraceFlaw>) {
    let first = Builder::new(text, tokens, false).build();
    if first.1.iter().any(|flaw| matches!(flaw, BraceFlaw::Unclosed(_))) {
        return Builder::new(text, tokens, true).build();
    }
    first
}

struct Builder<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    /// Whether a noun at the start of a line ends every open block: only once a brace is known to be missing.
    resume_at_nouns: bool,
    flaws: Vec<BraceFlaw>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, tokens: &'t [Token], resume_at_nouns: bool) -> Self {
        Builder { text, tokens, at: 0, resume_at_nouns, flaws: Vec::new() }
    }

    fn build(mut self) -> (Vec<Outline>, Vec<BraceFlaw>) {
        let mut nodes = Vec::new();
        loop {
            nodes.append(&mut self.nodes(0));
            let Some(token) = self.tokens.get(self.at) else { break };
            let flaw = self.adopt(&mut nodes, token.start).unwrap_or(BraceFlaw::Stray(token.start));
            self.flaws.push(flaw);
            self.at += 1;
        }
        (nodes, self.flaws)
    }

    /// A `}` that closes nothing, after indented nodes: they belong to the noun before them, whose `{` is missing.
    fn adopt(&self, nodes: &mut Vec<Outline>, close: usize) -> Option<BraceFlaw> {
        if self.flaws.len() > MOST_ADOPTIONS {
            return None;
        }
        let parent = nodes.iter().rposition(|node| line_start(self.text, node.bytes.start) == node.bytes.start)?;
        let children = nodes.split_off(parent + 1);
        let node = nodes.get_mut(parent)?;
        if children.is_empty() || !begins_with_noun(self.text, node.bytes.start) {
            nodes.extend(children);
            return None;
        }
        let flaw = if node.blocks.is_empty() { BraceFlaw::Unopened(node.bytes.end) } else { BraceFlaw::Stray(close) };
        node.levels = node.levels.max(1 + children.iter().map(|child| child.levels).max().unwrap_or(0));
        node.whole = false;
        match node.blocks.last_mut() {
            Some(block) => block.children.extend(children),
            None => {
                let open = node.bytes.end;
                node.blocks.push(Block { open, close: Some(close), taken_out: false, children });
            }
        }
        node.bytes.end = close + 1;
        Some(flaw)
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn resumes_here(&self, token: Token) -> bool {
        self.resume_at_nouns
            && token.kind == TokenKind::Word
            && (token.start == 0 || self.text.as_bytes().get(token.start - 1) == Some(&b'\n'))
            && begins_with_noun(self.text, token.start)
    }

    /// Reads nodes up to a `}` or the end.
    fn nodes(&mut self, depth: usize) -> Vec<Outline> {
        let mut nodes = Vec::new();
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Newline | TokenKind::Semicolon => self.at += 1,
                TokenKind::Close => break,
                _ if depth > 0 && self.resumes_here(token) => break,
                _ => nodes.push(self.node(depth)),
            }
        }
        nodes
    }

    fn node(&mut self, depth: usize) -> Outline {
        let first = self.at;
        let start = self.peek().map_or(0, |token| token.start);
        let mut node = Outline {
            bytes: start..start,
            head: first..first,
            blocks: Vec::new(),
            tail: first..first,
            levels: 0,
            whole: true,
        };
        let mut slashed = false;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Newline | TokenKind::Semicolon | TokenKind::Close => break,
                TokenKind::Open => {
                    let block = self.block(depth + 1, slashed, &mut node);
                    node.blocks.push(block);
                    node.tail = self.at..self.at;
                }
                _ => {
                    node.bytes.end = token.end;
                    self.at += 1;
                    if node.blocks.is_empty() {
                        // A `/-` may turn out to belong to a block: it then is no part of the head.
                        node.head.end = self.at;
                    } else {
                        node.tail.end = self.at;
                    }
                }
            }
            slashed = token.kind == TokenKind::Slashdash;
            if !node.whole && !matches!(self.peek().map(|t| t.kind), Some(TokenKind::Newline | TokenKind::Semicolon)) {
                break;
            }
        }
        node
    }

    fn block(&mut self, depth: usize, taken_out: bool, node: &mut Outline) -> Block {
        let open = self.peek().map_or(0, |token| token.start);
        self.at += 1;
        let mut block = Block { open, close: None, taken_out, children: Vec::new() };
        node.bytes.end = open + 1;
        if depth > DEEPEST {
            self.flaws.push(BraceFlaw::TooDeep(open));
            node.whole = false;
            block.close = self.skip_block();
        } else {
            block.children = self.nodes(depth);
            if let Some(last) = block.children.last() {
                node.bytes.end = last.bytes.end;
            }
            match self.peek() {
                Some(token) if token.kind == TokenKind::Close => {
                    block.close = Some(token.start);
                    self.at += 1;
                }
                _ => {
                    node.whole = false;
                    if depth == 1 {
                        self.flaws.push(BraceFlaw::Unclosed(misplaced(self.text, &block).unwrap_or(open)));
                    }
                }
            }
        }
        if let Some(close) = block.close {
            node.bytes.end = close + 1;
        }
        node.whole &= block.children.iter().all(|child| child.whole);
        node.levels = node.levels.max(1 + block.children.iter().map(|child| child.levels).max().unwrap_or(0));
        block
    }

    /// Passes a block that is too deep, up to its `}`.
    fn skip_block(&mut self) -> Option<usize> {
        let mut depth = 1_usize;
        while let Some(token) = self.peek() {
            self.at += 1;
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(token.start);
            }
        }
        None
    }
}

/// The brace that is most likely the one left open: the innermost unclosed one, or one whose `}` is indented less than
/// its own line, because it took its parent's.
fn misplaced(text: &str, block: &Block) -> Option<usize> {
    for child in &block.children {
        for inner in &child.blocks {
            match inner.close {
                None => return misplaced(text, inner).or(Some(inner.open)),
                Some(close) if on_own_line(text, close) && indentation(text, close) < indentation(text, inner.open) => {
                    return misplaced(text, inner).or(Some(inner.open));
                }
                Some(_) => {}
            }
        }
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn indentation(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..).map_or(0, |line| line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count())
}

fn on_own_line(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.trim().is_empty())
}
