//! Lowers measures that look back: `baseline(volume, hour_of_week over 28d in Europe/Berlin)` and the detectors.

use chrono_tz::Tz;
use mon_grammar::ast::{BinaryOp, Duration, Expr, ExprKind, Name};

use crate::diagnostic::{Diagnostic, codes};
use crate::history::{Against, DAY_MICROS, HOUR_MICROS, HistoryPlan, LeftOut, SAMPLES_MIN, Score, sample_step};
use crate::plan::{Arithmetic, Borders, MeasureKind, MeasurePlan, ValueExpr};

use super::lower_value::Measures;
use super::state::Checker;

/// Functions over earlier windows.
pub(super) const NAMES: &[&str] = &[
    "baseline",
    "change",
    "velocity",
    "zscore",
    "robust_z",
    "poisson",
    "negative_binomial",
    "flatline",
    "ewma_chart",
    "cusum",
    "burst",
    "seasonal_esd",
    "q_value",
];

/// Those that take a figure, too.
const WITH_FIGURE: &[&str] = &["ewma_chart", "cusum", "burst"];

/// What stands for the windows to compare with.
const AGAINST: &[&str] = &["previous", "hour_of_week", "hour_of_day", "any_hour", "ewma"];

/// Weight of the newest window in an EWMA chart, where a rule gives none (Montgomery, Statistical Quality Control, 9.2).
const WEIGHT: f64 = 0.2;
/// Slack of a CUSUM in standard deviations, where a rule gives none (the same, 9.1).
const SLACK: f64 = 0.5;
/// How many times the usual the first level of a burst is, where a rule gives nothing (Kleinberg, 2002).
const SCALE: f64 = 2.0;

