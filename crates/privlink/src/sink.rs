//! One stream that is written to: a terminal, a file, a pipe.
//!
//! Owns: writing that survives a reader who goes away. Refuses to know: what is written, and what the others are for (see
//! `streams`). A closed pipe ends output quietly: the run behind it goes on and keeps its own exit code.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::view::style::Style;

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
    /// A stream to a writer.
    pub(crate) fn new(writer: Box<dyn Write + Send>, terminal: bool, color: bool) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { writer, failure: None })), terminal, style: Style { color } }
    }

    /// The same stream, for whom nothing is drawn live.
    pub(crate) fn unwatched(&self) -> Self {
        Self { terminal: false, ..self.clone() }
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
    //! A stream into memory, for tests.

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
