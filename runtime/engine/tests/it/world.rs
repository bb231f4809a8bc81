//! Random posts and hand-made plans for the tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use mon_compiler::history::{Against, HistoryPlan, Score};
use mon_compiler::plan::{
    AggregateArg, AggregatePlan, AlertPlan, Arithmetic, Borders, CompareOp, Cond, CondKind, FieldOp, FieldTest,
    MeasureKind, MeasurePlan, MonitorPlan, Place, Plan, QueryId, QueryPlan, Severity, SeverityPlan, ShowPlan, Value,
    ValueExpr, WindowPlan,
};
use mon_engine::json::{mention_line, transition_line, window_line};
use mon_engine::{Counts, Engine, EngineOptions, Epoch, Feed, Part, Snapshot};
use mon_post::{Author, Enrichment, FieldId, PostBatch, PostBatchBuilder, PostRow};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
/// A round hour.
pub const START: i64 = 1_800_000_000 * SECOND;

/// What the tests know of a post.
#[derive(Clone, Debug)]
pub struct Post {
    pub uid: String,
    pub at: i64,
    pub lang: Option<&'static str>,
    pub author: String,
    pub followers: i64,
    /// In thousandths.
    pub mood: Option<i64>,
}

/// The seed of this run, from `MON_SEED` or drawn, and printed.
pub fn seed() -> u64 {
    let told = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok());
    let seed = told.unwrap_or_else(|| rand::rng().random());
    eprintln!("MON_SEED={seed}");
    seed
}

pub fn rng(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}

/// Posts in the order of their arrival: bursts and silences, disorder, some very late, some twice.
pub fn posts(rng: &mut SmallRng, count: usize) -> Vec<Post> {
    let mut now = START;
    let mut posts: Vec<Post> = Vec::new();
    let mut pause = 2 * SECOND;
    for number in 0..count {
        if number % 100 == 0 {
            pause = [SECOND / 5, 2 * SECOND, 6 * SECOND, 40 * SECOND][rng.random_range(0..4)];
        }
        now += rng.random_range(0..pause);
        if rng.random_bool(0.004) {
            now += rng.random_range(0..30 * MINUTE);
        }
        if !posts.is_empty() && rng.random_bool(0.02) {
            let again = posts[rng.random_range(0..posts.len())].clone();
            posts.push(again);
            continue;
        }
        let behind =
            if rng.random_bool(0.03) { rng.random_range(0..10 * MINUTE) } else { rng.random_range(0..25 * SECOND) };
        posts.push(Post {
            uid: format!("p{number}"),
            at: now - behind,
            lang: [Some("de"), Some("en"), Some("es"), None][rng.random_range(0..4)],
            author: format!("a{}", rng.random_range(0..40)),
            followers: rng.random_range(0..1000),
            mood: rng.random_bool(0.8).then(|| rng.random_range(-1000..=1000)),
        });
    }
    posts
}

/// A post of which only number and time matter.
pub fn simple(number: i64, at: i64) -> Post {
    Post { uid: format!("p{number:03}"), at, lang: None, author: "a".to_owned(), followers: 1, mood: None }
}

