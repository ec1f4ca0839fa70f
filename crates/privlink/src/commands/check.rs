//! `check`: everything that can be known about a spec without a call.

use privlink_model::Severity;
use privlink_spec::document::Document;

use crate::cli::{CheckArgs, Format};
use crate::exit_code::{self, Exit};
use crate::prepare;
use crate::streams::Streams;
use crate::view::diagnostics;
use crate::view::message::Message;
use crate::view::words;

pub(crate) fn run(args: &CheckArgs, streams: &Streams) -> Exit {
    let Some(loaded) = prepare::load(&args.spec, args.format.format, streams) else { return exit_code::ERROR };
    match args.format.format {
        Format::Text => streams.out.line(&format!("The spec is sound: {}.", contents(&loaded.document))),
        Format::Json => {
            let messages: Vec<Message> = loaded.diagnostics.iter().map(Message::of_spec).collect();
            debug_assert!(messages.iter().all(|message| message.severity() != Severity::Error));
            streams.out.line(&format!("{:#}", diagnostics::json(&messages, &loaded.sources)));
        }
    }
    exit_code::DONE
}

fn contents(document: &Document) -> String {
    let routes = document.apis.values().map(|api| api.routes.len()).sum();
    let counts = [
        words::count(document.accounts.len(), "account"),
        words::count(document.networks.len(), "network"),
        words::count(document.targets.len(), "target"),
        words::count(document.apis.len(), "API"),
        words::count(routes, "route"),
    ];
    words::list(&counts)
}
