//! Stores, locks and journals, with what goes wrong with disks, answers and processes.
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod faulty;
mod folder;
mod journals;
mod locks;
mod objects;
mod processes;
mod torn;
