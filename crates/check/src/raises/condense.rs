//! Lists of neighbours, and strongly connected components (Tarjan, with a stack of its own).

/// The neighbours of each of some things.
#[derive(Clone, Debug)]
pub(super) struct Neighbours {
    /// Where the neighbours of each begin; one more at the end.
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Neighbours {
    /// Of `count` things, the second of each pair as a neighbour of the first, in the order of the pairs.
    pub(super) fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; count + 1];
        for (from, _) in pairs.clone() {
            if let Some(start) = starts.get_mut(from as usize + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let (mut next, mut all) = (starts.clone(), vec![0; sum as usize]);
        for (from, to) in pairs {
            let Some(place) = next.get_mut(from as usize) else { continue };
            if let Some(cell) = all.get_mut(*place as usize) {
                *cell = to;
            }
            *place += 1;
        }
        Self { starts, all }
    }

    /// The neighbours of one.
    pub(super) fn of(&self, one: u32) -> &[u32] {
        let start = self.starts.get(one as usize).copied().unwrap_or_default() as usize;
        let end = self.starts.get(one as usize + 1).copied().unwrap_or_default() as usize;
        self.all.get(start..end).unwrap_or_default()
    }
}

/// What reaches each other.
#[derive(Clone, Debug)]
pub(super) struct Components {
    /// The component of each.
    pub(super) of: Vec<u32>,
    /// What is in each; a component reaches only those before it. In each, what was reached last stands first.
    pub(super) members: Vec<Vec<u32>>,
}

const UNSEEN: u32 = u32::MAX;

/// The components of `count` things.
pub(super) fn components(count: usize, neighbours: &Neighbours) -> Components {
    let mut search = Tarjan {
        neighbours,
        order: vec![UNSEEN; count],
        low: vec![UNSEEN; count],
        seen: 0,
        open: Vec::new(),
        found: Components { of: vec![UNSEEN; count], members: Vec::new() },
    };
    for start in 0..count as u32 {
        search.run(start);
    }
    search.found
}

struct Tarjan<'a> {
    neighbours: &'a Neighbours,
    /// When each was reached.
    order: Vec<u32>,
    /// The earliest that each is known to reach.
    low: Vec<u32>,
    seen: u32,
    /// What was reached and has no component yet.
    open: Vec<u32>,
    found: Components,
}

impl Tarjan<'_> {
    fn run(&mut self, start: u32) {
        if get(&self.order, start) != UNSEEN {
            return;
        }
        self.reach(start);
        let mut path = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            let neighbour = self.neighbours.of(at).get(*next).copied();
            *next += 1;
            match neighbour {
                Some(to) if get(&self.order, to) == UNSEEN => {
                    self.reach(to);
                    path.push((to, 0));
                }
                Some(to) if get(&self.found.of, to) == UNSEEN => self.lower(at, get(&self.order, to)),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some((above, _)) = path.last() {
                        self.lower(*above, get(&self.low, at));
                    }
                    self.close(at);
                }
            }
        }
    }

    fn reach(&mut self, at: u32) {
        set(&mut self.order, at, self.seen);
        set(&mut self.low, at, self.seen);
        self.seen += 1;
        self.open.push(at);
    }

    fn lower(&mut self, at: u32, to: u32) {
        let low = get(&self.low, at).min(to);
        set(&mut self.low, at, low);
    }

    /// Where nothing reaches further back, all that was reached since is one component.
    fn close(&mut self, at: u32) {
        if get(&self.low, at) != get(&self.order, at) {
            return;
        }
        let number = self.found.members.len() as u32;
        let mut members = Vec::new();
        while let Some(member) = self.open.pop() {
            set(&mut self.found.of, member, number);
            members.push(member);
            if member == at {
                break;
            }
        }
        self.found.members.push(members);
    }
}

fn get(numbers: &[u32], at: u32) -> u32 {
    numbers.get(at as usize).copied().unwrap_or(UNSEEN)
}

fn set(numbers: &mut [u32], at: u32, to: u32) {
    if let Some(cell) = numbers.get_mut(at as usize) {
        *cell = to;
    }
}
