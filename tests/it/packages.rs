//! The packages that the project is built from: their licences are those that `deny.toml` allows, and no member declares a
//! dependency that it does not use. Both are read from `cargo metadata`, which needs no network.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tool::root;

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO")).current_dir(root()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The graph for the platform at hand: packages of other platforms may not be on this machine.
fn metadata() -> Value {
    let said = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    serde_json::from_slice(&cargo(&arguments)).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

/// The licences that `deny.toml` allows.
fn allowed() -> BTreeSet<String> {
    let deny: toml::Table = fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Whether a licence expression can be met: all parts around `AND`, one around `OR` or the older `/`.
fn fits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.trim().replace('/', " OR ");
    if let Some((before, rest)) = expression.split_once('(') {
        // One level of brackets: what stands inside counts as a licence that is there or is not.
        let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
        let stand_in = if fits(inside, allowed) { "MIT" } else { "refused" };
        return fits(&format!("{before}{stand_in}{after}"), allowed);
    }
    expression.split(" OR ").any(|choice| choice.split(" AND ").all(|name| allowed.contains(name.trim())))
}

#[test]
fn a_licence_expression_needs_all_of_and_and_one_of_or() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND ISC", true),
        ("(GPL-3.0 OR AGPL-3.0) AND MIT", false),
        ("", false),
    ] {
        assert_eq!(fits(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn every_package_has_an_allowed_licence() {
    let (metadata, allowed) = (metadata(), allowed());
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "the graph has only {} packages", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !fits(text(package, "license"), &allowed))
        .map(|package| format!("{} {}: {}", text(package, "name"), text(package, "version"), package["license"]))
        .collect();
    assert!(refused.is_empty(), "licences that deny.toml does not allow: {refused:#?}");
}

/// The text of all Rust files below a folder, folders of other members left out.
fn sources(folder: &Path, others: &[PathBuf]) -> String {
    let mut text = String::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let left_out = others.contains(&path) || path.ends_with("target") || path.ends_with("fuzz");
                if !left_out {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    text
}

#[test]
fn every_declared_dependency_is_named_by_a_source_file() {
    let metadata = metadata();
    let members = metadata["workspace_members"].as_array().unwrap();
    let packages: Vec<&Value> =
        metadata["packages"].as_array().unwrap().iter().filter(|package| members.contains(&package["id"])).collect();
    let folder = |package: &Value| Path::new(text(package, "manifest_path")).parent().unwrap().to_path_buf();
    let folders: Vec<PathBuf> = packages.iter().map(|package| folder(package)).collect();
    let mut unused = Vec::new();
    for package in packages {
        let own = folder(package);
        let others: Vec<PathBuf> = folders.iter().filter(|other| **other != own).cloned().collect();
        let source = sources(&own, &others);
        let words: BTreeSet<&str> = source.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
        for dependency in package["dependencies"].as_array().unwrap() {
            // One that was given another name is used under it.
            let name = dependency["rename"].as_str().unwrap_or(text(dependency, "name"));
            let member = text(package, "name");
            if !words.contains(name.replace('-', "_").as_str()) {
                unused.push(format!("{member}: {name}"));
            }
        }
    }
    assert!(unused.is_empty(), "declared and never named: {unused:#?}");
}
