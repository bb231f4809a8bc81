; Names of items are seen in the whole file, those of measures in their monitor, parameters in their query.

(source_file) @local.scope
(monitor) @local.scope
(query) @local.scope

(terms name: (identifier) @local.definition.type)
(query name: (identifier) @local.definition.type)
(dates name: (identifier) @local.definition.type)
(monitor name: (identifier) @local.definition.type)
(playbook name: (identifier) @local.definition.type)
(measure name: (identifier) @local.definition.var)
(parameter name: (identifier) @local.definition.parameter)

(reference (identifier) @local.reference)
(follow playbook: (identifier) @local.reference)
(extend monitor: (identifier) @local.reference)
(test monitor: (identifier) @local.reference)
