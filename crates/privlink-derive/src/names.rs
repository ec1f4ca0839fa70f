//! AWS names: derived from project and address, cut to a service's limit, told apart by a short hash.

use privlink_model::{Address, short_digest};

/// Digits of the hash that ends every name.
const HASH: usize = 8;

/// A name of at most `limit` characters that begins with `pl-`, from letters, digits and hyphens alone.
///
/// Load balancers and target groups allow nothing else, 32 characters, and no hyphen at either end.
///
/// `shape` is what cannot be changed in place: another shape gives another name, so that a replacement can stand beside what
/// it replaces although names are unique.
pub(crate) fn aws_name(project: &str, address: &Address, shape: &str, limit: usize) -> String {
    let hash = short_digest(&format!("{project} {address} {shape}"), HASH);
    let words = slug(&format!("{project}-{address}"));
    let room = limit.saturating_sub("pl-".len() + 1 + HASH);
    let cut: String = words.chars().take(room).collect();
    format!("pl-{}-{hash}", cut.trim_matches('-'))
}

/// A text with every run of other characters than letters and digits as one hyphen, lower case.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{aws_name, slug};
    use privlink_model::Address;

    #[test]
    fn a_name_keeps_within_the_limit_and_ends_in_a_hash() {
        let long = Address::new("target/a-service-with-a-very-long-name-indeed/target-group");
        let name = aws_name("shop", &long, "80", 32);
        assert!(name.len() <= 32, "{name}");
        assert!(name.starts_with("pl-shop-target-"));
        assert!(!name.ends_with('-'));
        assert_ne!(name, aws_name("shop", &long, "81", 32));
    }

    #[test]
    fn a_slug_has_no_double_hyphens() {
        assert_eq!(slug("API/Shop Prod_1"), "api-shop-prod-1");
    }
}
