//! Pictures of hand-made plans.
