//! A request or an answer of the query protocols as a tree, and the manners in which CloudTrail writes such trees.
//!
//! EC2's older operations are written in camel case with lists under `items`. Its newer ones are what a converter makes of
//! their XML: names as they are sent, an element of a list with its number as `tag`, a list of one as that one. Elastic Load
//! Balancing is written plainly. Knows no operation. Read next: `elements.rs`.

use crate::wire::Params;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};

/// How deep a request is read: deeper than any that AWS knows, and not as deep as one that is meant to do harm.
const DEPTH: usize = 16;

/// What was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Text(String),
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
}

/// A branch that is being read.
#[derive(Debug, Default)]
struct Branch {
    text: String,
    children: Vec<(String, Branch)>,
}

impl Branch {
    /// Gives the child of a name, made if it is not there.
    fn child(&mut self, name: &str) -> &mut Branch {
        let at = self.children.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.children.push((name.to_owned(), Branch::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    /// Ends: children that are `is_element` make a list.
    fn tree(self, is_element: &dyn Fn(&str) -> bool) -> Tree {
        let named = |children: Vec<(String, Branch)>| {
            let child = |(name, branch): (String, Branch)| (name, branch.tree(is_element));
            children.into_iter().map(child).collect::<Vec<_>>()
        };
        if self.children.is_empty() {
            Tree::Text(self.text)
        } else if self.children.iter().all(|(name, _)| is_element(name)) {
            let mut elements = named(self.children);
            elements.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or_default());
            Tree::List(elements.into_iter().map(|(_, tree)| tree).collect())
        } else {
            Tree::Map(named(self.children))
        }
    }
}

impl Tree {
    /// Reads the parameters of a request, but for those that every request has.
    pub(super) fn of_params(params: &Params) -> Tree {
        let mut root = Branch::default();
        for (name, value) in params.pairs().iter().filter(|(name, _)| !matches!(name.as_str(), "Action" | "Version")) {
            let mut at = &mut root;
            for part in name.splitn(DEPTH, '.').filter(|part| *part != "member") {
                at = at.child(part);
            }
            at.text.clone_from(value);
        }
        let tree = root.tree(&|name| name.parse::<u32>().is_ok());
        if tree == Tree::Text(String::new()) { Tree::Map(Vec::new()) } else { tree }
    }

    /// Reads an answer, from inside its root element.
    pub(super) fn of_xml(text: &[u8]) -> Tree {
        let mut reader = Reader::from_reader(text);
        let mut open: Vec<(String, Branch)> = vec![(String::new(), Branch::default())];
        loop {
            // What we wrote ourselves is sound; were it not, what was read so far would have to do.
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    open.push((String::from_utf8_lossy(start.name().as_ref()).into_owned(), Branch::default()));
                }
                Ok(Event::Text(text)) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    add(&mut open, &unescape(&text).map_or_else(|_| text.clone(), |text| text.into_owned()));
                }
                Ok(Event::GeneralRef(name)) => {
                    let reference = format!("&{};", String::from_utf8_lossy(&name));
                    add(&mut open, &unescape(&reference).map_or_else(|_| reference.clone(), |text| text.into_owned()));
                }
                Ok(Event::End(_)) => {
                    if let (Some(done), Some((_, parent))) = (open.pop(), open.last_mut()) {
                        parent.children.push(done);
                    }
                }
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let outer = open.into_iter().next().unwrap_or_default().1;
        let root = outer.children.into_iter().next().unwrap_or_default().1;
        root.tree(&|name| matches!(name, "item" | "member"))
    }

    /// Gives a member.
    pub(super) fn get(&self, name: &str) -> Option<&Tree> {
        match self {
            Tree::Map(members) => members.iter().find(|(known, _)| known == name).map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// Gives the members.
    pub(super) fn members(&self) -> &[(String, Tree)] {
        match self {
            Tree::Map(members) => members,
            _ => &[],
        }
    }

    /// Writes in camel case, with lists as they are.
    pub(super) fn plain(&self) -> Value {
        match self {
            Tree::Text(text) => scalar(text),
            Tree::List(elements) => elements.iter().map(Tree::plain).collect(),
            Tree::Map(members) => members.iter().map(|(name, tree)| (camel(name), tree.plain())).collect(),
        }
    }

    /// Writes in camel case, with lists under `items`; `name` is what a text in a list is called.
    pub(super) fn items(&self, name: &str) -> Value {
        match self {
            Tree::Text(text) if text.is_empty() => json!({}),
            Tree::Text(text) => scalar(text),
            Tree::List(elements) => {
                let element = |tree: &Tree| match tree {
                    Tree::Text(text) => json!({ camel(name): scalar(text) }),
                    other => other.items(name),
                };
                json!({ "items": elements.iter().map(element).collect::<Vec<_>>() })
            }
            Tree::Map(members) => members.iter().map(|(name, tree)| (camel(name), tree.items(name))).collect(),
        }
    }

    /// Writes a request as the converter does.
    pub(super) fn tagged(&self) -> Value {
        match self {
            Tree::Text(text) => scalar(text),
            Tree::Map(members) => members.iter().map(|(name, tree)| (name.clone(), tree.tagged())).collect(),
            Tree::List(elements) => {
                let element = |(at, tree): (usize, &Tree)| match tree.tagged() {
                    Value::Object(mut members) => {
                        members.insert("tag".to_owned(), json!(at + 1));
                        Value::Object(members)
                    }
                    content => json!({ "content": content, "tag": at + 1 }),
                };
                one_or_all(elements.iter().enumerate().map(element).collect())
            }
        }
    }

    /// Writes an answer as the converter does.
    pub(super) fn converted(&self) -> Value {
        match self {
            Tree::Text(text) => scalar(text),
            Tree::Map(members) => members.iter().map(|(name, tree)| (name.clone(), tree.converted())).collect(),
            Tree::List(elements) => json!({ "item": one_or_all(elements.iter().map(Tree::converted).collect()) }),
        }
    }
}

/// Adds to the text of the innermost element that is open.
fn add(open: &mut [(String, Branch)], text: &str) {
    if let Some((_, branch)) = open.last_mut() {
        branch.text.push_str(text);
    }
}

fn one_or_all(mut elements: Vec<Value>) -> Value {
    if elements.len() == 1 { elements.remove(0) } else { Value::Array(elements) }
}

/// Writes a truth value as one, and a number as one that is no account's.
fn scalar(text: &str) -> Value {
    match (text, text.parse::<i32>()) {
        ("true", _) => json!(true),
        ("false", _) => json!(false),
        (_, Ok(number)) if number.to_string() == text => json!(number),
        _ => json!(text),
    }
}

/// Writes a name with a small initial.
pub(super) fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Tells whether there is nothing in a value.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

/// Puts a value under a name of its own.
pub(super) fn under(name: String, value: Value) -> Value {
    Value::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_written_in_each_manner() {
        let params = Params::of(&[
            ("Action", "X"),
            ("VpcId", "vpc-1"),
            ("SubnetId.1", "subnet-a"),
            ("Tags.member.2.Key", "b"),
            ("Tags.member.1.Key", "a"),
            ("On", "true"),
        ]);
        let tree = Tree::of_params(&params);
        assert_eq!(
            tree.tagged(),
            json!({ "VpcId": "vpc-1", "SubnetId": { "content": "subnet-a", "tag": 1 },
                    "Tags": [{ "Key": "a", "tag": 1 }, { "Key": "b", "tag": 2 }], "On": true })
        );
        assert_eq!(
            tree.items(""),
            json!({ "vpcId": "vpc-1", "subnetId": { "items": [{ "subnetId": "subnet-a" }] },
                    "tags": { "items": [{ "key": "a" }, { "key": "b" }] }, "on": true })
        );
        let plain =
            json!({ "vpcId": "vpc-1", "subnetId": ["subnet-a"], "tags": [{ "key": "a" }, { "key": "b" }], "on": true });
        assert_eq!(tree.plain(), plain);
        assert_eq!(Tree::of_params(&Params::of(&[("Action", "X")])).plain(), json!({}));
        let deep = "a.".repeat(100_000);
        assert!(Tree::of_params(&Params::of(&[(&deep, "x")])).plain().is_object());
    }

    #[test]
    fn answers_are_read_back() {
        let text = b"<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><a>1 &lt; 2 &amp; so</a><set><item><id>i-1</id></item></set><none></none><n>012</n></R>";
        let tree = Tree::of_xml(text);
        assert_eq!(
            tree.converted(),
            json!({ "a": "1 < 2 & so", "set": { "item": { "id": "i-1" } }, "none": "", "n": "012" })
        );
        assert_eq!(tree.items("")["set"], json!({ "items": [{ "id": "i-1" }] }));
        assert_eq!(tree.get("a"), Some(&Tree::Text("1 < 2 & so".to_owned())));
        assert_eq!(Tree::of_xml(b"<a><b"), Tree::Text(String::new()));
    }
}
