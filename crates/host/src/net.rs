//! Connections.

use crate::files::bound;
use crate::outside::Connected;

crate::function::table! {
    waits;
    "std.net.host_connect" = |outside, turn, address: &str, name: &str| {
        outside.connect(address, name, turn).map(lanes)
    };
    "std.net.host_accept" = |outside, _turn, listener: i64| outside.accept(listener as u64).map(lanes);
    "std.net.host_receive" = |outside, _turn, connection: i64, most: i64| {
        outside.receive(connection as u64, bound(most))
    };
    "std.net.host_send" = |outside, turn, connection: i64, data: &[u8]| {
        outside.send(connection as u64, data, turn).map(|sent| i64::try_from(sent).unwrap_or(i64::MAX))
    };
}

/// Those that never wait.
pub(crate) mod at_once {
    use crate::outside::Fault;

    crate::function::table! {
        outside: true;
        "std.net.host_listen" = |outside, address: &str| numbered(outside.listen(address, None));
        "std.net.host_listen_secure" = |outside, address: &str, certificates: &str, key: &str| {
            numbered(outside.listen(address, Some([certificates, key])))
        };
        "std.net.host_finish" = |outside, connection: i64| outside.finish_sending(connection as u64);
        "std.net.host_close" = |outside, socket: i64| outside.close(socket as u64);
    }

    fn numbered(listens: Result<(u64, String), Fault>) -> Result<(i64, String), Fault> {
        listens.map(|(listener, address)| (listener as i64, address))
    }
}

fn lanes(connected: Connected) -> (i64, String, String) {
    (connected.connection as i64, connected.here, connected.there)
}
