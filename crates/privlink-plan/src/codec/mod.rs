//! The saved plan file: JSON with a version, written and read through types of its own.
//!
//! The file is for this program only; people and scripts get the view (`view`). A newer minor version may add members, which
//! are ignored; a newer major version is refused. Nothing of it is believed that can be checked: kinds must be known, and
//! steps must need earlier steps only.
//!
//! **Invariant:** what is encoded decodes to the same plan.
//!
//! Read next: `plan`, then `change` and `value`.

mod change;
mod plan;
mod value;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use privlink_model::{Kinds, Plan};

const FORMAT: &str = "privlink-plan";
const VERSION: &str = "1.0";
const MAJOR: u64 = 1;

/// Why a saved plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is not JSON, or it was cut off.
    #[error("the plan file is damaged or was cut off: {0}")]
    Damaged(#[source] serde_json::Error),
    /// It is JSON, and something else than a plan.
    #[error("the file is not a saved plan")]
    NotAPlan,
    /// It was written by a program with a newer file format.
    #[error("the plan file has format version {0}, this program reads {VERSION}: plan again, or use the newer program")]
    Newer(String),
    /// A part has another form than this version's.
    #[error("the plan file does not have the form of version {VERSION}: {0}")]
    Form(#[source] serde_json::Error),
    /// It speaks of a kind that is not known.
    #[error("the plan file speaks of the kind {0:?}, which this program does not know")]
    UnknownKind(String),
    /// It contradicts itself.
    #[error("the plan file contradicts itself: {0}")]
    Inconsistent(String),
}

/// The text of a saved plan.
pub fn encode(plan: &Plan) -> String {
    let mut text = match serde_json::to_string(&plan::PlanFile::of(plan)) {
        Ok(text) => text,
        // The types have string keys and no failing serializers.
        Err(error) => format!("{{\"error\":{:?}}}", error.to_string()),
    };
    text.push('\n');
    text
}

/// Reads a saved plan.
///
/// # Errors
/// When the text is no plan, not whole, of a newer version, or speaks of kinds that are not in the table.
pub fn decode(text: &str, kinds: &Kinds) -> Result<Plan, DecodeError> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(DecodeError::Damaged)?;
    let member = |key: &str| json.get(key).and_then(serde_json::Value::as_str);
    if member("format") != Some(FORMAT) {
        return Err(DecodeError::NotAPlan);
    }
    let version = member("format_version").ok_or(DecodeError::NotAPlan)?;
    let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok()).ok_or(DecodeError::NotAPlan)?;
    if major > MAJOR {
        return Err(DecodeError::Newer(version.to_owned()));
    }
    let file: plan::PlanFile = serde_json::from_value(json).map_err(DecodeError::Form)?;
    let plan = file.into_plan(kinds)?;
    check(&plan)?;
    Ok(plan)
}

fn check(plan: &Plan) -> Result<(), DecodeError> {
    let mut before = BTreeSet::new();
    for step in &plan.steps {
        if let Some(need) = step.needs.iter().find(|need| !before.contains(*need)) {
            let what = format!("step {} needs step {}, which does not come before it", step.id.0, need.0);
            return Err(DecodeError::Inconsistent(what));
        }
        if !before.insert(step.id) {
            return Err(DecodeError::Inconsistent(format!("there are two steps {}", step.id.0)));
        }
    }
    Ok(())
}

/// The name of a kind as the table has it.
fn kind(name: &str, kinds: &Kinds) -> Result<&'static str, DecodeError> {
    kinds.get(name).map(|schema| schema.name).ok_or_else(|| DecodeError::UnknownKind(name.to_owned()))
}

/// A finding's code as text that lives as long as the program. The codes of other crates are not known here, so each new one
/// is kept for good, once; a plan file has few.
fn code(text: String) -> &'static str {
    static SEEN: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    let mut seen = SEEN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    match seen.get(text.as_str()) {
        Some(code) => code,
        None => {
            let code: &'static str = Box::leak(text.into_boxed_str());
            seen.insert(code);
            code
        }
    }
}

/// Declares the file's form of an enum without contents, with both conversions.
macro_rules! mirror {
    ($file:ident of $model:ty { $($name:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(super) enum $file { $($name),* }

        impl From<$model> for $file {
            fn from(model: $model) -> Self {
                match model { $(<$model>::$name => Self::$name),* }
            }
        }

        impl From<$file> for $model {
            fn from(file: $file) -> Self {
                match file { $($file::$name => Self::$name),* }
            }
        }
    };
}
use mirror;
