//! The sample systems do what their READMEs promise, on live nodes.

use std::path::PathBuf;

use pluto_examples::{build_elixir, build_erlang};
use pluto_testnode::{Node, NodeOptions, Release, releases, system_release};

/// A node that finds modules in these directories and keeps its reports of crashes to itself.
fn node(release: &Release, paths: &[PathBuf]) -> Node {
    let mut arguments: Vec<String> = ["-kernel", "logger_level", "none"].map(str::to_owned).to_vec();
    for path in paths {
        arguments.extend(["-pa".to_owned(), path.display().to_string()]);
    }
    Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() })
}

/// One shop as the tests address it.
struct Shop {
    shop: &'static str,
    load: &'static str,
    payment: &'static str,
    audit: &'static str,
    orders: &'static str,
    supervisor: &'static str,
}

const ERLANG: Shop = Shop {
    shop: "shop",
    load: "shop_load",
    payment: "shop_payment",
    audit: "shop_audit",
    orders: "shop_orders",
    supervisor: "shop_sup",
};

const ELIXIR: Shop = Shop {
    shop: "'Elixir.Shop'",
    load: "'Elixir.Shop.Load'",
    payment: "'Elixir.Shop.Payment'",
    audit: "'Elixir.Shop.Audit'",
    orders: "'Elixir.Shop.Orders'",
    supervisor: "'Elixir.Shop.Supervisor'",
};

/// Everything that one can look for in a shop, asked of the node itself.
fn behaves(node: &mut Node, shop: &Shop) {
    let Shop { shop: start, load, payment, audit, orders, supervisor } = shop;
    assert_eq!(node.eval(&format!("{start}:start().")), "ok");
    assert_eq!(node.eval(&format!("length(supervisor:which_children({supervisor})).")), "5");

    // Without bad cards every order is placed, by as many processes as asked for.
    let calm = "#{rate => 2000, seconds => 1, clients => 1000, slow => never, crash => never}";
    let placed =
        node.eval(&format!("#{{ok := 2000, failed := Failed}} = {load}:run({calm}), map_size(Failed)."));
    assert_eq!(placed, "0");
    let status = node.eval(&format!("#{{placed := P, failed := F}} = {start}:status(), {{P, F}}."));
    assert_eq!(status, "{2000,0}");

    // A thousand customers are a thousand processes.
    let crowd = "#{rate => 1000, seconds => 2, clients => 1000, slow => never, crash => never}";
    let crowded = node.eval(&format!(
        "Before = erlang:system_info(process_count),
         {{Runner, Monitor}} = spawn_monitor(fun() -> {load}:run({crowd}) end),
         Watch = fun Watch(Most) ->
             receive {{'DOWN', Monitor, process, Runner, normal}} -> Most
             after 1 -> Watch(max(Most, erlang:system_info(process_count) - Before)) end
         end,
         Watch(0) >= 1000."
    ));
    assert_eq!(crowded, "true");

    // A card that cannot be read crashes payment: it comes back as another process, the others stay.
    let crashing = "#{rate => 200, seconds => 1, clients => 10, slow => never, crash => 50}";
    let crashed = node.eval(&format!(
        "Payment = whereis({payment}), Orders = whereis({orders}), Monitor2 = monitor(process, Payment),
         #{{failed := #{{payment_crashed := Crashes}}}} = {load}:run({crashing}),
         receive {{'DOWN', Monitor2, process, Payment, Reason}} -> ok end,
         Again = fun Again() -> case whereis({payment}) of undefined -> receive after 10 -> Again() end; P -> P end end,
         {{Crashes >= 4, element(1, Reason) =/= normal, is_pid(Again()), Again() =/= Payment,
           whereis({orders}) =:= Orders}}."
    ));
    assert_eq!(crashed, "{true,true,true,true,true}");

    // A slow bank takes 20 ms and more where any other card is charged at once.
    let charge =
        |card: &str| format!("element(1, timer:tc(fun() -> {{ok, _}} = {payment}:charge({card}, 100) end))");
    let slow = node.eval(&format!("{} >= 20000.", charge("{slow_bank, <<\"1\">>}")));
    assert_eq!(slow, "true");

    // Audit is slower than orders come in, so its mailbox has grown.
    let grown = node.eval(&format!("element(2, process_info(whereis({audit}), message_queue_len)) > 500."));
    assert_eq!(grown, "true");
    assert_eq!(node.eval(&format!("{start}:stop().")), "ok");
    assert_eq!(node.eval(&format!("whereis({orders}).")), "undefined");
}

#[test]
fn the_erlang_shop_behaves_on_every_release() {
    for release in releases() {
        let directory = tempfile::tempdir().unwrap();
        let ebin = build_erlang(release.command("erlc"), directory.path()).unwrap();
        behaves(&mut node(&release, &[ebin]), &ERLANG);
    }
}

#[test]
fn the_erlang_load_runs_in_the_background_and_ends_on_request() {
    let release = system_release();
    let directory = tempfile::tempdir().unwrap();
    let ebin = build_erlang(release.command("erlc"), directory.path()).unwrap();
    let mut node = node(&release, &[ebin]);
    let ended = node.eval(
        "ok = shop:start(),
         Load = shop_load:start(#{rate => 1000, seconds => 3600, clients => 100}),
         Placed = fun Placed() -> case maps:get(placed, shop:status()) of 0 -> Placed(); Count -> Count end end,
         true = Placed() > 0,
         Load = whereis(shop_load),
         ok = shop_load:stop(),
         whereis(shop_load).",
    );
    assert_eq!(ended, "undefined");
}

#[test]
fn the_elixir_shop_behaves() {
    let release = system_release();
    let directory = tempfile::tempdir().unwrap();
    let paths = build_elixir(directory.path()).unwrap();
    behaves(&mut node(&release, &paths), &ELIXIR);
}
