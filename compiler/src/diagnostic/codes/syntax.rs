//! MON01xx: the grammar's codes. It lists them; their pages are written here.

use super::{Code, Level};

codes! {
    /// What a file says cannot be read.
    SYNTAX: "MON0100" "syntax" Error,
        "a part of the file cannot be read",
        "The message says what was expected there.",
        "monitor talk {\n  match and\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n";
}

pub(super) fn all() -> &'static [&'static Code] {
    ALL
}

pub(super) fn find(id: &str) -> &'static Code {
    ALL.iter().copied().find(|code| code.id == id).unwrap_or(&SYNTAX)
}
