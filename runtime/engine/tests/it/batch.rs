//! Every kind of window against a batch query: the same rows, all there at once, asked with DataFusion's own sorts, window
//! functions and aggregates. The stream gets them out of order, in batches of any size, and is started anew on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use chrono::DateTime;
use chrono_tz::Tz;
use datafusion_common::ScalarValue;
use datafusion_execution::TaskContext;
use datafusion_expr::{
    AggregateUDF, Operator, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use datafusion_functions_aggregate::{average, count, min_max, sum};
use datafusion_physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion_physical_expr::expressions::{BinaryExpr, IsNullExpr, cast as cast_to, col, lit};
use datafusion_physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion_physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion_physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion_physical_plan::filter::FilterExec;
use datafusion_physical_plan::projection::ProjectionExec;
use datafusion_physical_plan::sorts::sort::SortExec;
use datafusion_physical_plan::test::TestMemoryExec;
use datafusion_physical_plan::union::UnionExec;
use datafusion_physical_plan::windows::{WindowAggExec, create_window_expr};
use datafusion_physical_plan::{ExecutionPlan, collect};
use mon_compiler::calendar::{Calendar, Unit};
use mon_compiler::plan::{Borders, CompareOp, MeasurePlan, MonitorPlan, Value, WindowPlan};
use mon_engine::{Feed, Snapshot, WindowRow};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;

use crate::world::{
    MINUTE, Post, SECOND, aggregate, compare, cut, distinct, monitor, only, options, plan, rng, run, run_of, seed,
    session, window,
};

const HOUR: i64 = 60 * MINUTE;
const LATE: i64 = MINUTE;
const ZONE: Tz = Tz::Europe__Berlin;
/// Saturday the 27th of March 2027, a day before clocks are put forward.
const FROM: i64 = 1_806_102_000 * SECOND;

type Node = Arc<dyn ExecutionPlan>;
type Expr = Arc<dyn PhysicalExpr>;

/// One window as both sides tell it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    key: Vec<Option<String>>,
    /// What the batch query calls the window: its end, or the date.
    name: String,
    values: Vec<Option<f64>>,
}

/// Posts of five days in the order of their arrival: bursts, pauses of all lengths, whole seconds now and then, and none later
/// than disorder and `late` allow.
fn posts(rng: &mut SmallRng) -> Vec<Post> {
    let mut now = FROM;
    let mut posts = Vec::new();
    let waits = options().disorder_micros + LATE;
    for number in 0..2_000 {
        now += match rng.random_range(0..60) {
            0 => rng.random_range(0..6 * HOUR),
            1..5 => rng.random_range(0..8 * MINUTE),
            _ => rng.random_range(0..20 * SECOND),
        };
        let at = now - rng.random_range(0..waits);
        posts.push(Post {
            uid: format!("p{:04}", (number * 7919) % 10_007),
            // A second back is still in time, because the youngest post was no later than `now`.
            at: if rng.random_bool(0.5) { at - at % SECOND } else { at }.max(now - waits + 1),
            lang: [Some("de"), Some("en"), None][rng.random_range(0..3)],
            author: format!("a{}", rng.random_range(0..6)),
            followers: rng.random_range(0..1000),
            mood: rng.random_bool(0.8).then(|| rng.random_range(-1000..=1000)),
        });
    }
    posts
}

fn measures() -> Vec<MeasurePlan> {
    vec![
        aggregate("volume", "count", &[]),
        aggregate("reach", "sum", &["author.followers"]),
        aggregate("mood", "avg", &["sentiment"]),
        aggregate("largest", "max", &["author.followers"]),
        distinct(aggregate("voices", "count", &["author.uid"])),
        only(aggregate("sad", "count", &[]), compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3))),
    ]
}

fn monitors() -> Vec<MonitorPlan> {
    let calendar = |unit| WindowPlan { borders: Borders::Calendar(Calendar { unit, zone: ZONE }), late_micros: LATE };
    let make = |name: &str, query, window, by: &[&str]| monitor(name, query, window, by, measures());
    vec![
        make("tumble", 0, window(5 * MINUTE, 5 * MINUTE, LATE), &["lang"]),
        make("slide", 0, window(10 * MINUTE, 2 * MINUTE, LATE), &["lang"]),
        make("slide_large", 1, window(HOUR, 10 * MINUTE, LATE), &[]),
        make("session", 0, session(3 * MINUTE, LATE), &["lang"]),
        make("session_short", 0, session(10 * SECOND, LATE), &[]),
        make("session_voice", 1, session(20 * MINUTE, LATE), &["lang", "author.uid"]),
        make("day", 0, calendar(Unit::Day), &["lang"]),
        make("week", 1, calendar(Unit::Week), &[]),
        make("count", 0, run_of(7, LATE), &["lang"]),
        make("count_one", 1, run_of(1, LATE), &[]),
        make("count_voice", 0, run_of(50, LATE), &["author.uid"]),
    ]
}

