-- The contract of transports, kept by the one over nginx's sockets: every case of
-- exotel.transport.conformance is driven in a handler of a real nginx and judged here.
-- SPDX-License-Identifier: MIT

local conformance = require "exotel.transport.conformance"
local core = require "exotel.core"
local inside = require "spec.support.inside"

describe("inside nginx", function()
  local server, nginx

  setup(function()
    server = assert(conformance.start())
    nginx = inside.start()
  end)

  teardown(function()
    nginx:stop()
    server:stop()
  end)

  for _, case in ipairs(conformance.cases) do
    it(("%s: %s"):format(case.name, case.about), function()
      local outcome = assert(core.json(nginx:run([[
        local name, addresses = ...
        local conformance = require "exotel.transport.conformance"
        return require("exotel.core").to_json(conformance.drive(
          require("exotel.transport.resty").new, conformance.cases[name], addresses,
          ngx.thread.spawn), "")]], case.name, server.addresses)))
      assert.is_nil(conformance.judge(case, outcome, server:seen(case)))
    end)
  end

  it("driving takes nothing of this library but exotel.core", function()
    local modules = {}
    for name in nginx:maps():gmatch "/exotel/([%l_]+)%.so" do modules[name] = true end
    assert.same({ core = true }, modules)
  end)
end)
