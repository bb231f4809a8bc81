//! The kinds of tokens, as the language's reference names them. A kind decides whether a token counts in distances.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Letters, or letters and digits together.
    Word,
    /// Digits of any script, grouped or with decimals.
    Number,
    /// A word with a sign in it: `AT&T`, `C++`, `U.S.A.`.
    Sign,
    /// `#acme`
    Tag,
    /// `@acme`, `@nora.bsky.social`, `@nora@mastodon.social`
    Handle,
    /// `$ACME`
    Cash,
    /// A link; a bare domain lies over its words, with the position of the first.
    Url,
    Email,
    /// Letters of a script that is written without spaces.
    Run,
    Emoji,
    Emoticon,
}

impl Kind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Kind; 11] = [
        Kind::Word,
        Kind::Number,
        Kind::Sign,
        Kind::Tag,
        Kind::Handle,
        Kind::Cash,
        Kind::Url,
        Kind::Email,
        Kind::Run,
        Kind::Emoji,
        Kind::Emoticon,
    ];

    /// Whether tokens of this kind count in distances and phrases.
    pub const fn counted(self) -> bool {
        !matches!(self, Kind::Emoji | Kind::Emoticon)
    }

    /// The kind's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Word => "word",
            Kind::Number => "number",
            Kind::Sign => "sign",
            Kind::Tag => "tag",
            Kind::Handle => "handle",
            Kind::Cash => "cash",
            Kind::Url => "url",
            Kind::Email => "email",
            Kind::Run => "run",
            Kind::Emoji => "emoji",
            Kind::Emoticon => "emoticon",
        }
    }
}
