-- docs/testing.md: its code is run, all of it, as the files that it says it is.
--
-- SPDX-License-Identifier: MIT

local lua = require "spec.support.lua"
local sys = require "exotel.sys"

local LONG = 120 -- seconds that nothing here should ever need
local PAGE = "docs/testing.md"

local function read_file(name)
  local file = assert(io.open(name))
  local text = file:read "*a"
  file:close()
  return text
end

local function write_file(name, text)
  local file = assert(io.open(name, "w"))
  assert(file:write(text))
  assert(file:close())
end

-- The files that the page names, and the tests to be put into the second one's describe.
local function blocks()
  local files, tests = {}, {}
  for code in read_file(PAGE):gmatch "\n```lua\n(.-\n)```\n" do
    local name = code:match "^%-%- ([%w_]+%.lua)\n"
    if name then files[name] = code else tests[#tests + 1] = code end
  end
  return files, tests
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

-- Runs busted in a folder: all that it printed, and its exit code.
local function run_busted(folder, file)
  local command = 'cd "$1" && exec busted --lua="$3" -o TAP "$2" 2>&1'
  local process = assert(sys.spawn { "sh", "-c", command, "sh", folder, file, lua.name })
  local lines = {}
  repeat
    local line = process:read_line(LONG)
    lines[#lines + 1] = line
  until not line
  local code = process:wait(LONG)
  process:close()
  return table.concat(lines, "\n"), code
end

describe("the guide's code", function()
  local folder

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
  end)

  teardown(function() os.execute("rm -r " .. folder) end)

  it("runs", function()
    local files, tests = blocks()
    local spec = assert(files["reminder_spec.lua"])
    local wanted = count(spec, "\n  it%(")
    for _, code in ipairs(tests) do
      assert.matches("^it%(", code) -- or nothing would run it
      wanted = wanted + count("\n" .. code, "\nit%(")
    end
    assert.equal(count(read_file(PAGE), "\n```%l"), #tests + 2)
    files["reminder_spec.lua"] = spec:gsub("\nend%)\n$", function()
      return "\n" .. table.concat(tests, "\n") .. "end)\n"
    end)
    for name, code in pairs(files) do write_file(folder .. "/" .. name, code) end
    local output, code = run_busted(folder, "reminder_spec.lua")
    assert.equal(0, code, output)
    assert.equal(wanted, count("\n" .. output, "\nok %d"), output)
    assert.is_true(wanted > 2 and count(output, "SKIP") == 0)
  end)

  it("stands in the page's other words as it is", function()
    local help = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--help" })
    local options = {}
    repeat
      local line = help:read_line(LONG)
      local name = line and line:match "^  %-%-([%w-]+)"
      if name then options[name:gsub("-", "_")], options[name] = true, true end
    until not line
    help:close()
    local page = read_file(PAGE)
    for name in page:gmatch "`([%l_]+) = [^`]*`" do
      assert.is_true(name == "lua" or options[name] or false, name)
    end
    for name in page:gmatch "%-%-([%l-]+)" do assert.is_true(options[name] or false, name) end
  end)
end)
