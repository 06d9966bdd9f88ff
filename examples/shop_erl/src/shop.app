{application, shop,
 [{description, "A small shop to look at with Pluto"},
  {vsn, "1.0.0"},
  {modules, [shop, shop_app, shop_audit, shop_cache, shop_load, shop_orders, shop_payment, shop_stock, shop_sup]},
  {registered, [shop_audit, shop_cache, shop_orders, shop_payment, shop_stock, shop_sup]},
  {applications, [kernel, stdlib]},
  {env, []},
  {mod, {shop_app, []}}]}.
