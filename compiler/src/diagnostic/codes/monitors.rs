//! MON05xx: windows, measures, alerts and the other clauses of a monitor.

use super::{Code, Level};

codes! {
    /// A monitor without `match`.
    MISSING_MATCH: "MON0501" "missing-match" Error,
        "a monitor does not say what it matches",
        "Without a `match` line it could take every post or none; it has to say which.",
        "monitor talk {\n  window tumble 5m\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n}\n";
    /// A clause that may stand once, twice.
    REPEATED_CLAUSE: "MON0502" "repeated-clause" Error,
        "a clause that may stand once stands twice",
        "Nobody could tell which of the two holds.",
        "monitor talk {\n  match \"acme\"\n  match \"apex\"\n}\n",
        "monitor talk {\n  match \"acme\" or \"apex\"\n}\n";
    /// Measures or an alert without a window.
    NEEDS_WINDOW: "MON0503" "needs-window" Error,
        "measures or an alert without a window",
        "A measure counts the posts of a stretch of time; `window` says how long it is.",
        "monitor talk {\n  match \"acme\"\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n}\n";
    /// `slide 15m every 4m`.
    WINDOW_DOES_NOT_DIVIDE: "MON0504" "window-does-not-divide" Error,
        "a sliding window's step does not fit into its size",
        "A window is put together from pieces of one step each, so the size must be a whole number of steps.",
        "monitor talk {\n  match \"acme\"\n  window slide 15m every 4m\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window slide 15m every 5m\n  measure volume = count()\n}\n";
    /// A window that loses posts or has no length.
    BAD_WINDOW: "MON0505" "bad-window" Error,
        "a window that has no length or no posts, steps that leave gaps, or a unit that no calendar has",
        "With steps longer than the window, posts between two windows would be counted nowhere. A calendar has the units `day`, `week`, \
         `month`, `quarter` and `year`.",
        "monitor talk {\n  match \"acme\"\n  window slide 5m every 15m\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window slide 15m every 5m\n  measure volume = count()\n}\n";
    /// A named limit.
    LIMIT_EXCEEDED: "MON0506" "limit-exceeded" Error,
        "something is larger than the limit for it",
        "Limits keep one rule from slowing all the others. The message names the limit and its value.",
        "monitor talk {\n  match \"acme\"\n  window tumble 60w\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 4w\n  measure volume = count()\n}\n";
    /// A field that cannot group.
    BAD_GROUP_KEY: "MON0507" "bad-group-key" Error,
        "posts cannot be grouped by this",
        "A group needs one word a post: a platform, kind, language, country, community and the like. Numbers, times and lists do not \
         make groups.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by author.followers\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  measure volume = count()\n}\n";
    /// An alert that reaches nobody.
    NOBODY_IS_TOLD: "MON0508" "nobody-is-told" Warning,
        "a monitor raises alerts and follows no playbook",
        "Its messages go to the team `default`, whom a deployment need not bind to anybody.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// Rows of `severity` that are never read, or an open end.
    SEVERITY_ROWS: "MON0509" "severity-rows" Warning,
        "rows of `severity` that are never reached, or no `otherwise`",
        "Rows are tried from the top. What stands after `otherwise`, or after a row that holds wherever it does, is never reached; \
         without `otherwise` an alert that fits no row is `medium`.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  severity {\n    medium otherwise\n    high when count() >= 80\n  }\n  \
         follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify {\n    high by email at once\n    medium by email at once\n  }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  severity {\n    high when count() >= 80\n    medium otherwise\n  }\n  \
         follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify {\n    high by email at once\n    medium by email at once\n  }\n}\n";
    /// A severity that does not exist.
    UNKNOWN_SEVERITY: "MON0510" "unknown-severity" Error,
        "a severity that does not exist",
        "There are four: `critical`, `high`, `medium`, `low`.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  severity {\n    urgent otherwise\n  }\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  severity {\n    medium otherwise\n  }\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// `severity` or `follow` without `alert`.
    NEEDS_ALERT: "MON0511" "needs-alert" Error,
        "a clause about alerts in a monitor that raises none",
        "`severity`, `show` and `follow playbook` say what happens with an alert; without `alert when` they do nothing.",
        "monitor talk {\n  match \"acme\"\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// `status` or `since` with a value that it does not take.
    BAD_METADATA: "MON0512" "bad-metadata" Error,
        "`status`, `since`, `min` or `locked` with a value that it does not take",
        "`status` is `draft`, `trial` or `live`; `since` is a date such as `2026-11-01`; `min` takes a number of posts; `locked` names kinds of clauses.",
        "monitor talk {\n  status lve\n  match \"acme\"\n}\n",
        "monitor talk {\n  status live\n  match \"acme\"\n}\n";
    /// A measure used above its own line.
    MEASURE_ORDER: "MON0513" "measure-order" Error,
        "a measure uses one that stands below it",
        "Measures are read from the top, so that none can need itself.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure double = volume * 2\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  measure double = volume * 2\n}\n";
    /// `alert when count() < 0`, `alert when true`.
    ALERT_NEVER_CHANGES: "MON0514" "alert-never-changes" Error,
        "an alert that never holds, or always",
        "A count is never below zero, a mood never above 1: what is asked here comes out the same whatever people say.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume < 0\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 20\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// `show 0 posts`.
    SHOWS_NOTHING: "MON0515" "shows-nothing" Warning,
        "`show 0 posts` shows no post",
        "A message brings posts as proof, so that its reader can judge it at once. Without `show` it brings three.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 20\n  show 0 posts\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 20\n  show 5 posts\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// `baseline(volume, hour_of_week over 1d)`.
    LOOKS_BACK: "MON0517" "looks-back" Error,
        "a measure looks at earlier windows in a way that cannot be",
        "A measure that compares a window with earlier ones says which: `previous`, `hour_of_week over 28d in Europe/Berlin`, \
         `hour_of_day over 14d`, `any_hour over 7d` or `ewma over 6h`. Those windows must exist, and a spread needs many of them.",
        "monitor talk {\n  match \"acme\"\n  window tumble 15m\n  measure volume = count()\n  measure usual = baseline(volume, hour_of_week over 1d)\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 15m\n  measure volume = count()\n  measure usual = baseline(volume, hour_of_week over 28d)\n}\n";
    /// `under load` with a measure that can't be estimated.
    UNDER_LOAD: "MON0525" "under-load" Error,
        "a ladder for times of load that can't be, or a monitor that can't be sampled",
        "When a run can't keep up with its sources, a monitor with `under load` hears a part of the authors, all posts of each, and its figures are \
         scaled up without a bias. That works for counts, sums, averages, reach and different authors; not for a largest value, different links, or how \
         improbable a count is.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure domains = distinct(link.domain)\n  under load sample 1 in 4 authors\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure voices = distinct(author.uid)\n  under load sample 1 in 4 authors\n}\n";
    /// `show top 5 author.handle`.
    SHOWS_AUTHORS: "MON0518" "shows-authors" Error,
        "`show` names authors",
        "A message shows posts as proof, as their authors published them. A list of those who post most would make people the subject of an alert, \
         which groups by author only where the rules clear it. Figures tell how many there are.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  show top 5 author.handle\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  show top 5 link.domain\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A clause of an extension that the extended monitor has locked.
    LOCKED_CLAUSE: "MON0516" "locked-clause" Error,
        "an extension changes a clause that is locked",
        "What `locked` names is the same in every monitor that extends this one, so that figures of regions can be compared. New \
         measures may stand beside locked ones, and `for region` narrows a locked `match`.",
        "monitor brand {\n  match \"acme\"\n  window tumble 5m\n  locked window\n}\n\nmonitor brand_de {\n  extend brand for region de\n  \
         window tumble 10m\n}\n",
        "monitor brand {\n  match \"acme\"\n  window tumble 5m\n  locked window\n}\n\nmonitor brand_de {\n  extend brand for region de\n}\n";
    /// `pattern a`, `pattern a then b`, `pattern not a then b within 1h`.
    BAD_PATTERN: "MON0519" "bad-pattern" Error,
        "a pattern of events that has too few steps, or times where they say nothing",
        "A pattern is a row of posts, and `within` behind the last of them says how long they may take together. What must not come \
         stands behind them: `then not answer for 1h`.",
        "monitor leaks {\n  match \"acme\"\n  window pattern \"leak\" then url \"press.example\"\n  measure posts = count()\n}\n",
        "monitor leaks {\n  match \"acme\"\n  window pattern \"leak\" then url \"press.example\" within 30m\n  measure posts = count()\n}\n";
}
