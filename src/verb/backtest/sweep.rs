//! Which number of an alert is swept, and through which thresholds.

use mon_compiler::describe;
use mon_compiler::diagnostic::did_you_mean;
use mon_compiler::plan::{AlertPlan, MonitorPlan};
use mon_lens::threshold::{Target, plain, sorted};

use crate::failure::Failure;

/// Thresholds that one sweep tries at most (`sweep_thresholds_max`).
const THRESHOLDS_MAX: u32 = 200;
/// Thresholds that are tried where nobody says how many.
pub const ABOUT: u32 = 10;

/// The first comparison in `alert when`, or the first of the measure that was asked for.
pub fn find(monitor: &MonitorPlan, alert: &AlertPlan, of: Option<&str>) -> Result<Target, Failure> {
    let compared = Target::all(monitor);
    if let Some(target) = compared.iter().find(|target| of.is_none_or(|of| target.name == of)) {
        return Ok(target.clone());
    }
    let mut names: Vec<String> = compared.iter().map(|target| format!("`{}`", target.name)).collect();
    names.dedup();
    let Some(of) = of.filter(|_| !names.is_empty()) else {
        return Err(Failure::input(
            format!("the alert of `{}` compares no measure with a number, so there is none to sweep", monitor.name),
            format!(
                "it says `{}`; give what it compares a line of its own, such as `measure volume = count()`, and \
                 compare that with a number",
                describe::value(monitor, &alert.when)
            ),
        ));
    };
    let choose = format!("it compares {}: name one of these with `--of`", names.join(", "));
    if monitor.measures.iter().any(|measure| measure.name == of) {
        let message = format!("the alert of `{}` does not compare `{of}` with a number", monitor.name);
        return Err(Failure::input(message, choose));
    }
    let near = did_you_mean(of, compared.iter().map(|target| target.name.as_str()));
    let help = near.map_or_else(|| choose.clone(), |near| format!("did you mean `{near}`? {choose}"));
    Err(Failure::input(format!("`{}` has no measure `{of}`", monitor.name), help))
}

/// Thresholds that a user asks for.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    low: f64,
    step: f64,
    /// Steps from the lowest to the highest.
    steps: u32,
}

impl Sweep {
    /// Reads `LOW..HIGH[:STEP]`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let (range, step) = text.split_once(':').map_or((text, None), |(range, step)| (range, Some(step)));
        let ends = range.split_once("..").and_then(|(low, high)| Some((number(low)?, number(high)?)));
        let step = step.map_or(Some(None), |step| number(step).map(Some));
        let Some(((low, high), step)) = ends.zip(step) else {
            return Err(Failure::usage(
                format!("`--sweep {text}` is not understood"),
                "write the lowest and the highest threshold, and the step if you like: `--sweep 10..50:5`",
            ));
        };
        if low > high {
            return Err(Failure::usage(
                format!("`--sweep {text}` begins above its end"),
                format!("write the lowest threshold first: `--sweep {high}..{low}`"),
            ));
        }
        let step = step.unwrap_or_else(|| usual_step(low, high));
        if step <= 0.0 {
            return Err(Failure::usage(
                format!("the step of `--sweep {text}` leads nowhere"),
                "write a step above 0, such as `--sweep 10..50:5`",
            ));
        }
        // A hair more, for steps such as 0.1 that are not exact.
        let steps = ((high - low) / step + 1e-9).floor();
        if steps >= f64::from(THRESHOLDS_MAX) {
            return Err(Failure::usage(
                format!(
                    "`--sweep {text}` asks for {} thresholds; the limit `sweep_thresholds_max` is {THRESHOLDS_MAX}",
                    steps + 1.0
                ),
                "take a longer step, or a part of the range",
            ));
        }
        Ok(Self { low, step, steps: steps as u32 })
    }

    /// The thresholds, and the written one among them.
    pub fn thresholds(self, written: f64) -> Vec<f64> {
        let all = (0..=self.steps).map(|step| plain(self.low + f64::from(step) * self.step));
        sorted(all.chain([written]).collect())
    }
}

/// A number as the rules write it: `25`, `-0.3`, `10k`, `1M`, `70%`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let units = [("k", 1e3), ("M", 1e6), ("%", 0.01)];
    let (digits, unit) =
        units.iter().find_map(|(sign, unit)| Some((text.strip_suffix(sign)?, *unit))).unwrap_or((text, 1.0));
    digits.parse::<f64>().ok().map(|number| plain(number * unit)).filter(|number| number.is_finite())
}

/// A step that makes about ten thresholds; whole where both ends are.
fn usual_step(low: f64, high: f64) -> f64 {
    let step = (high - low) / f64::from(ABOUT);
    match step {
        0.0 => 1.0,
        _ if low.fract() == 0.0 && high.fract() == 0.0 => step.ceil(),
        _ => step,
    }
}

#[cfg(test)]
mod tests {
    use super::Sweep;

    fn swept(text: &str) -> Vec<f64> {
        Sweep::read(text).unwrap().thresholds(3.0)
    }

    fn refused(text: &str) -> String {
        Sweep::read(text).unwrap_err().message
    }

    #[test]
    fn both_ends_and_the_written_number_are_tried() {
        assert_eq!(swept("2..8:2"), [2.0, 3.0, 4.0, 6.0, 8.0]);
        assert_eq!(swept("2..7:2"), [2.0, 3.0, 4.0, 6.0]);
        assert_eq!(swept("0.1..0.5:0.1"), [0.1, 0.2, 0.3, 0.4, 0.5, 3.0]);
        assert_eq!(swept("-0.2..0.1:0.1"), [-0.2, -0.1, 0.0, 0.1, 3.0]);
        assert_eq!(swept("3..3"), [3.0]);
        assert_eq!(swept("1k..1.5k:0.5k"), [3.0, 1_000.0, 1_500.0]);
        assert_eq!(swept("1M..2M:500k"), [3.0, 1_000_000.0, 1_500_000.0, 2_000_000.0]);
        assert_eq!(swept("10%..30%:10%"), [0.1, 0.2, 0.3, 3.0]);
    }

    #[test]
    fn without_a_step_there_are_about_ten() {
        assert_eq!(swept("10..30").len(), 12);
        assert_eq!(swept("0..1").len(), 3, "whole ends, whole steps");
        assert_eq!(swept("0.5..1").len(), 12);
    }

    #[test]
    fn a_sweep_that_makes_no_sense_says_why() {
        assert!(refused("9..3").contains("begins above its end"));
        assert!(
            refused("1..1e9:1").contains("asks for 1000000000 thresholds; the limit `sweep_thresholds_max` is 200")
        );
        assert!(refused("1..9:0").contains("leads nowhere") && refused("1..9:-1").contains("leads nowhere"));
        for text in ["", "9", "1..", "..9", "a..b", "1..9:", "1..inf", "1..9:nan", "k..M", "1..9kk", "1m..2m"] {
            assert!(refused(text).contains("is not understood"), "{text}");
        }
        assert_eq!(Sweep::read("1..200:1").unwrap().thresholds(1.0).len(), 200);
        assert!(refused("1..201:1").contains("201 thresholds"));
    }
}
