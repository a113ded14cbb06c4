-- The walking skeleton: a call placed and read back through the whole stack.

local exotel = require "exotel"
local lua = require "spec.support.lua"
local sys = require "exotel.sys"

describe("a call on the sandbox", function()
  local sandbox, client

  setup(function()
    sandbox = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0",
                                 "--call-seconds", "0.2" })
    client = exotel.client {
      account_sid = "sandbox", api_key = "sandbox_key", api_token = "sandbox_token",
      base_url = assert(sandbox:read_line(10)),
    }
  end)

  teardown(function() sandbox:close() end)

  it("is placed, goes on, and is read back completed", function()
    local call = assert(client:connect { from = "+919876543210", to = "+919123456789",
                                         caller_id = "08039570000" })
    assert.equal("queued", call.status)
    local sid = call.sid
    repeat
      sys.sleep(0.05)
      call = assert(client:call_details(call, { details = true }))
    until call.price
    assert.equal("completed", call.status)
    assert.equal(sid, call.sid)
    assert.equal("completed", call.legs[2].status)
    assert.equal("0.750", call.price_text)
  end)
end)
