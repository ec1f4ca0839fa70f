//! Directed graphs over numbered nodes: order, cycles, reachability. Knows nothing of what the nodes stand for.

use std::collections::BTreeSet;

/// Which node needs which others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    needs: Vec<BTreeSet<usize>>,
    users: Vec<BTreeSet<usize>>,
}

/// An order that could not be completed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stuck {
    /// The nodes that could be ordered.
    pub(crate) ordered: Vec<usize>,
    /// Those that wait for each other, or for one that does.
    pub(crate) stuck: Vec<usize>,
}

impl Graph {
    /// Makes a graph of `nodes` nodes and no edges.
    pub(crate) fn new(nodes: usize) -> Self {
        Self { needs: vec![BTreeSet::new(); nodes], users: vec![BTreeSet::new(); nodes] }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.needs.len()
    }

    /// Lets `node` need `need`; edges to itself and to nodes that do not exist are dropped.
    pub(crate) fn add(&mut self, node: usize, need: usize) {
        if node == need {
            return;
        }
        if let (Some(needs), true) = (self.needs.get_mut(node), need < self.users.len()) {
            needs.insert(need);
            self.users[need].insert(node);
        }
    }

    /// What a node needs itself.
    pub(crate) fn needs(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.needs.get(node).into_iter().flatten().copied()
    }

    /// Who needs a node itself.
    pub(crate) fn users(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.users.get(node).into_iter().flatten().copied()
    }

    /// Everything that needs a node, through others too; without the node, unless it needs itself through others.
    pub(crate) fn all_users(&self, node: usize) -> BTreeSet<usize> {
        reach(node, |at| self.users(at))
    }

    /// Everything a node needs, through others too.
    pub(crate) fn all_needs(&self, node: usize) -> BTreeSet<usize> {
        reach(node, |at| self.needs(at))
    }

    /// The nodes, each after what it needs; of those that are ready, the one with the least key first.
    ///
    /// # Errors
    /// When some nodes wait for each other.
    pub(crate) fn order<K: Ord>(&self, key: impl Fn(usize) -> K) -> Result<Vec<usize>, Stuck> {
        let mut waiting: Vec<usize> = self.needs.iter().map(BTreeSet::len).collect();
        let mut ready: BTreeSet<(K, usize)> =
            (0..self.len()).filter(|node| waiting[*node] == 0).map(|node| (key(node), node)).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some((_, node)) = ready.pop_first() {
            order.push(node);
            for user in self.users(node) {
                waiting[user] -= 1;
                if waiting[user] == 0 {
                    ready.insert((key(user), user));
                }
            }
        }
        if order.len() == self.len() {
            return Ok(order);
        }
        Err(Stuck { ordered: order, stuck: (0..self.len()).filter(|node| waiting[*node] > 0).collect() })
    }

    /// One cycle among nodes that could not be ordered, each needing the next and the last the first.
    pub(crate) fn cycle_among(&self, stuck: &[usize]) -> Vec<usize> {
        let stuck: BTreeSet<usize> = stuck.iter().copied().collect();
        let mut path: Vec<usize> = Vec::new();
        let mut at = stuck.first().copied();
        while let Some(node) = at {
            if let Some(start) = path.iter().position(|seen| *seen == node) {
                return path.split_off(start);
            }
            path.push(node);
            at = self.needs(node).find(|need| stuck.contains(need));
        }
        Vec::new()
    }

    /// Drops each edge that follows from others. Does nothing to a graph with a cycle.
    pub(crate) fn reduce(&mut self) {
        let Ok(order) = self.order(|node| node) else { return };
        let mut position = vec![0; self.len()];
        for (at, node) in order.iter().enumerate() {
            position[*node] = at;
        }
        let words = self.len().div_ceil(64);
        let mut above: Vec<Vec<u64>> = vec![Vec::new(); self.len()];
        for node in order {
            let mut reached = vec![0_u64; words];
            let mut needs: Vec<usize> = self.needs(node).collect();
            // Latest first: what a later need already needs is seen before its own edge is looked at.
            needs.sort_by_key(|need| std::cmp::Reverse(position[*need]));
            for need in needs {
                if reached[need / 64] & (1 << (need % 64)) != 0 {
                    self.needs[node].remove(&need);
                    self.users[need].remove(&node);
                    continue;
                }
                reached[need / 64] |= 1 << (need % 64);
                for (word, more) in reached.iter_mut().zip(&above[need]) {
                    *word |= more;
                }
            }
            above[node] = reached;
        }
    }
}

fn reach<I: Iterator<Item = usize>>(from: usize, next: impl Fn(usize) -> I) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<usize> = next(from).collect();
    while let Some(node) = todo.pop() {
        if seen.insert(node) {
            todo.extend(next(node).filter(|further| !seen.contains(further)));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::Graph;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(nodes);
        for (node, need) in edges {
            graph.add(*node, *need);
        }
        graph
    }

    #[test]
    fn order_puts_needs_first_and_ties_by_key() {
        let graph = graph(4, &[(0, 3), (1, 3), (0, 2)]);
        assert_eq!(graph.order(|node| node), Ok(vec![2, 3, 0, 1]));
        assert_eq!(graph.order(std::cmp::Reverse), Ok(vec![3, 2, 1, 0]));
    }

    #[test]
    fn a_cycle_is_named_without_what_merely_waits_for_it() {
        let graph = graph(4, &[(0, 1), (1, 2), (2, 1), (3, 0)]);
        let stuck = graph.order(|node| node).unwrap_err().stuck;
        assert_eq!(stuck, vec![0, 1, 2, 3]);
        assert_eq!(graph.cycle_among(&stuck), vec![1, 2]);
    }

    #[test]
    fn edges_that_follow_from_others_are_dropped() {
        let mut graph = graph(4, &[(3, 2), (2, 1), (1, 0), (3, 0), (3, 1), (2, 0)]);
        graph.reduce();
        assert_eq!(
            (0..4).map(|node| graph.needs(node).collect::<Vec<_>>()).collect::<Vec<_>>(),
            [vec![], vec![0], vec![1], vec![2]]
        );
        assert_eq!(graph.all_users(0).len(), 3);
        assert_eq!(graph.all_needs(3).len(), 3);
    }
}
