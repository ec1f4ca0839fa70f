//! Telling people outside what a plan or a drift check found.
