[
  (monitor)
  (playbook)
  (test)
  (severity)
  (route)
  (notify)
  (escalate)
  (ticket)
  (group)
  (list)
  (set)
  (arguments)
  (terms)
  (query)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end
