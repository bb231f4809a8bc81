//! What a user may type. One place defines every verb and flag, so that help, documentation and tests agree.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Bellwether: monitors for social media, written in Mon, checked, compiled and run over live or recorded posts.
///
/// Exit codes: 0 clean, 1 findings, 2 bad input, 3 bad use.
#[derive(Parser, Debug)]
#[command(name = "mon", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
    /// Write no colours (also when NO_COLOR is set or the output is not a terminal).
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Show no progress line.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Make a starter folder that runs: rules, mon.toml and a first test.
    Init(Init),
    /// Check rules like a compiler: names, types, ranges, routes, examples.
    Check(Check),
    /// Say what runs and is seldom meant: all of `check`, and advice.
    Lint(Lint),
    /// Mend what `mon check` and `mon lint` find, where it knows how, in place.
    Fix(Fix),
    /// Format rule files; comments and meaning stay.
    Fmt(Fmt),
    /// Print which posts match which query, one JSON line each.
    Match(Match),
    /// Say which recorded posts a change of rules gains and loses, name by name; exit code 1 if there are any.
    Diff(Diff),
    /// Run monitors over recorded posts under a virtual clock: mentions, windows, incidents, messages. Sends nothing.
    Replay(Replay),
    /// Say what alerts would have raised over recorded posts, as they are written and at other thresholds. Sends nothing.
    Backtest(Backtest),
    /// Run monitors over live posts, day and night: fill windows, raise incidents, tell people.
    Run(Run),
    /// Look whether a deployment is well: mon.toml, secrets, data folder, sources, clock, and what the last runs left.
    Doctor(Doctor),
    /// Run the `example` lines and `test` items of a folder of rules.
    Test(Test),
    /// Say why a post matches a query or why not, clause by clause; or explain a diagnostic's code.
    Explain(Explain),
    /// Write a site about a folder of rules: a page a monitor, for people who write none.
    Doc(Doc),
    /// Make a day of posts with planted events, the same for the same seed.
    Simulate(Simulate),
    /// Turn a query of another tool into Mon; a report says of each operator whether it is exact, wider, narrower or impossible.
    Import(Import),
    /// Write rules for another system that let through every post that a query takes, and say what they leave open.
    Export(Export),
    /// Serve an editor: findings, meaning, names, and what rules would have done, while they are written.
    Lsp(Lsp),
    /// Look inside: tokens of a text, tree of a file, plan, index, machine code.
    Debug(Debug),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// How a comparison of rules is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    Text,
    Json,
    /// A summary for a pull request.
    Markdown,
}

/// How results of tests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    Text,
    Json,
    /// A report of tests, as CI systems read it.
    Junit,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people, with the lines of the rules.
    Text,
    /// One object, with places in bytes and all fixes.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
    /// A report of tests, a case a finding.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A report of GitLab's code quality.
    Gitlab,
}

#[derive(Args, Debug)]
pub struct Init {
    /// Folder to make; it must be empty or absent.
    pub folder: PathBuf,
}

