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
] @indent

["}" "]" ")"] @outdent
