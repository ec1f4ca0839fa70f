//! How the action gets its binary: a release that is checked, kept for the next job, or a build.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{Server, all, here, python, script};
use crate::served::root;

/// A place with releases, and a machine that takes from it.
struct Machine {
    folder: tempfile::TempDir,
    server: Server,
}

impl Machine {
    /// With a release of this version, whose binary answers `--version` by saying which it is.
    fn with(version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["temporary", "tools", "network"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut server = python(&here().join("server.py"));
        server.arg(folder.path().join("network")).arg("http://127.0.0.1:9");
        let machine = Self { server: Server::start(server), folder };
        let binary = machine.path("binary");
        std::fs::write(&binary, format!("#!/bin/sh\necho privlink {version} of the release\n")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut package = script("package.sh");
        package.arg(&binary).arg(target()).arg(machine.release(version)).env("RUNNER_TEMP", machine.path("temporary"));
        let output = package.output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn release(&self, version: &str) -> PathBuf {
        self.path("network/releases").join(version)
    }

    fn command(&self, name: &str, version: &str) -> Command {
        let mut command = script(name);
        command.env("INPUT_VERSION", version).env("INPUT_RELEASES", format!("{}/releases", self.server.url));
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_PATH", "path")] {
            std::fs::write(self.path(file), "").unwrap();
            command.env(name, self.path(file));
        }
        command.env("RUNNER_TEMP", self.path("temporary")).env("RUNNER_TOOL_CACHE", self.path("tools"));
        command
    }

    fn install(&self, version: &str) -> Output {
        self.command("install.sh", version).output().unwrap()
    }

    /// What the steps that follow find on their path.
    fn installed(&self) -> String {
        let folder = std::fs::read_to_string(self.path("path")).unwrap();
        let output = Command::new(PathBuf::from(folder.trim()).join("privlink")).arg("--version").output().unwrap();
        all(&output).trim().to_owned()
    }

    /// Nothing is kept and nothing is on the path.
    fn is_bare(&self) {
        assert_eq!(std::fs::read_to_string(self.path("path")).unwrap(), "");
        for folder in ["tools", "temporary"] {
            assert_eq!(std::fs::read_dir(self.path(folder)).unwrap().count(), 0, "something is left in {folder}");
        }
    }
}

/// The name that releases have for this machine.
pub(super) fn target() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "x86_64-unknown-linux-gnu",
        ("linux", "aarch64") => "aarch64-unknown-linux-gnu",
        ("macos", "aarch64") => "aarch64-apple-darwin",
        _ => "x86_64-apple-darwin",
    }
}

#[test]
fn a_release_is_installed_once_and_kept() {
    let machine = Machine::with("v1.2.3");
    let output = machine.install("v1.2.3");
    assert!(output.status.success(), "{}", all(&output));
    assert_eq!(machine.installed(), "privlink v1.2.3 of the release");
    assert_eq!(std::fs::read_dir(machine.path("temporary")).unwrap().count(), 0, "something is left over");

    // The next job on this machine downloads nothing.
    std::fs::remove_dir_all(machine.release("v1.2.3")).unwrap();
    let output = machine.install("v1.2.3");
    assert!(output.status.success(), "{}", all(&output));
    assert_eq!(machine.installed(), "privlink v1.2.3 of the release");
}

#[test]
fn what_is_not_what_was_published_is_not_installed() {
    let machine = Machine::with("v1.2.3");
    let archive = machine.release("v1.2.3").join(format!("privlink-{}.tar.gz", target()));
    let mut bytes = std::fs::read(&archive).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let output = machine.install("v1.2.3");
    let text = all(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("::error title=privlink::privlink-"), "{text}");
    assert!(
        text.contains("of v1.2.3 is not what its checksum says (") && text.contains("nothing was installed"),
        "{text}"
    );
    machine.is_bare();
}

