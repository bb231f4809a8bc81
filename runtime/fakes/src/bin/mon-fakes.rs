//! Runs one fake until it is interrupted: `mon-fakes jetstream …`, `mon-fakes webhook …`.
//! The address stands on the first line of standard output, so that a script can wait for it.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::pending;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use mon_fakes::{
    FakeJetstream, FakeSlack, FakeSmtp, FakeWebhook, Faults, JetstreamOptions, Script, SlackOptions, Times,
};

const HELP: &str = "\
mon-fakes jetstream [--port P] [--wire v1|v2|both] [--rate EVENTS_A_SECOND] [--seed N] [--total N]
                    [--faults on|off|NAME=CHANCE,…] [--posts FILE] [--times now|original] [--wait yes|no]
mon-fakes webhook   [--port P] --secret whsec_… [--script ok,500,503:2,slow:300,drop_before,commit_then_drop,410]
mon-fakes slack     [--port P] --token TOKEN [--script …]
mon-fakes smtp      [--port P]

jetstream, webhook and slack answer GET /ledger with what they served and received.";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            ExitCode::from(3)
        }
    }
}

async fn run(words: &[String]) -> Result<(), Box<dyn Error>> {
    let (what, rest) = words.split_first().ok_or("say which fake to run")?;
    let mut flags = Flags::parse(rest)?;
    match what.as_str() {
        "jetstream" => jetstream(flags).await,
        "webhook" => {
            let (port, secret, script) = (flags.take("port", 0)?, flags.needed("secret")?, flags.script()?);
            flags.end()?;
            let fake = FakeWebhook::start_on(port, &secret, script).await?;
            println!("{}", fake.url());
            pending().await
        }
        "slack" => {
            let token = flags.needed("token")?;
            let options = SlackOptions { port: flags.take("port", 0)?, ..SlackOptions::new(&token) }
                .script(flags.script()?)
                .limited();
            flags.end()?;
            let fake = FakeSlack::start(options).await?;
            println!("{}\n{}", fake.api_url(), fake.webhook_url());
            pending().await
        }
        "smtp" => {
            let port = flags.take("port", 0)?;
            flags.end()?;
            let fake = FakeSmtp::start_on(port, []).await?;
            println!("smtp://{}:{}", fake.host(), fake.port());
            pending().await
        }
        other => Err(format!("there is no fake `{other}`").into()),
    }
}

async fn jetstream(mut flags: Flags) -> Result<(), Box<dyn Error>> {
    let posts: Option<PathBuf> = flags.optional("posts").map(PathBuf::from);
    let (v1, v2) = match flags.take("wire", "both".to_owned())?.as_str() {
        "v1" => (true, false),
        "v2" => (false, true),
        "both" => (true, true),
        other => return Err(format!("--wire takes v1, v2 or both, not `{other}`").into()),
    };
    let usual = if posts.is_some() { "original" } else { "now" };
    let times = match flags.take("times", usual.to_owned())?.as_str() {
        "now" => Times::Now,
        "original" => Times::Original,
        other => return Err(format!("--times takes now or original, not `{other}`").into()),
    };
    let options = JetstreamOptions {
        port: flags.take("port", 0)?,
        v1,
        v2,
        rate: flags.take("rate", 1_000.0)?,
        seed: flags.take("seed", 7)?,
        faults: faults(&flags.take("faults", "off".to_owned())?)?,
        posts,
        times,
        total: flags.optional("total").map(|total| total.parse()).transpose()?,
        wait_for_client: flags.take("wait", "no".to_owned())? == "yes",
        ..JetstreamOptions::default()
    };
    flags.end()?;
    let fake = FakeJetstream::start(options).await?;
    println!("{}", fake.url());
    pending().await
}

fn faults(text: &str) -> Result<Faults, String> {
    match text {
        "on" => return Ok(Faults::bad_day()),
        "off" => return Ok(Faults::none()),
        _ => {}
    }
    text.split(',').try_fold(Faults::none(), |faults, pair| {
        let (name, chance) = pair.split_once('=').ok_or_else(|| format!("write NAME=CHANCE, not `{pair}`"))?;
        let chance: f64 = chance.parse().map_err(|_| format!("`{chance}` is no number"))?;
        if !(0.0..=1.0).contains(&chance) {
            return Err(format!("a chance lies between 0 and 1, `{chance}` does not"));
        }
        let names = Faults::NAMES.join(", ");
        faults.with(name, chance).ok_or_else(|| format!("there is no fault `{name}`; there are {names}"))
    })
}

struct Flags(BTreeMap<String, String>);

impl Flags {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut flags = BTreeMap::new();
        for pair in words.chunks(2) {
            let [name, value] = pair else { return Err(format!("`{}` needs a value", pair.concat())) };
            let name = name.strip_prefix("--").ok_or_else(|| format!("`{name}` is no flag"))?;
            flags.insert(name.to_owned(), value.clone());
        }
        Ok(Self(flags))
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.optional(name).ok_or_else(|| format!("--{name} is needed"))
    }

    fn take<T: FromStr>(&mut self, name: &str, usual: T) -> Result<T, String> {
        match self.optional(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| format!("--{name} can't be `{text}`")),
        }
    }

    fn script(&mut self) -> Result<Script, mon_fakes::ScriptError> {
        self.optional("script").map_or(Ok(Script::ok()), |text| Script::parse(&text))
    }

    fn end(&self) -> Result<(), String> {
        self.0.keys().next().map_or(Ok(()), |name| Err(format!("--{name} is no flag of this fake")))
    }
}
