//! Cycles of a graph.

/// One shortest cycle of each knot: of each set of places that all reach each other. Places are numbers below `edges.len()`;
/// each cycle begins with its smallest place, and the cycles are sorted.
pub fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let knots = knots(edges);
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (place, knot) in knots.iter().enumerate() {
        if members.len() <= *knot {
            members.resize(*knot + 1, Vec::new());
        }
        if let Some(list) = members.get_mut(*knot) {
            list.push(place);
        }
    }
    for list in members {
        let Some(start) = list.first().copied() else { continue };
        let loops = edges.get(start).is_some_and(|to| to.contains(&start));
        if list.len() > 1 || loops {
            found.push(shortest(edges, &knots, start));
        }
    }
    found.sort();
    found
}

/// The shortest way from `start` back to it inside its knot.
fn shortest(edges: &[Vec<usize>], knots: &[usize], start: usize) -> Vec<usize> {
    let mut from: Vec<Option<usize>> = vec![None; edges.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(place) = queue.pop_front() {
        for next in edges.get(place).into_iter().flatten() {
            if *next == start {
                let mut way = vec![place];
                let mut at = place;
                while let Some(before) = from.get(at).copied().flatten() {
                    way.push(before);
                    at = before;
                }
                way.reverse();
                return way;
            }
            let inside = knots.get(*next) == knots.get(start);
            let Some(slot) = from.get_mut(*next) else { continue };
            if inside && slot.is_none() {
                *slot = Some(place);
                queue.push_back(*next);
            }
        }
    }
    vec![start]
}

/// The number of the strongly connected component of each place, by Tarjan's algorithm without recursion.
fn knots(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut state = Knots {
        index: vec![None; edges.len()],
        low: vec![0; edges.len()],
        knot: vec![usize::MAX; edges.len()],
        stack: Vec::new(),
        next: 0,
        count: 0,
    };
    for start in 0..edges.len() {
        if state.index.get(start).is_some_and(Option::is_none) {
            state.visit(edges, start);
        }
    }
    state.knot
}

struct Knots {
    index: Vec<Option<usize>>,
    low: Vec<usize>,
    knot: Vec<usize>,
    stack: Vec<usize>,
    next: usize,
    count: usize,
}

#[expect(
    clippy::indexing_slicing,
    reason = "all tables have one entry for each place, and edges lead to places"
)]
impl Knots {
    fn enter(&mut self, place: usize) {
        self.index[place] = Some(self.next);
        self.low[place] = self.next;
        self.next += 1;
        self.stack.push(place);
    }

    fn visit(&mut self, edges: &[Vec<usize>], start: usize) {
        self.enter(start);
        let mut work = vec![(start, 0)];
        while let Some((place, edge)) = work.last_mut() {
            let place = *place;
            let Some(next) = edges[place].get(*edge).copied() else {
                let _ = work.pop();
                if let Some((outer, _)) = work.last() {
                    self.low[*outer] = self.low[*outer].min(self.low[place]);
                }
                if self.index[place] == Some(self.low[place]) {
                    self.close(place);
                }
                continue;
            };
            *edge += 1;
            match self.index[next] {
                None => {
                    self.enter(next);
                    work.push((next, 0));
                }
                Some(index) if self.knot[next] == usize::MAX => self.low[place] = self.low[place].min(index),
                Some(_) => (),
            }
        }
    }

    fn close(&mut self, root: usize) {
        while let Some(place) = self.stack.pop() {
            self.knot[place] = self.count;
            if place == root {
                break;
            }
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn each_knot_gives_one_shortest_cycle() {
        let edges = vec![vec![1], vec![2, 3], vec![0], vec![4], vec![4], vec![0]];
        assert_eq!(cycles(&edges), [vec![0, 1, 2], vec![4]]);
        assert_eq!(cycles(&[vec![], vec![0], vec![0, 1]]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let mut edges: Vec<Vec<usize>> = (1..200_000).map(|next| vec![next]).collect();
        edges.push(vec![0]);
        assert_eq!(cycles(&edges).len(), 1);
    }
}
