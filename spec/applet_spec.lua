-- exotel.applet: replies by rows, as they are built, and as the sandbox reads them; requests.
--
-- SPDX-License-Identifier: MIT

local api = require "exotel.api"
local applet = require "exotel.applet"
local core = require "exotel.core"
local dkjson = require "dkjson"
local exotel = require "exotel"
local readers = require "exotel.sandbox.replies"
local rows = require "spec.rows.replies"

local functions = {
  connect = applet.connect, gather = applet.gather, greeting = applet.greeting,
  switch = function(fields) return applet.switch(fields.select) end,
  dial_whom = function(fields) return applet.dial_whom(fields.numbers or {}) end,
}

local function json_of(fields) return next(fields) and dkjson.encode(fields) or "{}" end

describe("a reply of", function()
  for _, row in ipairs(rows) do
    local build = functions[row.reply]
    if row.body then
      it(("%s is built: %s"):format(row.reply, row.id), function()
        local reply = assert(build(row.fields))
        assert.same({ 200, { ["content-type"] = row.type }, row.body },
          { reply.status, reply.headers, reply.body })
        assert.is_true(applet.is_reply(reply))
      end)
    elseif row.err then
      it(("%s is refused: %s"):format(row.reply, row.id), function()
        local reply, err = core.reply(row.reply, row.fields)
        assert.is_nil(reply)
        assert.same({ "invalid", row.err[1], row.err[2] }, { err.kind, err.reason, err.field })
        assert.truthy(err.message:find(row.err[3], 1, true), err.message)
      end)
    else
      it(("%s is a mistake: %s"):format(row.reply, row.id), function()
        local ran, message = pcall(function() build(row.fields) end)
        assert.is_false(ran)
        local place, said = message:match "^(.-:%d+): (.*)$"
        assert.truthy(place:find("applet_spec.lua", 1, true), message)
        assert.truthy(said:find(row.raises, 1, true), said)
      end)
    end
  end
end)

describe("the sandbox", function()
  local function read(row, body, content_type)
    return readers[row.reply] {
      status = 200, headers = { ["content-type"] = content_type }, body = body }
  end

  -- Whether all that was given is there.
  local function assert_holds(given, got, name)
    for key, value in pairs(given) do
      if type(value) == "table" then
        assert_holds(value, got[key], key)
      elseif type(value) == "string" and value:find "^[+%d][%d -]+$" then
        assert.equal(value:gsub("[ -]", ""), (got[key]))
      else
        assert.equal(value, got[key], ("%s.%s"):format(name, key))
      end
    end
  end

  for _, row in ipairs(rows) do
    if row.body then
      it(("reads what is built for %s: %s"):format(row.reply, row.id), function()
        local reply = assert(read(row, row.body, row.type))
        assert.is_nil(reply.unknown)
        if row.fields.greeting_url then
          assert.same({ audio = { row.fields.greeting_url } }, reply)
        else
          assert_holds(row.fields, reply, "reply")
        end
      end)
    elseif not row.lua then
      it(("refuses of %s what isn't built: %s"):format(row.reply, row.id), function()
        local reply, why = read(row, json_of(row.fields), "application/json")
        assert.is_nil(reply)
        assert.truthy(why:find(row.err and row.err[3] or row.raises, 1, true), why)
      end)
    end
  end

  it("tells where what nobody knows stands, and takes the first of a name", function()
    local reply = assert(read({ reply = "connect" }, '{"destination":{"numbers":[],"a":1},'
      .. '"zzz":{},"record":true,"record":5,"music_on_hold":null}', "application/json"))
    assert.same({ "destination.a", "zzz" }, reply.unknown)
    assert.same({ true, nil }, { reply.record, reply.music_on_hold })
  end)

  it("takes what counts when a Gather doesn't say it", function()
    local reply = assert(read({ reply = "gather" }, '{"gather_prompt":{"text":"a"}}',
      "application/json"))
    assert.same({ 255, "#", 5, 0 }, { reply.max_input_digits, reply.finish_on_key,
      reply.input_timeout, reply.repeat_menu })
    assert.equal("number", type(reply.max_input_digits))
  end)
end)

describe("the rows of replies", function()
  -- Every field by its place, "destination[].contact_uri".
  local function each_field(visit)
    local function walk(name, fields, before)
      for _, field in ipairs(fields) do
        local place = before .. field.name
        visit(name, place, field)
        if field.fields then walk(name, field.fields, place .. (field.list and "[]." or ".")) end
      end
    end
    for _, reply in ipairs(api.replies) do walk(reply.name, reply.fields, "") end
  end

  it("have each a spec row that is built, and one that is refused", function()
    local built, refused = {}, {}
    for _, row in ipairs(rows) do
      for _, place in ipairs(row.row or {}) do
        local seen = row.body and built or refused
        seen[row.reply .. " " .. place] = true
      end
    end
    local count = 0
    each_field(function(name, place)
      count = count + 1
      assert.is_true(built[name .. " " .. place], "not built: " .. name .. " " .. place)
      assert.is_true(refused[name .. " " .. place], "not refused: " .. name .. " " .. place)
    end)
    assert.is_true(count > 30)
  end)

  it("say of each field what it takes and is", function()
    each_field(function(name, place, field)
      assert.is_true(field.fields ~= nil or api.parameter_types[field.type] ~= nil, place)
      assert.is_string(field.about, name)
    end)
  end)
end)

