//! Tests of whole plans, on toy kinds: cases by their outlines, laws by random worlds.

mod by_hand;
mod cases;
mod chain;
mod codec;
mod drift;
mod guard;
mod laws;
mod replacing;
mod toy;
mod view;
mod world;
mod worlds;
