-- What is installed uses what every Lua has; the files below ask first what there is.
std = "max"
max_line_length = 100
files["lua"] = { std = "min" }
files["bin"] = { std = "min" }
files["examples"] = { std = "min" }
files["examples/nginx"] = { std = "ngx_lua" }
files["lua/exotel/compat.lua"] = { std = "max" }
files["lua/exotel/yielding.lua"] = { std = "max" }
files["lua/exotel/transport/loop.lua"] = { std = "max" }
files["bench/nginx_handlers.lua"] = { std = "ngx_lua" }
files["spec"] = { std = "max+busted" }
