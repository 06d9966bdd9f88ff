//! Names that were probably meant.

use expect_test::expect;
use pluto_source::near_misses;

#[test]
fn names_that_were_probably_meant() {
    let names = [
        "place_order",
        "place_orders",
        "cancel_order",
        "get",
        "Place",
        "init",
        "stock",
        "Elixir.MyApp.Orders",
    ];
    let near = |wanted| near_misses(wanted, names).join(" ");
    let shown: Vec<String> =
        ["plce_order", "palce_order", "place_order", "order", "PLACE", "gte", "x", "MyApp.Orders", ""]
            .map(|wanted| format!("{wanted}: {}", near(wanted)))
            .into();
    expect![[r#"
        plce_order: place_order place_orders
        palce_order: place_order place_orders cancel_order
        place_order: place_orders
        order: cancel_order place_order
        PLACE: Place place_order place_orders
        gte: get
        x: 
        MyApp.Orders: Elixir.MyApp.Orders
        : "#]]
    .assert_eq(&shown.join("\n"));
}