describe("a reply", function()
  it("is no longer than any page is known to take", function()
    local numbers = {}
    for index = 1, 100 do numbers[index] = "sip:" .. ("a"):rep(240) .. "@x.test" end
    assert.truthy(applet.connect { destination = { numbers = numbers } })
    local text = ("a"):rep(8192)
    assert.equal(8192, #assert(applet.greeting(text)).body)
    local reply, err = applet.greeting(text .. "a")
    assert.is_nil(reply)
    assert.same({ "too_long", "text" }, { err.reason, err.field })
    local audio = {}
    for index = 1, 100 do audio[index] = "http://x.test/" .. ("a"):rep(700) end
    reply, err = applet.greeting { audio = audio }
    assert.is_nil(reply)
    assert.same({ "invalid", "too_long" }, { err.kind, err.reason })
    assert.truthy(err.message:find("over the limit of 65536", 1, true), err.message)
  end)

  it("prints without what it says", function()
    local reply = applet.connect { destination = { numbers = { "+919876543210" } } }
    assert.equal("reply 200 application/json, 45 bytes", tostring(reply))
    assert.equal("reply 302, 0 bytes", tostring(applet.passthru "b"))
  end)

  it("of a Passthru is a choice", function()
    assert.same({ 200, {}, "" }, { applet.passthru("a").status, applet.passthru("a").headers,
                                   applet.passthru("a").body })
    assert.equal(302, applet.passthru("b").status)
    assert.has_error(function() applet.passthru "c" end,
      'exotel.applet.passthru wants "a" or "b", got c')
  end)

  it("isn't about a request: its error has no outcome, and names the function", function()
    local _, err = applet.gather {}
    assert.same({ "invalid", nil, "applet.gather" }, { err.kind, err.outcome, err.operation })
    assert.equal("exotel.applet.gather: gather_prompt is missing: what asks for the digits"
      .. " (invalid)", tostring(err))
    _, err = applet.connect { destination = { numbers = { "+919876543210", "+9198765432101x" } } }
    assert.is_nil(tostring(err):find("9876543210", 1, true))
  end)

  it("wants a table", function()
    assert.has_error(function() applet.connect() end,
      "exotel.applet.connect wants a table, got a nil")
    assert.has_error(function() applet.gather "x" end,
      "exotel.applet.gather wants a table, got a string")
    assert.equal("08039570000", applet.dial_whom("080 3957 0000").body)
  end)

  it("isn't anything else", function()
    assert.is_false(applet.is_reply { status = 200, headers = {}, body = "" })
    assert.is_false(applet.is_reply(nil))
  end)
end)

describe("the request of an applet", function()
  local asked = {
    call_sid = "5c0ffee", call_from = "09876543210", call_to = "08039570000", flow_id = "926",
    direction = "incoming", digits = "42#", custom_field = "order \"7\"", dial_call_duration = 12,
    current_time = "2026-11-03 16:21:08", dial_call_status = "busy",
    legs = { { number = "+919123456789", cause = 17, cause_code = "USER_BUSY",
               insights_ringing_duration = 4.5 } },
  }

  local FORM = "application/x-www-form-urlencoded"

  it("is an event with the fields that are documented", function()
    local event = assert(applet.request(exotel.build_callback(asked, FORM)))
    assert.same({ "passthru", "5c0ffee", "42#", "order \"7\"", 12, "busy" }, { event.kind,
      event.call_sid, event.digits, event.custom_field, event.dial_call_duration,
      event.dial_call_status })
    assert.same({ "+919123456789", 17, 4.5 }, { event.legs[1].number, event.legs[1].cause,
      event.legs[1].insights_ringing_duration })
    assert.is_true(applet.asks(event))
  end)

  it("may be posted, and may be behind a stream", function()
    local body, content_type = exotel.build_callback(asked, "application/json")
    local event = assert(applet.request(nil, { ["content-type"] = content_type }, body))
    assert.equal("42#", event.digits)
    event = assert(applet.request("CallSid=1&CallFrom=2&Stream[Status]=completed"))
    assert.equal("stream", event.kind)
  end)

  it("is no StatusCallback, no agent's event, and not nothing", function()
    for _, query in ipairs { "CallSid=1&Status=completed", "CallSid=1&EventType=terminal",
                             "CallSid=1&CallFrom=2&AgentEmail=a@b.test&Status=busy" } do
      local event, err = applet.request(query)
      assert.is_nil(event)
      assert.same({ "parse", "applet", nil }, { err.kind, err.reason, err.outcome })
    end
    local event, err = applet.request()
    assert.is_nil(event)
    assert.equal("empty", err.reason)
  end)
end)