pub fn batch(posts: &[Post]) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for post in posts {
        let author =
            Author { uid: Some(post.author.as_str().into()), followers: Some(post.followers), ..Author::default() };
        let enrichment =
            post.mood.map(|mood| Enrichment { sentiment: Some(mood as f64 / 1000.0), ..Enrichment::default() });
        let row = PostRow {
            post_uid: Some(post.uid.as_str().into()),
            event_at: Some(post.at),
            lang: post.lang.map(Into::into),
            text: Some(format!("post {}", post.uid).into()),
            author: Some(author),
            enrichment,
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    builder.finish().unwrap()
}

pub fn field(name: &str) -> FieldId {
    mon_post::find(name).unwrap()
}

fn cond(kind: CondKind) -> Arc<Cond> {
    Arc::new(Cond { place: Place::default(), kind })
}

pub fn compare(name: &str, op: CompareOp, value: Value) -> Arc<Cond> {
    cond(CondKind::Field(FieldTest { field: field(name), op: FieldOp::Compare(op, value), floor: None }))
}

pub fn aggregate(name: &str, function: &str, args: &[&str]) -> MeasurePlan {
    let args = args.iter().map(|arg| AggregateArg::Field(field(arg))).collect();
    let plan = AggregatePlan { function: function.into(), distinct: false, args, filter: None };
    MeasurePlan { name: name.into(), place: Place::default(), kind: MeasureKind::Aggregate(plan) }
}

pub fn distinct(mut measure: MeasurePlan) -> MeasurePlan {
    if let MeasureKind::Aggregate(plan) = &mut measure.kind {
        plan.distinct = true;
    }
    measure
}

pub fn only(mut measure: MeasurePlan, filter: Arc<Cond>) -> MeasurePlan {
    if let MeasureKind::Aggregate(plan) = &mut measure.kind {
        plan.filter = Some(filter);
    }
    measure
}

pub fn at_least(measure: u32, bound: f64) -> ValueExpr {
    let sides = (Box::new(ValueExpr::Measure(measure)), Box::new(ValueExpr::Number(bound)));
    ValueExpr::Compare(CompareOp::Ge, sides.0, sides.1)
}

pub fn below(measure: u32, bound: f64) -> ValueExpr {
    ValueExpr::Not(Box::new(at_least(measure, bound)))
}

pub fn window(size: i64, every: i64, late: i64) -> WindowPlan {
    WindowPlan { borders: Borders::Steps { size_micros: size, every_micros: every }, late_micros: late }
}

/// Sessions that a pause of `gap` ends.
pub fn session(gap: i64, late: i64) -> WindowPlan {
    WindowPlan { borders: Borders::Session { gap_micros: gap }, late_micros: late }
}

/// Runs of so many posts.
pub fn run_of(posts: u64, late: i64) -> WindowPlan {
    WindowPlan { borders: Borders::Count { posts }, late_micros: late }
}

/// A pattern whose posts meet these conditions one after the other; where something must be absent, the last one says what.
pub fn pattern(
    mut monitor: MonitorPlan,
    within: i64,
    absent: Option<i64>,
    late: i64,
    steps: Vec<Arc<Cond>>,
) -> MonitorPlan {
    let borders = Borders::Pattern { within_micros: within, absent_micros: absent };
    monitor.window = Some(WindowPlan { borders, late_micros: late });
    monitor.steps = steps;
    monitor
}

pub fn everyone() -> Arc<Cond> {
    cond(CondKind::Const(true))
}

/// Posts of authors with so many followers.
pub fn large(followers: i64) -> Arc<Cond> {
    compare("author.followers", CompareOp::Ge, Value::Integer(followers))
}

/// Posts of authors with fewer.
pub fn small(followers: i64) -> Arc<Cond> {
    compare("author.followers", CompareOp::Lt, Value::Integer(followers))
}

pub fn monitor(name: &str, query: u32, window: WindowPlan, by: &[&str], measures: Vec<MeasurePlan>) -> MonitorPlan {
    MonitorPlan {
        name: name.into(),
        doc: None,
        owner: None,
        place: Place::default(),
        query: QueryId(query),
        window: Some(window),
        steps: vec![],
        by: by.iter().map(|name| field(name)).collect(),
        measures,
        alert: None,
        severity: vec![],
        show: ShowPlan { count: 0, by: None },
        under_load: Vec::new(),
        show_values: vec![],
        playbook: None,
        examples: vec![],
    }
}

pub fn alert(
    mut plan: MonitorPlan,
    when: ValueExpr,
    hold: i64,
    clear: Option<ValueExpr>,
    clear_hold: i64,
) -> MonitorPlan {
    let (hold_micros, clear_hold_micros) = (hold, clear_hold);
    plan.alert = Some(AlertPlan {
        place: Place::default(),
        when,
        hold_micros,
        clear,
        clear_hold_micros,
        warmup_micros: 0,
        cooldown_micros: 0,
    });
    plan.severity = vec![
        SeverityPlan { place: Place::default(), level: Severity::High, when: Some(at_least(0, 25.0)) },
        SeverityPlan { place: Place::default(), level: Severity::Medium, when: None },
    ];
    plan
}

pub fn plan(monitors: Vec<MonitorPlan>) -> Arc<Plan> {
    let conds = [cond(CondKind::Const(true)), compare("author.followers", CompareOp::Ge, Value::Integer(500))];
    let query = |cond: Arc<Cond>| QueryPlan { name: "q".into(), named: false, place: Place::default(), cond };
    Arc::new(Plan { queries: conds.into_iter().map(query).collect(), monitors, ..Plan::default() })
}

/// Monitors of every kind; the first and the last share a class.
pub fn everything() -> Arc<Plan> {
    let sad = || compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3));
    let plain = || {
        vec![
            aggregate("volume", "count", &[]),
            aggregate("reach", "sum", &["author.followers"]),
            aggregate("mood", "avg", &["sentiment"]),
        ]
    };
    let share =
        ValueExpr::Arithmetic(Arithmetic::Divide, Box::new(ValueExpr::Measure(1)), Box::new(ValueExpr::Measure(0)));
    let sliding = vec![
        aggregate("volume", "count", &[]),
        distinct(aggregate("voices", "count", &["author.uid"])),
        aggregate("typical", "median", &["sentiment"]),
        aggregate("spread", "stddev", &["sentiment"]),
        aggregate("largest", "max", &["author.followers"]),
    ];
    let shares = vec![
        aggregate("volume", "count", &[]),
        only(aggregate("sad", "count", &[]), sad()),
        MeasurePlan { name: "share".into(), place: Place::default(), kind: MeasureKind::Derived(share) },
    ];
    let mut shown = alert(
        monitor("shares", 0, window(5 * MINUTE, MINUTE, 0), &[], shares),
        at_least(0, 20.0),
        MINUTE,
        None,
        2 * MINUTE,
    );
    shown.show = ShowPlan { count: 3, by: Some(field("author.followers")) };
    plan(vec![
        monitor("minutes", 0, window(MINUTE, MINUTE, 0), &["lang"], plain()),
        alert(
            monitor("slide", 0, window(5 * MINUTE, MINUTE, 10 * SECOND), &["lang"], sliding),
            at_least(0, 12.0),
            0,
            Some(below(0, 5.0)),
            3 * MINUTE,
        ),
        shown,
        monitor("large", 1, window(MINUTE, MINUTE, 0), &["lang"], plain()),
        looking_back(),
        told_together(),
    ])
}

