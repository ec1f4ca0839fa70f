//! Tests through `handle`, as the server calls it.
