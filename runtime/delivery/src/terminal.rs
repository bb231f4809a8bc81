//! A card on the terminal for each message: a coloured bar by severity, cut to one screen.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use mon_alerts::Message;
use mon_compiler::plan::Severity;

use crate::channel::{Channel, Delivery, Outcome};

/// Lines of a body that are shown; the rest is in the other channels and in the outbox.
const BODY_LINES_MAX: usize = 20;
/// Signs of a line that are shown.
const LINE_CHARS_MAX: usize = 160;

/// Writes cards, one whole card at a time.
pub struct Terminal {
    out: Mutex<Box<dyn Write + Send>>,
    colour: bool,
}

impl Terminal {
    /// Standard error, which leaves standard output to results; coloured where it is a terminal and `NO_COLOR` is not
    /// set.
    #[must_use]
    pub fn stderr() -> Self {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self::new(Box::new(io::stderr()), colour)
    }

    #[must_use]
    pub fn stdout() -> Self {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self::new(Box::new(io::stdout()), colour)
    }

    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, colour: bool) -> Self {
        Self { out: Mutex::new(out), colour }
    }
}

#[async_trait]
impl Channel for Terminal {
    fn idempotent(&self) -> bool {
        true
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        let card = card(delivery, self.colour);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        match out.write_all(card.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Outcome::Sent { remote: None },
            Err(error) => Outcome::later(format!("cannot write to the terminal: {error}")),
        }
    }
}

fn card(delivery: &Delivery, colour: bool) -> String {
    let message = &delivery.message;
    let (paint, bold, plain) = if colour { (paint(message), "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "") };
    let mut card = format!("{paint}╭─{plain} {bold}{}{plain}\n", harmless(&delivery.title()));
    let lines = message.body.lines().count();
    let shown = if lines > BODY_LINES_MAX { BODY_LINES_MAX - 1 } else { lines };
    for line in message.body.lines().take(shown) {
        card.push_str(format!("{paint}│{plain} {}", harmless(line)).trim_end());
        card.push('\n');
    }
    if shown < lines {
        card.push_str(&format!("{paint}│{plain} … {} more lines\n", lines - shown));
    }
    card.push_str(&format!("{paint}╰─{plain} to {} by {}\n", harmless(&message.team), harmless(&message.method)));
    card
}

const fn paint(message: &Message) -> &'static str {
    match message.severity {
        Severity::Critical => "\u{1b}[1;35m",
        Severity::High => "\u{1b}[31m",
        Severity::Medium => "\u{1b}[33m",
        Severity::Low => "\u{1b}[36m",
    }
}

/// Control signs could move the cursor or change colours.
fn harmless(line: &str) -> String {
    let mut text: String = line.chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX + 1).collect();
    if text.chars().count() > LINE_CHARS_MAX {
        text.pop();
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::dispatch::tests::delivery;

    #[test]
    fn a_card_shows_the_message_and_nothing_that_steers_the_terminal() {
        let mut delivery = delivery("incident.opened", Severity::High);
        delivery.message.body = "first\u{1b}[2J\n\nthird".to_owned();
        expect![[r"
            ╭─ [high] acme_outage · DE
            │ first[2J
            │
            │ third
            ╰─ to care by slack
        "]]
        .assert_eq(&card(&delivery, false));
        assert!(card(&delivery, true).starts_with("\u{1b}[31m╭─\u{1b}[0m "));
    }

    #[test]
    fn a_long_body_is_cut_to_one_screen() {
        let mut delivery = delivery("incident.opened", Severity::Low);
        delivery.message.body = "line\n".repeat(500);
        let card = card(&delivery, false);
        assert_eq!(card.lines().count(), BODY_LINES_MAX + 2);
        assert!(card.contains("481 more lines"));
    }
}
