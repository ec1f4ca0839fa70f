//! A headless browser: loads a page from disk as a reader's would, without a network, and says what is on it then.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "each test crate uses a part; a failed set-up is a failed test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file of a package that `cargo xtask test` installs, such as `mermaid/dist/mermaid.min.js`.
pub(crate) fn module(file: &str) -> PathBuf {
    let named = std::env::var_os("PRIVLINK_TEST_NODE_MODULES").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/node/node_modules");
    let file = named.unwrap_or(usual).join(file);
    assert!(file.exists(), "no {}; run `cargo xtask test`, which installs it", file.display());
    file
}

/// What is on a page after its scripts have run, as HTML.
pub(crate) fn dom(page: &Path) -> String {
    let output = browse(&["--dump-dom"], page);
    String::from_utf8(output.stdout).unwrap()
}

/// Draws a page into a PNG file, for people to look at.
pub(crate) fn screenshot(page: &Path, to: &Path, width: u32, height: u32) {
    browse(&[&format!("--screenshot={}", to.display()), &format!("--window-size={width},{height}")], page);
    assert!(to.exists(), "no picture of {}", page.display());
}

fn browse(what: &[&str], page: &Path) -> Output {
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    // Small machines and containers have little shared memory; scripts' timers run without waiting.
    command.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--virtual-time-budget=10000"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(what);
    command.arg(format!("file://{}", page.canonicalize().unwrap().display())).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {}\n{said}", page.display(), output.status);
    output
}

/// The browser: the one that is named, or the first that is there.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("PRIVLINK_TEST_BROWSER") {
        return named.into();
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|at| at.exists());
    found.expect("no browser; on Debian `apt-get install chromium`, or name one in PRIVLINK_TEST_BROWSER")
}
