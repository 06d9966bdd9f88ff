//! Tasks, channels and actors: what a program prints, who hears of what failed, and how it ends.

#[path = "support/lowered.rs"]
mod support;

#[path = "support/ways.rs"]
mod ways;
#[path = "support/workers.rs"]
mod workers;

use expect_test::{Expect, expect};
use pluto_ir::interpret::{Limits, Outcome};
use support::lowered;
use ways::each_way;
use workers::side_by_side;

/// What happens when a program runs, with a seed.
fn heard(text: &str, seed: u64) -> String {
    let (ended, heard) = each_way(&lowered(text), Limits::default(), seed);
    let ended = match ended {
        Outcome::Trapped(trapped) => format!("trap: {}", trapped.why),
        Outcome::Failed(failure) => format!("error: {}", failure.error),
        Outcome::Deadlock(waiting) => {
            let waiting: Vec<String> =
                waiting.into_iter().map(|one| format!("{} {:?}", one.task, one.wait)).collect();
            format!("deadlock: {}", waiting.join(", "))
        }
        other => format!("{other:?}"),
    };
    format!("{}{ended}\n", heard.text)
}

/// A program does the same in whatever order its tasks go on.
fn always(text: &str, expected: &Expect) {
    let first = heard(text, 0);
    expected.assert_eq(&first);
    for seed in 1..30 {
        assert_eq!(heard(text, seed), first, "seed {seed}");
    }
    let program = lowered(text);
    side_by_side(&program, 10, &each_way(&program, Limits::default(), 0));
}

