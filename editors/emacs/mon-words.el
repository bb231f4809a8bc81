;;; mon-words.el --- Words of the Mon language -*- lexical-binding: t; -*-

;;; Commentary:
;; Made of grammar/src/mon.pest by `node editors/generate.mjs`.

;;; Code:

(defconst mon-items
  '("use" "terms" "query" "dates" "monitor" "playbook" "test")
  "Words that begin an item.")

(defconst mon-clauses
  '("measure" "match" "warmup" "cooldown" "min" "tolerate" "update" "mute" "expire" "flapping" "record" "reply" "detect" "join" "alert" "allow" "window" "extend" "example" "locked" "severity" "show" "owner" "status" "since" "for" "group" "dedupe" "follow" "under" "route" "notify" "share" "escalate" "acknowledgement" "quiet" "budget" "ticket" "count" "replay" "expect" "at")
  "Words that begin a clause.")

(defconst mon-inner-words
  '("tumble" "slide" "session" "gap" "calendar" "pattern" "every" "by" "late" "when" "clear" "otherwise" "top" "new" "posts" "post" "each" "once" "until" "because" "to" "team" "after" "a" "digest" "unless" "acknowledged" "of" "repeat" "times" "time" "lasts" "except" "incidents" "incident" "opened" "cleared" "matched" "where" "messages" "message" "no" "exists" "from" "column" "region" "load" "sample" "authors" "without" "any" "all" "none" "least" "same" "first" "words" "starts" "ends" "with" "sentence" "line" "paragraph" "number" "duration" "text" "field" "yes" "also" "open" "resolve" "title" "read" "customer")
  "Words inside of clauses.")

(defconst mon-operators
  '("and" "or" "not" "is" "in" "within" "has" "inside" "outside" "then" "near")
  "Operators that are words.")

(defconst mon-forms
  '("exact" "part" "stem" "loose" "word" "url")
  "Words before a quoted term that say how it is looked for.")

(defconst mon-levels
  '("critical" "high" "medium" "low")
  "Severities.")

(defconst mon-fields
  '("app" "author.bot" "author.created_at" "author.followers" "author.following" "author.handle" "author.is_bot" "author.lang" "author.location" "author.name" "author.posts" "author.uid" "author.verified" "community" "community.name" "conversation" "conversation_uid" "country" "created" "created_at" "engagement.likes" "engagement.quotes" "engagement.replies" "engagement.reposts" "engagement.views" "event_at" "followers" "geo.country" "geo.lat" "geo.lon" "geo.place" "kind" "label" "labels" "lang" "language" "likes" "link.domain" "links.domain" "op" "place" "platform" "post_uid" "quotes" "received" "received_at" "replies" "reposts" "root_uid" "sensitive" "sentiment" "source" "text" "title" "url" "views" "visibility")
  "Fields of a post.")

(defconst mon-units
  '("ms" "s" "m" "h" "d" "w")
  "Units of time.")

(provide 'mon-words)
;;; mon-words.el ends here