/// A monitor whose windows are told together with those of [`looking_back`].
fn told_together() -> MonitorPlan {
    let hour = Against::AnyHour { over_micros: 60 * MINUTE };
    let measures = vec![
        aggregate("volume", "count", &[]),
        MeasurePlan {
            name: "chance".into(),
            place: Place::default(),
            kind: MeasureKind::History(HistoryPlan {
                of: 0,
                against: hour,
                score: Score::NegativeBinomial,
                without: None,
            }),
        },
        MeasurePlan { name: "rate".into(), place: Place::default(), kind: MeasureKind::QValue(1) },
    ];
    let monitor = monitor("together", 1, window(2 * MINUTE, 2 * MINUTE, 0), &["lang"], measures);
    alert(monitor, below(2, 0.3), 0, None, 0)
}

/// A monitor that is asked in windows without posts, too: of the quarter of an hour before, and of an hour.
fn looking_back() -> MonitorPlan {
    let sad = only(aggregate("sad", "count", &[]), compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3)));
    let share = Score::Burst { among: Some(0), scale: 1.5 };
    let back = |name: &str, against, score| {
        let kind = MeasureKind::History(HistoryPlan { of: 0, against, score, without: None });
        MeasurePlan { name: name.into(), place: Place::default(), kind }
    };
    let hour = Against::AnyHour { over_micros: 60 * MINUTE };
    let measures = vec![
        aggregate("volume", "count", &[]),
        back("before", Against::Previous, Score::Baseline),
        back("usual", hour, Score::RobustZ),
        back("few", hour, Score::Flatline),
        back("faded", Against::Ewma { half_life_micros: 30 * MINUTE }, Score::Change),
        back("drift", hour, Score::EwmaChart { weight: 0.2 }),
        back("sum", hour, Score::Cusum { slack: 0.5 }),
        sad,
        MeasurePlan {
            name: "sadder".into(),
            place: Place::default(),
            kind: MeasureKind::History(HistoryPlan { of: 7, against: hour, score: share, without: None }),
        },
        back("level", hour, Score::Burst { among: None, scale: 2.0 }),
        MeasurePlan { name: "rate".into(), place: Place::default(), kind: MeasureKind::QValue(3) },
    ];
    let monitor = monitor("back", 0, window(4 * MINUTE, 2 * MINUTE, 0), &["lang"], measures);
    let mut monitor = alert(monitor, at_least(2, 2.0), 0, Some(below(2, 0.5)), 0);
    let plan = monitor.alert.as_mut().unwrap();
    plan.warmup_micros = 10 * MINUTE;
    plan.cooldown_micros = 6 * MINUTE;
    monitor
}

/// Sessions and runs of posts of every kind; two sessions share a class.
pub fn by_posts() -> Arc<Plan> {
    let counted = || {
        vec![
            aggregate("volume", "count", &[]),
            distinct(aggregate("voices", "count", &["author.uid"])),
            aggregate("mood", "avg", &["sentiment"]),
            aggregate("spread", "stddev", &["sentiment"]),
            only(aggregate("sad", "count", &[]), compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3))),
        ]
    };
    let shown = |mut plan: MonitorPlan| {
        plan.show = ShowPlan { count: 3, by: Some(field("author.followers")) };
        plan
    };
    let talk = |name, query| monitor(name, query, session(20 * SECOND, 0), &["lang"], counted());
    let runs = monitor("runs", 0, run_of(20, 10 * SECOND), &[], counted());
    plan(vec![
        shown(alert(talk("talk", 0), at_least(0, 10.0), 0, None, 0)),
        alert(monitor("waits", 0, session(MINUTE, 30 * SECOND), &[], counted()), at_least(0, 20.0), 0, None, 0),
        shown(alert(talk("large", 1), at_least(0, 10.0), 0, None, 0)),
        shown(alert(runs, at_least(4, 6.0), 0, Some(below(4, 5.0)), 0)),
        monitor("voices", 1, run_of(5, 0), &["author.uid"], counted()),
    ])
}

