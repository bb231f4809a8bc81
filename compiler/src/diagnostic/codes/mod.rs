//! The registry: every code once, with what its page says. A page's bad example raises the code and its good example
//! is clean, which a test runs.

use std::sync::LazyLock;

use super::Level;

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `MON0201`: never reused.
    pub id: &'static str,
    /// `unknown-name`.
    pub name: &'static str,
    pub level: Level,
    /// One line.
    pub summary: &'static str,
    /// Why it is told.
    pub why: &'static str,
    /// A file that raises it.
    pub bad: &'static str,
    /// The same file, mended.
    pub good: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $ident:ident: $id:literal $name:literal $level:ident,
        $summary:literal, $why:literal, $bad:literal, $good:literal;)+) => {
        $(
            $(#[$doc])*
            pub static $ident: Code = Code {
                id: $id,
                name: $name,
                level: Level::$level,
                summary: $summary,
                why: $why,
                bad: $bad,
                good: $good,
            };
        )+
        pub(super) static ALL: &[&Code] = &[$(&$ident),+];
    };
}

mod examples;
mod exchange;
mod lints;
mod matching;
mod monitors;
mod names;
mod playbooks;
mod proofs;
mod syntax;
mod types;
mod unsupported;

pub use examples::*;
pub use exchange::*;
pub use matching::*;
pub use monitors::*;
pub use names::*;
pub use playbooks::*;
pub use proofs::*;
pub use types::*;
pub use unsupported::*;

static REGISTRY: LazyLock<Vec<&'static Code>> = LazyLock::new(|| {
    let own = [
        names::ALL,
        types::ALL,
        matching::ALL,
        monitors::ALL,
        playbooks::ALL,
        examples::ALL,
        proofs::ALL,
        unsupported::ALL,
        exchange::ALL,
    ];
    let mut all: Vec<&'static Code> = syntax::all().iter().collect();
    all.extend(own.into_iter().flatten());
    all.extend(lints::all());
    all.sort_by_key(|code| code.id);
    all
});

/// Every code, by number.
#[must_use]
pub fn all() -> &'static [&'static Code] {
    &REGISTRY
}

/// The code with this number (`MON0201`) or name (`unknown-name`).
#[must_use]
pub fn find_code(id: &str) -> Option<&'static Code> {
    REGISTRY.iter().copied().find(|code| code.id == id || code.name == id)
}

/// The code of a syntax error; one that the registry lacks counts as the general one.
#[must_use]
pub fn syntax_code(id: &str) -> &'static Code {
    syntax::find(id)
}
