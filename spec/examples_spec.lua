-- The examples of the README are files, and their output is what the README says.

local exotel = require "exotel"
local finish = require "spec.support.finish"
local lua = require "spec.support.lua"
local read_file = require "spec.support.read_file"
local socket = require "socket"
local sys = require "exotel.sys"

-- All that a program prints, and its exit code.
local function run(program)
  return finish(assert(sys.spawn(program)), 20)
end

-- The status that a server answers a POST with.
local function post(url, content_type, body)
  local host, port = url:match "//([^:]+):(%d+)"
  local connection = assert(socket.connect(host, tonumber(port)))
  connection:settimeout(10)
  assert(connection:send(("POST /callback HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
    .. "Content-Length: %d\r\nConnection: close\r\n\r\n%s"):format(host, content_type, #body,
    body)))
  local status = assert(connection:receive "*l"):match "^HTTP/1.1 (%d+)"
  connection:close()
  return tonumber(status)
end

-- The indented lines of the README that a text, or the code of a file, must stand in as it is.
local function stands_in_readme(text)
  local indented = text:gsub("\n+$", ""):gsub("\n([^\n])", "\n    %1")
  return read_file("README.md"):find("    " .. indented, 1, true) ~= nil
end

local function code_of(name)
  return (read_file(name):match "\n\n(.*)$")
end

describe("examples", function()
  local sandbox, base_url

  setup(function()
    sandbox = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0",
                                 "--call-seconds", "1",
                               "--settle-seconds", "600" })
    base_url = assert(sandbox:read_line(10))
  end)

  teardown(function() sandbox:close() end)

  local function run_with_account(...)
    return run { "env", "EXOTEL_ACCOUNT_SID=sandbox", "EXOTEL_API_KEY=sandbox_key",
      "EXOTEL_API_TOKEN=sandbox_token", "EXOTEL_BASE_URL=" .. base_url, lua.name, ... }
  end

  it("first_call.lua places a call and prints what the README shows", function()
    local output, code = run_with_account("examples/first_call.lua", "+919876543210",
      "+919123456789", "08039570000")
    assert.equal(0, code)
    local shown = output:gsub("%x%x%x%x%x%x%x%x%x+", "c5797dcbaaeed7678c4062a4a3ed2f8a")
    assert.truthy(stands_in_readme(shown), shown)
  end)

  it("first_call.lua runs on a sandbox by the lines of the README", function()
    local lines = read_file("README.md"):match "\n\n    make\n(.-)\n\n"
    local script, starts = lines:gsub("\n[^\n]*bin/exotel sandbox %-%-port 8080 &", "")
    local port = base_url:match "%d+$"
    local places
    script, places = script:gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. port)
    assert.same({ 1, 1 }, { starts, places })
    local output, code = run { "env", "LUA=" .. lua.name, "sh", "-ec", script }
    assert.equal(0, code)
    local shown = output:gsub("%x%x%x%x%x%x%x%x%x+", "c5797dcbaaeed7678c4062a4a3ed2f8a")
    assert.truthy(stands_in_readme(shown), shown)
  end)

  it("failed_calls.lua prints the calls of some days that failed, as the README shows", function()
    local past = assert(sys.spawn { lua.name, "bin/exotel", "sandbox", "--port", "0", "--history",
                                    "400" })
    local url = assert(past:read_line(20))
    local today = os.time()
    local output, code = run { "env", "EXOTEL_ACCOUNT_SID=sandbox", "EXOTEL_API_KEY=sandbox_key",
      "EXOTEL_API_TOKEN=sandbox_token", "EXOTEL_BASE_URL=" .. url, lua.name,
      "examples/failed_calls.lua", os.date("!%Y-%m-%d", today - 150 * 86400),
      os.date("!%Y-%m-%d", today) }
    past:close()
    assert.equal(0, code)
    local line = "^%d+%-%d%d%-%d%d %d%d:%d%d:%d%d\tcall [%xX]+ ([%l-]+) from %S+ to %S+ %d+ s$"
    local count, ended = 0, {}
    for text in output:gmatch "[^\n]+" do
      count = count + 1
      local status = text:match(line)
      assert.truthy(status, text)
      ended[status] = true
    end
    assert.is_true(count > 10)
    assert.same({ failed = true, busy = true, ["no-answer"] = true }, ended)
    assert.truthy(stands_in_readme(("2026-11-03 16:21:08\tcall c5797dcbaaeed7678c4062a4a3ed2f8a"
      .. " no-answer from +XXXXXXXXX210 to +XXXXXXXXX789 8 s")))
  end)

  it("many.lua dials every number, and tells of each", function()
    local output, code = run_with_account("examples/many.lua", "+919876543210", "08039570000",
      "+919123456701", "not a number", "+919123456789")
    assert.equal(0, code)
    local first, second, third = output:match "^1\t([^\n]+)\n2\t([^\n]+)\n3\t([^\n]+)$"
    assert.truthy(first:find "^call %x+ queued from %+XXXXXXXXX210 to %+XXXXXXXXX701$", output)
    assert.truthy(second:find("exotel.connect: to", 1, true), output)
    assert.truthy(third:find "to %+XXXXXXXXX789$", output)
  end)

  it("stand in the README as they are", function()
    for _, name in ipairs { "examples/first_call.lua", "examples/webhook.lua",
                            "examples/many.lua", "examples/failed_calls.lua" } do
      assert.truthy(stands_in_readme(code_of(name)), name)
    end
  end)

  it("webhook.lua prints an event, whatever its encoding", function()
    local process = assert(sys.spawn { lua.name, "examples/webhook.lua", "0" })
    local url = assert(process:read_line(10)):match "http.*"
    local event = { call_sid = "492205107c5fb48f4ac25d1f77759339", event_type = "terminal",
                    status = "no-answer", from = "+919414740000" }
    for _, name in ipairs { "application/json", "multipart/form-data",
                            "application/x-www-form-urlencoded" } do
      local body, content_type = exotel.build_callback(event, name)
      assert.equal(200, post(url, content_type, body))
      local line = process:read_line(10)
      assert.equal("event terminal of call 492205107c5fb48f4ac25d1f77759339 no-answer", line)
      assert.truthy(stands_in_readme(line))
    end
    assert.equal(400, post(url, "application/json", "{"))
    assert.truthy(process:read_line(10):find("not JSON at byte 2", 1, true))
    process:close()
  end)

  it("frame_loop.lua counts its answers and says how long the longest frame was", function()
    local output, code = run { lua.name, "examples/frame_loop.lua", "60" }
    assert.equal(0, code)
    local answered, failed = output:match("^60 frames with 64 requests in flight: (%d+) answered,"
      .. " (%d+) failed\nlongest frame %d+%.%d ms$")
    assert.equal("0", failed)
    assert.is_true(tonumber(answered) > 64)
  end)

  it("demo.lua hears of both answers and the end, and prints the settled record", function()
    local output, code = run { lua.name, "examples/demo.lua" }
    assert.equal(0, code)
    local heard = {}
    for line in output:gmatch "received    event ([^\n]*)" do
      heard[#heard + 1] = line:gsub("%x%x%x%x%x%x%x%x%x+", "SID")
    end
    assert.same({
      "answered of call SID in-progress, legs: in-progress, not rung yet",
      "answered of call SID in-progress, legs: in-progress, in-progress",
      "terminal of call SID completed, legs: completed, completed",
    }, heard)
    assert.truthy(output:find "\nstatus +completed\n")
    assert.truthy(output:find "\nprice +0%.750\n")
    assert.truthy(output:find "\nlegs%[2%] +completed, 2 s$")
  end)
end)
