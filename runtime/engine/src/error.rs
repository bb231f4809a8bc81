//! What can go wrong in a run, in words that an analyst or an operator can act on. Errors that cross DataFusion's
//! streams travel as its external errors and are unpacked again here.

use datafusion_common::DataFusionError;
use mon_compiler::matching::MatchError;

/// An error of any kind, as readers and consumers give it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an engine could not be built, or stopped.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum EngineError {
    #[error("monitor `{monitor}`, measure `{measure}`: no aggregate is called `{function}`")]
    #[diagnostic(code(mon::engine_aggregate), help("`mon check` lists the measures that there are"))]
    UnknownAggregate { monitor: String, measure: String, function: String },
    #[error("monitor `{monitor}`, measure `{measure}`: `{function}` cannot be computed from these values: {reason}")]
    #[diagnostic(
        code(mon::engine_aggregate_type),
        help("give it a field of another type; sums and averages want numbers")
    )]
    AggregateType { monitor: String, measure: String, function: String, reason: String },
    #[error("monitor `{monitor}`: groups by `{field}` are not possible, because a post can have many of them")]
    #[diagnostic(
        code(mon::engine_key),
        help("group by a field with one value a post, such as `country` or `platform`")
    )]
    KeyType { monitor: String, field: String },
    #[error("monitor `{monitor}`: its window of {size_micros} µs does not divide into steps of {every_micros} µs")]
    #[diagnostic(code(mon::engine_window), help("choose a step that divides the window, such as `slide 15m every 1m`"))]
    Window { monitor: String, size_micros: i64, every_micros: i64 },
    #[error("the rules could not be made ready for matching: {0}")]
    #[diagnostic(code(mon::engine_match), help("run `mon check` on the rules"))]
    Match(#[from] MatchError),
    #[error("`{operator}` stands between the posts and the windows and would hide the passing of time from them")]
    #[diagnostic(
        code(mon::engine_markers),
        help("this is a fault of the program, not of the rules: report it with the output of `mon debug plan`")
    )]
    MarkerUnsafe { operator: String },
    #[error("the windows hold {used} bytes in memory that cannot be put aside; the limit `state_bytes_max` is {limit}")]
    #[diagnostic(code(mon::engine_state_limit), help("group by fields with fewer values, or shorten the windows"))]
    StateLimit { used: usize, limit: usize },
    #[error("the windows hold more than fits into memory, and `{}` does not take it: {reason}", folder.display())]
    #[diagnostic(
        code(mon::engine_spill),
        help("free space there, group by fields with fewer values, or shorten the windows")
    )]
    Spill { folder: std::path::PathBuf, reason: String },
    #[error("the windows put {used} bytes aside on disk; the limit `spill_bytes_max` is {limit}")]
    #[diagnostic(code(mon::engine_spill_limit), help("group by fields with fewer values, or shorten the windows"))]
    SpillLimit { used: u64, limit: u64 },
    #[error("the saved state cannot be read: `{part}` {reason}")]
    #[diagnostic(code(mon::engine_snapshot), help("start without the saved state; windows that were open start anew"))]
    Snapshot { part: String, reason: String },
    #[error("the engine runs only once; build another for another run")]
    #[diagnostic(code(mon::engine_once), help("this is a fault of the program: report it"))]
    Started,
    #[error("the posts could not be read: {0}")]
    #[diagnostic(code(mon::engine_reader), help("the message names what was being read"))]
    Reader(#[source] BoxError),
    #[error("the results could not be kept: {0}")]
    #[diagnostic(code(mon::engine_consumer), help("the message names what was being written"))]
    Consumer(#[source] BoxError),
    #[error("the run stopped: {0}")]
    #[diagnostic(code(mon::engine_run), help("if the rules pass `mon check`, report this with the rules"))]
    Run(String),
}

impl From<EngineError> for DataFusionError {
    fn from(error: EngineError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::Run(other.to_string()),
            },
            other => Self::Run(other.strip_backtrace()),
        }
    }
}

impl From<arrow::error::ArrowError> for EngineError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Run(error.to_string())
    }
}
