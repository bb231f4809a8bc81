" Made of grammar/src/mon.pest by `node editors/generate.mjs`.
if exists('b:current_syntax')
  finish
endif

syntax case match
syntax match monWord /\<\%(tumble\|slide\|session\|gap\|calendar\|pattern\|every\|by\|late\|when\|clear\|otherwise\|top\|new\|posts\|post\|each\|once\|until\|because\|to\|team\|after\|digest\|unless\|acknowledged\|of\|repeat\|times\|time\|lasts\|except\|incidents\|incident\|opened\|cleared\|matched\|where\|messages\|message\|no\|exists\|from\|column\|region\|load\|sample\|authors\|without\|any\|all\|none\|least\|same\|first\|words\|starts\|ends\|with\|sentence\|line\|paragraph\|number\|duration\|text\|field\|yes\|also\|open\|resolve\|title\|read\|customer\)\>/
syntax match monClause /\<\%(measure\|match\|warmup\|cooldown\|min\|tolerate\|update\|mute\|expire\|flapping\|record\|reply\|detect\|join\|alert\|allow\|window\|extend\|example\|locked\|severity\|show\|owner\|status\|since\|for\|group\|dedupe\|follow\|under\|route\|notify\|share\|escalate\|acknowledgement\|quiet\|budget\|ticket\|count\|replay\|expect\|at\)\>/
syntax match monItem /\<\%(use\|terms\|query\|dates\|monitor\|playbook\|test\)\>/
syntax match monSeverity /\<\%(critical\|high\|medium\|low\)\>/
syntax match monForm /\<\%(exact\|part\|stem\|loose\|word\|url\)\ze\s*"/
syntax match monOperator /\<\%([aA][nN][dD]\|[oO][rR]\|[nN][oO][tT]\|is\|in\|within\|has\|inside\|outside\|then\|[nN][eE][aA][rR]\)\>/
syntax match monOperator /\<\%([nN][eE][aA][rR]\|then\)\/\w\+/
syntax match monOperator /[-+*=<>!]\+\|\~\d\+/
syntax match monFunction /\<\%(and\>\|or\>\|not\>\|in\>\|when\>\|match\>\|of\>\|where\>\|with\>\)\@!\h\w*\ze\s*(/
syntax match monField /\<\%(app\|author\.bot\|author\.created_at\|author\.followers\|author\.following\|author\.handle\|author\.is_bot\|author\.lang\|author\.location\|author\.name\|author\.posts\|author\.uid\|author\.verified\|community\|community\.name\|conversation\|conversation_uid\|country\|created\|created_at\|engagement\.likes\|engagement\.quotes\|engagement\.replies\|engagement\.reposts\|engagement\.views\|event_at\|followers\|geo\.country\|geo\.lat\|geo\.lon\|geo\.place\|kind\|label\|labels\|lang\|language\|likes\|link\.domain\|links\.domain\|op\|place\|platform\|post_uid\|quotes\|received\|received_at\|replies\|reposts\|root_uid\|sensitive\|sentiment\|source\|text\|title\|url\|views\|visibility\)\>\ze\s*\%([=!<>]\|in\>\|is\>\|has\>\|within\>\)/
syntax match monField /\<\h\w*\%(\.\h\w*\)\+/
syntax match monField /\<\h\w*\ze\s*:/
syntax match monNumber /\<\d\+\%(\.\d\+\)\?\%(%\|\a*\>\)/
syntax match monDuration /\<\d\+\%(\.\d\+\)\?\%(ms\|s\|m\|h\|d\|w\)\>/
syntax match monTime /\<\d\{1,2}:\d\d\%(:\d\d\)\?\>/
syntax match monTime /\<\d\{4}-\d\d-\d\d\%(T[0-9:.]\+\%(Z\|[+-]\d\d:\d\d\)\?\)\?/
syntax match monTag /[#$@]\w\+\%([.-]\+\w\+\)*/
syntax match monOperator /@\ze\s*\d\+\%(\.\d\+\)\?%/
syntax match monEscape /\\./ contained
syntax match monWildcard /[*?]/ contained
syntax region monString start=/"/ end=/"\|$/ contains=monEscape,monWildcard
syntax match monRegex /\%([0-9A-Za-z_)\]"\/]\s*\)\@<!\/[^\/ \t*]\%([^\/\\]\|\\.\)*\//
syntax match monComment /\/\/.*$/ contains=@Spell
syntax match monDoc /\/\/\/\/\@!.*$/ contains=@Spell
syntax region monBlock start=/{/ end=/}/ transparent fold

highlight default link monItem Structure
highlight default link monClause Statement
highlight default link monWord Keyword
highlight default link monSeverity Constant
highlight default link monForm StorageClass
highlight default link monOperator Operator
highlight default link monFunction Function
highlight default link monField Identifier
highlight default link monNumber Number
highlight default link monDuration Number
highlight default link monTime Number
highlight default link monTag Tag
highlight default link monEscape SpecialChar
highlight default link monWildcard Special
highlight default link monString String
highlight default link monRegex String
highlight default link monComment Comment
highlight default link monDoc SpecialComment

let b:current_syntax = 'mon'
