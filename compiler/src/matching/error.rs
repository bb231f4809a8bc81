//! What can go wrong while a plan is made ready for matching: limits and the machine's code generator.

/// Why a set of queries could not be made ready.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum MatchError {
    #[error("the rules hold more than {limit} different {what}")]
    #[diagnostic(
        code(mon::match_limit),
        help("split the folder of rules into two and run each of them, or remove terms that no rule needs")
    )]
    Limit { what: &'static str, limit: usize },
    #[error("the plan has no query number {query}")]
    #[diagnostic(code(mon::match_query), help("check the rules again with `mon check`: the plan is not whole"))]
    NoQuery { query: u32 },
    #[error("machine code could not be made: {reason}")]
    #[diagnostic(
        code(mon::match_code),
        help("run with the bytecode backend, which gives the same results on every machine")
    )]
    Code { reason: String },
}

impl MatchError {
    pub(crate) fn code(reason: impl ToString) -> Self {
        Self::Code { reason: reason.to_string() }
    }
}
