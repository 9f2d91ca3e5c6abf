"""Pure functions over Arrow columns: text, signals, edits, rules, signatures."""
