//! The routes of one API together: the tree of resources they make in API Gateway.
//!
//! A route makes a resource for each segment of its path, and `{proxy+}` below unless it is exact. API Gateway allows one
//! variable below a parent, nothing below `{proxy+}`, and 300 resources in an API.

use std::collections::BTreeMap;

use crate::codes;
use crate::decode::{PROXY, route_variable};
use crate::diagnostic::Diagnostic;
use crate::document::{Api, Route};

/// The most resources of an API, its root among them.
const MOST_RESOURCES: usize = 300;

/// One resource and what is below it.
#[derive(Default)]
struct Resource<'r> {
    children: BTreeMap<&'r str, usize>,
    /// The variable below it, and the route that made it.
    variable: Option<(&'r str, &'r Route)>,
    /// The route this is the path or the `{proxy+}` of.
    owner: Option<&'r Route>,
}

struct Tree<'r> {
    resources: Vec<Resource<'r>>,
}

pub(super) fn check(api: &Api, out: &mut Vec<Diagnostic>) {
    let mut tree = Tree { resources: vec![Resource::default()] };
    for route in &api.routes {
        tree.add(route, out);
    }
    let count = tree.resources.len();
    if count > MOST_RESOURCES {
        out.push(
            Diagnostic::error(
                codes::API_RESOURCES,
                format!("the routes of `{}` make {count} resources", api.name.value),
            )
            .at(api.name.span, format!("API Gateway allows {MOST_RESOURCES}"))
            .help(
                "each segment of a path is a resource, and a route that is not exact makes one more: divide the API, \
                 route a common prefix, or write exact=#true",
            ),
        );
    }
    preflight(api, out);
}

impl<'r> Tree<'r> {
    fn add(&mut self, route: &'r Route, out: &mut Vec<Diagnostic>) {
        let mut at = 0;
        for segment in route.path.value.split('/').filter(|segment| !segment.is_empty()) {
            match self.step(at, segment, route, out) {
                Some(next) => at = next,
                None => return,
            }
        }
        if !self.own(at, route, out) || route.exact {
            return;
        }
        if let Some(below) = self.step(at, PROXY, route, out) {
            self.own(below, route, out);
        }
    }

    /// Goes to a child, making it if need be. `None` when API Gateway would refuse it, which is reported.
    fn step(&mut self, at: usize, segment: &'r str, route: &'r Route, out: &mut Vec<Diagnostic>) -> Option<usize> {
        let next = self.resources.len();
        let here = self.resources.get_mut(at)?;
        if let Some(child) = here.children.get(segment) {
            return Some(*child);
        }
        if route_variable(segment).is_some() {
            if let Some((other, first)) = here.variable {
                out.push(siblings(route, segment, first, other));
                return None;
            }
            here.variable = Some((segment, route));
        }
        here.children.insert(segment, next);
        self.resources.push(Resource::default());
        Some(next)
    }

    /// Makes a resource the route's; false and a report when it is another's.
    fn own(&mut self, at: usize, route: &'r Route, out: &mut Vec<Diagnostic>) -> bool {
        let Some(resource) = self.resources.get_mut(at) else { return false };
        match resource.owner {
            Some(first) => {
                let message = if first.path.value == route.path.value {
                    format!("two routes have the path `{}`", route.path.value)
                } else {
                    format!("`{}` and `{}` both take everything under one path", first.path.value, route.path.value)
                };
                out.push(
                    Diagnostic::error(codes::ROUTE_TWICE, message)
                        .at(route.path.span, "again here")
                        .at(first.path.span, "first here")
                        .help("keep one of them; for other methods of one path, name them all in one route"),
                );
                false
            }
            None => {
                resource.owner = Some(route);
                true
            }
        }
    }
}

fn siblings(route: &Route, segment: &str, first: &Route, other: &str) -> Diagnostic {
    let greedy = if segment == PROXY { Some(route) } else { (other == PROXY).then_some(first) };
    let help = match greedy {
        Some(greedy) => format!(
            "API Gateway allows one variable below a path, and route \"{0}\" takes everything below its own: write route \
             \"{0}\" … exact=#true",
            greedy.path.value.trim_end_matches(PROXY)
        ),
        None => String::from("API Gateway allows one variable below a path: give both the same name"),
    };
    Diagnostic::error(codes::ROUTE_VARIABLES, format!("`{segment}` and `{other}` would stand in one place"))
        .at(route.path.span, format!("makes {segment}"))
        .at(first.path.span, format!("makes {other}"))
        .help(help)
}

/// `cors` answers `OPTIONS` on every path, so no route can.
fn preflight(api: &Api, out: &mut Vec<Diagnostic>) {
    let Some(cors) = &api.cors else { return };
    for method in api.routes.iter().flat_map(|route| &route.methods).filter(|method| method.value == "OPTIONS") {
        out.push(
            Diagnostic::error(codes::ROUTE_PREFLIGHT, "`cors` already answers OPTIONS on this path")
                .at(method.span, "a second answer")
                .at(cors.span, "answers preflight requests")
                .help("take OPTIONS out of the route, or take `cors` out and let the target answer"),
        );
    }
}
