//! The stream of events that a program asked for: one JSON object a line, first the version, last the outcome.
//!
//! Owns: that each line is written at once, and that there is one last one whatever the end. Refuses to know: what the lines
//! say (see `view::event_stream`).
//!
//! **Invariant:** whoever reads the lines can go away, or read no further for a while, without the run behind them noticing: a
//! thread of its own does the writing.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::Value as Json;

use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::sink::Sink;
use crate::view::event_stream;

/// Where events go.
pub(crate) struct Events {
    /// The lines to be written, and who writes them.
    writing: Option<(Sender<String>, JoinHandle<()>)>,
    outcome: Mutex<Option<Json>>,
}

impl Events {
    /// Nobody asked for them.
    pub(crate) fn silent() -> Self {
        Self { writing: None, outcome: Mutex::new(None) }
    }

    /// They go to a stream, beginning with the version.
    pub(crate) fn to(sink: Sink) -> Self {
        let (lines, written) = channel::<String>();
        let writer = thread::spawn(move || written.iter().for_each(|line| sink.line(&line)));
        let events = Self { writing: Some((lines, writer)), ..Self::silent() };
        events.say(event_stream::version);
        events
    }

    /// Whether anybody asked for them.
    pub(crate) fn are_wanted(&self) -> bool {
        self.writing.is_some()
    }

    /// Tells one, if anybody asked for them.
    pub(crate) fn say(&self, event: impl FnOnce() -> Json) {
        if let Some((lines, _)) = &self.writing {
            // The writer takes lines for as long as there may be some.
            let _ = lines.send(event().to_string());
        }
    }

    /// Keeps the outcome until the command is over. Of several the first counts: it is nearest to what happened.
    pub(crate) fn end(&self, outcome: impl FnOnce() -> Json) {
        if self.are_wanted() {
            self.outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(outcome);
        }
    }

    /// Tells the outcome, the one that was kept or what the end says by itself, and waits until all is written.
    pub(crate) fn conclude(self, end: &Result<Exit, Failure>) {
        let kept = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.say(|| event_stream::outcome(kept, end));
        if let Some((lines, writer)) = self.writing {
            drop(lines);
            // A writer that came to a bad end has nothing more to write.
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::Receiver;

    use serde_json::json;

    use super::*;
    use crate::exit_code;
    use crate::sink::captured::{self, Buffer};

    /// A pipe that is full until somebody reads.
    struct Full {
        read: Receiver<()>,
        taken: Buffer,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Whoever reads has read once, or is gone and reads all.
            let _ = self.read.recv();
            self.taken.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_reads_slowly_holds_nobody_up_and_misses_nothing() {
        let (reader, read) = channel();
        let taken = Buffer::default();
        let events = Events::to(captured::sink(Full { read, taken: taken.clone() }));
        (0..1000).for_each(|number| events.say(|| json!({ "number": number })));
        assert_eq!(taken.text(), "", "it was written to a full pipe");
        drop(reader);
        events.end(|| json!({ "outcome": "applied" }));
        events.end(|| json!({ "outcome": "stuck" }));
        events.conclude(&Ok(exit_code::DONE));
        let lines: Vec<Json> = taken.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), &lines[0]["type"], &lines[1000]["number"]), (1002, &"version".into(), &999.into()));
        assert_eq!((&lines[1001]["type"], &lines[1001]["outcome"]), (&"outcome".into(), &"applied".into()));
    }

    #[test]
    fn nothing_is_made_of_what_nobody_asked_for() {
        let events = Events::silent();
        events.say(|| unreachable!("an event was made"));
        events.end(|| unreachable!("an outcome was made"));
        events.conclude(&Ok(exit_code::DONE));
    }
}
