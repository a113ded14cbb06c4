-- guide: the code of a page of docs/, as the files that it says it is, for specs that run it.
--
--   local page = guide.open "docs/testing.md"
--   page.text, page.files["reminder.lua"], page.blocks   -- blocks: those without a name
--   page:write()                      -- the files, into a folder of their own
--   local output, code = page:run { lua.name, "reminder.lua" }
--   page:close()                      -- in teardown
--
-- SPDX-License-Identifier: MIT

local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local raw = require "spec.support.raw"
local read_file = require "spec.support.read_file"
local sys = require "exotel.sys"

local guide = {}

local LONG = 120 -- seconds that nothing here should ever need

local page = {}
page.__index = page

local function write_file(name, text)
  local file = assert(io.open(name, "w"))
  assert(file:write(text))
  assert(file:close())
end

--- The page: its text; files: the code of the blocks that begin with a comment of a name.
function guide.open(name)
  local self = setmetatable({ text = read_file(name), files = {}, blocks = {} }, page)
  for code in self.text:gmatch "\n```lua\n(.-\n)```\n" do
    local file = code:match "^%-%- ([%w_]+%.lua)\n"
    if file then self.files[file] = code else table.insert(self.blocks, code) end
  end
  self.folder, self.remove = raw.directory()
  return self
end

function page:write()
  for name, text in pairs(self.files) do write_file(self.folder .. "/" .. name, text) end
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

--- Runs a file of the page by busted, with the blocks without a name, each of them an `it`, put
--- into it. What isn't run, or is skipped, fails here; named: the blocks of code that have a name.
function page:check_spec(name, named)
  local spec = assert(self.files[name])
  local wanted = count(spec, "\n  it%(")
  for _, code in ipairs(self.blocks) do
    assert(code:find "^it%(", "nothing would run a block")
    wanted = wanted + count("\n" .. code, "\nit%(")
  end
  assert(count(self.text, "\n```%l") == #self.blocks + named, "blocks that are no code to run")
  self.files[name] = spec:gsub("\nend%)\n$", function()
    return "\n" .. table.concat(self.blocks, "\n") .. "end)\n"
  end)
  self:write()
  local output, code = self:run { "busted", "--lua=" .. lua.name, "-o", "TAP", name }
  assert(code == 0 and wanted == count("\n" .. output, "\nok %d") and count(output, "SKIP") == 0,
    output)
  return wanted
end

--- Starts a program in the page's folder, with what it prints and complains about in one.
function page:start(program)
  return assert(sys.spawn { "sh", "-c", 'cd "$1" && shift && exec "$@" 2>&1', "sh", self.folder,
                            lua.unpack(program) })
end

--- All that a program prints that was started, and its exit code.
function guide.finish(process)
  return finish(process, LONG)
end

function page:run(program)
  return guide.finish(self:start(program))
end

function page:close()
  self.remove()
end

return guide
