-- docs/webhooks.md: its code is run, all of it, and what it lists is what the webhook does. What it
-- says of nginx is run in spec/nginx/webhooks_guide_spec.lua.
--
-- SPDX-License-Identifier: MIT

local exotel = require "exotel"
local guide = require "spec.support.guide"
local lua = require "spec.support.lua"
local posting = require "spec.support.posting"
local tiny_store = require "spec.support.tiny_store"
local webhooks = require "exotel.webhook"

local LONG = 20 -- seconds that nothing here should ever need
local SECRET = ("s3cret--"):rep(2)

describe("the guide to webhooks", function()
  local page

  setup(function() page = guide.open "docs/webhooks.md" end)
  teardown(function() page:close() end)

  it("has code that runs", function()
    assert.is_true(page:check_spec("hook_spec.lua", 5) > 10)
  end)

  it("has a server that takes what is posted, once, with the secret of the environment", function()
    page:write()
    local server = page:start { "env", "VOICE_SECRET=" .. SECRET, lua.name, "serve.lua", "0" }
    local port = tonumber(server:read_line(LONG):match "^listening at http://127.0.0.1:(%d+)$")
    local event = posting.event(1)
    for _ = 1, 2 do
      assert.equal(200, (posting.post(port, "/exotel?secret=" .. SECRET, event, posting.FORM)))
    end
    assert.equal(403, (posting.post(port, "/exotel", posting.event(2), posting.FORM)))
    assert.equal(200, (posting.post(port, "/exotel?secret=" .. SECRET, posting.event(3),
      posting.JSON)))
    assert.equal(event.call_sid .. " " .. event.status, server:read_line(LONG))
    assert.equal(posting.event(3).call_sid .. " " .. posting.event(3).status,
      server:read_line(LONG))
    server:signal "TERM"
    server:wait(LONG)
    server:close()
  end)

  it("lists what a server and its requests have", function()
    local server = assert(require("exotel.httpd").listen())
    local socket = require("socket").connect("127.0.0.1", server:port())
    socket:send "GET / HTTP/1.0\r\n\r\n"
    local request = server:poll(LONG)
    for name, object in pairs { server = server, request = request } do
      local there, listed = { close = true }, {}
      for method in pairs(getmetatable(object).__index) do there[method] = true end
      for method in page.text:gmatch("`" .. name .. ":([%l_]+)%(") do listed[method] = true end
      assert.same(there, listed)
    end
    socket:close()
    server:close()
  end)

  -- The rows of the table of answers: by status, the counts in its last column.
  local function answers_of(text)
    local rows = {}
    local body = assert(text:match "\n| answered |[^\n]*\n|%-[^\n]*\n(.-)\n\n")
    for status, counted in (body .. "\n"):gmatch "| (%d+) |[^\n]*| ([^|\n]+) |\n" do
      rows[tonumber(status)] = {}
      for name in counted:gmatch "`([%l_]+)`" do rows[tonumber(status)][name] = true end
    end
    return rows
  end

  it("lists every answer, and what it is counted as", function()
    local store = tiny_store.new()
    local on_event, seen = nil, {}
    local function new(more)
      local settings = { secrets = { SECRET }, store = store, max_body = 5000,
                         on_event = function() return on_event and on_event() end }
      for name, value in pairs(more or {}) do settings[name] = value end
      return webhooks.new(settings)
    end
    local function bring(webhook, method, query, body)
      local before = webhook:counts()
      local status = webhook:handle(method or "POST", query or "secret=" .. SECRET,
        { ["content-type"] = posting.JSON }, body
          or (exotel.build_callback(posting.event(1), posting.JSON)))
      seen[status] = seen[status] or {}
      for name, times in pairs(webhook:counts()) do
        if times > before[name] and name ~= "received" then seen[status][name] = true end
      end
    end
    local webhook = new()
    on_event = function() error "mine" end
    bring(webhook)
    on_event = function()
      on_event = nil
      bring(new()) -- the same, while it is at work
    end
    bring(webhook)
    bring(webhook)
    bring(webhook, "POST", nil, "{")
    bring(webhook, "POST", "secret=x")
    bring(webhook, "PUT")
    bring(webhook, "POST", nil, ("x"):rep(5001))
    bring(webhook, "POST", nil, function() return nil, "no file" end)
    store.clock = 7200
    bring(new { tracker = { heard = function() return nil, "away" end } })
    bring(new { tracker = { heard = function() error "away" end } })
    store.fail = { lease = true }
    bring(webhook)
    assert.same(answers_of(page.text), seen)
  end)

  it("names all settings and counts", function()
    for _, row in ipairs(webhooks.settings) do
      assert.truthy(page.text:find(row[1], 1, true), row[1])
    end
    local webhook = webhooks.new { secrets = { SECRET }, store = tiny_store.new(),
                                   on_event = function() end }
    for name in pairs(webhook:counts()) do
      assert.truthy(page.text:find("`" .. name .. "`", 1, true), name)
    end
  end)

  it("says the settings' defaults", function()
    local said = 0
    for _, row in ipairs(webhooks.settings) do
      local number = page.text:match("`" .. row[1] .. "`%s+seconds %((%d+)%)")
      if number then
        assert.equal(row[6], tonumber(number), row[1])
        said = said + 1
      end
    end
    assert.equal(3, said)
  end)
end)
