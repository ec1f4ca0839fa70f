//! Standard streams: results go to `out`, progress and messages to `err`, answers come from `input`.
//!
//! Owns: writing that survives a reader who goes away, and what is known of terminals. Refuses to know: what is written.
//! A closed pipe ends output quietly: the run behind it goes on and keeps its own exit code.
#![expect(clippy::disallowed_methods, reason = "here the environment of the streams is read")]

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::{Arc, Mutex};

use crate::events::Events;
use crate::view::style::Style;

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
            err: Sink { terminal: false, ..self.err.clone() },
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

/// A stream that is written to.
#[derive(Clone)]
pub(crate) struct Sink {
    inner: Arc<Mutex<Inner>>,
    /// Whether a person watches it live.
    pub(crate) terminal: bool,
    /// How text is marked up on it.
    pub(crate) style: Style,
}

struct Inner {
    writer: Box<dyn Write + Send>,
    failure: Option<io::Error>,
}

impl Sink {
    fn new(writer: Box<dyn Write + Send>, terminal: bool, color: bool) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { writer, failure: None })), terminal, style: Style { color } }
    }

    /// Writes text and flushes it. After a failure nothing more is written.
    pub(crate) fn write(&self, text: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if inner.failure.is_none()
            && let Err(error) = inner.writer.write_all(text.as_bytes()).and_then(|()| inner.writer.flush())
        {
            inner.failure = Some(error);
        }
    }

    /// Writes a line.
    pub(crate) fn line(&self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// What went wrong with writing, but for a reader who went away.
    pub(crate) fn failure(&self) -> Option<String> {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        inner.failure.as_ref().filter(|error| error.kind() != io::ErrorKind::BrokenPipe).map(io::Error::to_string)
    }
}

#[cfg(test)]
pub(crate) mod captured {
    //! Streams in memory, for tests.

    use super::*;

    /// What was written so far.
    #[derive(Clone, Default)]
    pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Buffer {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream to a writer of its own.
    pub(crate) fn sink(writer: impl Write + Send + 'static) -> Sink {
        Sink::new(Box::new(writer), false, false)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(self.0, "no more"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_goes_away_is_no_failure() {
        let sink = Sink::new(Box::new(Broken(io::ErrorKind::BrokenPipe)), false, false);
        sink.line("hello");
        assert_eq!(sink.failure(), None);
    }

    #[test]
    fn a_full_disk_is_a_failure() {
        let sink = Sink::new(Box::new(Broken(io::ErrorKind::StorageFull)), false, false);
        sink.line("hello");
        assert_eq!(sink.failure().as_deref(), Some("no more"));
    }
}
