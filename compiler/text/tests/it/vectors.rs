//! Texts with the tokens that the reference asks for: those of the shared data, and the project's own.

use mon_text::{Kind, Tokens};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    start: u32,
    end: u32,
    kind: String,
    keys: Vec<String>,
    pos: Option<i32>,
}

#[test]
fn tokens_of_the_shared_vectors() {
    let Some(lines) = crate::shared("token-vectors/tokens.jsonl") else { return };
    let mut tokens = Tokens::default();
    let mut failures = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let case: Case = serde_json::from_str(line).expect("a vector");
        count += 1;
        tokens.tokenize(&case.text, 0);
        let found: Vec<String> = tokens
            .iter()
            .map(|t| {
                let keys: Vec<&str> = tokens.keys(t).map(|key| key.text).collect();
                let pos = case.tokens.iter().any(|e| e.pos.is_some()).then_some(t.pos);
                format!("{}..{} {} {pos:?} {keys:?}", t.start, t.end, t.kind.name())
            })
            .collect();
        let expected: Vec<String> =
            case.tokens.iter().map(|t| format!("{}..{} {} {:?} {:?}", t.start, t.end, t.kind, t.pos, t.keys)).collect();
        if found != expected {
            failures.push(format!("{:?}\n  expected {expected:#?}\n  found {found:#?}", case.text));
        }
    }
    assert!(failures.is_empty(), "{} of {count} vectors:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(count, 66);
}

/// `kind:own key` of each token.
fn short(text: &str) -> Vec<String> {
    let mut tokens = Tokens::default();
    tokens.tokenize(text, 0);
    tokens.iter().map(|t| format!("{}:{}", t.kind.name(), tokens.keys(t).next().map_or("", |key| key.text))).collect()
}

#[test]
fn own_vectors() {
    let cases: [(&str, &[&str]); 28] = [
        ("iPhone15's O2’s", &["word:iphone15's", "word:o2's"]),
        (
            "10,000 1,00,000 1,2,3 10:30",
            &["number:10000", "number:100000", "number:1", "number:2", "number:3", "number:10:30"],
        ),
        ("#話題# #a_b#c", &["tag:#話題", "tag:#ab", "word:c"]),
        ("#️⃣ #⃣ *️⃣", &["emoji:#⃣", "emoji:#⃣", "emoji:*⃣"]),
        ("©️ © ™ →", &["emoji:©"]),
        ("XD xD xd", &["word:xd", "emoticon:xD", "word:xd"]),
        ("great:) :D :-/ =(", &["word:great", "emoticon::)", "emoticon::D", "emoticon::-/", "emoticon:=("]),
        ("u.s.a т.е. X.Y", &["sign:usa", "sign:те", "word:x", "word:y"]),
        ("AT&T's B&Bs", &["sign:at&t", "sign:b&bs"]),
        ("le·le il·lusió", &["word:le·le", "word:il·lusio"]),
        ("צה\"ל", &["word:צה\"ל"]),
        ("RT@acme x@acme f!@kn", &["word:rt", "handle:@acme", "word:x", "word:acme", "word:f", "word:kn"]),
        ("a@b.com, (x.y@b-c.co.uk)", &["email:a@b.com", "email:x.y@b-c.co.uk"]),
        ("l'acme.com", &["word:l'acme", "word:com"]),
        ("한국acme.com/x", &["word:한국", "url:acme.com/x"]),
        ("ＡＣＭＥ’ｓ", &["word:acme's"]),
        ("＠acme ＃ａ", &["handle:@acme", "tag:#a"]),
        ("HTTPS://Acme.Example/Path", &["url:https://acme.example/Path"]),
        ("http://127.0.0.1/", &["word:http", "number:127.0.0.1"]),
        ("👩🏽‍💻👩‍❤️‍👨 🏽", &["emoji:👩‍💻", "emoji:👩‍❤‍👨", "emoji:🏽"]),
        ("90's", &["number:90", "word:s"]),
        ("2024年", &["number:2024", "run:年"]),
        ("می‌خواهم", &["word:ميخواهم"]),
        ("\u{301}\u{200D}'", &[]),
        // Found by the laws: an accented host of an account; marks that meet where a letter between them goes.
        ("@t.coÅt.co ＠t.coÅt.co", &["handle:@t.coat.co", "handle:@t.coat.co"]),
        ("ß\u{94d}ـ\u{93c}", &["word:ss\u{93c}\u{94d}"]),
        ("#aـ\u{94d}ـ\u{93c}", &["tag:#a\u{93c}\u{94d}"]),
        ("a\u{600}\u{11131}\u{11127}a", &["word:a\u{1112E}a"]),
    ];
    for (text, expected) in cases {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn positions_count_words_and_leave_emoji_between() {
    let mut tokens = Tokens::default();
    tokens.tokenize("🔥 a 🔥🔥 b.com/x c.com", 2_000);
    let found: Vec<(Kind, i32)> = tokens.iter().map(|t| (t.kind, t.pos)).collect();
    let expected = [
        (Kind::Emoji, 1_999),
        (Kind::Word, 2_000),
        (Kind::Emoji, 2_001),
        (Kind::Emoji, 2_001),
        (Kind::Url, 2_002),
        (Kind::Word, 2_004),
        (Kind::Url, 2_004),
        (Kind::Word, 2_006),
    ];
    assert_eq!(found, expected);
}

#[test]
fn zones_share_a_buffer() {
    let mut tokens = Tokens::default();
    assert_eq!(tokens.append("Acme Phone", 0), 0..2);
    assert_eq!(tokens.append("Größe #Acme", 2_000), 2..4);
    let keys: Vec<&str> = tokens.entries().iter().map(|entry| tokens.text_of(entry)).collect();
    assert_eq!(keys, ["acme", "phone", "grosse", "#acme"]);
    let last = tokens.as_slice()[3];
    assert_eq!((last.start, last.end, last.pos), (8, 13, 2_002));
}

#[test]
fn a_post_of_too_many_tokens_is_marked() {
    let mut tokens = Tokens::default();
    tokens.tokenize(&"a ".repeat(4_096), 0);
    assert_eq!((tokens.len(), tokens.truncated()), (4_096, false));
    tokens.tokenize(&"a ".repeat(4_097), 0);
    assert_eq!((tokens.len(), tokens.truncated()), (4_096, true));
    tokens.tokenize("a", 0);
    assert_eq!((tokens.len(), tokens.truncated()), (1, false));
}
