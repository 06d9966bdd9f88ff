//! `pluto completions` and `pluto man`: both made from the arguments' own definition.

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::output;
use clap::CommandFactory;
use std::io::Write;

/// Writes the completions of a shell to standard output.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Failure> {
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pluto", &mut script);
    let mut out = output::standard();
    out.write_all(&script)?;
    out.flush()?;
    Ok(0)
}

/// Writes a page for `pluto` and one for each command into a directory.
pub(crate) fn man(args: &ManArgs) -> Result<u8, Failure> {
    std::fs::create_dir_all(&args.output)
        .map_err(|e| Failure::io(format!("cannot make {}", args.output.display()), &e))?;
    let mut command = Cli::command();
    command.build();
    write_page(args, &command, "pluto")?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_page(args, sub, &format!("pluto-{}", sub.get_name()))?;
    }
    Ok(0)
}

fn write_page(args: &ManArgs, command: &clap::Command, name: &str) -> Result<(), Failure> {
    let path = args.output.join(format!("{name}.1"));
    let page = clap_mangen::Man::new(command.clone());
    output::whole_file(&path, output::Readers::All, |out| Ok(page.render(out)?))
}
