use super::*;

const GOOD: &str = r##"
[team.care]
slack = "#care"
email = ["care@acme.example", "Lead <lead@acme.example>"]
zone = "Europe/Berlin"

[team.legal]
email = "legal@acme.example"

[method.slack]
kind = "slack"
token = "env:SLACK_TOKEN"

[method.hook]
kind = "webhook"
url = "https://hooks.acme.example/mon"
secret = "file:hook.key"

[method.terminal]
kind = "terminal"

[method.log]
kind = "jsonl"
path = "alerts.jsonl"

[method.email]
kind = "smtp"
host = "mail.acme.example"
from = "Bellwether <mon@acme.example>"

[source.jetstream]
kind = "jetstream"
"##;

#[test]
fn the_file_of_the_documentation_is_read_and_other_tables_are_left_to_others() {
    let config = DeliveryConfig::from_toml(GOOD).unwrap();
    assert_eq!(config.teams["care"].email.len(), 2);
    assert_eq!(config.teams["care"].zone, Some(chrono_tz::Europe::Berlin));
    assert_eq!(config.teams["legal"].email[0].email.to_string(), "legal@acme.example");
    let MethodConfig::Slack(slack) = &config.methods["slack"] else { panic!("not slack") };
    assert_eq!(
        (slack.token.clone(), slack.api.as_str()),
        (SecretRef::parse("env:SLACK_TOKEN"), "https://slack.com/api")
    );
    assert_eq!(config.methods.len(), 5);
    assert!(DeliveryConfig::from_toml("[source.x]\nkind = \"file\"").unwrap().is_empty());
}

/// Place and message of the error that the text gives.
fn error(text: &str) -> String {
    let error = DeliveryConfig::from_toml(text).unwrap_err();
    assert!(!error.help.is_empty());
    error.to_string()
}

#[test]
fn each_mistake_is_named_with_its_table() {
    assert!(error("[team.care]\nslak = \"#care\"").starts_with("[team.care]: unknown field `slak`"));
    assert!(error("[team.care]\nzone = \"Berlin\"").contains("`Berlin` is no time zone"));
    assert!(error("[team.care]\nemail = [\"nobody\"]").contains("`nobody` is no e-mail address"));
    assert!(error("[method.x]\nurl = \"a\"").contains("[method.x]: the kind of the method is missing"));
    assert!(error("[method.x]\nkind = 5").contains("[method.x]: the kind of the method is no word in quotes"));
    assert!(error("[method.x]\nkind = \"pigeon\"").contains("is not known"));
    assert!(error("[method.x]\nkind = \"terminal\"\ncolour = 1").contains("unknown field `colour`"));
    assert!(error("[method.x]\nkind = \"slack\"").contains("either `token` or `webhook`"));
    assert!(error("team = 3").contains("[team]: each entry is a table"));
    assert!(error("[team.a]\n\n[team.b\n").starts_with("line 3: "));
    let open = "[method.x]\nkind = \"smtp\"\nhost = \"h\"\nfrom = \"a@b.example\"\ntls = \"none\"\nuser = \"u\"\n";
    assert!(error(open).contains("go together"));
    assert!(error(&format!("{open}password = \"env:P\"")).contains("in the open"));
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_repeated() {
    for literal in ["\"xoxb-hunter2\"", "[\"xoxb-hunter2\"]", "{ value = \"xoxb-hunter2\" }"] {
        let text = format!("[method.slack]\nkind = \"slack\"\ntoken = {literal}\n");
        let error = DeliveryConfig::from_toml(&text).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.help);
        assert!(shown.contains("by reference") && shown.contains("env:SLACK_TOKEN"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(
        error("[method.x]\nkind = \"webhook\"\nurl = \"https://a.example\"\nsecret = 90210").contains("by reference")
    );
    assert!(!error("[method.x]\nkind = \"webhook\"\nurl = \"https://a.example\"\nsecret = 90210").contains("90210"));
}
