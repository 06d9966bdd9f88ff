//! The compiled forms in the tree are what OTP 25 makes of the sources.

use pluto_testnode::release;
use std::path::Path;

#[test]
fn compiled_forms_are_current() {
    let Some(release) = release(25) else {
        eprintln!("OTP 25 is not on this machine: the compiled agent is not compared");
        return;
    };
    let agent = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let arguments = [agent.join("erl/build.escript"), agent.join("erl"), out.path().to_owned()];
    let status = release.command("escript").args(arguments).status().unwrap();
    assert!(status.success());
    for name in ["pluto_agent.beam", "janitor.etf", "survey.etf", "clean.etf", "names.etf"] {
        let current = std::fs::read(out.path().join(name)).unwrap();
        let committed = std::fs::read(agent.join("compiled").join(name)).unwrap();
        assert!(current == committed, "compiled/{name} is not what erl/build.escript makes of the sources");
    }
}
