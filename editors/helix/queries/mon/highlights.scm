; Made of grammar/src/mon.pest and grammar.js by `node editors/generate.mjs`.

; Comments

(comment) @comment
(doc_comment) @comment.documentation

; Names, and what they are the names of

(path (identifier) @property)
(reference (identifier) @variable)
(level) @constant.builtin
((identifier) @constant.builtin
  (#any-of? @constant.builtin "critical" "high" "medium" "low"))
(terms name: (identifier) @type)
(query name: (identifier) @type)
(dates name: (identifier) @type)
(monitor name: (identifier) @type)
(playbook name: (identifier) @type)
(test monitor: (identifier) @type)
(follow playbook: (identifier) @type)
(extend monitor: (identifier) @type)
(measure name: (identifier) @variable)
(parameter name: (identifier) @variable.parameter)
(type) @type.builtin
(call function: (path (identifier) @function))
(phrase word: (identifier) @keyword.operator)
(country) @constant
(route_row team: (identifier) @constant)
(escalation_row team: (identifier) @constant)
(answer) @boolean

; Items, clauses, and the words inside of clauses

[
  "use" "terms" "query" "dates" "monitor" "playbook" "test"
] @keyword

[
  "a" "acknowledge" "acknowledged" "acknowledgement" "after" "alert" "all" "allow" "also" "any" "at" "authors"
  "because" "budget" "by" "calendar" "clear" "cleared" "close" "column" "cooldown" "count" "customer" "dedupe"
  "detect" "digest" "each" "email" "ends" "escalate" "escalation" "every" "example" "except" "expect" "expire"
  "extend" "first" "flapping" "follow" "for" "from" "gap" "group" "incident" "incidents" "join" "lasts" "late"
  "least" "line" "load" "locked" "match" "matched" "measure" "message" "messages" "min" "mute" "new" "no" "none"
  "nothing" "notify" "of" "once" "open" "opened" "otherwise" "owner" "paragraph" "pattern" "post" "posts" "quiet"
  "read" "record" "region" "repeat" "replay" "reply" "resolve" "route" "same" "sample" "sentence" "session"
  "severity" "share" "show" "since" "slack" "slide" "sms" "starts" "status" "team" "ticket" "time" "times" "title"
  "to" "tolerate" "top" "tumble" "under" "unless" "until" "update" "warmup" "when" "where" "window" "with"
  "without" "word" "words"
] @keyword

; Operators

[
  "and" "or" "not" "is" "in" "within" "has" "then" "outside" "inside" "exists"
] @keyword.operator
[(near) (then) (no_posts)] @keyword.operator
(quantifier) @keyword.operator
(scope_head) @keyword.operator
(form) @keyword.modifier
(edits) @operator
["==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "@" "="] @operator

; Values

(string) @string
(escape) @string.escape
(wildcard) @string.special
(regex) @string.regexp
[(tag) (handle) (cashtag)] @string.special.symbol
[(number) (percentage) (duration) (quantity) (time)] @number
(zone_name) @string.special

; Punctuation

["{" "}" "(" ")" "[" "]"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter
