//! The text of a recording.

use super::given;
use expect_test::expect;
use pluto_recording::{Reader, dump};

#[test]
fn a_recording_as_text() {
    let dir = tempfile::tempdir().unwrap();
    given::sample(dir.path());
    expect![[r#"
        recording 1.3, Finished
        about About { tool_version: "0.1.0", started: 1795000000000000000, nodes: [NodeAbout { name: "shop@localhost", creation: 1700000001, otp: "25", erts: "13.1.5", clock_offset_nanos: -12000, clock_error_nanos: 40000, names: [NameAbout { name: "shop_orders", number: 123, serial: 0, seen: None }], names_left_out: 2 }], patterns: ["shop:_"], changes: [], changes_left_out: 0, level: "calls", sampling: None, limits: {"events_per_second": 100000}, redaction: None, order_only: false }
        Summary { finished: 1795000000000100000, ended: Limit, counters: {"batches": 2} }, 0 events lost
        atom 0 "shop@localhost"
        atom 1 "shop"
        atom 2 "place_order"
        node 0 atom 0 creation 1700000001
        function 0 atom 1 atom 2 arity 2
        process 0 node 0 pid 123 0
        process 1 node 0 pid 124 0
        process 2 node 0 port 5
        process 3 node - name atom 1
        segment 0
        batch rows 10 times 1795000000000001000..=1795000000000010000 call return exception return_to send deliver spawn spawned exit processes [0] functions [0]
        batch rows 9 times 1795000000000011000..=1795000000000019000 since 1795000000000000500 link unlink getting_linked getting_unlinked register unregister gap processes [0] functions []
        1795000000000001000 process 0 call function 0 Full 6c00000002610761036a
        1795000000000002000 process 0 return function 0 Full 77026f6b
        1795000000000003000 process 0 exception function 0 Shape 680277056572726f726101
        1795000000000004000 process 0 return_to function 0
        1795000000000005000 process 0 send peer 3 to nobody Full 77026f6b
        1795000000000006000 process 0 send peer 1 Oversize 6200010000
        1795000000000007000 process 0 deliver Hashed 6109
        1795000000000008000 process 0 spawn function 0 peer 1
        1795000000000009000 process 0 spawned function 0 peer 1 Full 6c00000002610761036a
        1795000000000010000 process 0 exit Full 77026f6b
        1795000000000011000 process 0 link peer 2
        1795000000000012000 process 0 unlink peer 2
        1795000000000013000 process 0 getting_linked peer 1
        1795000000000014000 process 0 getting_unlinked peer 1
        1795000000000015000 process 0 register atom 1
        1795000000000016000 process 0 unregister atom 1
        1795000000000017000 process 0 gap node 0 since 1795000000000000500: backpressure, exact 12
        1795000000000018000 process - gap node 0 since 1795000000000000500: event limit, at least 3
        1795000000000019000 process 0 gap node 0 since 1795000000000000500: byte limit, unknown
    "#]].assert_eq(&given::text(dir.path()));
}

#[test]
fn the_text_of_an_index_that_was_made_again_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    given::sample(dir.path());
    let before = given::text(dir.path());
    std::fs::remove_file(dir.path().join("events-000000.index")).unwrap();
    assert_eq!(given::text(dir.path()), before);
    let mut out = Vec::new();
    dump(&Reader::open(dir.path()).unwrap(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), before);
}
