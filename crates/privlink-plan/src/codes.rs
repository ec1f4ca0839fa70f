//! The stable codes of this crate's findings, with what `explain` says about each.

/// An address that two equally good objects claim.
pub(crate) const DUPLICATE_ADDRESS: &str = "privlink::plan::duplicate-address";
/// Resources or steps that wait for each other.
pub(crate) const CYCLE: &str = "privlink::plan::cycle";
/// A reference to a resource that is not desired.
pub(crate) const MISSING_REFERENCE: &str = "privlink::plan::missing-reference";
/// A resource of a kind that is not in the table.
pub(crate) const UNKNOWN_KIND: &str = "privlink::plan::unknown-kind";
/// A change that interrupts traffic.
pub(crate) const OUTAGE: &str = "privlink::plan::outage";
/// A deletion that loses something.
pub(crate) const LOSES: &str = "privlink::plan::loses";
/// Changes left out on demand.
pub(crate) const PARTIAL: &str = "privlink::plan::partial";

/// A target or exclude that names nothing.
pub(crate) const NO_SUCH_ADDRESS: &str = "privlink::plan::no-such-address";

/// Code, summary and explanation of each finding this crate makes.
pub static CODES: &[(&str, &str, &str)] = &[
    (
        DUPLICATE_ADDRESS,
        "Several objects carry the same address",
        "Two or more live objects of the same kind, in the same account and region, carry the tags of one address, and \
         nothing tells which of them is the one the spec means. Neither is changed or deleted. Delete the one that is \
         not wanted, or remove its privlink:project and privlink:address tags, and plan again.",
    ),
    (
        CYCLE,
        "Resources wait for each other",
        "Each of the named resources must come after the next, and the last after the first, so that none can be made \
         or deleted first. The plan has no steps. Break the circle by taking one of the references out of the spec.",
    ),
    (
        MISSING_REFERENCE,
        "A resource refers to one that is not there",
        "A derived resource uses the value of another that was not derived. This is a defect in privlink and not in \
         the spec: please report it with the spec. The resource and all that rests on it are left alone.",
    ),
    (
        UNKNOWN_KIND,
        "A resource has a kind that is not known",
        "A derived resource is of a kind that this build of privlink has no facts about. This is a defect in privlink \
         and not in the spec: please report it with the spec. The resource and all that rests on it are left alone.",
    ),
    (
        OUTAGE,
        "A change interrupts traffic",
        "AWS interrupts traffic through the named resource while it makes this change, or while the resource does not \
         exist between its deletion and its creation. Apply it when that is acceptable.",
    ),
    (
        LOSES,
        "A deletion loses something",
        "Making the named resource again after its deletion does not bring back all of it, such as its id, its \
         addresses or its name. What depends on those outside of this project must be told of the new ones, and a \
         roll back past this step is not exact.",
    ),
    (
        PARTIAL,
        "Part of the plan was left out",
        "Targets or excludes were given: the plan covers only the chosen resources and what their steps need. Until a \
         plan without them has been applied, the live accounts differ from the spec.",
    ),
    (
        NO_SUCH_ADDRESS,
        "A target or exclude names nothing",
        "No resource of the spec, and none of the project's live ones, has the given address or lies under it. Addresses \
         are paths such as target/orders/endpoint; a leading part of one, such as target/orders, stands for all under it. \
         The full plan lists them all.",
    ),
];
