//! A plan on its way out, in the form that was asked for.
//!
//! Owns: which view a form is, and where what surrounds the plan is said. Refuses to know: what a view looks like.

use privlink_kinds::KINDS;
use privlink_model::Plan;

use crate::cli::{PlanFormat, ShapeArgs};
use crate::streams::Streams;
use crate::view::plan_text::{self, Page};
use crate::view::{graph, markdown};

/// How a plan is to be shown.
#[derive(Clone, Copy)]
pub(super) struct Showing<'a> {
    /// The form.
    pub(super) format: PlanFormat,
    /// How much of it.
    pub(super) shape: ShapeArgs,
    /// Said first: endpoints that are not AWS.
    pub(super) announcements: &'a [String],
    /// Where the plan is saved.
    pub(super) saved: Option<&'a str>,
}

/// Writes a plan.
pub(super) fn write(plan: &Plan, showing: Showing<'_>, streams: &Streams) {
    let Showing { format, shape, announcements, saved } = showing;
    // A form that is not for people has no room for them.
    if matches!(format, PlanFormat::Json | PlanFormat::Mermaid | PlanFormat::Dot) {
        announcements.iter().for_each(|announcement| streams.err.line(&format!("! {announcement}")));
    }
    match format {
        PlanFormat::Text => {
            let page = Page {
                kinds: &KINDS,
                style: streams.out.style,
                concise: shape.concise,
                show_unchanged: shape.show_unchanged,
                announcements,
            };
            streams.out.write(&plan_text::text(plan, page));
        }
        PlanFormat::Json => streams.out.line(&format!("{:#}", privlink_plan::json(plan, &KINDS))),
        PlanFormat::Markdown => {
            let page = markdown::Page {
                kinds: &KINDS,
                concise: shape.concise,
                show_unchanged: shape.show_unchanged,
                announcements,
                saved,
                link: None,
            };
            streams.out.write(&markdown::plan(plan, page));
        }
        PlanFormat::Mermaid => streams.out.write(&graph::mermaid(plan, &KINDS)),
        PlanFormat::Dot => streams.out.write(&graph::dot(plan, &KINDS)),
    }
}
