-- docs/store.md: its code is run, all of it.
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local guide = require "spec.support.guide"
local lua = require "spec.support.lua"

local page = guide.open "docs/store.md"
page:write()

describe("the guide of stores", function()
  teardown(function() page:close() end)

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
    assert.same({ "check.lua", "own_store.lua" }, names)
  end)
end)