#[test]
fn what_is_deferred_is_done_on_every_way_out() {
    let text = r#"
error Bad { n: int }

fn work(n: int) int {
    let mut steps = 0
    defer { print(f"{n} is left after {steps}") }
    defer { steps += 100 }
    steps = 1
    if n == 1 { return n }
    steps = 2
    if n == 2 { raise Bad { n } }
    steps = 3
    if n == 3 { return 10 / (n - 3) }
    steps = 4
    sleep(1h)
    n
}

fn main() {
    for n in 1..=4 {
        let task = spawn work(n)
        if n == 4 {
            sleep(10ms)
            task.cancel()
        }
        let gave = task.get() catch {
            Bad { n } => f"error {n}".len()
            TaskFailed { reason } => {
                print(reason)
                0
            }
        }
        print(gave)
    }
}
"#;
    let text = text.replace("1h", "60m");
    always(
        &text,
        &expect![[r#"
            1 is left after 101
            1
            2 is left after 102
            7
            task work #3: trap: division by zero
            3 is left after 103
            division by zero
            0
            4 is left after 104
            cancelled
            0
            Finished
        "#]],
    );
    expect![[r#"
        before
        left
        trap: division by zero
    "#]]
    .assert_eq(&heard(
        "fn main() {\n    let zero = 0\n    defer { print(\"left\") }\n    print(\"before\")\n    print(1 / zero)\n}\n",
        0,
    ));
}

#[test]
fn a_scope_waits_and_the_first_failure_cancels_the_others() {
    always(
        r#"
error Late { by: duration }

fn slow(name: string, time: duration) {
    defer { print(f"{name} is left") }
    sleep(time)
    print(f"{name} is done")
}

fn late(by: duration) {
    sleep(by)
    raise Late { by }
}

fn both() {
    scope {
        spawn slow("short", 5ms)
        spawn slow("long", 50ms)
        print("in the scope")
    }
    print("behind it")
}

fn failing() {
    scope {
        spawn slow("one", 5ms)
        spawn late(10ms)
        spawn slow("other", 50ms)
        sleep(1ms)
    }!
    print("never")
}

fn trapping() {
    scope {
        spawn slow("child", 50ms)
        sleep(1ms)
        let none_of_it: [int] = []
        print(none_of_it[0])
    }
}

fn early() int {
    scope {
        spawn slow("kept", 5ms)
        return 7
    }
}

fn main() {
    both()
    failing() catch { Late { by } => print(f"late by {by}") }
    print(early())
    let task = spawn trapping()
    task.get() catch { TaskFailed { reason } => print(reason) }
}
"#,
        &expect![[r#"
            in the scope
            short is done
            short is left
            long is done
            long is left
            behind it
            one is done
            one is left
            other is left
            late by 10ms
            kept is done
            kept is left
            7
            task trapping #7: trap: an index out of range
            child is left
            an index out of range
            Finished
        "#]],
    );
}

#[test]
fn a_channel_closes_when_nobody_can_send() {
    always(
        r#"
class Bus {
    listeners: [Sender<int>] = []
    fn add(mut self, listener: Sender<int>) { self.listeners.push(listener) }
    fn say(self, n: int) {
        for listener in self.listeners { listener.try_send(n) }
    }
}

fn feed(out: Sender<int>, count: int) {
    for n in 0..count { out.send(n)! }
}

fn both(out: Sender<int>) {
    scope {
        spawn feed(out, 2)
        spawn feed(out, 3)
    }!
}

fn sum(numbers: Receiver<int>) int {
    let mut sum = 0
    for n in numbers { sum += n }
    sum
}

fn given() int {
    // The block gives up its sender behind the `spawn`, and each task when it ends.
    let (out, numbers) = chan<int>(0)
    let task = spawn both(out)
    let got = sum(numbers)
    task.get() catch { ChannelClosed {} => print("closed"), TaskFailed { reason } => print(reason) }
    got
}

fn kept() int {
    let mut bus = Bus {}
    let (out, numbers) = chan<int>(2)
    bus.add(out)
    bus.say(5)
    numbers.recv() catch -1
}

fn on_the_way() int {
    let (asked, questions) = chan<(int, Sender<int>)>(1)
    let task = spawn answer(questions)
    let (reply, replies) = chan<int>(0)
    asked.send((20, reply)) catch { ChannelClosed {} => print("closed") }
    let got = replies.recv() catch -1
    let after = replies.recv() catch -2
    task.get() catch { TaskFailed { reason } => print(reason) }
    got * 10 + after
}

fn answer(questions: Receiver<(int, Sender<int>)>) {
    for (n, reply) in questions {
        reply.send(n + 1) catch { ChannelClosed {} => print("closed") }
    }
}

fn main() {
    print(given())
    print(on_the_way())
    print(kept())
    let (tx, rx) = chan<int>(1)
    tx.send(1) catch { ChannelClosed {} => print("closed") }
    rx.close()
    tx.send(2) catch { ChannelClosed {} => print("closed by who receives") }
}
"#,
        &expect![[r#"
            4
            208
            5
            closed by who receives
            Finished
        "#]],
    );
}

#[test]
fn an_actor_does_one_thing_at_a_time_and_is_down_for_all_when_it_traps() {
    always(
        r#"
error Odd { n: int }

actor Keeper {
    n: int = 0
    log: [string] = []
    invariant self.n < 5

    fn add(mut self, k: int) int {
        let before = self.n
        sleep(1ms)
        self.n = before + k
        self.n
    }

    fn half(self) int {
        if self.n % 2 == 1 { raise Odd { n: self.n } }
        self.n / 2
    }

    fn note(mut self, line: string) { self.log.push(line) }

    fn lines(self) [string] { self.log.copy() }
}

fn work(keeper: Keeper) { keeper.add(1) catch 0 }

fn main() {
    let keeper = spawn Keeper {}
    scope {
        for _ in 0..4 { spawn work(keeper) }
    }
    print(keeper.half() catch -1)
    keeper.note("a") later
    keeper.note("b") later
    let mut lines = keeper.lines() catch []
    lines.push("mine")
    print(keeper.lines() catch [])
    keeper.add(-1) catch 0
    keeper.half() later
    print(keeper.half() catch { Odd { n } => n, ActorDown { reason } => reason.len() })
    print(keeper.add(9) catch e { ActorDown { reason } => {
        print(reason)
        -1
    } })
    print(keeper.is_alive())
    print(keeper.add(1) catch -2)
    let other = spawn Keeper { n: 2 }
    other.stop()
    print(other.half() catch { Odd { n } => n, ActorDown { reason } => reason.len() })
}
"#,
        &expect![[r#"
            2
            ["a", "b"]
            Keeper #1: error: Odd { n: 3 }
            3
            Keeper #1: trap: `invariant` does not hold
            `invariant` does not hold
            -1
            false
            -2
            7
            Finished
        "#]],
    );
}

#[test]
fn who_waits_for_whom_is_told_where_everybody_waits() {
    expect![[r#"
        deadlock: main Reply("Door #2"), task listen #1 Receive, Door #2 Receive, task push #3 Send
    "#]]
    .assert_eq(&heard(
        r#"
actor Door {
    fn wait(self, signal: Receiver<int>) int { signal.recv() catch 0 }
}

fn listen(numbers: Receiver<int>) int { numbers.recv() catch 0 }

fn push(out: Sender<int>) { out.send(1) catch { ChannelClosed {} => print("closed") } }

fn main() {
    let (out, numbers) = chan<int>(0)
    let listener = spawn listen(numbers)
    let door = spawn Door {}
    let (full, never) = chan<int>(0)
    let pusher = spawn push(full)
    print(door.wait(numbers) catch 0)
    print(listener.get() catch 0)
    pusher.cancel()
    out.close()
    never.close()
}
"#,
        0,
    ));
}

#[test]
fn select_does_what_is_ready_and_is_fair() {
    always(
        r#"
fn feed(out: Sender<int>, count: int, time: duration) {
    for n in 0..count {
        sleep(time)
        out.send(n)!
    }
}

fn merge() [int] {
    let (a, from_a) = chan<int>(0)
    let (b, from_b) = chan<int>(0)
    let one = spawn feed(a, 10, 10ms)
    let two = spawn feed(b, 10, 16ms)
    let mut got: [int] = []
    while got.len() < 5 {
        select {
            n = from_a.recv() => got.push(n)
            n = from_b.recv() => got.push(100 + n)
        }
    }
    one.detach()
    two.detach()
    got
}

fn main() {
    print(merge() catch [])
    let (full, rest) = chan<int>(1)
    full.send(0) catch { ChannelClosed {} => print("closed") }
    let mut seen = Set.of("nothing")
    for _ in 0..50 {
        let way = pick(full, rest) catch "closed"
        seen.insert(way)
    }
    print(seen.len())
    rest.close()
    print(pick(full, rest) catch "closed")
}

fn pick(full: Sender<int>, rest: Receiver<int>) string {
    select {
        n = rest.recv() => f"got"
        full.send(1) => "sent"
        after 1ms => "late"
    }
}
"#,
        &expect![[r#"
            [0, 100, 1, 2, 101]
            3
            closed
            Finished
        "#]],
    );
}

#[test]
fn a_closed_channel_fails_a_select_where_it_is_handled() {
    always(
        r#"
error Odd {}

fn next(numbers: Receiver<int>) int {
    select {
        n = numbers.recv() => n
        after 5ms => 0
    } catch {
        ChannelClosed {} => -1
    }
}

fn hand_on(numbers: Receiver<int>) int {
    select {
        n = numbers.recv() => n
    }!
}

fn odd(numbers: Receiver<int>) int {
    select {
        n = numbers.recv() => { if n % 2 == 1 { raise Odd {} }
            n }
    } catch {
        ChannelClosed {} => -1
    }
}

fn main() {
    let (out, numbers) = chan<int>(2)
    print(next(numbers))
    out.send(1) catch { ChannelClosed {} => print("closed") }
    out.send(3) catch { ChannelClosed {} => print("closed") }
    print(next(numbers))
    print(odd(numbers) catch { Odd {} => 7 })
    out.close()
    print(next(numbers))
    print(odd(numbers) catch { Odd {} => 7 })
    print(hand_on(numbers) catch -2)
}
"#,
        &expect![[r#"
            0
            1
            7
            -1
            -1
            -2
            Finished
        "#]],
    );
}

#[test]
fn an_actor_behind_a_trait_may_be_no_more() {
    always(
        r#"
trait Store {
    fn get(self) int
    fn twice(self) int { self.get()! + self.get()! }
}

trait Clock {
    fn time(self) int raises none
}

actor Keeper {
    n: int = 0
    fn set(mut self, n: int) { self.n = n }
}

impl Store for Keeper {
    fn get(self) int { self.n }
}

impl Clock for Keeper {
    fn time(self) int raises none { self.n }
}

fn bound<S: Store>(store: S) int { store.twice()! }

fn object(store: Store) int { store.twice()! }

fn main() {
    let keeper = spawn Keeper { n: 2 }
    let (store, clock): (Store, Clock) = (keeper, keeper)
    print(f"{bound(keeper)!} {object(keeper)!} {bound(store)!} {keeper.twice()!} {clock.time()}")
    keeper.set(5)!
    print(f"{store.get()!} {keeper.get()!} {clock.time()}")
    keeper.stop()
    print(bound(keeper) catch e { ActorDown { .. } => -1 })
    print(object(store) catch e { ActorDown { .. } => -2 })
    print(clock.time())
}
"#,
        &expect![[r#"
            4 4 4 4 2
            5 5 5
            -1
            -2
            trap: stopped
        "#]],
    );
}

#[test]
fn a_task_that_does_not_wait_lets_others_have_their_turn() {
    always(
        r#"
fn short(n: int) int {
    let mut sum = 0
    for k in 0..n { sum += k }
    sum
}

fn deep(n: int) int { if n < 2 { n } else { deep(n - 1) + deep(n - 2) } }

fn late() int { 1 }

// The task begins when this was seen not to be done, however many workers there are.
fn watch(task: Task<int>, begin: Sender<int>, how: int) string {
    let mut sum = 0
    while not task.is_done() {
        if sum == 0 { begin.send(1) catch { ChannelClosed => trap("it waits") } }
        sum += if how == 0 { 1 } else if how == 1 { short(5) } else { deep(3) }
    }
    f"{how} is over {sum > 0}"
}

fn main() {
    for how in 0..3 {
        let (begin, begun) = chan<int>(1)
        let other = spawn work(begun, how)
        print(watch(other, begin, how))
        print(other.get() catch -1)
    }
    // A function that calls itself has no loop.
    let task = spawn endless(0)
    let soon = spawn late()
    print(soon.get() catch -1)
    task.cancel()
    print(task.get() catch { TaskFailed { reason } => {
        print(reason)
        0
    } })
}

fn endless(n: int) int {
    let mut sum = 0
    while sum >= 0 { sum += twice(20) }
    sum + n
}

fn twice(n: int) int { if n == 0 { 0 } else { twice(n - 1) + 1 } }

fn work(begun: Receiver<int>, n: int) int {
    let mut sum = n + (begun.recv() catch -1) - 1
    for _ in 0..20_000 { sum += 1 }
    sum
}
"#,
        &expect![[r#"
            0 is over true
            20000
            1 is over true
            20001
            2 is over true
            20002
            1
            cancelled
            0
            Finished
        "#]],
    );
}

#[test]
fn nobody_waits_for_a_time_that_is_no_longer_asked_for() {
    always(
        r#"
fn late(of: Receiver<int>) int {
    select {
        n = of.recv() => n
        after 60m => 0
    } catch -1
}

fn main() {
    let (out, numbers) = chan<int>(1)
    let began = now()
    out.send(7) catch { ChannelClosed {} => print("closed") }
    let (more, others) = chan<int>(0)
    let task = spawn late(others)
    sleep(1ms)
    more.send(1) catch { ChannelClosed {} => print("closed") }
    print(task.get() catch -2)
    let sleeper = spawn nap()
    sleep(1ms)
    sleeper.cancel()
    print(numbers.recv() catch 0)
    sleep(1ms)
    print(began.elapsed())
    print(numbers.recv() catch 0)
    out.close()
}

fn nap() { sleep(60m) }
"#,
        &expect![[r#"
            1
            7
            3ms
            deadlock: main Receive
        "#]],
    );
}

#[test]
fn messages_that_may_be_none_are_polled() {
    always(
        r#"
class P { pub n: int }

fn poll<T>(from: Receiver<T>) T? { from.try_recv() }

fn main() {
    let (out, texts) = chan<string?>(3)
    out.send("abc") catch { ChannelClosed {} => print("closed") }
    out.send(none) catch { ChannelClosed {} => print("closed") }
    print(texts.try_recv() ?? "none")
    print(texts.try_recv() ?? "none")
    print(texts.try_recv() ?? "none")
    let (give, numbers) = chan<int?>(3)
    give.send(none) catch { ChannelClosed {} => print("closed") }
    give.send(5) catch { ChannelClosed {} => print("closed") }
    print([poll(numbers), poll(numbers), poll(numbers)])
    let (set, points) = chan<P?>(3)
    set.send(none) catch { ChannelClosed {} => print("closed") }
    set.send(P { n: 7 }) catch { ChannelClosed {} => print("closed") }
    print([points.try_recv(), points.try_recv(), points.try_recv()])
    let (tell, pairs) = chan<(int, string?)>(3)
    tell.send((1, none)) catch { ChannelClosed {} => print("closed") }
    tell.send((2, "two")) catch { ChannelClosed {} => print("closed") }
    print([pairs.try_recv(), pairs.try_recv(), pairs.try_recv()])
    out.close()
    give.close()
    set.close()
    tell.close()
}
"#,
        &expect![[r#"
            abc
            none
            none
            [none, 5, none]
            [none, P { n: 7 }, none]
            [(1, none), (2, "two"), none]
            Finished
        "#]],
    );
}
