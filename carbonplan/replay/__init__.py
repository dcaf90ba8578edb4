"""A plan run request by request: the judge of what the plan promises on average."""
