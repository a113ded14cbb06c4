-- examples/ivr.lua, run against the sandbox: calls that come in and follow its flow.
--
-- SPDX-License-Identifier: MIT

local lua = require "spec.support.lua"
local on_sandbox = require "spec.support.on_sandbox"
local read_file = require "spec.support.read_file"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need
local SECRET = "5ec2e75ec2e75ec2e7"

-- The example's flow, with the URLs of a server on another port.
local function write_flow(urls)
  local text, name = read_file "examples/ivr_flow.json", os.tmpname()
  for _, url in ipairs(urls) do
    local path = url:match "^http://[^/]+(/%l+)"
    text = text:gsub("http://127%.0%.0%.1:8090" .. path .. "%?secret=%x+", url)
  end
  assert.is_nil(text:find("8090", 1, true))
  local file = assert(io.open(name, "w"))
  assert(file:write(text))
  file:close()
  return name
end

describe("examples/ivr.lua", function()
  local on, ivr, urls, flow

  setup(function()
    ivr = assert(sys.spawn { lua.name, "examples/ivr.lua", SECRET, "0" })
    urls = {}
    for index = 1, 5 do urls[index] = assert(ivr:read_line(LONG)) end
    flow = write_flow(urls)
    on = on_sandbox.start("--speed", "100", "--flow", flow)
  end)

  teardown(function()
    os.remove(flow)
    on:stop()
    ivr:close()
  end)

  -- A call of somebody who keys these digits: the applets that it met, and its record.
  local function call(from, digits)
    if digits ~= "" then
      assert.equal(200, on:post("/_sandbox/digits", { From = from, digits = digits }).status)
    end
    local placed = on:incoming("926", from)
    local record = on:settled(placed)
    local met = {}
    for _, one in ipairs(on:applets(placed)) do
      assert.is_nil(one.refused)
      assert.is_nil(one.failure)
      if one.outcome then met[#met + 1] = one.applet .. " " .. one.outcome end
    end
    return met, record, on:applets(placed)
  end

  it("prints a URL with the secret for each applet", function()
    for index, path in ipairs { "/welcome", "/menu", "/team", "/agents", "/missed" } do
      assert.truthy(urls[index]:find("^http://127%.0%.0%.1:%d+" .. path .. "%?secret=" .. SECRET
        .. "$"), urls[index])
    end
  end)

  it("connects to the first of a team that answers", function()
    local met, record, applets = call("+919876543201", "1")
    assert.same({ "1 next", "2 digits", "team sales", "agents conversation", "missed a" }, met)
    assert.same({ "completed", "completed" }, { record.legs[1].status, record.legs[2].status })
    assert.is_string(record.recording_url)
    assert.same({ text = "Welcome to Acme." }, applets[2].reply)
    assert.same({ 1, 6, 2 }, { applets[3].reply.max_input_digits, applets[3].reply.input_timeout,
      applets[3].reply.repeat_menu })
  end)

  it("takes a voicemail when nobody of the team answers", function()
    local met, record = call("+919876543202", "2")
    assert.same({ "1 next", "2 digits", "team support", "agents nobody_answered", "missed b" },
      met)
    assert.equal("no-answer", record.legs[2].status)
    assert.is_string(record.recording_url)
  end)

  it("takes a voicemail of who pressed something else", function()
    local met = call("+919876543203", "9")
    assert.same({ "1 next", "2 digits", "team nobody", "missed b" }, met)
  end)

  it("ends the call of who presses nothing", function()
    assert.same({ "1 next", "2 no_input" }, (call("+919876543204", "")))
  end)

  it("says nothing of the numbers without the secret", function()
    local url = urls[4]:gsub("secret=.*$", "secret=5ec2e75ec2e75ec2e8") .. "&CallFrom=1&digits=1"
    local response = assert(on.agent:perform { method = "GET", url = url, timeout = LONG,
                                               connect_timeout = LONG })
    assert.same({ 403, "" }, { response.status, response.body })
  end)

  it("prints what is asked and answered, without the secret and whole numbers", function()
    local text = {}
    repeat
      local line = ivr:read_line(0.2)
      text[#text + 1] = line
    until not line
    text = table.concat(text, "\n")
    assert.truthy(text:find("/agents\tevent passthru of call ", 1, true), text)
    assert.truthy(text:find("\treply 302, 0 bytes", 1, true), text)
    assert.falsy(text:find(SECRET, 1, true))
    assert.falsy(text:find("9876543", 1, true))
  end)
end)