fn date(unit: Unit, at: i64) -> String {
    let time = DateTime::from_timestamp_micros(at).unwrap().with_timezone(&ZONE);
    time.format(if unit == Unit::Day { "%Y-%m-%d" } else { "%G-W%V" }).to_string()
}

// ------------------------------------------------------------------------------------------------ the batch query

/// The posts as a table, in no order.
fn table(rng: &mut SmallRng, posts: &[Post]) -> Node {
    let mut posts = posts.to_vec();
    posts.shuffle(rng);
    let field = |name: &str, ty| Field::new(name, ty, true);
    let schema = Arc::new(Schema::new(vec![
        field("at", DataType::Int64),
        field("uid", DataType::Utf8),
        field("lang", DataType::Utf8),
        field("author.uid", DataType::Utf8),
        field("author.followers", DataType::Int64),
        field("sentiment", DataType::Float64),
        field("day", DataType::Utf8),
        field("week", DataType::Utf8),
    ]));
    let texts = |of: &dyn Fn(&Post) -> Option<String>| Arc::new(posts.iter().map(of).collect::<StringArray>());
    let moods = posts.iter().map(|post| post.mood.map(|mood| mood as f64 / 1000.0));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(posts.iter().map(|post| Some(post.at)).collect::<Int64Array>()),
            texts(&|post| Some(post.uid.clone())),
            texts(&|post| post.lang.map(str::to_owned)),
            texts(&|post| Some(post.author.clone())),
            Arc::new(posts.iter().map(|post| Some(post.followers)).collect::<Int64Array>()),
            Arc::new(moods.collect::<Float64Array>()),
            texts(&|post| Some(date(Unit::Day, post.at))),
            texts(&|post| Some(date(Unit::Week, post.at))),
        ],
    )
    .unwrap();
    TestMemoryExec::try_new_exec(&[vec![batch]], schema, None).unwrap()
}

fn column(input: &Node, name: &str) -> Expr {
    col(name, &input.schema()).unwrap()
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Arc::new(BinaryExpr::new(left, op, right))
}

/// `SELECT *, expr AS name`
fn with(input: Node, name: &str, expr: Expr) -> Node {
    let schema = input.schema();
    let mut exprs: Vec<(Expr, String)> =
        schema.fields().iter().map(|field| (column(&input, field.name()), field.name().clone())).collect();
    exprs.push((expr, name.to_owned()));
    Arc::new(ProjectionExec::try_new(exprs, input).unwrap())
}

/// `SELECT *, function(arg) OVER (PARTITION BY keys ORDER BY at, uid ROWS BETWEEN UNBOUNDED PRECEDING AND until) AS name`
fn over(
    input: Node,
    name: &str,
    function: Arc<AggregateUDF>,
    arg: Expr,
    keys: &[&str],
    until: WindowFrameBound,
) -> Node {
    let keys: Vec<Expr> = keys.iter().map(|key| column(&input, key)).collect();
    let times = ["at", "uid"].map(|name| PhysicalSortExpr::new_default(column(&input, name)));
    let order = keys.iter().map(|key| PhysicalSortExpr::new_default(Arc::clone(key))).chain(times.clone());
    let sorted: Node = Arc::new(SortExec::new(LexOrdering::new(order).unwrap(), Arc::clone(&input)));
    let from = WindowFrameBound::Preceding(ScalarValue::UInt64(None));
    let frame = Arc::new(WindowFrame::new_bounds(WindowFrameUnits::Rows, from, until));
    let function = WindowFunctionDefinition::AggregateUDF(function);
    let schema = sorted.schema();
    let expr = create_window_expr(&function, name.to_owned(), &[arg], &keys, &times, frame, schema, false, false, None);
    Arc::new(WindowAggExec::try_new(vec![expr.unwrap()], sorted, false).unwrap())
}

const HERE: WindowFrameBound = WindowFrameBound::CurrentRow;

