//! MON02xx: names of a folder's items, and who uses them.

use super::{Code, Level};

codes! {
    /// A name that is no terms, query, measure or field.
    UNKNOWN_NAME: "MON0201" "unknown-name" Error,
        "a name that nothing in the folder and no field of a post has",
        "A word that means nothing would silently match nothing. A word that shall be looked for in posts stands in quotes; \
         a name without quotes is a `terms` list, a `query`, a measure or a field.",
        "monitor outage {\n  match acme and \"broken\"\n}\n",
        "monitor outage {\n  match \"acme\" and \"broken\"\n}\n";
    /// Two items of one kind with one name.
    DUPLICATE_NAME: "MON0202" "duplicate-name" Error,
        "two items have the same name",
        "Names hold for the whole folder, so that one file can use what another says. With two items of one name nobody could tell \
         which is meant. Queries and monitors share their names, because results are listed by them.",
        "terms acme = \"acme\"\nterms acme = #acme\n\nmonitor talk {\n  match acme\n}\n",
        "terms acme = \"acme\"\nterms acme_tag = #acme\n\nmonitor talk {\n  match acme or acme_tag\n}\n";
    /// Terms or queries that need themselves.
    NAME_CYCLE: "MON0203" "name-cycle" Error,
        "terms or queries that use each other in a circle",
        "A list or query that needs itself to say what it means says nothing. The message shows the whole circle.",
        "query a = b or \"acme\"\nquery b = a and \"broken\"\n",
        "query a = \"acme\"\nquery b = a and \"broken\"\n";
    /// `use` of a file that the folder lacks.
    FILE_NOT_FOUND: "MON0204" "file-not-found" Error,
        "`use` names a file that is not there",
        "A file that `use` names is read with the file that says so, and its names can be used. The path is relative to the file that \
         holds the line.",
        "use \"brand/terms.mon\"\n\nmonitor talk {\n  match \"acme\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n";
    /// A `terms` list that nothing uses.
    UNUSED_TERMS: "MON0205" "unused-terms" Warning,
        "a `terms` list that no query and no monitor uses",
        "It is usually a name that was mistyped where it should be used, or a leftover.",
        "terms acme = \"acme\"\n\nmonitor talk {\n  match \"broken\"\n}\n",
        "terms acme = \"acme\"\n\nmonitor talk {\n  match acme and \"broken\"\n}\n";
    /// A query that no monitor uses.
    UNUSED_QUERY: "MON0206" "unused-query" Warning,
        "a query that no monitor uses",
        "In a folder with monitors, a query that none of them uses raises no alert. Folders that hold only queries are not warned.",
        "query broken = \"broken\"\n\nmonitor talk {\n  match \"acme\"\n}\n",
        "query broken = \"broken\"\n\nmonitor talk {\n  match \"acme\" and broken\n}\n";
    /// A name of ours that is a field's.
    SHADOWS_FIELD: "MON0207" "shadows-field" Error,
        "a name that a field of a post already has",
        "In `likes >= 10`, nobody could tell whether the field or the list, query or measure is meant.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure likes = sum(engagement.likes)\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure all_likes = sum(engagement.likes)\n}\n";
    /// `follow playbook` of nothing.
    UNKNOWN_PLAYBOOK: "MON0208" "unknown-playbook" Error,
        "a monitor follows a playbook that the folder lacks",
        "Nobody would be told of its alerts.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook pres\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A test or a route of no monitor.
    UNKNOWN_MONITOR: "MON0209" "unknown-monitor" Error,
        "a test or a route names a monitor that the folder lacks",
        "A test of nothing would always be green, and a route for nothing would never be taken.",
        "monitor talk {\n  match \"acme\"\n}\n\ntest tlak \"finds the launch\" {\n  replay \"launch.jsonl\"\n  expect 3 posts matched\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n\ntest talk \"finds the launch\" {\n  replay \"launch.jsonl\"\n  expect 3 posts matched\n}\n";
    /// A playbook that no monitor follows.
    UNUSED_PLAYBOOK: "MON0210" "unused-playbook" Warning,
        "a playbook that no monitor follows",
        "It tells nobody anything; often a monitor lacks its `follow playbook` line.",
        "monitor talk {\n  match \"acme\"\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A zone that posts do not have.
    UNKNOWN_ZONE: "MON0211" "unknown-zone" Error,
        "a zone that posts do not have",
        "A zone is a part of a post where words can stand: `title`, `text`, `summary`, `alt`, `bio`, `name`, `link.title`.",
        "monitor nurses {\n  match boi: \"nurse\"\n}\n",
        "monitor nurses {\n  match bio: \"nurse\"\n}\n";
    /// A list that cannot be read.
    LIST_NOT_FOUND: "MON0212" "list-not-found" Error,
        "`terms` names a list that cannot be read",
        "`from \"…\"` reads terms from a file, one a line, or from a column of a table. The path is relative to the file that says it. \
         A list lies beside or below the file that names it, or in a folder that was given to the command: rules that somebody else \
         wrote cannot read what is not meant for them.",
        "terms acme = from \"acme.txt\"\n\nmonitor talk {\n  match acme\n}\n",
        "terms acme = \"acme\", #acme\n\nmonitor talk {\n  match acme\n}\n";
    /// A list or table that holds no terms.
    BAD_LIST: "MON0213" "bad-list" Error,
        "a list holds no terms, or a table has no such column",
        "A list without terms would match nothing. A table has columns, and the rule says which of them holds the terms; its first line \
         names them. Cells stand between commas, semicolons or tabs, whichever comes first in that line.",
        "terms acme = from \"brands.csv\"\n\nmonitor talk {\n  match acme\n}\n",
        "terms acme = \"acme\", #acme\n\nmonitor talk {\n  match acme\n}\n";
    /// A package that is not there, or not used by the file.
    UNKNOWN_PACKAGE: "MON0214" "unknown-package" Error,
        "a package that is not there, or that the file does not `use`",
        "A package is a file or a folder of rules that others may use: `use brand.terms` reads `brand/terms.mon`, or all files of \
         `brand/terms`, from the folder of the rules or from a folder that `mon.toml` names. Its names are then `brand.terms.acme`. Each \
         file says which packages it uses.",
        "use brand.terms\n\nmonitor talk {\n  match brand.terms.acme\n}\n",
        "terms acme = \"acme\"\n\nmonitor talk {\n  match acme\n}\n";
    /// A package whose name or content cannot be used.
    BAD_PACKAGE: "MON0215" "bad-package" Error,
        "a package whose name or items cannot be used",
        "In `author.names.acme` nobody could tell whether a field of posts or a package is meant, so a package is not called as fields \
         begin. A package brings `terms` and queries; a monitor, playbook or test in it would run for everybody who uses it. A file \
         belongs to one package.",
        "use author.names\n\nmonitor talk {\n  match \"acme\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n";
    /// A query that is given too few, too many or other values.
    BAD_CALL: "MON0216" "bad-values" Error,
        "a query is given too few values, too many, or values of another kind",
        "`query complaint(brand: terms, gap: number) = …` is used as `complaint(acme, 8)`: a value for each name in the brackets, of the \
         kind behind it. `terms` is a list or a term, `number` and `duration` are figures, `text` stands in quotes, `field` is a field of \
         posts.",
        "query complaint(brand: terms, gap: number) = brand near/gap \"broken\"\n\nmonitor talk {\n  match complaint(8, \"acme\")\n}\n",
        "query complaint(brand: terms, gap: number) = brand near/gap \"broken\"\n\nmonitor talk {\n  match complaint(\"acme\", 8)\n}\n";
}