/// Patterns of every kind; two share a class.
pub fn patterns() -> Arc<Plan> {
    let counted = || {
        vec![
            aggregate("volume", "count", &[]),
            distinct(aggregate("voices", "count", &["author.uid"])),
            aggregate("mood", "avg", &["sentiment"]),
            only(aggregate("sad", "count", &[]), compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3))),
        ]
    };
    let base = |name, query, by: &[&str]| {
        let mut plan =
            alert(monitor(name, query, window(SECOND, SECOND, 0), by, counted()), at_least(0, 3.0), 0, None, 0);
        plan.show = ShowPlan { count: 3, by: None };
        plan
    };
    let sad = || compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3));
    let pair = |name, query| pattern(base(name, query, &["lang"]), 40 * SECOND, None, 0, vec![large(800), small(600)]);
    plan(vec![
        pair("pair", 0),
        pattern(base("row", 0, &[]), 3 * MINUTE, None, 10 * SECOND, vec![large(900), sad(), large(700), small(100)]),
        pattern(base("unanswered", 0, &["lang"]), 0, Some(30 * SECOND), 0, vec![large(800), small(50)]),
        pattern(base("both", 0, &[]), MINUTE, Some(8 * SECOND), 5 * SECOND, vec![large(800), sad(), small(100)]),
        pattern(base("silent", 0, &["author.uid"]), 0, Some(2 * MINUTE), 0, vec![everyone(), everyone()]),
        pair("large_pair", 1),
    ])
}

/// Everything that a run told, as the lines of its files, and the counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub mentions: String,
    pub windows: String,
    pub incidents: String,
    pub counts: Counts,
}

impl Told {
    pub fn add(&mut self, epoch: &Epoch, plan: &Plan) {
        for mention in &epoch.mentions {
            self.mentions += &(mention_line(mention, plan) + "\n");
        }
        for row in &epoch.windows {
            self.windows += &(window_line(row, plan) + "\n");
        }
        for transition in &epoch.transitions {
            self.incidents += &(transition_line(transition) + "\n");
        }
        self.counts += &epoch.counts;
    }
}

pub fn options() -> EngineOptions {
    EngineOptions { dedupe_micros: 24 * 60 * MINUTE, ..EngineOptions::default() }
}

/// Runs a feed, from a state or afresh, and gives every epoch to the callback.
pub fn run(
    plan: &Arc<Plan>,
    options: EngineOptions,
    from: Option<Snapshot>,
    feed: Vec<Feed>,
    on_epoch: impl FnMut(Epoch),
) {
    run_named(plan, options, &[], from, feed, on_epoch);
}

/// The same with names for the sources.
pub fn run_named(
    plan: &Arc<Plan>,
    options: EngineOptions,
    names: &[&str],
    from: Option<Snapshot>,
    feed: Vec<Feed>,
    mut on_epoch: impl FnMut(Epoch),
) {
    let mut engine = Engine::new(Arc::clone(plan), options).unwrap();
    engine.name_sources(names.iter().map(|name| (*name).to_owned()));
    if let Some(snapshot) = from {
        engine.restore(snapshot).unwrap();
    }
    let done = engine.run(futures::stream::iter(feed), |epoch| {
        on_epoch(epoch);
        Ok::<_, std::io::Error>(())
    });
    futures::executor::block_on(done).unwrap();
}

pub fn tell(plan: &Arc<Plan>, options: EngineOptions, feed: Vec<Feed>) -> Told {
    let mut told = Told::default();
    run(plan, options, None, feed, |epoch| told.add(&epoch, plan));
    told
}

pub fn feed(posts: &[Post]) -> Feed {
    feed_of(0, posts)
}

pub fn feed_of(source: u16, posts: &[Post]) -> Feed {
    Feed::Posts { source, batch: batch(posts) }
}

/// The posts in batches of random sizes.
pub fn cut(rng: &mut SmallRng, posts: &[Post], largest: usize) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let mut rest = posts;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rng.random_range(1..=largest.min(rest.len())));
        feeds.push(feed(now));
        rest = later;
    }
    feeds
}

/// A store keeps the bytes of parts by name, each name once, and gives them back in the order of their names.
pub fn stored(snapshot: &Snapshot) -> Snapshot {
    let part = |part: &Part| (part.name.clone(), Part::stored(part.name.clone(), part.bytes().unwrap().to_vec()));
    let parts: BTreeMap<String, Part> = snapshot.parts.iter().map(part).collect();
    assert_eq!(parts.len(), snapshot.parts.len(), "every part has a name of its own");
    Snapshot { parts: parts.into_values().collect() }
}