/// The rows with a column `w` that tells windows of one key apart.
fn windowed(input: Node, borders: Borders, keys: &[&str]) -> Node {
    let at = column(&input, "at");
    match borders {
        Borders::Steps { size_micros, every_micros } => {
            let begin = binary(Arc::clone(&at), Operator::Modulo, lit(every_micros));
            let begin = binary(at, Operator::Minus, begin);
            let step = |number: i64| {
                let end = binary(Arc::clone(&begin), Operator::Plus, lit(number * every_micros));
                with(Arc::clone(&input), "w", end)
            };
            let steps = (1..=size_micros / every_micros).map(step).collect();
            Arc::new(CoalescePartitionsExec::new(UnionExec::try_new(steps).unwrap()))
        }
        Borders::Calendar(calendar) => {
            let name = column(&input, calendar.unit.name());
            with(input, "w", name)
        }
        Borders::Session { gap_micros } => {
            let before = WindowFrameBound::Preceding(ScalarValue::UInt64(Some(1)));
            let input = over(input, "prev", min_max::max_udaf(), at, keys, before);
            let (at, prev) = (column(&input, "at"), column(&input, "prev"));
            let paused = binary(binary(at, Operator::Minus, Arc::clone(&prev)), Operator::GtEq, lit(gap_micros));
            let first: Expr = Arc::new(IsNullExpr::new(prev));
            let begins = binary(first, Operator::Or, paused);
            let begins = cast_to(begins, &input.schema(), DataType::Int64).unwrap();
            over(input, "w", sum::sum_udaf(), begins, keys, HERE)
        }
        Borders::Count { posts } => {
            let input = over(input, "n", count::count_udaf(), lit(1_i64), keys, HERE);
            let place = binary(column(&input, "n"), Operator::Minus, lit(1_i64));
            let run = binary(place, Operator::Divide, lit(i64::try_from(posts).unwrap()));
            with(input, "w", run)
        }
        Borders::Pattern { .. } => panic!("patterns have a naive reader of their own"),
    }
}

