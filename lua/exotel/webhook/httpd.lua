-- webhook/httpd: a webhook on a server of exotel.httpd.
--
--   local server = assert(require("exotel.httpd").listen { port = 8080 })
--   while true do mounted.step(webhook, server, 60) end
--   poller:add(server, function() mounted.step(webhook, server, 0) end)        -- or beside others
--
-- SPDX-License-Identifier: MIT

local mounted = {}

-- For whom users call: raises at their line.
local function check_webhook(name, webhook)
  if type(webhook) ~= "table" then
    error(("exotel.webhook.httpd.%s wants a webhook, got a %s"):format(name, type(webhook)), 3)
  end
end

--- Answers one request of a server. Returns what is to be called when the answer is on its way,
--- behind the server's next poll; nil for nothing.
---@param webhook exotel.webhook
---@param request userdata
---@return function? after
function mounted.answer(webhook, request)
  check_webhook("answer", webhook)
  local status, headers, body, after = webhook:handle(request:method(), request:query(),
    request:headers(), request:body(), request:path())
  request:respond(status, headers, body)
  return after
end

--- Waits up to so many seconds for a request, and answers it. Whether there was one.
---@param webhook exotel.webhook
---@param server userdata
---@param seconds? number
---@return boolean handled
function mounted.step(webhook, server, seconds)
  check_webhook("step", webhook)
  local request = server:poll(seconds or 0)
  local handled = request ~= nil
  while request do
    local after = mounted.answer(webhook, request)
    request = after and server:poll(0) -- which sends the answer
    if after then after() end
  end
  return handled
end

return mounted
