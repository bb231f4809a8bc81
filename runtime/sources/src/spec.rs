//! What a kind of source can do, what it costs and what its platform allows, as data.
//! The supervisor, the documentation and the tests read the same tables.

use std::time::Duration;

/// How a platform tells when a limit resets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetHeader {
    EpochSeconds,
    SecondsLeft,
    Rfc3339,
    PercentJson,
    RetryAfter,
    None,
}

/// So many units in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub scope: &'static str,
    pub units: u64,
    pub per: Duration,
    pub header: ResetHeader,
}

/// What the protocol can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Goes on after a break without losing anything that the server still keeps.
    pub resume: bool,
    /// Delivers what happened before the first connection.
    pub replay: bool,
    pub deletes: bool,
    pub edits: bool,
    /// Connections at a time; 0 is no stated limit.
    pub slots: u32,
    /// Events come in the order of their cursors.
    pub ordered: bool,
    /// Ends by itself.
    pub bounded: bool,
}

/// What the platform's terms ask of whoever keeps its posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A deletion must be followed within this time.
    pub delete_within: Option<Duration>,
    /// A stored post must be fetched again within this time.
    pub refresh_within: Option<Duration>,
    pub may_store_text: bool,
    pub commercial: bool,
    /// One application for one purpose: no pool of tokens.
    pub single_app: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// As `kind = "…"` in `mon.toml`.
    pub kind: &'static str,
    pub doc: &'static str,
    pub wires: &'static [&'static str],
    pub limits: &'static [Limit],
    pub caps: Caps,
    pub terms: Terms,
}

const OWN_DATA: Terms =
    Terms { delete_within: None, refresh_within: None, may_store_text: true, commercial: true, single_app: false };

const LOCAL: Caps =
    Caps { resume: true, replay: true, deletes: true, edits: true, slots: 0, ordered: true, bounded: true };

pub static JETSTREAM: Spec = Spec {
    kind: "jetstream",
    doc: "Bluesky's public stream of all posts; needs no credential",
    wires: &[crate::jetstream::WIRE_V1, crate::jetstream::WIRE_V2],
    limits: &[],
    caps: Caps { resume: true, replay: true, deletes: true, edits: true, slots: 0, ordered: true, bounded: false },
    // The protocol is public; its etiquette is to follow deletions promptly.
    terms: Terms { delete_within: Some(Duration::from_secs(24 * 3_600)), ..OWN_DATA },
};

pub static FILE: Spec = Spec {
    kind: "file",
    doc: "recorded posts: JSON lines, CSV, Parquet or Arrow IPC",
    wires: &["file"],
    limits: &[],
    caps: LOCAL,
    terms: OWN_DATA,
};

pub static STDIN: Spec = Spec {
    kind: "stdin",
    doc: "posts from standard input",
    wires: &["file"],
    limits: &[],
    caps: Caps { resume: false, replay: false, ..LOCAL },
    terms: OWN_DATA,
};

/// Every kind of source.
#[must_use]
pub const fn specs() -> [&'static Spec; 3] {
    [&JETSTREAM, &FILE, &STDIN]
}
