//! Measures that compare a window with earlier ones, and what they compare it with.

use super::Context::{Figures, Measure, Reference, ReferenceJoin};
use super::{Context, Kind, Param, Shape, Word, maybe, param, shape};

/// A detector stands in a line of its own, and in the condition of an alert.
const FIGURE: &[Context] = &[Measure, Figures];

const fn detector(
    name: &'static str,
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Detector, name, FIGURE, says, example, insert).shapes(shapes)
}

const fn windows(
    name: &'static str,
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Reference, name, &[Reference], says, example, insert).shapes(shapes)
}

const fn joint(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Joint, name, &[ReferenceJoin], says, example, insert)
}

const OF: Param = param("measure", "What is compared, such as `volume` or `count()`.");
const ANY_WINDOWS: Param =
    param("windows", "Earlier windows: `previous`, `ewma over 6h`, `any_hour over 7d`, `hour_of_week over 28d`.");
const MANY_WINDOWS: Param =
    param("windows", "Earlier windows: `hour_of_week over 28d`, `hour_of_day over 14d` or `any_hour over 7d`.");
const HOURS: Param =
    param("windows", "Earlier windows of the hour: `hour_of_week over 28d` or `hour_of_day over 14d`.");
const ALL_WINDOWS: Param = param("windows", "All windows of some time: `any_hour over 7d`.");

const TIME: Param = param("time", "How far back it goes, such as `28d`, 26 weeks at most.");
const ZONE: Param = maybe("in zone", "A time zone such as `Europe/Berlin`; UTC without one.");
const DAYS: Param = maybe("without days", "A `dates` item whose days are left out.");

