//! How each call is taken back, from the facts of the schema. Known before anything runs, and printed with the plan.

use privlink_model::{KindSchema, Op, Undo, UndoOp};

/// How a call is taken back. `goes_along` says that what it makes belongs to something the same plan makes.
pub(crate) fn undo(schema: &KindSchema, op: &Op, goes_along: bool) -> Undo {
    match op {
        Op::Create { .. } => match (schema.permanent, schema.delete) {
            (Some(why), _) => Undo::None { why: why.to_owned() },
            (None, Some(_)) => Undo::Exact(UndoOp::Delete),
            (None, None) if goes_along => Undo::Exact(UndoOp::Nothing),
            (None, None) => Undo::None { why: format!("AWS has no call that deletes a {}", schema.title) },
        },
        Op::Update { changed, .. } => {
            let secret = changed.iter().find(|key| schema.attribute(key).is_some_and(|fact| fact.secret));
            match secret {
                Some(key) => Undo::None { why: format!("the old value of {key} is secret and is not kept") },
                None => Undo::Exact(UndoOp::Restore),
            }
        }
        Op::Delete { .. } => match schema.loses {
            Some(loses) => Undo::Recreate { loses: loses.to_owned() },
            None => Undo::Exact(UndoOp::Recreate),
        },
        Op::Wait { .. } => Undo::Exact(UndoOp::Nothing),
    }
}

/// Whether nothing is lost by taking it back.
pub(crate) fn is_exact(undo: &Undo) -> bool {
    matches!(undo, Undo::Exact(_))
}