/// `SELECT keys, w, min(at), max(at), measures GROUP BY keys, w`
fn grouped(input: Node, keys: &[&str]) -> RecordBatch {
    let schema = input.schema();
    let one = |function: Arc<AggregateUDF>, name: &str, arg: Expr, distinct: bool| -> Arc<AggregateFunctionExpr> {
        let builder = AggregateExprBuilder::new(function, vec![arg]).schema(Arc::clone(&schema)).alias(name);
        Arc::new(builder.with_distinct(distinct).build().unwrap())
    };
    let of = |name: &str| column(&input, name);
    let sad = binary(of("sentiment"), Operator::Lt, lit(-0.3));
    let aggregates = vec![
        one(min_max::min_udaf(), "first", of("at"), false),
        one(min_max::max_udaf(), "last", of("at"), false),
        one(count::count_udaf(), "volume", lit(1_i64), false),
        one(sum::sum_udaf(), "reach", of("author.followers"), false),
        one(average::avg_udaf(), "mood", of("sentiment"), false),
        one(min_max::max_udaf(), "largest", of("author.followers"), false),
        one(count::count_udaf(), "voices", of("author.uid"), true),
        one(count::count_udaf(), "sad", lit(1_i64), false),
    ];
    let mut filters = vec![None; aggregates.len()];
    filters[7] = Some(sad);
    let groups: Vec<(Expr, String)> = keys.iter().chain(&["w"]).map(|name| (of(name), (*name).to_owned())).collect();
    let groups = PhysicalGroupBy::new_single(groups);
    let plan = AggregateExec::try_new(AggregateMode::Single, groups, aggregates, filters, input, schema).unwrap();
    let schema = plan.schema();
    let batches = collect(Arc::new(plan), Arc::new(TaskContext::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    concat_batches(&schema, &runtime.block_on(batches).unwrap()).unwrap()
}

/// What the batch query says of one monitor's windows.
fn asked(table: &Node, monitor: &MonitorPlan) -> Vec<Told> {
    let keys: Vec<&str> = monitor.by.iter().map(|id| id.get().unwrap().name).collect();
    let wanted = binary(column(table, "author.followers"), Operator::GtEq, lit(500_i64));
    let input: Node = match monitor.query.0 {
        1 => Arc::new(FilterExec::try_new(wanted, Arc::clone(table)).unwrap()),
        _ => Arc::clone(table),
    };
    let borders = monitor.window.unwrap().borders;
    let found = grouped(windowed(input, borders, &keys), &keys);
    let number = |name: &str| found.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
    let (first, last, volume) = (number("first"), number("last"), number("volume"));
    let values: Vec<Float64Array> = ["volume", "reach", "mood", "largest", "voices", "sad"]
        .iter()
        .map(|name| cast(found.column_by_name(name).unwrap(), &DataType::Float64).unwrap())
        .map(|column| column.as_primitive::<Float64Type>().clone())
        .collect();
    let mut rows: Vec<(i64, usize)> = (0..found.num_rows()).map(|row| (first.value(row), row)).collect();
    // Runs of one post that begin in one microsecond are told apart by their numbers.
    let window = found.column(keys.len());
    if matches!(borders, Borders::Count { .. }) {
        rows = (0..found.num_rows()).map(|row| (window.as_primitive::<Int64Type>().value(row), row)).collect();
    }
    rows.sort_unstable();
    let mut ends: BTreeMap<Vec<Option<String>>, i64> = BTreeMap::new();
    let mut told = Vec::new();
    for (_, row) in rows {
        let text = |at: usize| {
            let texts = found.column(at).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let key: Vec<Option<String>> = (0..keys.len()).map(text).collect();
        let name = match borders {
            Borders::Steps { .. } => window.as_primitive::<Int64Type>().value(row).to_string(),
            Borders::Calendar(_) => text(keys.len()).unwrap(),
            Borders::Session { gap_micros } => format!("{} {}", first.value(row), last.value(row) + gap_micros),
            Borders::Count { posts } if volume.value(row) < i64::try_from(posts).unwrap() => continue,
            Borders::Pattern { .. } => panic!("patterns have a naive reader of their own"),
            Borders::Count { .. } => {
                let end = ends.entry(key.clone()).or_insert(i64::MIN);
                *end = last.value(row).max(*end) + 1;
                format!("{} {end}", first.value(row))
            }
        };
        let values = values.iter().map(|column| column.is_valid(row).then(|| column.value(row))).collect();
        told.push(Told { key, name, values });
    }
    told
}

// ------------------------------------------------------------------------------------------------ the stream

/// What the stream says of one monitor's windows.
fn streamed(monitor: &MonitorPlan, rows: &[WindowRow]) -> Vec<Told> {
    let tell = |row: &WindowRow| {
        let name = match monitor.window.unwrap().borders {
            Borders::Steps { size_micros, .. } => {
                assert_eq!(row.start, row.end - size_micros);
                row.end.to_string()
            }
            Borders::Calendar(calendar) => {
                let name = date(calendar.unit, row.start);
                assert_eq!(name, date(calendar.unit, row.end - 1), "{row:?}");
                assert_ne!(name, date(calendar.unit, row.end), "{row:?}");
                name
            }
            Borders::Session { .. } | Borders::Count { .. } | Borders::Pattern { .. } => {
                format!("{} {}", row.start, row.end)
            }
        };
        Told { key: row.key.clone(), name, values: row.values.clone() }
    };
    rows.iter().map(tell).collect()
}

fn compare_all(monitor: &MonitorPlan, mut stream: Vec<Told>, mut batch: Vec<Told>) {
    let order = |told: &Told| (told.key.clone(), told.name.clone());
    stream.sort_by_key(order);
    batch.sort_by_key(order);
    let names = |told: &[Told]| told.iter().map(order).collect::<Vec<_>>();
    assert_eq!(names(&stream), names(&batch), "{}: the same windows", monitor.name);
    assert!(!stream.is_empty(), "{}", monitor.name);
    for (stream, batch) in stream.iter().zip(&batch) {
        let close = |pair: (&Option<f64>, &Option<f64>)| match pair {
            (Some(left), Some(right)) => (left - right).abs() < 1e-9,
            (left, right) => left == right,
        };
        assert!(stream.values.iter().zip(&batch.values).all(close), "{}: {stream:?} {batch:?}", monitor.name);
        assert_eq!(stream.values.len(), batch.values.len());
    }
}

#[test]
fn every_kind_of_window_equals_a_batch_query() {
    let mut rng = rng(seed());
    for round in 0..2 {
        let posts = posts(&mut rng);
        let plan = plan(monitors());
        let mut rows: Vec<WindowRow> = Vec::new();
        let mut state: Option<Snapshot> = None;
        let mut late = vec![0; plan.monitors.len()];
        let restarts: BTreeSet<usize> = (0..2).map(|_| rng.random_range(1..posts.len())).collect();
        let bounds: Vec<usize> = [0].into_iter().chain(restarts).chain([posts.len()]).collect();
        for (number, piece) in bounds.windows(2).enumerate() {
            let largest = [1, 10, 100, 1000][rng.random_range(0..4)];
            let mut feeds = cut(&mut rng, &posts[piece[0]..piece[1]], largest);
            feeds.push(if piece[1] == posts.len() { Feed::End } else { Feed::Barrier { epoch: number as u64 } });
            run(&plan, options(), state.take(), feeds, |epoch| {
                late.iter_mut().zip(&epoch.counts.late).for_each(|(sum, count)| *sum += count);
                rows.extend(epoch.windows);
                state = epoch.snapshot;
            });
        }
        assert_eq!(late, vec![0; late.len()], "no post is too late");
        let table = table(&mut rng, &posts);
        for (number, monitor) in (0u32..).zip(&plan.monitors) {
            let own: Vec<WindowRow> = rows.iter().filter(|row| row.monitor == number).cloned().collect();
            compare_all(monitor, streamed(monitor, &own), asked(&table, monitor));
        }
        eprintln!("round {round}: {} windows of {} posts, pieces {bounds:?}", rows.len(), posts.len());
    }
}
