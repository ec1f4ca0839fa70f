//! Reference pages in Markdown, made from the tables that the program itself runs by, so that they cannot say what it does
//! not do.
//!
//! Owns: the pages' form. Refuses to know: the facts on them (see `cli`, `exit_code`, `codes` and the kinds' schemas).
//! `cargo xtask gen` writes them into `docs/reference`, and a test here fails while those differ.
//!
//! **Invariant:** a page depends on nothing but those tables. They are as the docs have them with the feature `aws`;
//! without it the program has fewer commands.

mod codes;
mod commands;
mod environment;
mod kind_life;
mod kinds;
mod markdown;
#[cfg(test)]
mod tests;

pub(crate) use codes::page as codes;
pub(crate) use commands::page as commands;
pub(crate) use environment::page as environment;
pub(crate) use kinds::page as kinds;

use crate::exit_code;
use markdown::Table;

/// Every exit code.
pub(crate) fn exit_codes() -> String {
    let mut table = Table::new(&["code", "meaning"]);
    for (exit, meaning) in exit_code::TABLE {
        table.row(&[exit.0.to_string(), (*meaning).to_owned()]);
    }
    format!("# Exit codes\n\n{}{}{EXAMPLE}", INTRO, table.finish())
}

const INTRO: &str =
    "How a command ended, for scripts. `privlink --help` and `privlink schema exit-codes` tell them too.\n";

const EXAMPLE: &str = "
So a script can tell whether there is something to do:

```sh
code=0
privlink plan --detailed-exitcode -o orders.plan || code=$?
case $code in
    0) echo 'nothing to change' ;;
    2) privlink apply orders.plan ;;
    *) exit $code ;;
esac
```
";