impl Checker<'_> {
    /// A call of one of [`NAMES`].
    pub fn history_call(
        &mut self,
        measures: &mut Measures,
        expr: &Expr,
        name: &Name,
        args: &[Expr],
    ) -> Option<ValueExpr> {
        // A measure without a window is told of as such.
        if !measures.borders?.has_quiet_windows() {
            let message = "windows that posts begin and end are not compared with each other";
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(expr.span), message)
                .help("write a line such as `window tumble 15m`");
            self.tell(told);
            return None;
        }
        match name.text.as_str() {
            "velocity" => return self.velocity(measures, expr, args),
            "q_value" => return self.q_value(measures, expr, args),
            _ => {}
        }
        let (of, windows, figure) = match args {
            [of, windows] => (of, windows, None),
            [of, windows, figure] if WITH_FIGURE.contains(&name.text.as_str()) => (of, windows, Some(figure)),
            _ => return self.wrong_arguments(expr, &name.text, &takes(&name.text)),
        };
        let (of, among) = match &of.kind {
            ExprKind::Infix { word, left, right } if name.text == "burst" && word.text == "of" => {
                (&**left, Some(&**right))
            }
            _ => (of, None),
        };
        let of = self.remembered(measures, of);
        let among = among.map(|among| self.remembered(measures, among));
        let against = self.compared(measures, windows);
        let figure = self.figure(name, figure)?;
        let (of, (against, without)) = (of?, against?);
        let among = match among {
            Some(among) => Some(among?),
            None => None,
        };
        let score = score(&name.text, figure, among);
        self.suits(windows, against, score)?;
        Some(self.history(measures, expr, HistoryPlan { of, against, score, without }))
    }

    /// Whether a measure can be told from these windows.
    fn suits(&mut self, windows: &Expr, against: Against, score: Score) -> Option<()> {
        let name = score.name();
        let (message, help) = match score {
            Score::Burst { .. } if !matches!(against, Against::AnyHour { .. }) => (
                format!("`{name}` goes through all windows, one after the other"),
                format!("write `{name}(…, any_hour over 7d)`"),
            ),
            Score::SeasonalEsd if !against.has_cells() => (
                format!("`{name}` takes out what is usual in each hour"),
                format!("write `{name}(…, hour_of_week over 28d)`, or `hour_of_day over 14d`"),
            ),
            Score::SeasonalEsd if against.periods() < 3 => (
                format!("`{name}` needs three windows of each hour to know what is usual"),
                format!("look back further, for example `{} over {}`", against.name(), usual(against.name())),
            ),
            _ if score.needs_spread() && !against.has_spread() => (
                format!("`{name}` needs many windows to compare with"),
                format!("write `{name}(…, hour_of_week over 28d)`, or `any_hour over 7d`"),
            ),
            _ => return Some(()),
        };
        self.tell(Diagnostic::new(&codes::LOOKS_BACK, self.at(windows.span), message).help(help));
        None
    }

    /// The false discovery rate at which a probability would be told.
    fn q_value(&mut self, measures: &mut Measures, expr: &Expr, args: &[Expr]) -> Option<ValueExpr> {
        const TAKES: &str = "one probability, as in `q_value(poisson(volume, hour_of_week over 28d))`";
        let [of] = args else { return self.wrong_arguments(expr, "q_value", TAKES) };
        let value = self.number(measures, of)?;
        let Some(of) = probability(&measures.list, &value) else {
            let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, self.at(of.span), "this is no probability")
                .help(format!("`q_value` takes {TAKES}; `negative_binomial` and `flatline` are probabilities, too"));
            self.tell(told);
            return None;
        };
        Some(measures.add(self.spaced(expr), self.at(expr.span), MeasureKind::QValue(of)))
    }

    /// How much a measure grew since the window before, a minute.
    fn velocity(&mut self, measures: &mut Measures, expr: &Expr, args: &[Expr]) -> Option<ValueExpr> {
        let [of] = args else { return self.wrong_arguments(expr, "velocity", "one measure, as in `velocity(volume)`") };
        let of = self.remembered(measures, of)?;
        let Some(minutes) = measures.minutes else {
            let told =
                Diagnostic::new(&codes::LOOKS_BACK, self.at(expr.span), "days of a calendar are not all of one length")
                    .help("`velocity` tells growth a minute; write `change(volume, previous)` for growth as a part");
            self.tell(told);
            return None;
        };
        let before = HistoryPlan { of, against: Against::Previous, score: Score::Baseline, without: None };
        let before = self.history(measures, expr, before);
        let grown = ValueExpr::Arithmetic(Arithmetic::Subtract, Box::new(ValueExpr::Measure(of)), Box::new(before));
        Some(ValueExpr::Arithmetic(Arithmetic::Divide, Box::new(grown), Box::new(ValueExpr::Number(minutes))))
    }

    fn history(&mut self, measures: &mut Measures, expr: &Expr, plan: HistoryPlan) -> ValueExpr {
        let written = self.spaced(expr);
        let name = if written.starts_with("velocity") { format!("{written} before") } else { written };
        measures.add(name, self.at(expr.span), MeasureKind::History(plan))
    }

    /// The measure that is remembered: one that has a name already, else a new one.
    fn remembered(&mut self, measures: &mut Measures, of: &Expr) -> Option<u32> {
        let value = self.number(measures, of)?;
        if looks_back(&measures.list, &value) {
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(of.span), "this looks at earlier windows already")
                .help("give it a measure of this window alone, such as `count()`");
            self.tell(told);
            return None;
        }
        let value = match value {
            ValueExpr::Measure(at) => return Some(at),
            value => measures.add(self.spaced(of), self.at(of.span), MeasureKind::Derived(value)),
        };
        if let ValueExpr::Measure(at) = value { Some(at) } else { None }
    }

    /// What [`Self::against`] takes, and `without feasts` behind it.
    fn compared(&mut self, measures: &Measures, expr: &Expr) -> Option<(Against, Option<LeftOut>)> {
        let (windows, days) = match &expr.kind {
            ExprKind::Infix { word, left, right } if word.text == "without" => (&**left, Some(&**right)),
            _ => (expr, None),
        };
        let (against, zone) = self.against(measures, windows, days.is_some())?;
        let Some(days) = days else { return Some((against, None)) };
        if against == Against::Previous {
            let told = Diagnostic::new(
                &codes::LOOKS_BACK,
                self.at(days.span),
                "`previous` is the window before, whichever day it is of",
            )
            .help("leave out `without …`, or write `any_hour over 7d`");
            self.tell(told);
            return None;
        }
        let days = self.left_out(days, zone)?;
        Some((against, Some(days)))
    }

    /// `previous`, `hour_of_week over 28d in Europe/Berlin`, `any_hour over 7d`, `ewma over 6h`, and the zone that they are in. Only
    /// where days are named, those that are no hours of a day or a week need one.
    fn against(&mut self, measures: &Measures, expr: &Expr, days: bool) -> Option<(Against, Tz)> {
        let (word, over) = match &expr.kind {
            ExprKind::Path(path) => (path.dotted(), None),
            ExprKind::Infix { word, left, right } if word.text == "over" => match &left.kind {
                ExprKind::Path(path) => (path.dotted(), Some(&**right)),
                _ => return self.unknown_against(expr, ""),
            },
            _ => return self.unknown_against(expr, ""),
        };
        if !AGAINST.contains(&word.as_str()) {
            return self.unknown_against(expr, &word);
        }
        match (word.as_str(), over) {
            ("previous", None) => return Some((Against::Previous, Tz::UTC)),
            ("previous", Some(over)) => {
                let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(over.span), "`previous` is one window")
                    .help("write `previous` alone, or `any_hour over 7d`");
                self.tell(told);
                return None;
            }
            (_, None) => {
                let told =
                    Diagnostic::new(&codes::LOOKS_BACK, self.at(expr.span), "this does not say how far back it looks")
                        .help(format!("write for example `{word} over {}`", usual(&word)));
                self.tell(told);
                return None;
            }
            (_, Some(_)) => {}
        }
        let (over, zone) = self.over(over?, &word, days)?;
        self.reach_of(measures, &word, over)?;
        let over_micros = over.micros;
        let against = match word.as_str() {
            "hour_of_week" => Against::HourOfWeek { over_micros, zone },
            "hour_of_day" => Against::HourOfDay { over_micros, zone },
            "any_hour" => Against::AnyHour { over_micros },
            _ => Against::Ewma { half_life_micros: over_micros },
        };
        Some((against, zone))
    }

    fn unknown_against<T>(&mut self, expr: &Expr, word: &str) -> Option<T> {
        let message = format!("`{}` is nothing that a window is compared with", self.spaced(expr));
        let mut told =
            Diagnostic::new(&codes::LOOKS_BACK, self.at(expr.span), message).suggest(word, AGAINST.iter().copied());
        told.help.get_or_insert_with(|| {
            "write `previous`, `hour_of_week over 28d`, `hour_of_day over 14d`, `any_hour over 7d` or `ewma over 6h`".to_owned()
        });
        self.tell(told);
        None
    }

    /// `28d`, `28d in Europe/Berlin`.
    fn over(&mut self, expr: &Expr, word: &str, days: bool) -> Option<(Duration, Tz)> {
        let (length, zone) = match &expr.kind {
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => (&**left, Some(&**right)),
            _ => (expr, None),
        };
        let ExprKind::Duration(over) = &length.kind else {
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(length.span), "here a length of time is asked for")
                .help(format!("write for example `{word} over {}`", usual(word)));
            self.tell(told);
            return None;
        };
        let zone = match zone {
            None => Tz::UTC,
            Some(zone) if !days && !word.starts_with("hour_of") => {
                let told =
                    Diagnostic::new(&codes::LOOKS_BACK, self.at(zone.span), format!("`{word}` needs no time zone"))
                        .help("leave out `in …`");
                self.tell(told);
                return None;
            }
            Some(zone) => {
                let name = self.source(zone.span).trim().to_owned();
                self.time_zone(&name, zone.span, str::to_owned)?
            }
        };
        Some((*over, zone))
    }

    /// Whether so long makes sense for windows of this length.
    fn reach_of(&mut self, measures: &Measures, word: &str, over: Duration) -> Option<()> {
        let borders = measures.borders?;
        let window = borders.shortest_micros()?;
        let limits = self.options.limits;
        if over.micros > limits.history_micros_max {
            self.exceed(over.span, "a measure looks back at most 26 weeks".to_owned(), "history_micros_max");
            return None;
        }
        if word.starts_with("hour_of") && (matches!(borders, Borders::Calendar(_)) || window > 2 * HOUR_MICROS) {
            let message = format!("`{word}` compares hours, and this window is longer");
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(over.span), message)
                .help("write `any_hour over 8w`, or choose a window of at most two hours");
            self.tell(told);
            return None;
        }
        // Of an hour and its two neighbours.
        let step = sample_step(window);
        let hours = (3 * HOUR_MICROS / step).max(1);
        let (windows, why) = match word {
            "hour_of_week" => {
                (over.micros / (7 * DAY_MICROS) * hours, "so short a time holds too few hours to compare with")
            }
            "hour_of_day" => (over.micros / DAY_MICROS * hours, "so short a time holds too few hours to compare with"),
            "any_hour" => {
                (over.micros.saturating_sub(window) / step, "so short a time holds too few windows to compare with")
            }
            _ => (over.micros.saturating_mul(SAMPLES_MIN), "a half-life of no length forgets everything"),
        };
        if word == "any_hour" && windows > limits.history_samples_max {
            let message = format!("a measure looks back at no more than {} windows", limits.history_samples_max);
            self.exceed(over.span, message, "history_samples_max");
            return None;
        }
        if windows < SAMPLES_MIN {
            let told = Diagnostic::new(&codes::LOOKS_BACK, self.at(over.span), why)
                .help(format!("look back further, for example `{word} over {}`", usual(word)));
            self.tell(told);
            return None;
        }
        Some(())
    }

    /// The figure that stands behind the windows; None where there is none.
    fn figure(&mut self, name: &Name, figure: Option<&Expr>) -> Option<Option<f64>> {
        let Some(expr) = figure else { return Some(None) };
        let ExprKind::Number { value, .. } = &expr.kind else {
            return self.wrong_arguments(expr, &name.text, &takes(&name.text));
        };
        let (fits, help) = match name.text.as_str() {
            "cusum" => (
                (0.0..=10.0).contains(value),
                "the slack of a cusum lies between 0 and 10 standard deviations; 0.5 is usual",
            ),
            "burst" => (
                (1.1..=100.0).contains(value),
                "the first level of a burst lies between 1.1 and 100 times as high as what is usual; 2 is what it is without a figure",
            ),
            _ => (
                *value > 0.0 && *value <= 1.0,
                "the weight of the newest window lies above 0 and is at most 1; 0.2 is usual",
            ),
        };
        if !fits {
            let message = format!("`{}` cannot be this here", self.spaced(expr));
            self.tell(Diagnostic::new(&codes::OUT_OF_RANGE, self.at(expr.span), message).help(help));
            return None;
        }
        Some(Some(*value))
    }
}

