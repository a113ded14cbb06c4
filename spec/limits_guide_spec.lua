-- docs/limits.md: its code is run, all of it. That the fleet's runs over a Redis is shown in
-- spec/redis/limiter_spec.lua.
--
-- SPDX-License-Identifier: MIT

local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local sandbox = require "exotel.sandbox"

local function environment(service, more)
  local list = { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
    "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
    "EXOTEL_BASE_URL=" .. service.url }
  for _, word in ipairs(more) do list[#list + 1] = word end
  return list
end

describe("the guide to limits", function()
  local page, service

  setup(function()
    page = guide.open "docs/limits.md"
    page:write()
    service = assert(sandbox.start { speed = 0 })
  end)

  teardown(function()
    service:stop()
    page:close()
  end)

  it("asks for the balance under a limit", function()
    local output, code = page:run(environment(service, { lua.name, "one_process.lua" }))
    assert.same({ service:client():balance().balance_text, 0 }, { output, code })
  end)

  it("asks for the balance while there is no Redis, after one turn's time", function()
    local preload = "package.preload.redis = function() return { connect = function()"
      .. " error 'nobody is there' end } end dofile 'fleet.lua'"
    local output, code = page:run(environment(service, { "REDIS_HOST=127.0.0.1", "REDIS_PORT=1",
      lua.name, "-e", preload }))
    assert.same({ service:client():balance().balance_text, 0 }, { output, code })
  end)

  it("has code that runs", function()
    assert.is_true(page:check_spec("limits_spec.lua", 3) > 5)
  end)
end)
