//! How long the tokeniser takes for a post: `cargo run --release -p mon-text --example speed [FILE]`. The file has one
//! post a line; without it a few posts in several languages are read over and over.

#![expect(clippy::disallowed_methods, reason = "a tool that measures time, not a part of the library")]

use std::hint::black_box;
use std::time::Instant;

use mon_text::Tokens;

const POSTS: [&str; 12] = [
    "Wendy's fries > McDonald's, and I'll die on that hill. Who else is with me? #FriesTalk https://acme.example/fries?id=3",
    "My Acme phone won't turn on 😡😡 third time this week @acmecare please help, I need it for work tomorrow morning!!",
    "RT @newsdesk: BREAKING - power outage reported across the city, 10,000 homes without electricity. More: https://t.co/Ab12Cd34",
    "El nuevo teléfono de Acme no enciende después de la actualización, ¿a alguien más le pasó? Qué decepción más grande, señores.",
    "Mein Akku überhitzt ständig, seit dem letzten Update geht gar nichts mehr. Schöne Grüße an den Kundendienst von Müller & Söhne",
    "L'application plante dès l'ouverture, impossible d'accéder à mes données… Merci à l'équipe d'assistance de réagir très vite !",
    "Сегодня телефон опять перегрелся и выключился, поддержка молчит уже третий день. Кто-нибудь ещё столкнулся с такой ерундой?",
    "هاتفي الجديد لا يعمل منذ الأمس والشركة لا ترد على الرسائل، هل من أحد واجه نفس المشكلة؟ #خدمة_العملاء",
    "新しいスマホが壊れた。サポートに電話しても全然つながらない。誰か同じ症状の人いますか？ #故障",
    "새로 산 휴대폰이 켜지지 않아요. 고객센터는 삼일째 답이 없네요. 같은 문제 있으신 분 계신가요?",
    "मेरा नया फ़ोन चालू नहीं हो रहा है, कंपनी कोई जवाब नहीं दे रही। क्या किसी और को भी यह समस्या है?",
    "Yeni telefonum açılmıyor, müşteri hizmetleri üç gündür cevap vermiyor. Aynı sorunu yaşayan var mı? İstanbul'dan selamlar",
];

const ROUNDS: usize = 300;
const POSTS_A_ROUND: usize = 2_000;

fn main() {
    let file = std::env::args().nth(1).and_then(|path| std::fs::read_to_string(path).ok());
    let posts: Vec<&str> = match &file {
        Some(text) => text.lines().filter(|line| !line.is_empty()).collect(),
        None => POSTS.to_vec(),
    };
    report("all", &posts);
    report("ascii", &posts.iter().copied().filter(|post| post.is_ascii()).collect::<Vec<_>>());
    report("wide", &posts.iter().copied().filter(|post| !post.is_ascii()).collect::<Vec<_>>());
    if file.is_none() {
        for post in &posts {
            report(&post.chars().take(12).collect::<String>(), &[post]);
        }
    }
}

/// The best of some rounds, as other work on the machine only ever adds time.
fn report(name: &str, posts: &[&str]) {
    if posts.is_empty() {
        return;
    }
    let mut tokens = Tokens::default();
    let times = (POSTS_A_ROUND / posts.len()).max(1);
    let bytes: usize = posts.iter().map(|post| post.len()).sum();
    let mut best = f64::INFINITY;
    let mut count = 0;
    for _ in 0..ROUNDS {
        count = 0;
        let start = Instant::now();
        for _ in 0..times {
            for post in posts {
                tokens.tokenize(black_box(post), 0);
                count += tokens.entries().iter().filter(|entry| entry.hash != 0).count();
            }
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    #[expect(clippy::cast_precision_loss, reason = "a report for people")]
    let (each, keys) = ((times * posts.len()) as f64, count as f64);
    #[expect(clippy::cast_precision_loss, reason = "a report for people")]
    let size = bytes as f64 / posts.len() as f64;
    println!(
        "{name}: {:.0} ns a post of {size:.0} bytes and {:.1} keys, {:.1} ns a key",
        best * 1e9 / each,
        keys / each,
        best * 1e9 / keys
    );
}
