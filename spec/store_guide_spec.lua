-- docs/store.md: its code is run, all of it.
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local sandbox = require "exotel.sandbox"

local page = guide.open "docs/store.md"
page:write()

local function environment(service, more)
  local list = { "env", "EXOTEL_ACCOUNT_SID=" .. service.account_sid,
    "EXOTEL_API_KEY=" .. service.api_key, "EXOTEL_API_TOKEN=" .. service.api_token,
    "EXOTEL_BASE_URL=" .. service.url }
  for _, word in ipairs(more) do list[#list + 1] = word end
  return list
end

describe("the guide of stores", function()
  local service

  setup(function() service = assert(sandbox.start { speed = 0 }) end)
  teardown(function()
    service:stop()
    page:close()
  end)

  it("asks for the balance under a limit", function()
    local output, code = page:run(environment(service, { lua.name, "one_process.lua" }))
    assert.same({ service:client():balance().balance_text, 0 }, { output, code })
  end)

  -- That it does so over a Redis too is shown in spec/redis.
  it("asks for the balance while there is no Redis, after one turn's time", function()
    local preload = "package.preload.redis = function() return { connect = function()"
      .. " error 'nobody is there' end } end dofile 'fleet.lua'"
    local output, code = page:run(environment(service, { "REDIS_HOST=127.0.0.1", "REDIS_PORT=1",
      lua.name, "-e", preload }))
    assert.same({ service:client():balance().balance_text, 0 }, { output, code })
  end)

  it("has a store that keeps the contract, and a check that says so", function()
    assert.same({ "", 0 }, { page:run { lua.name, "check.lua" } })
  end)

  it("has a store that is found out when it is wrong", function()
    local wrong = page.files["own_store.lua"]:gsub("~= before", "== before")
    local file = assert(io.open(page.folder .. "/own_store.lua", "w"))
    assert(file:write(wrong))
    file:close()
    assert.matches("^add.once: ", (page:run { lua.name, "check.lua" }))
  end)

  it("lists what a store does, all of it, and what each is given", function()
    local told, known = {}, {}
    for name, given in page.text:gmatch "\n| `store:(%l+)%((.-)%)`" do told[name] = given end
    for _, row in ipairs(contract.operations) do
      known[row[1]] = table.concat(row[2], ", "):gsub("%?", "")
    end
    assert.same(known, told)
  end)

  it("has no code that isn't run", function()
    assert.same({}, page.blocks)
    local names = {}
    for name in pairs(page.files) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "check.lua", "fleet.lua", "one_process.lua", "own_store.lua" }, names)
  end)
end)
