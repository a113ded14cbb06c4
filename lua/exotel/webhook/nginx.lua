-- webhook/nginx: a webhook in a handler of nginx.
--
--   location = /exotel {
--     content_by_lua_block { require("exotel.webhook.nginx").handle(require "my_webhook") }
--   }
--
-- SPDX-License-Identifier: MIT

local nginx = require "exotel.nginx"

local mounted = {}

-- A body of more than client_body_buffer_size stands in a file: what nginx took, as a rule up to
-- client_max_body_size. No more of it is read than tells that it is too long.
local function read_body(max_body)
  local ngx = nginx.api
  ngx.req.read_body()
  local name = ngx.req.get_body_file()
  if not name then return ngx.req.get_body_data() or "" end
  local file, err = io.open(name, "rb")
  if not file then return nil, err end
  local body, why = file:read(max_body + 1)
  file:close()
  return body or not why and "" or nil, why
end

--- Handles the request at hand, in content_by_lua. What a webhook gives to do behind the answer
--- is done when the answer was sent.
---@param webhook exotel.webhook
function mounted.handle(webhook)
  local ngx = nginx.api
  if not ngx then error("exotel.webhook.nginx.handle is for a handler of nginx", 2) end
  if type(webhook) ~= "table" then
    error("exotel.webhook.nginx.handle wants a webhook, got a " .. type(webhook), 2)
  end
  local status, headers, body, after = webhook:handle(ngx.req.get_method(), ngx.var.args,
    ngx.req.get_headers(), read_body, ngx.var.uri)
  ngx.status = status
  for name, value in pairs(headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #body
  ngx.print(body)
  if after then
    ngx.eof()
    after()
  end
end

return mounted