#[test]
fn a_release_that_is_not_there_is_named() {
    let machine = Machine::with("v1.2.3");
    let output = machine.install("v9.9.9");
    let text = all(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let told =
        format!("there is no privlink-{}.tar.gz in release v9.9.9 ({}/releases/v9.9.9/", target(), machine.server.url);
    assert!(text.contains(&told) && text.contains("or build with version: source"), "{text}");
    machine.is_bare();

    std::fs::remove_file(machine.release("v1.2.3").join(format!("privlink-{}.tar.gz.sha256", target()))).unwrap();
    let output = machine.install("v1.2.3");
    assert!(all(&output).contains(".tar.gz.sha256 in release v1.2.3"), "{}", all(&output));
    machine.is_bare();
}

#[test]
fn without_a_version_it_is_the_release_that_the_action_belongs_to() {
    let machine = Machine::with("v1.2.3");
    let which = |version: &str| {
        let output = machine.command("which.sh", version).output().unwrap();
        (output.status.code(), std::fs::read_to_string(machine.path("output")).unwrap(), all(&output))
    };
    assert_eq!(which("").1, format!("version=v{}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(which("v2.0.0-rc.1").1, "version=v2.0.0-rc.1\n");
    for wrong in ["1.2.3", "latest", "v1", "v1.2.3/../v1.2.2", "v1.2.3\nkey=x", "main"] {
        let (code, written, text) = which(wrong);
        assert_eq!((code, written.as_str()), (Some(64), ""), "{text}");
        assert!(text.contains("version: expected a release such as v0.1.0, or source; this is"), "{text}");
    }
}

#[test]
fn the_source_is_built_by_the_machine_s_cargo() {
    let machine = Machine::with("v1.2.3");
    // A cargo that notes how it is called, and makes what it would make.
    let cargo = machine.path("bin/cargo");
    std::fs::create_dir(machine.path("bin")).unwrap();
    let makes = "mkdir -p \"$CARGO_TARGET_DIR/release\"\n\
        printf '#!/bin/sh\\necho privlink of the source\\n' > \"$CARGO_TARGET_DIR/release/privlink\"\n";
    std::fs::write(&cargo, format!("#!/bin/sh\necho \"in $(pwd -P) with $*\"\n{makes}")).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", machine.path("bin").display(), std::env::var("PATH").unwrap());
    // What the repository of the job says to cargo and rustup is not about us.
    let mut install = machine.command("install.sh", "source");
    let output = install.current_dir(machine.path("network")).env("PATH", path).output().unwrap();
    let text = all(&output);
    assert!(output.status.success(), "{text}");
    let here = root().canonicalize().unwrap();
    assert!(
        text.contains(&format!("in {} with build --release --locked --package privlink", here.display())),
        "{text}"
    );
    assert_eq!(machine.installed(), "privlink of the source");

    // What is kept for the next job is where it was built, and of this very source.
    let source = machine.path("action");
    for file in ["action/common.sh", "action/which.sh", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        let to = source.join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(root().join(file), to).unwrap();
    }
    let code = source.join("crates/a/src/main.rs");
    std::fs::create_dir_all(code.parent().unwrap()).unwrap();
    let key = |text: &str| {
        std::fs::write(&code, text).unwrap();
        let mut which = Command::new("bash");
        which.arg(source.join("action/which.sh")).current_dir(machine.path("network"));
        for (name, value) in machine.command("which.sh", "source").get_envs() {
            which.env(name, value.unwrap_or_default());
        }
        let output = which.output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
        std::fs::read_to_string(machine.path("output")).unwrap()
    };
    let first = key("fn main() {}");
    assert!(first.starts_with("version=source\nkey=privlink-"), "{first}");
    let build = format!("\nbuild={}\n", machine.path("temporary/privlink-build").display());
    assert!(first.ends_with(&build) && machine.path("temporary/privlink-build/release/privlink").exists(), "{first}");
    assert_ne!(first, key("fn main() { other() }"));
    assert_eq!(first, key("fn main() {}"), "what was built is found again");
}

#[test]
fn what_does_not_run_here_is_neither_kept_nor_left_without_a_way_out() {
    let machine = Machine::with("v1.2.3");
    // As a program that misses its C library.
    let binary = machine.path("binary");
    std::fs::write(&binary, "#!/no/such/loader\n").unwrap();
    let mut package = script("package.sh");
    package.arg(&binary).arg(target()).arg(machine.release("v1.2.3")).env("RUNNER_TEMP", machine.path("temporary"));
    assert!(package.output().unwrap().status.success());
    let refused = || {
        let output = machine.install("v1.2.3");
        let text = all(&output);
        assert!(!output.status.success(), "{text}");
        assert!(text.contains("::error title=privlink::privlink v1.2.3 does not run on this machine ("), "{text}");
        assert!(text.contains("glibc 2.35") && text.contains("version: source"), "{text}");
        assert_eq!(std::fs::read_to_string(machine.path("path")).unwrap(), "");
    };
    refused();
    let kept = machine.path("tools/privlink/v1.2.3").join(target());
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0, "the next job would find it");

    // A job outside of a container has kept what does not run inside of it.
    std::fs::copy(&binary, kept.join("privlink")).unwrap();
    refused();
}