fn score(function: &str, figure: Option<f64>, among: Option<u32>) -> Score {
    match function {
        "baseline" => Score::Baseline,
        "change" => Score::Change,
        "zscore" => Score::Z,
        "robust_z" => Score::RobustZ,
        "poisson" => Score::Poisson,
        "negative_binomial" => Score::NegativeBinomial,
        "flatline" => Score::Flatline,
        "ewma_chart" => Score::EwmaChart { weight: figure.unwrap_or(WEIGHT) },
        "burst" => Score::Burst { among, scale: figure.unwrap_or(SCALE) },
        "seasonal_esd" => Score::SeasonalEsd,
        _ => Score::Cusum { slack: figure.unwrap_or(SLACK) },
    }
}

/// The measure that this value is, where it is a probability.
fn probability(measures: &[MeasurePlan], value: &ValueExpr) -> Option<u32> {
    let ValueExpr::Measure(at) = value else { return None };
    match &measures.get(*at as usize)?.kind {
        MeasureKind::History(plan) => plan.score.is_probability().then_some(*at),
        MeasureKind::Derived(inner) => probability(measures, inner),
        MeasureKind::Aggregate(_) | MeasureKind::QValue(_) => None,
    }
}

/// Whether a value is computed from earlier windows.
pub(super) fn looks_back(measures: &[MeasurePlan], value: &ValueExpr) -> bool {
    match value {
        ValueExpr::Measure(at) => match measures.get(*at as usize).map(|measure| &measure.kind) {
            Some(MeasureKind::History(_) | MeasureKind::QValue(_)) => true,
            Some(MeasureKind::Derived(inner)) => looks_back(measures, inner),
            Some(MeasureKind::Aggregate(_)) | None => false,
        },
        ValueExpr::Number(_) | ValueExpr::Truth(_) => false,
        ValueExpr::Negate(inner) | ValueExpr::Not(inner) => looks_back(measures, inner),
        ValueExpr::Arithmetic(_, left, right) | ValueExpr::Compare(_, left, right) => {
            looks_back(measures, left) || looks_back(measures, right)
        }
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter().any(|part| looks_back(measures, part)),
    }
}

fn takes(function: &str) -> String {
    let (example, figure) = match function {
        "ewma_chart" => ("volume, hour_of_week over 28d", ", then if need be the weight of the newest window"),
        "cusum" => ("volume, hour_of_week over 28d", ", then if need be its slack"),
        "burst" => (
            "bad of volume, any_hour over 7d",
            ", then if need be how many times as high as what is usual the first level is",
        ),
        _ => ("volume, hour_of_week over 28d", ""),
    };
    format!("a measure and what it is compared with, as in `{function}({example})`{figure}")
}

fn usual(word: &str) -> &'static str {
    match word {
        "hour_of_week" => "28d",
        "hour_of_day" => "14d",
        "any_hour" => "7d",
        _ => "6h",
    }
}