pub(super) const WORDS: &[Word] = &[
    detector(
        "baseline",
        &[shape("baseline(measure, windows)", &[OF, ANY_WINDOWS])],
        "What is usual: the previous value, the faded mean, else the median of earlier windows.",
        "baseline(volume, hour_of_week over 28d in Europe/Berlin without feasts)",
        "baseline(${1:volume}, ${2:hour_of_week over 28d})",
    ),
    detector(
        "change",
        &[shape("change(measure, windows)", &[OF, ANY_WINDOWS])],
        "By which part the figure is above what is usual: 0.5 is half as much again.",
        "change(volume, previous)",
        "change(${1:volume}, ${2:previous})",
    )
    .more("It is absent where what is usual is zero."),
    detector(
        "velocity",
        &[shape("velocity(measure)", &[OF])],
        "How much the figure grew since the previous window, a minute.",
        "velocity(volume)",
        "velocity(${1:volume})",
    ),
    detector(
        "zscore",
        &[shape("zscore(measure, windows)", &[OF, MANY_WINDOWS])],
        "By how many standard deviations the figure is above the mean of earlier windows.",
        "zscore(volume, any_hour over 7d)",
        "zscore(${1:volume}, ${2:any_hour over 7d})",
    ),
    detector(
        "robust_z",
        &[shape("robust_z(measure, windows)", &[OF, MANY_WINDOWS])],
        "By how many scaled deviations the figure is above the median; 4 is a lot.",
        "robust_z(volume, any_hour over 7d)",
        "robust_z(${1:volume}, ${2:any_hour over 7d})",
    )
    .more("One loud window among the earlier ones hardly moves it."),
    detector(
        "poisson",
        &[shape("poisson(measure, windows)", &[OF, MANY_WINDOWS])],
        "How probable so many or more are by chance; 0.001 is one window in a thousand.",
        "poisson(volume, hour_of_week over 28d)",
        "poisson(${1:volume}, ${2:hour_of_week over 28d})",
    ),
    detector(
        "negative_binomial",
        &[shape("negative_binomial(measure, windows)", &[OF, MANY_WINDOWS])],
        "How probable so many or more are, where counts vary more than by chance.",
        "negative_binomial(volume, hour_of_week over 28d)",
        "negative_binomial(${1:volume}, ${2:hour_of_week over 28d})",
    ),
    detector(
        "flatline",
        &[shape("flatline(measure, windows)", &[OF, MANY_WINDOWS])],
        "How probable so few or fewer are: the smaller it is, the stranger the silence.",
        "flatline(volume, hour_of_week over 28d)",
        "flatline(${1:volume}, ${2:hour_of_week over 28d})",
    ),
    detector(
        "ewma_chart",
        &[shape(
            "ewma_chart(measure, windows, weight)",
            &[
                OF,
                MANY_WINDOWS,
                maybe("weight", "The weight of the newest window, above 0 and up to 1; 0.2 without it."),
            ],
        )],
        "How far the smoothed figure has drifted above what is usual; 3 is usual as a limit.",
        "ewma_chart(volume, hour_of_week over 28d, 0.3)",
        "ewma_chart(${1:volume}, ${2:hour_of_week over 28d})",
    )
    .more("It finds a small rise that stays."),
    detector(
        "cusum",
        &[shape(
            "cusum(measure, windows, slack)",
            &[OF, MANY_WINDOWS, maybe("slack", "What is taken off each window, in deviations; 0.5 without it.")],
        )],
        "What has summed up above what is usual, window by window; 5 is usual as a limit.",
        "cusum(volume, hour_of_week over 28d, 1)",
        "cusum(${1:volume}, ${2:hour_of_week over 28d})",
    )
    .more("It finds a slow burn."),
    detector(
        "burst",
        &[
            shape(
                "burst(measure of total, windows, times)",
                &[
                    OF,
                    param("total", "The measure that it is a part of."),
                    ALL_WINDOWS,
                    maybe("times", "How many times as high as usual the first level is; 2 without it."),
                ],
            ),
            shape(
                "burst(measure, windows, times)",
                &[OF, ALL_WINDOWS, maybe("times", "How many times as high as usual the first level is; 2 without it.")],
            ),
        ],
        "The level of a burst, from 0 to 8: at level 1 twice as high as usual, at level 2 four times.",
        "burst(bad of volume, any_hour over 7d)",
        "burst(${1:bad} of ${2:volume}, any_hour over ${3:7d})",
    ),
    detector(
        "seasonal_esd",
        &[shape("seasonal_esd(measure, windows)", &[OF, HOURS])],
        "How far out the figure lies for its hour: above 1 it is an outlier, below -1 one that is too low.",
        "seasonal_esd(volume, hour_of_week over 28d)",
        "seasonal_esd(${1:volume}, ${2:hour_of_week over 28d})",
    ),
    detector(
        "q_value",
        &[shape(
            "q_value(probability)",
            &[param("probability", "A `poisson`, `negative_binomial` or `flatline`, or a measure that is one.")],
        )],
        "The share of false alarms to expect among all groups that are told at one moment.",
        "q_value(poisson(volume, hour_of_week over 28d))",
        "q_value(${1:poisson(volume, hour_of_week over 28d)})",
    ),
    windows(
        "previous",
        &[shape("previous", &[])],
        "The window that ended where this one begins.",
        "change(volume, previous)",
        "previous",
    ),
    windows(
        "hour_of_week",
        &[shape("hour_of_week over time in zone without days", &[TIME, ZONE, DAYS])],
        "Windows of the same hour of the same day of the week.",
        "baseline(volume, hour_of_week over 28d in Europe/Berlin)",
        "hour_of_week over ${1:28d}",
    ),
    windows(
        "hour_of_day",
        &[shape("hour_of_day over time in zone without days", &[TIME, ZONE, DAYS])],
        "Windows of the same hour of each day.",
        "baseline(volume, hour_of_day over 14d in Europe/Berlin)",
        "hour_of_day over ${1:14d}",
    ),
    windows(
        "any_hour",
        &[shape("any_hour over time", &[TIME])],
        "All windows of this time.",
        "robust_z(volume, any_hour over 7d)",
        "any_hour over ${1:7d}",
    ),
    windows(
        "ewma",
        &[shape("ewma over time", &[param("time", "The age at which a window weighs half as much, such as `6h`.")])],
        "A mean in which older windows weigh less and less.",
        "baseline(volume, ewma over 6h)",
        "ewma over ${1:6h}",
    ),
    joint("over", "Says how far back it looks.", "baseline(volume, any_hour over 7d)", "over ${1:28d}"),
    joint(
        "in",
        "Names the time zone whose clocks tell the hour.",
        "baseline(volume, hour_of_week over 28d in Europe/Berlin)",
        "in ${1:Europe/Berlin}",
    ),
    joint(
        "without",
        "Leaves out the windows of these days, which a `dates` item names.",
        "baseline(volume, hour_of_week over 28d without feasts)",
        "without ${1:feasts}",
    ),
];
