//! A tree writer for XML answers: owns escaping and nesting, and knows no service.

use quick_xml::escape::escape;

/// An XML document that is being written.
#[derive(Debug)]
pub(crate) struct Xml {
    out: String,
    root: String,
}

impl Xml {
    /// Opens a document with this root element.
    pub(crate) fn new(root: &str) -> Xml {
        Xml { out: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>"), root: root.to_owned() }
    }

    /// Opens a document whose root element names its namespace.
    pub(crate) fn with_namespace(root: &str, namespace: &str) -> Xml {
        let namespace = escape(namespace);
        let out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">");
        Xml { out, root: root.to_owned() }
    }

    /// Opens a piece without a root, to be appended to a document.
    pub(crate) fn fragment() -> Xml {
        Xml { out: String::new(), root: String::new() }
    }

    /// Appends a piece.
    pub(crate) fn append(&mut self, piece: Xml) {
        self.out.push_str(&piece.out);
    }

    /// Writes an element that holds text.
    pub(crate) fn text(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Xml {
        // XML 1.0 cannot carry most control characters in any spelling.
        let value: String =
            value.to_string().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect();
        self.out.push_str(&format!("<{name}>{}</{name}>", escape(value.as_str())));
        self
    }

    /// Writes an element that holds text, or nothing at all when there is none.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl std::fmt::Display>) -> &mut Xml {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// Writes an element that holds elements.
    pub(crate) fn node(&mut self, name: &str, inner: impl FnOnce(&mut Xml)) -> &mut Xml {
        self.out.push_str(&format!("<{name}>"));
        inner(self);
        self.out.push_str(&format!("</{name}>"));
        self
    }

    /// Writes a list as EC2 does: `<vpcSet><item>…</item></vpcSet>`.
    pub(crate) fn items<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Xml, T),
    ) -> &mut Xml {
        self.node(name, |x| {
            for item in items {
                x.node("item", |x| each(x, item));
            }
        })
    }

    /// Writes a list as the plain query protocol does: `<Tags><member>…</member></Tags>`.
    pub(crate) fn members<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Xml, T),
    ) -> &mut Xml {
        self.node(name, |x| {
            for item in items {
                x.node("member", |x| each(x, item));
            }
        })
    }

    /// Writes a list of plain texts under the given element name.
    pub(crate) fn texts<T: std::fmt::Display>(
        &mut self,
        name: &str,
        each: &str,
        items: impl IntoIterator<Item = T>,
    ) -> &mut Xml {
        self.node(name, |x| {
            for item in items {
                x.text(each, item);
            }
        })
    }

    /// Closes the document.
    pub(crate) fn finish(&mut self) -> String {
        let mut out = std::mem::take(&mut self.out);
        out.push_str(&format!("</{}>", self.root));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_and_escapes() {
        let text = Xml::new("R")
            .text("a", "x<&>\u{1}")
            .items("s", ["1"], |x, v| {
                x.text("v", v);
            })
            .finish();
        assert!(text.ends_with("<R><a>x&lt;&amp;&gt;</a><s><item><v>1</v></item></s></R>"), "{text}");
    }
}
