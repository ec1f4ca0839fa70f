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

/// A change of something whose drift is ignored.
pub(crate) const IGNORED_DRIFT: &str = "privlink::plan::ignored-drift";
/// A target or exclude that names nothing.
pub(crate) const NO_SUCH_ADDRESS: &str = "privlink::plan::no-such-address";

/// More of the project is deleted than the guard's share.
pub(crate) const GUARD_DELETES: &str = "privlink::guard::deletes";
/// More of the project is updated than the guard's share.
pub(crate) const GUARD_UPDATES: &str = "privlink::guard::updates";
/// Everything the project owns is deleted.
pub(crate) const GUARD_EMPTY: &str = "privlink::guard::empty-spec";
/// Something is lost that others are connected to.
pub(crate) const GUARD_CONSUMERS: &str = "privlink::guard::live-consumers";
/// The last way to an API is lost.
pub(crate) const GUARD_LAST_ENTRY: &str = "privlink::guard::last-entry";

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
        IGNORED_DRIFT,
        "A plan changes something whose drift is ignored",
        "An ignore rule of the spec takes drift of the named resource out of `privlink drift`. It does not take the resource \
         out of the spec: an apply sets all that the spec asks for. Leave the resource out with --exclude, wait with the \
         apply until the rule has ended, or write what you want to keep into the spec.",
    ),
    (
        NO_SUCH_ADDRESS,
        "A target or exclude names nothing",
        "No resource of the spec, and none of the project's live ones, has the given address or lies under it. Addresses \
         are paths such as target/orders/endpoint; a leading part of one, such as target/orders, stands for all under it. \
         The full plan lists them all.",
    ),
    (
        GUARD_DELETES,
        "A plan deletes more of the project than its guard allows",
        "More than 30 % of the objects that the project owns, and at least 10 of them, would be deleted, or be away until \
         their replacement is there. Often a file was not included, or a variable points elsewhere. If it is meant, give \
         --dangerous-deletes; for good, set the share in the project: guard deletes=\"50%\" minimum=10.",
    ),
    (
        GUARD_UPDATES,
        "A plan updates more of the project than its guard allows",
        "More than 30 % of the objects that the project owns, and at least 10 of them, would be changed, or be replaced with \
         the new one there first. If it is meant, give --dangerous-updates; for good, set the share in the project: guard \
         updates=\"50%\" minimum=10.",
    ),
    (
        GUARD_EMPTY,
        "A plan deletes everything because the spec asks for nothing",
        "The spec derives no resource, so the plan would delete all that the project owns. Often the wrong file is read, or \
         an include matches nothing. To take everything down, run privlink destroy; else give --dangerous-empty.",
    ),
    (
        GUARD_CONSUMERS,
        "A plan cuts off others who are connected",
        "Endpoints that are not this project's have accepted connections to the named endpoint service, which would go, or \
         be away until its replacement is there with another name. Their owners must be told, and AWS itself refuses to \
         delete a service while endpoints are connected to it. If it is meant, give --dangerous-consumers.",
    ),
    (
        GUARD_LAST_ENTRY,
        "A plan takes the last way to an API that stays",
        "A private API is called through interface endpoints. All of those that are known to lead to the named API would go, \
         or be away until their replacement is there, and the API stays behind. Keep or add an entry, or delete the API too; \
         if it is meant, give --dangerous-last-entry.",
    ),
];
