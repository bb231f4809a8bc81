//! How results of tests are written: for people, as JSON, and as a report that CI systems read.

use mon_compiler::coverage::Share;
use mon_compiler::diagnostic::machine::xml;
use serde_json::{Map, Value, json};

use super::{Measured, Told, spot};
use crate::cli::TestFormat;
use crate::failure::Failure;
use crate::output::say;
use mon_rules::seen_from_here;

/// Prints all that a run has to say.
pub fn print(told: &Told<'_>, format: TestFormat) -> Result<(), Failure> {
    let failed = told.cases.iter().filter(|case| !case.failures.is_empty()).count();
    let passed = told.cases.len() - failed;
    say(&match format {
        TestFormat::Text => text(told, passed, failed),
        TestFormat::Json => format!("{}\n", object(told, passed, failed)),
        TestFormat::Junit => junit(told, failed),
    })
}

fn text(told: &Told<'_>, passed: usize, failed: usize) -> String {
    let mut text = String::new();
    for case in &told.cases {
        text.push_str(&format!("{} {}\n", if case.failures.is_empty() { "ok    " } else { "FAILED" }, case.name));
        for failure in &case.failures {
            text.push_str(&format!("       {} ({})\n", failure, case.place));
        }
    }
    text.push_str(&format!("{passed} passed, {failed} failed\n"));
    told.measured.iter().for_each(|measured| table(told, measured, &mut text));
    text
}

fn table(told: &Told<'_>, measured: &Measured, text: &mut String) {
    let words = measured.words;
    text.push_str(&format!("\n{}: {} {}\n", words.title, words.all, words.reached));
    let width = measured.monitors.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("total".len());
    let total = ("total".to_owned(), measured.total);
    for (name, share) in measured.monitors.iter().chain(std::iter::once(&total)) {
        let Share { reached, all } = share;
        text.push_str(&format!("  {name:width$}  {:5.1} %  {reached} of {all}\n", share.percent()));
    }
    if !measured.by.is_empty() {
        let by: Vec<String> = measured.by.iter().map(|(who, count)| format!("{who} {count}")).collect();
        text.push_str(&format!("  {} by: {}\n", words.reached, by.join(", ")));
    }
    if let Some(min) = measured.min.filter(|_| !measured.is_enough()) {
        text.push_str(&format!("  less than the {min} % that were asked for\n"));
    }
    if !measured.open.is_empty() {
        text.push_str(&format!("{}:\n", words.open));
    }
    for open in &measured.open {
        let (file, line, column) = spot(told.compiled, open.place);
        text.push_str(&format!("  {file}:{line}:{column}: {}\n", open.said));
    }
}

fn object(told: &Told<'_>, passed: usize, failed: usize) -> Value {
    let cases: Vec<Value> = told
        .cases
        .iter()
        .map(|case| json!({"name": case.name, "place": case.place, "failures": case.failures}))
        .collect();
    let mut object = json!({"passed": passed, "failed": failed, "cases": cases});
    for measured in &told.measured {
        let words = measured.words;
        let mut inner = figures(measured, measured.total);
        let monitors = measured.monitors.iter().map(|(name, share)| {
            let mut one = figures(measured, *share);
            one.insert("name".to_owned(), json!(name));
            Value::Object(one)
        });
        if !measured.by.is_empty() {
            inner.insert(
                format!("{}_by", words.reached),
                measured.by.iter().map(|(who, count)| ((*who).to_owned(), json!(count))).collect::<Map<_, _>>().into(),
            );
        }
        inner.insert("monitors".to_owned(), monitors.collect());
        let open = measured.open.iter().map(|open| {
            let (file, line, column) = spot(told.compiled, open.place);
            json!({"file": file, "line": line, "column": column, "start": open.place.span.start,
                "end": open.place.span.end, "message": open.said})
        });
        inner.insert(words.open.to_owned(), open.collect());
        if let Some(object) = object.as_object_mut() {
            object.insert(words.title.to_owned(), Value::Object(inner));
        }
    }
    object
}

fn figures(measured: &Measured, share: Share) -> Map<String, Value> {
    let mut figures = Map::new();
    figures.insert(measured.words.reached.to_owned(), json!(share.reached));
    figures.insert(measured.words.all.to_owned(), json!(share.all));
    figures.insert("percent".to_owned(), json!(share.percent()));
    figures
}

/// Coverage and score are properties of the suite; one that was asked for and not reached is a case that failed.
fn junit(told: &Told<'_>, failed: usize) -> String {
    let missed = told.measured.iter().filter(|measured| !measured.is_enough()).count();
    let asked = told.measured.iter().filter(|measured| measured.min.is_some()).count();
    let counts = format!("name=\"mon test\" tests=\"{}\" failures=\"{}\"", told.cases.len() + asked, failed + missed);
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite {counts}>\n");
    if !told.measured.is_empty() {
        out.push_str("    <properties>\n");
        for measured in &told.measured {
            let (name, percent) = (measured.words.title, measured.total.percent());
            out.push_str(&format!("      <property name=\"{name}\" value=\"{percent:.1}\"/>\n"));
        }
        out.push_str("    </properties>\n");
    }
    for case in &told.cases {
        let (file, line) = case.place.rsplit_once(':').unwrap_or((&case.place, "1"));
        let file = xml(&seen_from_here(file));
        let open =
            format!("    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{line}\"", xml(&case.name));
        out.push_str(&ended(&open, &case.failures));
    }
    for measured in &told.measured {
        let Some(min) = measured.min else { continue };
        let (title, percent) = (measured.words.title, measured.total.percent());
        let open = format!("    <testcase classname=\"mon test\" name=\"{title} of at least {min} %\"");
        let failures = (!measured.is_enough()).then(|| format!("{title} is {percent:.1} %"));
        out.push_str(&ended(&open, failures.as_slice()));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A test case that was opened, with what failed in it.
fn ended(open: &str, failures: &[String]) -> String {
    let Some(first) = failures.first() else { return format!("{open}/>\n") };
    let all = failures.join("\n");
    format!(
        "{open}>\n      <failure type=\"failure\" message=\"{}\">{}</failure>\n    </testcase>\n",
        xml(first),
        xml(&all)
    )
}
