//! MON07xx: `example` lines and `test` items.

use super::{Code, Level};

codes! {
    /// An example that the match decides otherwise.
    EXAMPLE_FAILS: "MON0701" "example-fails" Error,
        "an `example` line that the monitor decides otherwise",
        "An example is the promise that a monitor keeps while others change it. Only its text is known: tests of fields, such as the language, are \
         taken as unknown, and neither help nor hurt.",
        "monitor outage {\n  match \"acme\" and \"broken\"\n  example yes \"my acme is dead\"\n}\n",
        "monitor outage {\n  match \"acme\" and (\"broken\" or \"dead\")\n  example yes \"my acme is dead\"\n}\n";
    /// A test that replays nothing.
    TEST_WITHOUT_REPLAY: "MON0702" "test-without-replay" Error,
        "a test that replays no posts, or more than one file",
        "A test runs the monitor over one recorded file of posts; `replay` names it.",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"finds the launch\" {\n  expect 3 posts matched\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"finds the launch\" {\n  replay \"launch.jsonl\"\n  expect 3 posts matched\n}\n";
    /// A test that expects nothing.
    TEST_WITHOUT_EXPECTATION: "MON0703" "test-without-expectation" Error,
        "a test that expects nothing",
        "It would be green whatever the monitor does.",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"finds the launch\" {\n  replay \"launch.jsonl\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"finds the launch\" {\n  replay \"launch.jsonl\"\n  expect 3 posts matched\n}\n";
    /// A step about alerts for a monitor that raises none.
    TEST_NEEDS_ALERT: "MON0704" "test-needs-alert" Error,
        "a test expects alerts of a monitor that raises none",
        "Incidents, severities and messages come from `alert when`; this monitor only collects posts.",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"is loud\" {\n  replay \"launch.jsonl\"\n  expect 1 incident\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"is loud\" {\n  replay \"launch.jsonl\"\n  expect >= 1 posts matched\n}\n";
    /// A test that expects messages to a team that is never told.
    UNKNOWN_TEAM: "MON0705" "unknown-team" Error,
        "a test names a team that no route of the playbook names",
        "No message could go there, so the test would fail for ever, or pass for the wrong reason.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook desk\n}\n\nplaybook desk {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n\ntest talk \"tells the press desk\" {\n  replay \"launch.jsonl\"\n  expect 1 message to team pres\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook desk\n}\n\nplaybook desk {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n\ntest talk \"tells the press desk\" {\n  replay \"launch.jsonl\"\n  expect 1 message to team press\n}\n";
}
