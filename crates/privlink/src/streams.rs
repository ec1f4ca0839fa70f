//! Standard streams: results go to `out`, progress and messages to `err`, answers come from `input`.
//!
//! Owns: which stream is for what, and what is known of terminals. Refuses to know: what is written, and how (see `sink`).
#![expect(clippy::disallowed_methods, reason = "here the environment of the streams is read")]

use std::io::{self, BufRead, IsTerminal};
use std::sync::{Arc, Mutex};

use crate::events::Events;
use crate::sink::Sink;

/// The streams of one run and what stands at their other ends.
pub(crate) struct Streams {
    /// Results.
    pub(crate) out: Sink,
    /// Progress, questions and messages.
    pub(crate) err: Sink,
    /// Events, where a program asked for them.
    pub(crate) events: Events,
    /// Answers.
    input: Arc<Mutex<dyn BufRead + Send>>,
    /// Whether a person can be asked: a terminal to read from and to write to, outside of CI.
    pub(crate) interactive: bool,
}

impl Streams {
    /// The process's own streams. `no_color` is the flag; the environment's wishes are read here.
    pub(crate) fn of_process(no_color: bool) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_terminal, err_terminal) = (out.is_terminal(), err.is_terminal());
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let no_color = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = |terminal: bool| !no_color && (terminal || set("CLICOLOR_FORCE"));
        // `CI=false` is how some systems say that they are none.
        let ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        Self {
            out: Sink::new(Box::new(out), out_terminal, color(out_terminal)),
            err: Sink::new(Box::new(err), err_terminal && !ci, color(err_terminal)),
            events: Events::silent(),
            interactive: io::stdin().is_terminal() && err_terminal && !ci,
            input: Arc::new(Mutex::new(io::BufReader::new(io::stdin()))),
        }
    }

    /// The same, with results among the messages: what is said beside the one result that a program reads.
    pub(crate) fn aside(&self) -> Self {
        Self {
            out: self.err.clone(),
            err: self.err.clone(),
            events: Events::silent(),
            input: Arc::clone(&self.input),
            interactive: self.interactive,
        }
    }

    /// The same for a program: events in place of results and of live progress, and nobody is asked. Messages stay.
    pub(crate) fn for_program(&self) -> Self {
        Self {
            out: Sink::new(Box::new(io::sink()), false, false),
            err: self.err.unwatched(),
            events: Events::to(self.out.clone()),
            input: Arc::clone(&self.input),
            interactive: false,
        }
    }

    /// Asks a question and gives the answer's line; none at the end of input. The wait for it can be given up: a thread of its
    /// own sits at the terminal, and the end of the process does not wait for it.
    pub(crate) async fn ask(&self, question: &str) -> Option<String> {
        self.err.write(question);
        let input = Arc::clone(&self.input);
        let (answered, answer) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = input.lock().unwrap_or_else(std::sync::PoisonError::into_inner).read_line(&mut line);
            // Who has given up the wait is not told.
            let _ = answered.send(matches!(read, Ok(length) if length > 0).then(|| line.trim().to_owned()));
        });
        answer.await.ok().flatten()
    }
}

#[cfg(test)]
pub(crate) mod captured {
    //! Streams in memory, for tests.

    use super::*;
    use crate::sink::captured::{Buffer, sink};

    /// Streams that are no terminal unless `answer` is given, in which case a person types it.
    pub(crate) fn streams(answer: Option<&str>) -> (Streams, Buffer, Buffer) {
        let (out, err) = (Buffer::default(), Buffer::default());
        let streams = Streams {
            out: sink(out.clone()),
            err: sink(err.clone()),
            events: Events::silent(),
            input: Arc::new(Mutex::new(io::Cursor::new(answer.unwrap_or_default().as_bytes().to_vec()))),
            interactive: answer.is_some(),
        };
        (streams, out, err)
    }
}
