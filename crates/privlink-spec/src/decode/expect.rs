//! `expect network="mobile-vpc" can-call="shop" …` and `moved from="api/old" to="api/new"`.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Expect, Moved};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

use super::{api, call};

const EXPECT: Shape = Shape {
    props: &["network", "account", "caller", "workflow", "can-call", "cannot-call", "method", "path"],
    ..Shape::NONE
};
const MOVED: Shape = Shape { props: &["from", "to"], ..Shape::NONE };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Expect> {
    let form = Form::new(cx, node, &EXPECT);
    let who = api::party(&form);
    let (can, property) = match (form.value("can-call"), form.value("cannot-call")) {
        (Some(_), None) => (true, "can-call"),
        (None, Some(_)) => (false, "cannot-call"),
        _ => {
            cx.report(
                Diagnostic::error(codes::EITHER_OR, "`expect` says `can-call` or `cannot-call`: exactly one of them")
                    .at(node.head, "not exactly one")
                    .help("write can-call=\"API\" or cannot-call=\"API\""),
            );
            call::method_and_path(&form);
            return None;
        }
    };
    let called = form.reference(property, Kind::Api);
    let (method, path) = call::method_and_path(&form);
    Some(Expect { who: who?, can, api: called?, method, path, span: node.span })
}

pub(super) fn moved(cx: &Context, node: &Node) -> Option<Moved> {
    let form = Form::new(cx, node, &MOVED);
    let address = |name| {
        form.needed_text(name).and_then(|address| {
            let sound = address.value.split('/').count() > 1
                && address.value.split('/').all(|part| !part.is_empty() && !part.contains(char::is_whitespace));
            value::keep(cx, codes::MOVED_ADDRESS, address, sound, |text| {
                (
                    format!("`{text}` is no address"),
                    String::from("addresses read like \"api/shop\", as plans show them"),
                )
            })
        })
    };
    let (from, to) = (address("from"), address("to"));
    Some(Moved { from: from?, to: to? })
}
