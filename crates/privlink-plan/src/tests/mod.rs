//! Tests of whole plans, on toy kinds: cases by their outlines, laws by random worlds.

mod cases;
mod chain;
mod codec;
mod guard;
mod laws;
mod replacing;
mod toy;
mod view;
mod world;
mod worlds;
