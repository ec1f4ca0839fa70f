//! What must stand on the pages, and that those in `docs/reference` are the ones the program prints.

use super::{codes, commands, environment, exit_codes, kinds};

#[test]
fn pages_hold_what_the_program_knows() {
    for (page, needle) in [
        (
            environment(),
            "| `PRIVLINK_AUTO_APPROVE` | `--auto-approve` | `apply`, `destroy`, `drift`, `rollback`, `unlock` |",
        ),
        (exit_codes(), "| 6 | stale: the world moved"),
        (codes(), "### `privlink::network::unknown`"),
        (commands(), "privlink completions [OPTIONS] <SHELL>"),
        (commands(), "One of `text` (for people), `json` (for programs)."),
        (kinds(), "`CreateVpcEndpoint`, 4 at once, then 3 every 10 seconds"),
    ] {
        assert!(page.contains(needle), "{needle:?} is missing in\n{page}");
    }
}

#[test]
fn every_kind_and_action_is_on_the_page_of_kinds() {
    let page = kinds();
    for schema in privlink_kinds::KINDS.iter() {
        assert!(page.contains(&format!("`{}` · ", schema.name)), "{}", schema.name);
        let writes = schema.write_actions.iter().map(|(_, permission)| permission);
        for permission in schema.read_actions.iter().chain(writes) {
            assert!(page.contains(&format!("\"{}\"", permission.action)), "{}", permission.action);
        }
    }
}

#[cfg(feature = "aws")]
mod written {
    //! The pages as they are in the docs.

    use std::path::PathBuf;

    use crate::connection::{Connect, Connection, Destination};
    use crate::exit_code;
    use crate::failure::Failure;
    use crate::streams::captured;

    /// Pages need no account.
    struct NoAccounts;

    impl Connect for NoAccounts {
        fn connect<'a>(&'a self, _: Destination<'a>) -> privlink_model::BoxFuture<'a, Result<Connection, Failure>> {
            Box::pin(async { Err(Failure::cloud("a page asked for an account")) })
        }
    }

    fn docs() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"))
    }

    #[test]
    fn the_pages_in_the_docs_are_current() {
        let mut old = Vec::new();
        let command = crate::cli::command();
        let schema = command.find_subcommand("schema").unwrap();
        // What a spec needs is no page: it is another one for every spec.
        let pages = schema.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "permissions");
        for name in pages {
            let file = match name {
                "plan" | "events" | "drift" => format!("{name}.schema.json"),
                _ => format!("{name}.md"),
            };
            let (streams, out, _) = captured::streams(None);
            let args = ["privlink", "schema", name].map(Into::into);
            assert_eq!(crate::run::run(args, &NoAccounts, |_| streams), exit_code::DONE);
            if std::fs::read_to_string(docs().join("reference").join(&file)).ok() != Some(out.text()) {
                old.push(file);
            }
        }
        assert!(old.is_empty(), "not current: {}; run `cargo xtask gen`", old.join(", "));
    }

    #[test]
    fn the_index_of_the_docs_names_each_page_and_leads_somewhere() {
        let index = std::fs::read_to_string(docs().join("README.md")).unwrap();
        let links: Vec<&str> = index.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()).collect();
        for link in &links {
            assert!(docs().join(link).exists(), "docs/README.md leads to {link}, which is not there");
        }
        for page in std::fs::read_dir(docs().join("reference")).unwrap() {
            let name = format!("reference/{}", page.unwrap().file_name().to_string_lossy());
            assert!(links.contains(&name.as_str()), "docs/README.md does not lead to {name}");
        }
    }
}
