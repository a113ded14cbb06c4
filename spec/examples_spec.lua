-- The examples of the README are files, and their output is what the README says.

local sys = require "exotel.sys"

local function read_file(name)
  local file = assert(io.open(name))
  local text = file:read "a"
  file:close()
  return text
end

-- All that a program prints, and its exit code.
local function run(program)
  local process = assert(sys.spawn(program))
  local lines = {}
  repeat
    local line = process:read_line(20)
    lines[#lines + 1] = line
  until not line
  local code = process:wait(20)
  process:close()
  return table.concat(lines, "\n"), code
end

describe("examples", function()
  local sandbox, base_url

  setup(function()
    sandbox = assert(sys.spawn { "bin/exotel", "sandbox", "--port", "0", "--call-seconds", "1" })
    base_url = assert(sandbox:read_line(10))
  end)

  teardown(function() sandbox:close() end)

  it("first_call.lua places a call and prints what the README shows", function()
    local output, code = run { "env", "EXOTEL_ACCOUNT_SID=sandbox", "EXOTEL_API_KEY=sandbox_key",
      "EXOTEL_API_TOKEN=sandbox_token", "EXOTEL_BASE_URL=" .. base_url, "lua5.4",
      "examples/first_call.lua", "+919876543210", "+919123456789", "08039570000" }
    assert.equal(0, code)
    local readme = read_file "README.md"
    local shown = output:gsub("%x%x%x%x%x%x%x%x%x+", "c5797dcbaaeed7678c4062a4a3ed2f8a")
    assert.truthy(readme:find(shown:gsub("\n", "\n    "), 1, true), shown)
  end)

  it("first_call.lua stands in the README as it is", function()
    local code = read_file "examples/first_call.lua"
    local body = code:match "\n\n(.*)$":gsub("\n+$", ""):gsub("\n([^\n])", "\n    %1")
    assert.truthy(read_file "README.md":find(body, 1, true), body)
  end)

  it("demo.lua ends with the completed record", function()
    local output, code = run { "lua5.4", "examples/demo.lua" }
    assert.equal(0, code)
    assert.truthy(output:find "\nstatus +completed\n")
    assert.truthy(output:find "\nprice +0%.750\n")
    assert.truthy(output:find "\nlegs%[2%] +completed, 1 s$")
  end)
end)
