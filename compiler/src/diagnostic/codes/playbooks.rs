//! MON06xx: who is told, and how.

use super::{Code, Level};

codes! {
    /// An alert that no row of the routes takes.
    NO_OTHERWISE: "MON0601" "no-otherwise" Error,
        "no row of `route` takes some alert, and there is no `otherwise`",
        "An alert that fits no row reaches nobody. Rows that ask for `severity` may cover all that is raised; a row that asks for a \
         group key, such as `country`, may always fail, since not every post tells it.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when country is DE to team press_de\n  }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when country is DE to team press_de\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n";
    /// A row after `otherwise`.
    UNREACHABLE_ROUTE: "MON0602" "unreachable-route" Warning,
        "a route that is never reached",
        "`route first` stops at the first row that holds, and `otherwise` always holds.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    otherwise to team press\n    when country is DE to team press_de\n  }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when country is DE to team press_de\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n";
    /// A route by a key that the monitor does not group by.
    ROUTE_KEY_MISSING: "MON0603" "route-key-missing" Warning,
        "a route tests something that the monitor does not group by",
        "An incident knows the values that its monitor groups by, and only those. For this monitor the row never holds; for others that follow the playbook it may.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when country is DE to team press_de\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when country is DE to team press_de\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n";
    /// A severity that `notify` leaves out.
    LEVEL_NOT_NOTIFIED: "MON0604" "level-not-notified" Error,
        "a severity that a monitor raises has no row in `notify`",
        "The alert is routed to a team, and no message is sent: it reaches nobody.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { high by sms at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify {\n    high by sms at once\n    medium by email at once\n  }\n}\n";
    /// A playbook without routes or without `notify`.
    TELLS_NOBODY: "MON0605" "tells-nobody" Error,
        "a playbook without routes or without `notify`",
        "`route` says which team is told, `notify` says how. Without both, no message can be sent.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A route that tests what an incident does not know.
    BAD_ROUTE_CONDITION: "MON0606" "bad-route-condition" Error,
        "a route tests something that an incident does not know",
        "A route can test `severity`, `monitor`, and what the monitor groups by, such as `country` or `lang`. It sees an incident, not single posts.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when \"angry\" to team care\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first {\n    when severity >= high to team care\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n";
    /// A severity with two rows in `notify`, or a method named twice.
    REPEATED_NOTIFY: "MON0607" "repeated-notify" Error,
        "`notify` names a severity or a method twice",
        "Nobody could tell which row holds, and nobody wants a message twice.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify {\n    medium by email at once\n    medium by slack at once\n  }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify {\n    medium by email, slack at once\n  }\n}\n";
    /// A labelled value goes to a team that is not cleared for it.
    NOT_CLEARED: "MON0608" "not-cleared" Error,
        "an alert tells a personal or sensitive value to a team that is not cleared for it",
        "Fields that tell who somebody is are `personal`, those that tell where somebody is are `sensitive`. An alert tells the values \
         that its monitor groups by, the figures that it makes of a field, and the field that it shows posts by; how many different \
         values there are tells none of them. The playbook says who may see them: `share personal with team legal by email for \
         crisis_response`. Who may see what is sensitive may see what is personal too. A route that some alert may take counts as taken.",
        "monitor talk {\n  for crisis_response\n  match \"acme\"\n  window tumble 5m by author.handle\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  for crisis_response\n  match \"acme\"\n  window tumble 5m by author.handle\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n  share personal with team press by email for crisis_response\n}\n";
    /// A monitor that tells labelled values and has no purpose.
    NO_PURPOSE: "MON0609" "no-purpose" Error,
        "a monitor tells personal or sensitive values and does not say what for",
        "Who may see such a value depends on what it is seen for. A line `for crisis_response` says so, and the playbook clears teams for \
         that purpose.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by author.handle\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A clearance that no alert needs.
    UNUSED_CLEARANCE: "MON0610" "unused-clearance" Warning,
        "a playbook shares values that no alert tells",
        "A permission that nobody needs is one that somebody may use later without being asked. Often a team or a purpose is misspelt.",
        "monitor talk {\n  for crisis_response\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n  share personal with team press for crisis_response\n}\n",
        "monitor talk {\n  for crisis_response\n  match \"acme\"\n  window tumble 5m by country\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
}
