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
        Op::Update { changed, before, .. } => {
            let why = changed.iter().filter_map(|key| schema.attribute(key)).find_map(|fact| {
                if fact.secret {
                    return Some(format!("the old value of {} is secret and is not kept", fact.key));
                }
                let what = (fact.unwritable)(before.get(fact.key)?)?;
                Some(format!("the old value of {} cannot be written again: {what}", fact.key))
            });
            why.map_or(Undo::Exact(UndoOp::Restore), |why| Undo::None { why })
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

#[cfg(test)]
mod tests {
    use privlink_model::{AttributeSchema, Attrs, KindSchema, Op, Service, Undo, UndoOp, Value};

    use super::undo;

    static API: KindSchema = KindSchema {
        attributes: &[AttributeSchema::new("paths", "What it does.").unwritable(|value| {
            let lost = value.as_text() == Some("guarded");
            lost.then(|| "its guard".to_owned())
        })],
        ..KindSchema::look_up("api", "API", Service::ApiGateway)
    };

    fn of_change(key: &str, before: &str) -> Undo {
        let mut attrs = Attrs::new();
        attrs.insert(key, Value::from(before));
        let changed = vec![key.to_owned()];
        undo(&API, &Op::Update { id: "a".to_owned(), before: attrs, after: Attrs::new(), changed, phase: None }, false)
    }

    #[test]
    fn what_no_write_can_bring_back_is_not_called_exact() {
        assert_eq!(of_change("paths", "open"), Undo::Exact(UndoOp::Restore));
        assert_eq!(of_change("name", "guarded"), Undo::Exact(UndoOp::Restore));
        let why = "the old value of paths cannot be written again: its guard".to_owned();
        assert_eq!(of_change("paths", "guarded"), Undo::None { why });
    }
}
