(terms "terms" @context name: (identifier) @name) @item
(query "query" @context name: (identifier) @name) @item
(dates "dates" @context name: (identifier) @name) @item
(monitor "monitor" @context name: (identifier) @name) @item
(playbook "playbook" @context name: (identifier) @name) @item
(test "test" @context monitor: (identifier) @name) @item
(measure "measure" @context name: (identifier) @name) @item
