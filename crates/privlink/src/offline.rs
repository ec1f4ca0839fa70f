//! A build without the feature `aws`: nothing can be reached, and commands that need an account say so.

use privlink_model::BoxFuture;

use crate::connection::{Connect, Connection, Destination};
use crate::failure::Failure;

/// Reaches nothing.
pub(crate) struct NoConnect;

impl Connect for NoConnect {
    fn connect<'a>(&'a self, _: Destination<'a>) -> BoxFuture<'a, Result<Connection, Failure>> {
        Box::pin(async {
            Err(Failure::Cloud {
                message: "this privlink was built without the feature `aws` and can call nothing".to_owned(),
                help: Some("build it with default features".to_owned()),
            })
        })
    }
}
