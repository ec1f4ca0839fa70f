//! Saved plans of any size, made of a small real one: its changes and steps again and again, under other addresses and in other
//! accounts.

use serde_json::{Value as Json, json};

/// How many pairs of accounts the copies are spread over.
const PAIRS: usize = 10;

/// A plan file of at least so many steps.
pub(super) fn of(saved: &str, steps: usize) -> Result<String, String> {
    let mut plan: Json = serde_json::from_str(saved).map_err(|error| format!("a saved plan: {error}"))?;
    let list = |plan: &Json, key: &str| plan[key].as_array().cloned().unwrap_or_default();
    let (changes, once, accounts) = (list(&plan, "changes"), list(&plan, "steps"), list(&plan, "accounts"));
    if once.is_empty() {
        return Err("a plan without steps does not grow".to_owned());
    }
    let mut addresses: Vec<String> = changes.iter().map(|change| change["address"].to_string()).collect();
    addresses.dedup();
    let ids: Vec<&str> = accounts.iter().filter_map(|account| account["id"].as_str()).collect();
    let text = json!({ "changes": changes, "steps": once, "accounts": accounts }).to_string();
    let (mut all_changes, mut all_steps, mut all_accounts) = (Vec::new(), Vec::new(), Vec::new());
    for copy in 0..steps.div_ceil(once.len()) {
        let pair = copy % PAIRS;
        let mut text = text.clone();
        for address in &addresses {
            text = text.replace(address, &format!("\"copy-{copy}/{}", address.trim_start_matches('"')));
        }
        for id in &ids {
            text = text.replace(*id, &format!("{pair}{}", &id[1..]));
        }
        let parts: Json = serde_json::from_str(&text).map_err(|error| format!("a copied plan: {error}"))?;
        let offset = copy * once.len();
        all_changes.extend(list(&parts, "changes"));
        all_steps.extend(list(&parts, "steps").into_iter().map(|step| moved(step, offset)));
        if copy < PAIRS {
            all_accounts.extend(list(&parts, "accounts"));
        }
    }
    plan["changes"] = all_changes.into();
    plan["steps"] = all_steps.into();
    plan["accounts"] = all_accounts.into();
    Ok(plan.to_string())
}

/// A step with its number, and those of the steps it needs, so much higher.
fn moved(mut step: Json, offset: usize) -> Json {
    let needs = step["needs"].as_array().into_iter().flatten().map(|need| higher(need, offset)).collect();
    step["id"] = higher(&step["id"], offset);
    step["needs"] = needs;
    step
}

fn higher(number: &Json, offset: usize) -> Json {
    json!(number.as_u64().unwrap_or_default() + offset as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_have_numbers_and_addresses_of_their_own() {
        let step = |id: u64, needs: &[u64]| json!({ "id": id, "address": format!("a/{id}"), "needs": needs });
        let changes = json!([{ "address": "a/1" }, { "address": "a/2", "after": { "of": "a/1" } }]);
        let accounts = json!([{ "id": "222222222222" }]);
        let plan = json!({ "changes": changes, "steps": [step(1, &[]), step(2, &[1])], "accounts": accounts });
        let big: Json = serde_json::from_str(&of(&plan.to_string(), 5).unwrap_or_default()).unwrap_or_default();
        assert_eq!(big["steps"].as_array().map(Vec::len), Some(6));
        assert_eq!(big["steps"][5], json!({ "id": 6, "address": "copy-2/a/2", "needs": [5] }));
        assert_eq!(big["changes"][3], json!({ "address": "copy-1/a/2", "after": { "of": "copy-1/a/1" } }));
        assert_eq!(big["accounts"][2]["id"], "222222222222");
        assert_eq!(big["accounts"][1]["id"], "122222222222");
        assert!(of("{}", 5).is_err() && of("x", 5).is_err());
    }
}
