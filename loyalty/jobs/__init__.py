"""Work outside a request: the table of jobs and topics, the schedule, the worker that runs them."""
