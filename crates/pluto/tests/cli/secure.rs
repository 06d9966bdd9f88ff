//! Programs whose connections are encrypted, with certificates made for the test.

use std::path::Path;
use std::process::Command;

use expect_test::expect;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::support::{Ran, between, command, files};

const PROGRAM: &str = r#"
import std.{fs, http, net}
import std.http.{HttpError, Request, Response}
import std.net.{Listener, NetError}

fn answer(request: Request) Response raises none {
    http.text(f"{request.method} {request.target} {request.body.len()}")
}

fn told(url: string) string {
    let answer = http.get(url) catch { HttpError { problem, .. } => return f"{problem}" }
    answer.text()
}

fn lines(listener: Listener) raises NetError {
    let mut connection = listener.accept()!
    defer { connection.close() }
    loop {
        let line = connection.read_line()! else { break }
        connection.write_text(line.repeat(100_000) + "\n")!
    }
}

fn main() {
    let (certificate, key) = (fs.read_text("server.pem")!, fs.read_text("server.key")!)
    let listener = net.listen_secure("127.0.0.1:0", certificate, key)!
    let serving = spawn http.serve(listener, (request: Request) => answer(request))
    serving.detach()
    let port = listener.address.split(":")[1]
    print(told(f"https://localhost:{port}/a?b"))
    print(http.post(f"https://localhost:{port}/", "x".repeat(3_000_000))!.text())
    print(told(f"https://127.0.0.1:{port}/"))
    print(told(f"http://localhost:{port}/"))
    print(told(f"https://localhost:{port}/again"))
    listener.close()

    let plain = net.listen_secure("127.0.0.1:0", certificate, key)!
    let answering = spawn lines(plain)
    let mut connection = net.connect_secure(f"localhost:{plain.address.split(":")[1]}")!
    connection.write_text("0123456789\nab")!
    print((connection.read_line()! ?? "").len())
    connection.finish()!
    print((connection.read_line()! ?? "").len())
    print(connection.read_line()!)
    answering.get()!

    net.listen_secure("127.0.0.1:0", "nothing", key) catch { NetError { why, .. } => {
        print(why)
        return
    } }
}
"#;

/// An authority, and a server of the name `localhost` that it knows.
fn certificates() -> TempDir {
    let dir = files(&[("main.pluto", PROGRAM)]);
    for name in ["authority", "stranger"] {
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
        write(dir.path(), &format!("{name}.pem"), &issuer.pem());
        if name == "authority" {
            let key = KeyPair::generate().expect("a key");
            let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
            let certificate = params.signed_by(&key, &issuer).expect("signed");
            write(dir.path(), "server.pem", &certificate.pem());
            write(dir.path(), "server.key", &key.serialize_pem());
        }
    }
    dir
}

fn write(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).expect("writable");
}

fn ran(mut command: Command, dir: &TempDir, trusted: &str) -> Ran {
    command.current_dir(dir.path()).env("SSL_CERT_FILE", dir.path().join(trusted));
    command.output().expect("it runs").into()
}

#[test]
fn who_is_known_by_name_is_spoken_with_and_nobody_else() {
    let dir = certificates();
    let expected = expect![[r#"
        status 0
        --- stdout
        GET /a?b 0
        POST / 3000000
        Broken
        Broken
        GET /again 0
        1000000
        200000
        none
        the certificate with the key cannot be used: peer sent no certificates
        --- stderr
    "#]];
    for how in [&["run"][..], &["run", "--interpret"], &["run", "--workers", "4"]] {
        let run = command(&[how, &["main.pluto"]].concat());
        expected.assert_eq(&ran(run, &dir, "authority.pem").whole());
    }
    let built = command(&["build", "main.pluto", "-o", "app"]);
    assert_eq!(ran(built, &dir, "authority.pem").status, 0);
    expected.assert_eq(&ran(Command::new(dir.path().join("app")), &dir, "authority.pem").whole());
}

#[test]
fn who_is_known_to_nobody_who_is_trusted_is_not_spoken_with() {
    let dir = certificates();
    let run = command(&["run", "main.pluto"]);
    let whole = ran(run, &dir, "stranger.pem").whole();
    expect![[r#"
        status 1
        --- stdout
        Broken
        --- stderr
        error: HttpError { url: "https://localhost:PORT/", problem: Broken, why: "invalid peer certificate: badsignature" }
          raised at std/http.pluto:178:9
    "#]].assert_eq(&between(&whole, "localhost:", "/", "PORT"));
}
