//! Values that came late, such as the addresses of an endpoint that another account had to accept first: no output has them,
//! and the calls that were made with them are on record.
//!
//! Pure. Refuses to know what is done with them. Read next: `way_back`.

use privlink_model::{Attrs, History, Op, Plan, Step};

use crate::prepare;

/// Adds to the values that a change was prepared with those that only the records of its object's changes tell. The last one
/// tells what was wanted in the end; one that only added tells as much as it takes to know what it added.
pub(super) fn add(plan: &Plan, history: &History, step: &Step, values: &mut Attrs) {
    let (Some(desired), Op::Update { id, .. }) = (prepare::desired(&step.op), &step.op) else { return };
    let same = |other: &&Step| other.kind == step.kind && matches!(&other.op, Op::Update { id: one, .. } if one == id);
    let changes: Vec<_> = plan.steps.iter().filter(same).collect();
    let recorded: Vec<_> = changes.iter().rev().map(|change| history.step(change.id).forward).collect();
    for (key, _) in desired.iter() {
        let known = || recorded.iter().filter_map(|state| state.object()).find_map(|object| object.attrs.get(key));
        if values.get(key).is_none()
            && let Some(value) = known()
        {
            values.insert(key.clone(), value.clone());
        }
    }
}
