[
  (monitor)
  (playbook)
  (test)
  (severity)
  (route)
  (notify)
  (escalate)
  (ticket)
  (terms)
  (query)
] @fold
