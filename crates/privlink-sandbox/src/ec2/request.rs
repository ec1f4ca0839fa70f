//! One EC2 request on its way through an operation: the world, the call, its parameters, and how it is answered.

use super::state::{State, Tags};
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use crate::xml::Xml;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// A request that an operation answers.
pub(crate) struct Request<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) call: &'a Call,
    pub(crate) params: Params,
}

impl Request<'_> {
    /// Gives what the caller's account holds in the region.
    pub(crate) fn state(&self) -> &State {
        &self.world.scope(&self.call.account, &self.call.region).ec2
    }

    /// Gives what the caller's account holds in the region, to be changed.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.world.scope_mut(&self.call.account, &self.call.region).ec2
    }

    /// Writes an answer.
    pub(crate) fn answer(&self, write: impl FnOnce(&mut Xml)) -> Result<Reply, Fault> {
        let action = self.params.get("Action").unwrap_or_default();
        let mut xml = Xml::with_namespace(&format!("{action}Response"), NAMESPACE);
        xml.text("requestId", &self.call.request_id);
        write(&mut xml);
        Ok(Reply::xml(200, xml.finish()))
    }

    /// Answers that it is done.
    pub(crate) fn done(&self) -> Result<Reply, Fault> {
        self.answer(|x| {
            x.text("return", true);
        })
    }

    /// Writes an ARN of EC2.
    pub(crate) fn arn(&self, kind: &str, id: &str) -> String {
        arn(&self.call.account, &self.call.region, kind, id)
    }
}

/// Writes an ARN of EC2.
pub(crate) fn arn(account: &str, region: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:{region}:{account}:{kind}/{id}")
}

/// Writes a tag set.
pub(crate) fn write_tags(x: &mut Xml, tags: &Tags) {
    x.items("tagSet", tags, |x, (key, value)| {
        x.text("key", key).text("value", value);
    });
}

/// Writes the answer of a bulk call: the items that could not be done, each with its own error.
pub(crate) fn write_unsuccessful(x: &mut Xml, failures: &[(String, Fault)]) {
    x.items("unsuccessful", failures, |x, (id, fault)| {
        x.node("error", |x| {
            x.text("code", &fault.code).text("message", &fault.message);
        });
        x.text("resourceId", id);
    });
}
