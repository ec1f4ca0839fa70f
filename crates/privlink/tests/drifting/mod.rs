//! A project that was applied, a hand that changes its world between two commands, and checks of it.
#![allow(dead_code, reason = "each test crate uses a part")]

use std::path::PathBuf;

use serde_json::Value;

use crate::scene::Scene;
use crate::served::{interpreter, privlink, told};

/// A project that was applied, and a hand in its world.
pub(crate) struct Project(pub(crate) Scene);

impl Project {
    pub(crate) fn applied(example: &str) -> Self {
        let project = Self(Scene::new(example));
        project.0.expect(0, &["apply", "-y"]);
        project
    }

    /// Changes the world behind privlink's back.
    pub(crate) fn hand(&self, change: impl FnOnce(&mut Value)) {
        let file = self.0.file("sandbox/world.json");
        let mut world: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut world);
        std::fs::write(file, world.to_string()).unwrap();
    }

    /// Changes one object.
    pub(crate) fn set(&self, address: &str, pointer: &str, value: Value) {
        self.hand(|world| *at(world, address).unwrap().pointer_mut(pointer).unwrap() = value);
    }

    /// The JSON of a check that exits with `code`.
    pub(crate) fn drift(&self, code: i32, more: &[&str]) -> Value {
        let output = self.0.command(&["drift", "--format", "json"]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        let json = serde_json::from_slice(&output.stdout).unwrap();
        valid(&json);
        json
    }

    pub(crate) fn text(&self, code: i32, more: &[&str]) -> String {
        let mut verb = vec!["drift"];
        verb.extend(more);
        self.0.expect(code, &verb)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.file(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

/// The object of an address.
pub(crate) fn at<'a>(world: &'a mut Value, address: &str) -> Option<&'a mut Value> {
    if world.pointer("/tags/privlink:address").is_some_and(|tag| tag == address) {
        return Some(world);
    }
    match world {
        Value::Object(members) => members.values_mut().find_map(|member| at(member, address)),
        Value::Array(items) => items.iter_mut().find_map(|item| at(item, address)),
        _ => None,
    }
}

/// Whether a document has the form that `privlink schema drift` says, by a validator that nobody here wrote.
pub(crate) fn valid(document: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let (schema, file) = (folder.path().join("schema.json"), folder.path().join("drift.json"));
    let output = privlink(&["schema", "drift"]).output().unwrap();
    std::fs::write(&schema, &output.stdout).unwrap();
    std::fs::write(&file, document.to_string()).unwrap();
    let program = "import json, sys, jsonschema\n\
                   jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))";
    let mut command = std::process::Command::new(interpreter());
    let output = command.args(["-c", program]).arg(schema).arg(file).output().unwrap();
    assert!(output.status.success(), "{document:#}\n{}", told(&output));
}

/// What is in a list of the JSON: `changed target/x: key`.
pub(crate) fn rows(json: &Value, list: &str) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |it: &Value| {
        let keys = it["attributes"].as_array().into_iter().flatten().map(|attribute| word(&attribute["key"]));
        let keys = if it["what"] == "changed" { keys.collect::<Vec<_>>().join(" ") } else { String::new() };
        format!("{} {}: {keys}", word(&it["what"]), word(&it["address"])).trim_end_matches([' ', ':']).trim().to_owned()
    };
    json[list].as_array().unwrap().iter().map(row).collect()
}
