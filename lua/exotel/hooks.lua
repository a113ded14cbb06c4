-- hooks: what a client tells its owner of its work: on_request, on_response, on_retry, logger.
--
-- They look on. One that raises changes nothing for the request it was told of, whose outcome
-- must reach the caller: the logger hears of it.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local yielding = require "exotel.yielding"

local hooks = {}

--- Gives the logger of a client, if it has one, a line. level: "info", "warning" or "error".
function hooks.log(state, level, message)
  if not state.logger then return end
  yielding.pcall(state.logger, level, core.mask(message, state.secrets))
end

--- Calls the hook of that name of a client, if it has one.
---@param state table the client's
---@param name string
---@param told table what it is told
function hooks.tell(state, name, told)
  local hook = state[name]
  if not hook then return end
  local ok, raised = yielding.pcall(hook, told)
  if not ok then hooks.log(state, "error", ("%s raised: %s"):format(name, tostring(raised))) end
end

return hooks
