//! What EC2's kinds have in common on the wire: filters, tags, bulk answers.
//!
//! Owns: the forms EC2 gives these. Refuses to know: any kind.
//! Read next: `ec2_gather` for how the kinds are read together.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification, UnsuccessfulItem};
use privlink_model::CloudError;
use privlink_model::keys::PROJECT_TAG;

use crate::session::Session;

/// Values one filter takes.
pub(crate) const VALUES: usize = 200;

/// A filter for objects whose property is one of these values, taken literally.
pub(crate) fn filter<T: AsRef<str>>(name: impl Into<String>, values: impl IntoIterator<Item = T>) -> Filter {
    let values = values.into_iter().map(|value| literal(value.as_ref())).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// EC2 takes `*` and `?` in filters for wildcards.
fn literal(value: &str) -> String {
    value.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?")
}

/// A filter for what the session's project owns.
pub(crate) fn ours(session: &Session) -> Filter {
    filter(format!("tag:{PROJECT_TAG}"), [&session.project])
}

/// Filters for any number of values: as many as fit for each call.
pub(crate) fn batches(name: &str, values: &[String]) -> Vec<Filter> {
    values.chunks(VALUES).map(|values| filter(name, values)).collect()
}

/// An object's tags.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()))).collect()
}

/// Tags to put on an object that is being made; none when there are none, which EC2 would refuse.
pub(crate) fn tag_specification(kind: ResourceType, tags: &BTreeMap<String, String>) -> Option<Vec<TagSpecification>> {
    if tags.is_empty() {
        return None;
    }
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    Some(vec![TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()])
}

/// EC2's bulk calls succeed as a whole even where every item failed.
pub(crate) fn first_failure(session: &Session, operation: &str, items: &[UnsuccessfulItem]) -> Result<(), CloudError> {
    match items.first() {
        None => Ok(()),
        Some(item) => {
            let error = item.error();
            let code = error.and_then(|error| error.code()).unwrap_or_default();
            let message = error.and_then(|error| error.message()).unwrap_or_default();
            Err(session.item_error(operation, code, message))
        }
    }
}

/// What to add to one set and what to remove from it to make it another; none for nothing, as EC2 wants it.
pub(crate) fn difference(before: &[String], after: &[String]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let lacking = |from: &[String], of: &[String]| -> Option<Vec<String>> {
        let values: Vec<String> = of.iter().filter(|value| !from.contains(value)).cloned().collect();
        (!values.is_empty()).then_some(values)
    };
    (lacking(before, after), lacking(after, before))
}

#[cfg(test)]
mod tests {
    use super::{batches, difference, literal};

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(literal(r"a*b?c\d"), r"a\*b\?c\\d");
    }

    #[test]
    fn long_lists_are_split() {
        let ids: Vec<String> = (0..401).map(|id| id.to_string()).collect();
        let sizes: Vec<usize> = batches("vpc-id", &ids).iter().map(|filter| filter.values().len()).collect();
        assert_eq!(sizes, [200, 200, 1]);
        assert!(batches("vpc-id", &[]).is_empty());
    }

    #[test]
    fn a_difference_names_only_what_differs() {
        let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let (add, remove) = difference(&text(&["a", "b"]), &text(&["b", "c"]));
        assert_eq!((add, remove), (Some(text(&["c"])), Some(text(&["a"]))));
        assert_eq!(difference(&text(&["a"]), &text(&["a"])), (None, None));
    }
}
