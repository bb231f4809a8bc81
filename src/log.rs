//! What a run says while it runs: as text for people, or an event a line as JSON for machines that keep logs. Neither
//! holds a secret or the text of a post.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::LogForm;
use crate::failure::Failure;
use crate::output::colour;

static JSON: AtomicBool = AtomicBool::new(false);

/// Whether what is said on standard error is an event a line.
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Begins to write the log. `RUST_LOG` says what is written; without it, as text only warnings, as JSON also what went as
/// it should.
pub fn start(form: LogForm) {
    let json = form == LogForm::Json;
    JSON.store(json, Ordering::Relaxed);
    // Of libraries only warnings: what they tell of their work is much, and nothing that an operator asks for.
    let usual = if json { "warn,mon=info" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber in one process is refused, which only tests could meet.
    let _ = if json {
        log.event_format(Lines).try_init()
    } else {
        log.with_ansi(std::io::stderr().is_terminal() && colour()).with_target(false).try_init()
    };
}

/// A failure as an event, where that is how things are said.
pub fn failure(failure: &Failure) -> Option<String> {
    let fields = Map::from_iter(failure.help.clone().map(|help| ("help".to_owned(), help.into())));
    is_json().then(|| line(SystemTime::now(), "error", &failure.message, &fields))
}

/// Something said to people, as an event.
pub fn note(words: &str) -> String {
    line(SystemTime::now(), "info", words.trim_end(), &Map::new())
}

/// One event: when, how grave, what, and then its fields by name.
fn line(time: SystemTime, level: &str, what: &str, fields: &Map<String, Value>) -> String {
    let time = DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut line = format!("{{\"time\":\"{time}\",\"level\":\"{level}\",\"what\":{}", Value::from(what));
    for (name, value) in fields {
        line.push_str(&format!(",{}:{value}", Value::from(name.as_str())));
    }
    line.push_str("}\n");
    line
}

struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        writer.write_str(&line(SystemTime::now(), &level, &fields.what, &fields.others))
    }
}

/// The fields of an event; its message apart.
#[derive(Default)]
struct Fields {
    what: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // Where in a library's source it was said.
        if field.name().starts_with("log.") {
            return;
        }
        // The names of a line's own members stay theirs.
        let name = match field.name() {
            name @ ("time" | "level" | "what") => format!("{name}_told"),
            name => name.to_owned(),
        };
        self.others.insert(name, value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" { self.what = text } else { self.put(field, text.into()) }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { value.clone_into(&mut self.what) } else { self.put(field, value.into()) }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// A reason why something can't be read, without what it quotes: that may be the text of a post. Rather too much is left
/// out than too little, since what is quoted may hold the signs that quote it.
pub fn unquoted(reason: &str) -> String {
    let mut reason = reason.to_owned();
    for (opens, closes) in [("string \"", '"'), ("the text `", '`')] {
        let Some(from) = reason.find(opens) else { continue };
        let Some(to) = reason.rfind(closes).filter(|to| from + opens.len() <= *to) else { continue };
        reason.replace_range(from..=to, "a text");
    }
    reason
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_of_json_with_its_fields_beside_its_words() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt().event_format(Lines).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let why = "a \"quoted\"\nreason";
            tracing::warn!(source = "sky", next_ms = 250_u64, lag = -1.5, ok = true, %why, "source waits");
            tracing::info!(time = 7_i64, "two\nlines \"here\"");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        let mut first = lines[0].as_object().unwrap().clone();
        let time = first.remove("time").unwrap();
        assert!(DateTime::parse_from_rfc3339(time.as_str().unwrap()).is_ok(), "{time}");
        let expected = serde_json::json!({
            "level": "warn", "what": "source waits", "source": "sky", "next_ms": 250, "lag": -1.5, "ok": true,
            "why": "a \"quoted\"\nreason"
        });
        assert_eq!(Value::from(first), expected);
        assert_eq!((&lines[1]["what"], &lines[1]["time_told"]), (&"two\nlines \"here\"".into(), &7.into()));
    }

    #[test]
    fn a_line_begins_with_its_time_its_level_and_its_words() {
        let at = UNIX_EPOCH + Duration::from_micros(1_796_000_000_000_007);
        let fields = Map::from_iter([("epoch".to_owned(), 3.into())]);
        let expected =
            "{\"time\":\"2026-11-30T00:53:20.000007Z\",\"level\":\"info\",\"what\":\"a \\\"b\\\"\",\"epoch\":3}\n";
        assert_eq!(line(at, "info", "a \"b\"", &fields), expected);
    }

    #[test]
    fn what_a_reason_quotes_is_left_out() {
        let reason = "invalid type: string \"my \"secret\" post\", expected i64";
        assert_eq!(unquoted(reason), "invalid type: a text, expected i64");
        let cell = "`created_at` holds the text `my `secret` words` where a time is expected";
        assert_eq!(unquoted(cell), "`created_at` holds a text where a time is expected");
        for plain in ["missing field `text`", "string \"", "the text `", "\"", ""] {
            assert_eq!(unquoted(plain), plain);
        }
    }
}
