//! The codes of syntax errors. They are stable: a code is never given a second meaning.

/// `(code, name, explanation)` of each syntax error, in the order of the codes.
pub const SYNTAX_CODES: [(&str, &str, &str); 21] = [
    (
        UNEXPECTED,
        "unexpected",
        "Something stands where the language expects something else. The message lists what may stand there.",
    ),
    (
        UNKNOWN_ITEM,
        "unknown-item",
        "A file is made of `use`, `terms`, `query`, `monitor`, `playbook` and `test`. Something else stands at the outermost level.",
    ),
    (
        UNKNOWN_CLAUSE,
        "unknown-clause",
        "A line inside a monitor, playbook or test starts with a word that opens no clause there; often it is misspelt.",
    ),
    (
        UNCLOSED_STRING,
        "unclosed-quote",
        "A quoted phrase has no closing quote before the end of its line. A phrase stays on one line; `\\n` stands for a line break.",
    ),
    (
        WRONG_QUOTES,
        "wrong-quotes",
        "Phrases stand in straight double quotes. Word processors turn them into curly ones; those are refused rather than guessed at, since a curly quote may also be part of the text looked for.",
    ),
    (UNCLOSED_BRACE, "unclosed-brace", "A `{` has no matching `}`. The file goes on with the next item all the same."),
    (STRAY_CLOSING, "stray-bracket", "A closing bracket has no opening one, or another kind of bracket was opened."),
    (SYMBOL_OPERATOR, "symbol-operator", "The language uses words: `and`, `or`, `not` in place of `&&`, `||`, `!`."),
    (
        SINGLE_EQUALS,
        "single-equals",
        "A comparison is `==` between values, or `is` between a field and a name; a single `=` only gives a name to something.",
    ),
    (MISSING_UNIT, "missing-unit", "A length of time needs a unit: `ms`, `s`, `m`, `h`, `d` or `w`."),
    (
        UNKNOWN_UNIT,
        "unknown-unit",
        "A length of time has a unit that the language does not know. The units are `ms`, `s`, `m`, `h`, `d` and `w`.",
    ),
    (
        TOO_DEEP,
        "too-deep",
        "Brackets, `not`s, zones and scopes are nested deeper than the limit `MAX_DEPTH` (256), or a chain of operators is.",
    ),
    (UNCLOSED_REGEX, "unclosed-regex", "A regular expression has no closing `/` on its line."),
    (
        UNKNOWN_ESCAPE,
        "unknown-escape",
        "Inside quotes a backslash stands only before a quote, a backslash, `*`, `?` or `n`.",
    ),
    (UNKNOWN_CHARACTER, "unknown-character", "A sign stands outside quotes that means nothing there."),
    (UNCLOSED_BRACKET, "unclosed-bracket", "A `(` or `[` has no matching closing bracket."),
    (NUMBER_RANGE, "number-out-of-range", "A number is larger than the place where it stands can hold."),
    (SET_BRACKETS, "set-brackets", "`any`, `all` and `none` take their members in square brackets."),
    (FILE_TOO_LARGE, "file-too-large", "A file is larger than the limit `MAX_FILE_BYTES` (256 MiB)."),
    (
        MISSING_DISTANCE,
        "missing-distance",
        "`near` joins two terms at a distance: `near/5` allows five words between them.",
    ),
    (
        NOT_INSIDE,
        "misplaced-not",
        "`not` stands before a whole comparison, never behind `is`, `in` or another operator.",
    ),
];

pub(crate) const UNEXPECTED: &str = "MON0100";
pub(crate) const UNKNOWN_ITEM: &str = "MON0101";
pub(crate) const UNKNOWN_CLAUSE: &str = "MON0102";
pub(crate) const UNCLOSED_STRING: &str = "MON0103";
pub(crate) const WRONG_QUOTES: &str = "MON0104";
pub(crate) const UNCLOSED_BRACE: &str = "MON0105";
pub(crate) const STRAY_CLOSING: &str = "MON0106";
pub(crate) const SYMBOL_OPERATOR: &str = "MON0107";
pub(crate) const SINGLE_EQUALS: &str = "MON0108";
pub(crate) const MISSING_UNIT: &str = "MON0109";
pub(crate) const UNKNOWN_UNIT: &str = "MON0110";
pub(crate) const TOO_DEEP: &str = "MON0111";
pub(crate) const UNCLOSED_REGEX: &str = "MON0112";
pub(crate) const UNKNOWN_ESCAPE: &str = "MON0113";
pub(crate) const UNKNOWN_CHARACTER: &str = "MON0114";
pub(crate) const UNCLOSED_BRACKET: &str = "MON0115";
pub(crate) const NUMBER_RANGE: &str = "MON0116";
pub(crate) const SET_BRACKETS: &str = "MON0117";
pub(crate) const FILE_TOO_LARGE: &str = "MON0118";
pub(crate) const MISSING_DISTANCE: &str = "MON0119";
pub(crate) const NOT_INSIDE: &str = "MON0120";
