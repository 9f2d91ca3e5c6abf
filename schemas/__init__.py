"""Tables and errors: what flows between the stages."""