#[derive(Args, Debug)]
pub struct Check {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub telling: Telling,
    /// Also compare the names that the rules use with what this mon.toml binds, and the reverse.
    #[arg(long, value_name = "FILE")]
    pub deploy: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Lint {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub telling: Telling,
}

/// Which findings are told, and how.
#[derive(Args, Debug)]
pub struct Telling {
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
    /// Tell only what is not in this baseline, which `--write-baseline` wrote. Errors are never hidden: rules that cannot
    /// run stay red.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the warnings and the advice of now into this baseline and say how many; exit code 0. Rules with errors get none.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "format"])]
    pub write_baseline: Option<PathBuf>,
    /// Exit code 1 also where an entry of the baseline is found no more.
    #[arg(long, requires = "baseline")]
    pub strict_baseline: bool,
}

#[derive(Args, Debug)]
pub struct Diff {
    /// The rules before: a file or a folder.
    pub old: PathBuf,
    /// The rules after.
    pub new: PathBuf,
    #[command(flatten)]
    pub posts: Posts,
    #[arg(long, value_enum, default_value = "text")]
    pub format: DiffFormat,
    /// How many gained and how many lost posts are shown for each name.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub show: usize,
}

#[derive(Args, Debug)]
pub struct Fix {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    /// Also make changes after which a rule takes other posts or raises other alerts, such as `did you mean`.
    #[arg(long)]
    pub changing_meaning: bool,
    /// Write nothing; say what would be mended, with exit code 1 if there is something.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args, Debug)]
pub struct Fmt {
    /// Rule files or folders of them, `-` for standard input.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    /// Change nothing; name the files that would change and exit with 1.
    #[arg(long)]
    pub check: bool,
}

#[derive(Args, Debug)]
pub struct Posts {
    /// Recorded posts: JSON lines, CSV, Parquet or Arrow IPC; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub posts: Option<PathBuf>,
    /// What the posts are written as, where the name does not tell.
    #[arg(long, value_name = "FORMAT", value_parser = ["jsonl", "csv", "parquet", "arrow"])]
    pub posts_format: Option<String>,
    /// Stop at the first line that cannot be read instead of skipping it.
    #[arg(long)]
    pub strict: bool,
    /// Posts that are handled at a time; results never depend on it.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Evaluator {
    /// The reference: slow, it defines the meaning.
    Interpreter,
    /// Programs over the shared index.
    Bytecode,
    /// The same programs as native code.
    Machine,
}

#[derive(Args, Debug)]
pub struct Match {
    /// Rule files or folders of them; a `.txt` file is a list of terms, a line a query, all its words in any order.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub posts: Posts,
    /// Add the byte ranges that matched, by zone.
    #[arg(long)]
    pub spans: bool,
    /// Print only totals by query.
    #[arg(long)]
    pub count: bool,
    /// Score against labels in the posts: `FIELD=VALUE[,VALUE]`, where FIELD is a key of the JSON lines and the
    /// values say that a post is wanted; prints counts, precision and recall for each value of `--score-by`.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub score: Option<String>,
    /// Key of the JSON lines that names the event a post belongs to.
    #[arg(long, value_name = "FIELD", requires = "score")]
    pub score_by: Option<String>,
    #[arg(long, value_enum)]
    pub evaluator: Option<Evaluator>,
}

#[derive(Args, Debug)]
pub struct Replay {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub posts: Posts,
    /// Replay a simulated recording instead of a file (see `mon simulate`).
    #[arg(long, value_name = "SCENARIO", conflicts_with = "posts")]
    pub scenario: Option<String>,
    /// Seed of the simulated recording.
    #[arg(long, default_value_t = 11, requires = "scenario", conflicts_with = "posts")]
    pub seed: u64,
    /// Replay what `mon run` has recorded: this folder holds it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["posts", "scenario", "speed"])]
    pub recording: Option<PathBuf>,
    /// Folder for mentions.jsonl, windows.jsonl, incidents.jsonl and messages.jsonl.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Pace of the virtual clock: `max`, or a multiple of real time such as `60x`.
    #[arg(long, default_value = "max")]
    pub speed: String,
    #[arg(long, value_enum)]
    pub evaluator: Option<Evaluator>,
}

#[derive(Args, Debug)]
pub struct Backtest {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub posts: Posts,
    /// Which monitor; all that have an alert when not given.
    #[arg(long, value_name = "NAME")]
    pub monitor: Option<String>,
    /// Thresholds to try: `10..50:5`, both ends included. Without STEP about ten; without `--sweep` ten of the values that
    /// the measure had. The written one is always tried too.
    #[arg(long, value_name = "LOW..HIGH[:STEP]", allow_hyphen_values = true)]
    pub sweep: Option<String>,
    /// The measure whose number in `alert when` is swept; the first one that is compared with a number when not given.
    #[arg(long, value_name = "MEASURE")]
    pub of: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Also draw the measure over time, its incidents, and incidents by threshold.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// How a run says what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// For people.
    Text,
    /// One event a line: time, level, what, and its fields by name.
    Json,
}

#[derive(Args, Debug)]
pub struct Run {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    /// What operations own: sources, receivers, secrets by reference. Without it: Bluesky, alerts to the terminal.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder that holds state, mentions and the alert log.
    #[arg(long, value_name = "DIR", default_value = "mon-data")]
    pub data: PathBuf,
    /// Answer operators here, `127.0.0.1:9464`: /healthz, /readyz and /metrics. Also `[server] listen` in mon.toml.
    #[arg(long, value_name = "ADDRESS", value_parser = crate::config::address)]
    pub listen: Option<SocketAddr>,
    /// How the log on standard error is written. As JSON, alerts of the terminal go to standard output.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub log: LogForm,
    /// Record what the engine is fed with, for `mon replay --recording` and against loss; `[record]` of the configuration
    /// says for how long. By itself where a source, such as standard input, can't be read again.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Folder for mentions.jsonl, windows.jsonl, incidents.jsonl and messages.jsonl, as a replay writes them; the next run
    /// goes on with them.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Stop by itself after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub stop_after: Option<u64>,
    /// Write the account of the run (posts, matches, late, gaps, messages) as JSON when it stops.
    #[arg(long, value_name = "FILE")]
    pub account: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Doctor {
    /// Rule files or folders of them: every team and method that they name must be bound.
    pub rules: Vec<PathBuf>,
    /// The mon.toml that `mon run` is given.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder that `mon run` is given.
    #[arg(long, value_name = "DIR", default_value = "mon-data")]
    pub data: PathBuf,
    /// Connect to nothing.
    #[arg(long)]
    pub offline: bool,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Args, Debug)]
pub struct Test {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: TestFormat,
    /// Also say which clauses of the rules the examples and tests put to work, and which not.
    #[arg(long)]
    pub coverage: bool,
    /// The same, and exit code 1 where less than this many of a hundred clauses are covered.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub coverage_min: Option<f64>,
    /// Also make mutants of the rules, one edit each, and say which of them no example and no test notices.
    #[arg(long)]
    pub mutate: bool,
    /// The same, and exit code 1 where less than this many of a hundred mutants are noticed.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub mutate_min: Option<f64>,
}

fn percent(text: &str) -> Result<f64, String> {
    let value = text.trim_end_matches('%').parse::<f64>().ok().filter(|value| (0.0..=100.0).contains(value));
    value.ok_or_else(|| "write a number from 0 to 100".to_owned())
}

#[derive(Args, Debug)]
pub struct Explain {
    /// A diagnostic's code (`MON0301`), or a rule file or folder.
    pub subject: String,
    /// Which query or monitor; all of them when not given.
    #[arg(long)]
    pub query: Option<String>,
    /// The text of a post.
    #[arg(long, conflicts_with = "posts")]
    pub text: Option<String>,
    /// Recorded posts to take the post from.
    #[arg(long, value_name = "FILE")]
    pub posts: Option<PathBuf>,
    /// Identifier of the post in the recording.
    #[arg(long, requires = "posts")]
    pub post: Option<String>,
}

#[derive(Args, Debug)]
pub struct Doc {
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    /// Folder for the pages: empty, absent, or written by an earlier `mon doc`.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub struct Simulate {
    /// launch-day, viral, slow-burn, silent-source, crisis or quiet-day.
    pub scenario: String,
    #[arg(long, default_value_t = 11)]
    pub seed: u64,
    /// Where the posts go, as JSON lines; what was planted goes beside it to FILE.truth.json.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How many posts; each scenario has its own default.
    #[arg(long)]
    pub posts: Option<u64>,
}

/// The tool that a query was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// Brandwatch Consumer Research.
    Brandwatch,
    /// X's filtered stream, Powerstream and PowerTrack.
    X,
    /// Query strings of Lucene, Elasticsearch and OpenSearch.
    Lucene,
}

#[derive(Args, Debug)]
pub struct Import {
    /// The tool that the query was written for.
    #[arg(value_enum)]
    pub dialect: DialectName,
    /// File with one query, `-` for standard input.
    pub query: PathBuf,
    /// Name of the query in Mon; that of the file when not given.
    #[arg(long)]
    pub name: Option<String>,
    /// Write the rule file here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// `text` has the rules on standard output and the report on standard error, `json` has both in one object.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// The system that rules are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// X's filtered stream: rules of at most 1,024 letters.
    X,
}

#[derive(Args, Debug)]
pub struct Export {
    /// The system that the rules are written for.
    #[arg(value_enum)]
    pub target: Target,
    /// Rule files or folders of them.
    #[arg(required = true)]
    pub rules: Vec<PathBuf>,
    /// Which query or monitor; all of them when not given.
    #[arg(long)]
    pub query: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Args, Debug)]
pub struct Lsp {
    /// Talk over standard input and output, as most editors want it; so it is without any flag, too.
    #[arg(long, conflicts_with = "listen")]
    pub stdio: bool,
    /// Listen here instead, `127.0.0.1:9465`, for editors that connect.
    #[arg(long, value_name = "ADDRESS", value_parser = crate::config::address)]
    pub listen: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub struct Debug {
    #[command(subcommand)]
    pub what: DebugWhat,
}

#[derive(Subcommand, Debug)]
pub enum DebugWhat {
    /// The tokens of a text: kind, position, keys.
    Tokens { text: String },
    /// The lossless tree of a rule file.
    Tree { file: PathBuf },
    /// What each monitor means, in sentences, and the stream plan that runs them.
    Plan {
        #[arg(required = true)]
        rules: Vec<PathBuf>,
    },
    /// The shared term index: terms, anchors, what has none.
    Index {
        #[arg(required = true)]
        rules: Vec<PathBuf>,
    },
    /// The intermediate code that Cranelift turns into machine code.
    Clif {
        #[arg(required = true)]
        rules: Vec<PathBuf>,
        /// Which query or monitor; all of them when not given.
        #[arg(long)]
        query: Option<String>,
    },
}
