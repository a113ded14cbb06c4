-- exotel.tracker: every dial and every call is followed to its end and handed out, whatever comes
-- late, doubled or never. Where a process ends in the middle: spec/tracker_process_spec.lua.
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local core = require "exotel.core"
local dice = require "exotel.dice"
local exotel = require "exotel"
local memory = require "exotel.store.memory"
local raised = require "spec.support.raised"
local read_file = require "spec.support.read_file"
local scripted = require "spec.support.scripted_service"
local trackers = require "exotel.tracker"

local SID, OTHER = "c5797dcbaaeed7678c4062a4a3ed2f8a", "492205107c5fb48f4ac25d1f77759339"
local START = 1795000000
local DIAL = { from = "+919876543210", to = "+919123456789", caller_id = "08039570000" }

local now, store

before_each(function()
  now = START
  store = memory.new { now = function() return now end }
end)

local function new(more)
  local settings = { store = store, now = function() return now end }
  for name, value in pairs(more or {}) do settings[name] = value end
  return trackers.new(settings)
end

-- A store in the place of the one that there is, where these functions answer nil and an error.
local function failing(...)
  local broken = setmetatable({}, { __index = store })
  for _, name in ipairs { ... } do
    broken[name] = function() return nil, contract.failure("unreachable", "it is gone") end
  end
  return broken
end

local event, ended, going = scripted.event, scripted.ended, scripted.going
local gone = scripted.failure { kind = "transport", outcome = "unknown", reason = "timeout",
                                message = "no answer" }

-- All that can be taken, in order of their SIDs or references, each dealt with.
local function take_all(tracker)
  local names, calls = {}, {}
  local call = exotel.assert(tracker:take() or {})
  while call.settled do
    names[#names + 1], calls[#calls + 1] = call.sid or call.reference, call
    assert.is_true(tracker:done(call))
    call = exotel.assert(tracker:take() or {})
  end
  table.sort(names)
  return names, calls
end

-- Lets time pass, and asks whenever that is due. Calls are settled, and taken by nobody.
local function live(tracker, client, seconds)
  local stop = now + seconds
  while now < stop do
    local pause = exotel.assert(tracker:poll(client))
    now = math.min(now + math.max(pause, 0.01), stop)
  end
end

describe("a dial", function()
  -- A client whose requests are answered by a function.
  local function client_with(tracker, answer)
    local transport = { sent = 0, clock = 0 }
    function transport:now() return self.clock end
    function transport:time() return now + self.clock end
    function transport:sleep(seconds) self.clock = self.clock + seconds end
    function transport:perform(request)
      self.sent = self.sent + 1
      return answer(request)
    end
    return exotel.client { account_sid = "acme", api_key = "key_1234", api_token = "token_5678",
                           transport = transport, tracker = tracker, retries = 0 }, transport
  end

  local function placed()
    return { status = 200, headers = {}, body = ('{"Call":{"Sid":"%s","Status":"queued"}}')
      :format(SID) }
  end

  local function broken() return nil, { reason = "closed", message = "closed" } end

  it("stands in the store before it leaves", function()
    local tracker, open = new(), nil
    local client = client_with(tracker, function()
      open = tracker:counts()
      return placed()
    end)
    assert(client:connect(DIAL))
    assert.same({ going = 1, settled = 0 }, open)
    assert.same({ going = 1, settled = 0 }, tracker:counts()) -- the call, and the dial no longer
    assert.equal("queued", tracker:known(SID).status)
  end)

  it("isn't made where it can't be written down", function()
    for _, name in ipairs { "get", "swap", "add" } do
      local client, transport = client_with(new { store = failing(name) }, placed)
      local call, err = client:connect(DIAL)
      assert.is_nil(call)
      assert.same({ "limited", "not_sent", "tracker" }, { err.kind, err.outcome, err.reason })
      assert.matches("it is gone", err.message)
      assert.equal(0, transport.sent)
    end
  end)

  it("isn't made when before_dial refuses it, and is forgotten then", function()
    local tracker = new()
    local client = exotel.client { account_sid = "acme", api_key = "key_1234",
      api_token = "token_5678", tracker = tracker, before_dial = function() return false end }
    local _, err = client:connect(DIAL)
    assert.equal("before_dial", err.reason)
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("isn't made twice under one reference, not even by another process", function()
    local client, transport = client_with(new(), placed)
    assert(client:connect(DIAL, { reference = "reminder-17" }))
    local again, again_transport = client_with(new(), placed)
    local _, err = again:connect(DIAL, { reference = "reminder-17" })
    assert.same({ "not_sent", "tracker" }, { err.outcome, err.reason })
    assert.matches("a dial with this reference was made before", err.message)
    assert.same({ 1, 0 }, { transport.sent, again_transport.sent })
    assert.same({ going = 1, settled = 0 }, new():counts())
  end)

  it("is known for as long as `remember` says, also while nobody has taken its call", function()
    for _, days in ipairs { 1, 5 } do
      local tracker, name = new { remember = days * 86400 }, "one" .. days
      local request = { began = now, latest = now, from = DIAL.from }
      assert.is_true(tracker:begins(name, request))
      assert.is_true(tracker:ended(name, ended(SID)))
      now = now + days * 86400 - 1
      assert.is_false((tracker:begins(name, request)))
      now = now + 1
      assert.is_true(tracker:begins(name, request))
    end
  end)

  it("that rang nobody is forgotten, and may be made again", function()
    local tracker = new()
    local answers = {
      function() return nil, { reason = "connect", message = "refused", sent = false } end,
      function() return { status = 400, headers = {}, body = "{}" } end,
      placed,
    }
    local client = client_with(tracker, function() return table.remove(answers, 1)() end)
    for _, outcome in ipairs { "not_sent", "rejected" } do
      local _, err = client:connect(DIAL, { reference = "one" })
      assert.equal(outcome, err.outcome)
      assert.same({ going = 0, settled = 0 }, tracker:counts())
    end
    assert(client:connect(DIAL, { reference = "one" }))
  end)

  it("of which nobody knows is sought, and its call followed", function()
    local tracker = new()
    local client = client_with(tracker, broken)
    local _, err = client:connect(DIAL, { reference = "one" })
    assert.equal("unknown", err.outcome)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    local asked = scripted.new({}, { { state = "placed", call = ended(SID) } })
    live(tracker, asked, 300)
    assert.equal(1, #asked.sought)
    assert.same({ { sid = SID, reference = "one" } }, asked.ends)
    local sought = asked.sought[1]
    assert.same({ "one", DIAL.from, DIAL.to, START }, { sought.reference, sought.from, sought.to,
                                                        sought.began })
    local names, calls = take_all(tracker)
    assert.same({ SID }, names)
    assert.same({ "complete", "one", nil }, { calls[1].settled, calls[1].reference,
                                              calls[1].again })
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("of which nobody knows is told of when the store has lost it", function()
    local tracker, unknown = new(), { outcome = "unknown" }
    tracker:begins("one", { began = now, latest = now, from = DIAL.from })
    assert.is_true(tracker:ended("one", nil, unknown))
    store:swap("tracker calls of dial one", store:get "tracker calls of dial one", nil)
    assert.same({ nil, "the store has lost it, and nobody asks for its call" },
      { tracker:ended("one", nil, unknown) })
    local told, err = new({ store = failing "get" }):ended("one", nil, unknown)
    assert.same({ nil, "unreachable" }, { told, err.reason })
  end)

  it("whose process ended before the answer is sought as well", function()
    local tracker = new()
    assert.is_true(tracker:begins("one", { operation = "connect", began = now, latest = now + 60,
                                           from = DIAL.from, to = DIAL.to }))
    local asked = scripted.new({}, { { state = "placed", call = ended(SID) } })
    live(tracker, asked, 119)
    assert.equal(0, #asked.sought) -- it might be on its way
    live(tracker, asked, 2)
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("that has a custom_field of its own is found by that, which an event has brought", function()
    local tracker = new()
    local client = client_with(tracker, broken)
    local dial = { custom_field = "campaign 7" }
    for name, value in pairs(DIAL) do dial[name] = value end
    assert.equal("unknown", select(2, client:connect(dial, { reference = "one" })).outcome)
    assert.is_true(tracker:heard(event(SID, { custom_field = "campaign 7" })))
    assert.is_true(tracker:heard(event(OTHER, { custom_field = "campaign 8" })))
    local asked = scripted.new({}, { { state = "placed", call = ended(SID) } })
    local reconcile, known = asked.reconcile, {}
    function asked.reconcile(self, sought, more)
      known = { more.known(SID) or false, more.known(OTHER) }
      return reconcile(self, sought, more)
    end
    live(tracker, asked, 121)
    assert.same({ false, true }, known)
    local _, calls = take_all(tracker)
    assert.same({ SID, "one" }, { calls[1].sid, calls[1].reference })
  end)

  it("gives its name to its call also where that was settled before", function()
    local tracker = new()
    assert.is_true(tracker:begins("one", { began = now, latest = now + 90, from = DIAL.from,
                                           custom_field = "campaign 7" }))
    assert.is_true(tracker:heard(event(SID, { custom_field = "campaign 7" })))
    live(tracker, scripted.new({ [SID] = { ended(SID) } },
      { { state = "placed", call = ended(SID) } }), 151)
    local names, calls = take_all(tracker)
    assert.same({ { SID }, "one" }, { names, calls[1].reference })
  end)

  it("whose call couldn't be sought isn't made", function()
    local tracker = new()
    local client, transport = client_with(tracker, broken)
    for _, extra in ipairs { { From = "12" }, { To = "a desk" }, { TimeLimit = "-1" } } do
      local dial = { extra = extra, caller_id = DIAL.caller_id }
      if not extra.From then dial.from = DIAL.from end
      if not extra.To then dial.to = DIAL.to end
      local _, err = client:connect(dial)
      assert.same({ "limited", "not_sent", "tracker" }, { err.kind, err.outcome, err.reason })
      assert.matches("its call couldn't be sought: ", err.message, 1, true)
    end
    assert.equal(0, transport.sent)
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("that is no call to anybody isn't followed", function()
    local tracker = new()
    local client = client_with(tracker, broken)
    local _, err = client:send { method = "POST", path = "Calls/connect.json", form = {} }
    assert.equal("unknown", err.outcome)
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("reaches its caller also when the tracker can't be told of its call", function()
    local logged = {}
    local tracker = new()
    local half = setmetatable({ ended = function() error "lost" end }, { __index = tracker })
    function half.begins(_, ...) return tracker:begins(...) end
    local client = exotel.client { account_sid = "acme", api_key = "key_1234",
      api_token = "token_5678", tracker = half, logger = function(_, text)
        logged[#logged + 1] = text
      end, transport = { perform = placed, now = function() return 0 end, sleep = function() end,
                         time = function() return now end } }
    assert.equal(SID, client:connect(DIAL).sid)
    assert.matches("the tracker wasn't told of a dial: .*lost", logged[1])
    assert.same({ going = 1, settled = 0 }, tracker:counts()) -- and asks what became of it
  end)
end)

describe("a dial that is sought", function()
  local function sought(found, seconds)
    local tracker = new()
    assert.is_true(tracker:begins("one", { began = now, latest = now + 10, from = DIAL.from,
                                           to = DIAL.to, time_limit = 60, ring_timeout = 30 }))
    local client = scripted.new({}, found)
    live(tracker, client, seconds)
    return tracker, client
  end

  it("is asked for again when the service says that it pays", function()
    local tracker, client = sought({ { state = "unknown", ask_again_at = START + 200 },
      { state = "unknown", ask_again_at = START + 400 }, { state = "not_placed" } }, 399)
    assert.equal(2, #client.sought)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    live(tracker, client, 2)
    local names, calls = take_all(tracker)
    assert.same({ "one" }, names)
    local dial = calls[1]
    assert.same({ "not_placed", DIAL.from, DIAL.to, nil },
      { dial.settled, dial.from, dial.to, dial.sid })
    assert.equal("dial one not_placed from +XXXXXXXXX210 to +XXXXXXXXX789", tostring(dial))
  end)

  it("may be one of several calls until its own must be over, and then is left to people",
  function()
    local several = { state = "ambiguous", candidates = { ended(SID), ended(OTHER) } }
    local tracker, client = sought({ several }, 429) -- 10 + 60 + 2 * 30 + 300
    assert.is_true(#client.sought >= 2)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    live(tracker, client, 2)
    local _, calls = take_all(tracker)
    assert.same({ "ambiguous", { SID, OTHER } }, { calls[1].settled, calls[1].candidates })
  end)

  it("isn't asked for any more once an event brings its reference", function()
    local tracker, client = sought({ { state = "unknown", ask_again_at = START + 9000 } }, 100)
    assert.is_true(tracker:heard(event(SID, { custom_field = "one" })))
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    client.answers[SID] = { ended(SID) }
    live(tracker, client, 200)
    local _, calls = take_all(tracker)
    assert.same({ SID, "one" }, { calls[1].sid, calls[1].reference })
    assert.equal(1, #client.sought)
  end)

  it("is found by a late event also when it was given up, and nobody has taken it", function()
    local tracker, client = sought({ { state = "not_placed" } }, 100)
    assert.same({ going = 0, settled = 1 }, tracker:counts())
    assert.is_true(tracker:heard(event(SID, { custom_field = "one" })))
    client.answers[SID] = { ended(SID) }
    live(tracker, client, 200)
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("isn't given a call that is known to be another's", function()
    local _, client = sought({ { state = "unknown", ask_again_at = START + 9000 } }, 100)
    local tracker = new()
    tracker:ended("other", going(OTHER))
    tracker:heard(event(SID))
    tracker:ended("one", going "mine")
    assert.is_true(client.known(OTHER))
    assert.equal("one", client.known "mine")
    assert.falsy(client.known(SID)) -- of which nobody knows whose it is
    assert.falsy(client.known "nobody")
  end)

  for _, is_done in ipairs { false, true } do
    it("isn't given the call that another dial has been given meanwhile"
      .. (is_done and ", and that is done" or ""), function()
      local one, other = new(), new()
      for _, name in ipairs { "one", "two" } do
        assert.is_true(one:begins(name, { began = now, latest = now, from = DIAL.from,
                                          time_limit = 60 }))
      end
      now = now + 61
      local found = { { state = "placed", call = ended(SID) } }
      local client, nested = scripted.new({}, found), scripted.new({}, found)
      local reconcile, calls = client.reconcile, nil
      function client.reconcile(...)
        client.reconcile = reconcile
        assert(other:poll(nested))
        if is_done then calls = select(2, take_all(other)) end
        return reconcile(...)
      end
      assert(one:poll(client, 1))
      calls = calls or select(2, take_all(other))
      local whose = nested.sought[1].reference
      assert.same({ SID, whose }, { calls[1].sid, calls[1].reference })
      assert.same({ going = 1, settled = 0 }, one:counts())
      local last = scripted.new({}, { { state = "not_placed" } })
      live(one, last, 100)
      assert.is_true(last.known(SID))
      local dial = exotel.assert(one:take())
      assert.same({ "not_placed", whose == "one" and "two" or "one" },
        { dial.settled, dial.reference })
    end)
  end

  it("is given the call that was found for another, which couldn't be given it", function()
    local list = [[{"Metadata":{"Total":1},"Calls":[
      {"Sid":"%s","From":"%s","To":"%s","Status":"busy"}]}]]
    local transport = { now = function() return now end, time = function() return now end }
    function transport.perform()
      return { status = 200, headers = {}, body = list:format(SID, DIAL.from, DIAL.to) }
    end
    transport.sleep = error
    local client = exotel.client { account_sid = "acme", api_key = "key_1234",
                                   api_token = "token_5678", transport = transport }
    local tracker = new()
    for _, name in ipairs { "one", "two" } do
      assert.is_true(tracker:begins(name, { began = now, latest = now, from = DIAL.from,
                                            to = DIAL.to, time_limit = 60 }))
      now = now + 1
    end
    now = now + 60
    local add = store.add
    function store.add() return nil, contract.failure("unreachable", "it is gone") end
    assert.is_nil((tracker:poll(client, 1)))
    store.add = add
    assert.is_true(tracker:heard(event(OTHER, { custom_field = "one" })))
    assert(tracker:poll(client, 1))
    assert.same({ SID, "two" }, { tracker:known(SID).sid, tracker:known(SID).reference })
  end)

  -- A call that an event without a name has ended, of a dial that is sought later than its price.
  local function heard_first(answers, seconds, more)
    local tracker, client = new(), scripted.new({ [SID] = { ended(SID) } }, answers)
    local dial = { began = now, latest = now + 300, from = DIAL.from, to = DIAL.to }
    for name, value in pairs(more or {}) do dial[name] = value end
    assert.is_true(tracker:begins("one", dial))
    assert.is_true(tracker:heard(event(SID, { from = DIAL.from, to = DIAL.to })))
    live(tracker, client, seconds)
    return tracker, client
  end

  it("gives its name to its call also where that has its price before the dial is sought",
  function()
    local tracker = heard_first({ { state = "unknown", ask_again_at = START + 420 },
      { state = "placed", call = ended(SID) } }, 419)
    assert.same({ going = 2, settled = 0 }, tracker:counts())
    live(tracker, scripted.new({}, { { state = "placed", call = ended(SID) } }), 2)
    local _, calls = take_all(tracker)
    assert.same({ SID, "one" }, { calls[1].sid, calls[1].reference })
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("keeps a call back for some minutes alone, and none that can't be its", function()
    local tracker = heard_first({ { state = "unknown", ask_again_at = START + 9000 } }, 599)
    assert.is_false(tracker:take())
    live(tracker, scripted.new { [SID] = { ended(SID) } }, 62)
    assert.same({ SID }, (take_all(tracker)))
    for _, more in ipairs { { to = "+919000000000" }, { began = START + 700 + 61 } } do
      now, store = START + 700, memory.new { now = function() return now end }
      more.latest = now + 300
      tracker = heard_first({ { state = "unknown", ask_again_at = now + 9000 } }, 125, more)
      assert.same({ SID }, (take_all(tracker)))
    end
  end)

  it("isn't settled while the store can't say whose calls there are", function()
    local whole = store
    local client = scripted.new({}, { { state = "not_placed" } })
    local tracker = new()
    assert.is_true(tracker:begins("one", { began = now, latest = now, from = DIAL.from }))
    now = now + 61
    local reconcile = client.reconcile
    function client.reconcile(self, dial, more)
      local get = store.get
      store.get = function() return nil, contract.failure("unreachable", "it is gone") end
      more.known(SID)
      store.get = get
      return reconcile(self, dial, more)
    end
    local pause, err = tracker:poll(client)
    assert.same({ nil, "unreachable" }, { pause, err.reason })
    assert.equal(whole, store)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
  end)

  it("is asked for later when the service can't be asked", function()
    local tracker, client = sought({ gone, { state = "placed", call = ended(SID) } }, 80)
    assert.equal(1, #client.sought)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    live(tracker, client, 30)
    assert.same({ SID }, (take_all(tracker)))
  end)
end)

describe("a call", function()
  it("is asked about when nothing was heard of it, and when its price should be there", function()
    local tracker = new()
    tracker:follow(SID)
    local client = scripted.new {
      [SID] = { going(SID), ended(SID, { price = false }), ended(SID) },
    }
    live(tracker, client, 59)
    assert.equal(0, #client.asked)
    live(tracker, client, 2)
    assert.equal(1, #client.asked)
    live(tracker, client, 120) -- a minute later it has ended, two minutes behind it has a price
    assert.equal(2, #client.asked)
    live(tracker, client, 62)
    assert.equal(3, #client.asked)
    local _, calls = take_all(tracker)
    assert.same({ "complete", 1.5, "1.500", 17, "completed" }, { calls[1].settled, calls[1].price,
      calls[1].price_text, calls[1].duration, calls[1].legs[1].status })
  end)

  it("that an event has ended is asked about two minutes later, and once", function()
    local tracker = new()
    assert.is_true(tracker:heard(event(SID)))
    assert.is_true(tracker:heard(event(SID))) -- doubled
    assert.is_true(tracker:heard(event(SID, { kind = "answered", final = false,
      status = "in-progress" }))) -- behind it
    local client = scripted.new { [SID] = { ended(SID) } }
    live(tracker, client, 119)
    assert.same({}, client.asked)
    live(tracker, client, 2)
    assert.same({ SID }, client.asked)
    assert.same({ { sid = SID } }, client.ends) -- its place is another call's
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("is one, whoever tells of it", function()
    local tracker = new()
    tracker:ended("one", going(SID))
    tracker:heard(event(SID, { custom_field = "one", recording_url = "https://x.test/1.mp3" }))
    tracker:follow(going(SID))
    assert.same({ going = 1, settled = 0 }, tracker:counts())
    live(tracker, scripted.new { [SID] = { ended(SID) } }, 130)
    local _, calls = take_all(tracker)
    assert.equal(1, #calls)
    assert.same({ "one", "https://x.test/1.mp3", 1.5 },
      { calls[1].reference, calls[1].recording_url, calls[1].price })
  end)

  it("that is done isn't followed again by what comes late", function()
    local tracker = new()
    tracker:follow(ended(SID))
    assert.same({ SID }, (take_all(tracker)))
    assert.is_true(tracker:heard(event(SID)))
    assert.is_true(tracker:follow(SID))
    assert.same({ going = 0, settled = 0 }, tracker:counts())
    assert.is_false(tracker:take())
    assert.is_false(tracker:known(SID))
    now = now + 86401 -- it isn't remembered for ever
    assert.is_true(tracker:heard(event(SID)))
    assert.same({ going = 1, settled = 0 }, tracker:counts())
  end)

  it("is followed no more when that isn't wanted", function()
    local tracker, client = new(), scripted.new {}
    assert.is_false(tracker:unfollow(SID))
    tracker:follow(SID)
    assert.is_true(tracker:unfollow { sid = SID })
    assert.is_false(tracker:unfollow(event(SID)))
    assert.is_true(tracker:heard(event(SID)))
    now = now + 700
    assert(tracker:poll(client))
    assert.same({}, client.asked)
    assert.same({ going = 0, settled = 0 }, tracker:counts())
    tracker:follow(ended(OTHER))
    assert.is_true(tracker:unfollow(OTHER)) -- it had settled
    assert.is_false(tracker:take())
    local followed, err = new({ store = failing "get" }):unfollow(SID)
    assert.same({ nil, "unreachable" }, { followed, err.reason })
    assert.matches("unfollow wants a call, an event or a SID",
      raised(function() tracker:unfollow() end))
  end)

  it("that the service never heard of is given up", function()
    local tracker = new()
    tracker:follow(SID)
    live(tracker, scripted.new {}, 1000)
    local _, calls = take_all(tracker)
    assert.same({ SID, "lost", nil }, { calls[1].sid, calls[1].settled, calls[1].status })
  end)

  it("is asked about later when the service can't be asked", function()
    local tracker = new()
    tracker:follow(SID)
    local client = scripted.new { [SID] = { gone, gone, ended(SID) } }
    live(tracker, client, 119)
    assert.equal(2, #client.asked)
    live(tracker, client, 2)
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("of which there is never an answer, as of others, is given up in the end", function()
    local tracker = new { first = 30, longest = 30 }
    tracker:follow(SID)
    tracker:heard(event(OTHER))
    local client = scripted.new { [SID] = { gone }, [OTHER] = { gone }, good = { going "good" } }
    live(tracker, client, 16000) -- no other is answered
    tracker:follow "good"
    live(tracker, client, 600)
    assert.same({ going = 3, settled = 0 }, tracker:counts())
    client.answers.good = { gone, going "good" }
    live(tracker, client, 120)
    local _, calls = take_all(tracker)
    assert.equal(2, #calls)
    assert.same({ [SID] = "lost", [OTHER] = "ended" },
      { [calls[1].sid] = calls[1].settled, [calls[2].sid] = calls[2].settled })
  end)

  it("isn't given up where others are answered now and then", function()
    local tracker = new { first = 30, longest = 30 }
    tracker:follow(SID)
    local client = scripted.new { [SID] = { gone }, good = { gone } }
    live(tracker, client, 16000)
    tracker:follow "good"
    for _ = 1, 10 do
      client.answers.good = { going "good", gone }
      live(tracker, client, 180)
    end
    assert.same({ going = 2, settled = 0 }, tracker:counts())
  end)

  it("keeps what the service sends beyond what is known", function()
    local tracker = new()
    tracker:follow(ended(SID, { ["New-Thing"] = "x\ny", legs = { { id = 1, Odd = "1" } } }))
    local _, calls = take_all(tracker)
    assert.same({ "x\ny", "1" }, { calls[1]["New-Thing"], calls[1].legs[1].Odd })
  end)

  it("of which the service sends more than there is room for keeps what is known of it", function()
    local tracker = new()
    tracker:follow(ended(SID, { Huge = ("x"):rep(70000), caller_name = ("y"):rep(2000) }))
    local _, calls = take_all(tracker)
    assert.same({ 1.5, nil, nil }, { calls[1].price, calls[1].Huge, calls[1].caller_name })
    local legs = {}
    for index = 1, 999 do legs[index] = { id = index, Odd = ("z"):rep(100) } end
    assert.is_true(tracker:follow(ended(OTHER, { legs = legs })))
    _, calls = take_all(tracker)
    assert.same({ OTHER, 1.5, nil }, { calls[1].sid, calls[1].price, calls[1].legs })
  end)

  it("may bring back what is no reference of ours, whatever its bytes are", function()
    for index, text in ipairs { "a\255", ("x"):rep(129), "a\0b", "two\nlines", "" } do
      local tracker, sid = new(), ("sid%d"):format(index)
      assert.is_true(tracker:heard(event(sid, { custom_field = text })))
      tracker:follow(ended(sid))
      local names, calls = take_all(tracker)
      assert.same({ sid }, names)
      assert.equal(index > 3 and text or nil, calls[1].reference)
    end
  end)

  -- Webhooks as they come, with some of their bytes replaced.
  it("is heard of whatever exotel.parse_callback makes an event of", function()
    local random, tracker, heard = dice.new(3), new(), 0
    local pieces = { "%ff", "%00", "\255", "&", "=", "[", "]", "\"", "0", "\\u0000", "{", "\n",
                     "Legs[9][Status]=x&" }
    local function any(most) return 1 + math.floor(random:share() * most) end
    local bodies = {}
    for index, encoding in ipairs { "form", "json", "multipart" } do
      bodies[index] = read_file("spec/fixtures/S003.terminal." .. encoding)
    end
    for _ = 1, 3000 do
      local body = bodies[any(3)]
      for _ = 1, any(6) do
        local at = any(#body)
        body = body:sub(1, at) .. pieces[any(#pieces)] .. body:sub(at + any(4) - 1)
      end
      local told = exotel.parse_callback(body)
      if told and tracker:heard(told) then
        heard = heard + 1
        assert.truthy(tracker:known(told))
      end
    end
    assert.is_true(heard > 500, heard)
  end)

  it("without a SID, or what isn't told of a call, is no news", function()
    local tracker = new()
    for _, kind in ipairs { "passthru", "agent", "stream", "unknown" } do
      assert.is_false(tracker:heard { kind = kind, call_sid = SID })
    end
    assert.is_false(tracker:heard { kind = "terminal", final = true, status = "busy" })
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("whose event can't be kept is told to who brought it", function()
    for _, name in ipairs { "get", "swap", "add" } do
      local heard, err = new({ store = failing(name) }):heard(event(SID))
      assert.is_nil(heard)
      assert.same({ "store", "unreachable" }, { err.kind, err.reason })
    end
  end)
end)

describe("poll", function()
  it("asks about the oldest first, and about so many", function()
    local tracker, client = new(), scripted.new {}
    for index = 1, 5 do
      tracker:follow(("sid%d"):format(6 - index))
      now = now + 1
    end
    now = now + 60
    assert.equal(0, tracker:poll(client, 2))
    assert.same({ "sid5", "sid4" }, client.asked)
    assert.equal(1, tracker:poll(client))
    assert.same({ "sid5", "sid4", "sid3", "sid2", "sid1" }, client.asked)
    assert.is_true(tracker:poll(client) > 50)
    assert.equal(5, #client.asked)
  end)

  it("says when the next one is due, and that somebody else may have dialled", function()
    local tracker, client = new(), scripted.new {}
    assert.equal(60, tracker:poll(client))
    tracker:follow(SID)
    now = now + 45
    assert.equal(15, tracker:poll(client))
  end)

  it("ends at once when nobody has a turn or an answer, and goes on behind that", function()
    local limited = scripted.failure { kind = "limited", outcome = "not_sent", reason = "rate",
                                       message = "no turn", retry_after = 7 }
    local refused = scripted.failure { kind = "api", outcome = "rejected", status = 429,
                                       reason = "rate_limited", message = "slow" }
    for _, row in ipairs { { limited, 7 }, { refused, 30 } } do
      store = memory.new { now = function() return now end }
      local tracker = new()
      tracker:follow(SID)
      tracker:follow(OTHER)
      now = now + 61
      local client = scripted.new { [SID] = { row[1], ended(SID) },
                                    [OTHER] = { row[1], ended(OTHER) } }
      assert.equal(row[2], tracker:poll(client))
      assert.equal(1, #client.asked)
      live(tracker, client, 60)
      assert.equal(2, #(take_all(tracker)))
    end
  end)

  it("tells when the account is refused, which loses no call", function()
    for reason, status in pairs { auth = 401, payment = 402, forbidden = 403, proxy = 407 } do
      store = memory.new { now = function() return now end }
      local tracker = new()
      tracker:follow(SID)
      local client = scripted.new { [SID] = { scripted.failure { kind = "api",
        outcome = "rejected", status = status, reason = reason, message = "no" } } }
      for _ = 1, 12 do
        now = now + 61
        local pause, err = tracker:poll(client)
        assert.same({ nil, reason }, { pause, err.reason })
      end
      assert.same({ going = 1, settled = 0 }, tracker:counts())
    end
  end)

  -- What the service refuses to tell of; where that is for good, of whatever it is asked.
  local forbidden = scripted.failure { kind = "api", outcome = "rejected", status = 403,
                                       reason = "forbidden", message = "no" }

  it("isn't held up by calls that the service doesn't tell of, and gives these up", function()
    local tracker = new { first = 30, longest = 30 }
    local names = { "bad1", "bad2", "bad3", "bad4", "good" }
    local client = scripted.new { good = { going "good" } }
    for index, sid in ipairs(names) do
      tracker:follow(sid)
      client.answers[sid] = client.answers[sid] or { forbidden }
      now = now + index
    end
    now = now + 61
    local pause, err = tracker:poll(client)
    assert.same({ nil, "forbidden", "bad3" }, { pause, err.reason, err.call.sid })
    assert.same({ "bad1", "bad2", "bad3" }, client.asked)
    pause, err = tracker:poll(client) -- nobody has been answered yet
    assert.same({ nil, "forbidden", "bad4" }, { pause, err.reason, err.call.sid })
    assert.equal("good", client.asked[5])
    now = now + 30
    live(tracker, client, 650) -- and none of these polls fails
    local lost, calls = take_all(tracker)
    assert.same({ "bad1", "bad2", "bad3", "bad4" }, lost)
    assert.equal("lost", calls[1].settled)
    assert.same({ going = 1, settled = 0 }, tracker:counts())
  end)

  it("tells of what is refused also where it asks about no more", function()
    local tracker = new()
    tracker:follow(SID)
    tracker:follow(OTHER)
    now = now + 61
    local client = scripted.new { [SID] = { forbidden }, [OTHER] = { forbidden } }
    local pause, err = tracker:poll(client, 1)
    assert.same({ nil, client.asked[1], 1 }, { pause, err.call.sid, #client.asked })
  end)

  -- A client that can't give places back for so many times.
  local function holding(answers, found, times)
    local client = scripted.new(answers, found)
    local call_ended = client.call_ended
    function client.call_ended(...)
      call_ended(...)
      if #client.ends <= times then return nil, contract.failure("unreachable", "it is gone") end
      return true
    end
    return client
  end

  it("gives a call's place back later where it can't, before the call is handed out", function()
    local tracker = new()
    tracker:heard(event(SID))
    tracker:follow(OTHER)
    now = now + 121
    local client = holding({ [SID] = { ended(SID) }, [OTHER] = { going(OTHER) } }, nil, 1)
    local pause, err = tracker:poll(client)
    assert.same({ nil, "unreachable", 2 }, { pause, err.reason, #client.asked })
    assert.is_false(tracker:take())
    live(tracker, client, 61)
    assert.equal(2, #client.ends)
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("keeps a call for some minutes alone whose place can't be given back", function()
    local tracker = new()
    tracker:heard(event(SID))
    local client = holding({ [SID] = { ended(SID) } }, nil, 1000)
    for _ = 1, 59 do
      now = now + 10
      tracker:poll(client)
    end
    assert.is_false(tracker:take())
    now = now + 70
    assert.is_nil((tracker:poll(client)))
    assert.same({ SID }, (take_all(tracker)))
  end)

  it("gives the place of a dial's call back later where it can't", function()
    local tracker = new()
    assert.is_true(tracker:begins("one", { began = now, latest = now, from = DIAL.from }))
    now = now + 61
    local client = holding({}, { { state = "placed", call = ended(SID) } }, 1)
    local pause, err = tracker:poll(client)
    assert.same({ nil, "unreachable" }, { pause, err.reason })
    assert.same({ going = 1, settled = 1 }, tracker:counts())
    live(tracker, client, 31)
    assert.same({ sid = SID, reference = "one" }, client.ends[2])
    assert.same({ going = 0, settled = 1 }, tracker:counts())
  end)

  it("tells of a dial whose call it may not seek, and asks about the others", function()
    for _, status in ipairs { 400, 403, 404 } do
      store = memory.new { now = function() return now end }
      local tracker = new()
      assert.is_true(tracker:begins("one", { began = now, latest = now, from = DIAL.from }))
      now = now + 1
      tracker:follow(SID)
      now = now + 61
      local client = scripted.new({ [SID] = { going(SID) } }, { scripted.failure { kind = "api",
        outcome = "rejected", status = status, reason = status == 403 and "forbidden" or "other",
        message = "no" } })
      local pause, err = tracker:poll(client)
      assert.same({ nil, status, "one" }, { pause, err.status, err.reference })
      assert.same({ SID }, client.asked)
      assert.same({ going = 2, settled = 0 }, tracker:counts())
    end
  end)

  it("leaves what another is asking about to that one, until it has ended", function()
    local one, other = new(), new()
    one:follow(SID)
    now = now + 61
    local nested = scripted.new { [SID] = { going(SID) } }
    local client = scripted.new { [SID] = { going(SID) } }
    local ask = client.call_details
    function client.call_details(...)
      assert(other:poll(nested))
      return ask(...)
    end
    assert(one:poll(client))
    assert.same({ 1, 0 }, { #client.asked, #nested.asked })
    -- The one that ends in the middle:
    now = now + 3600
    function client.call_details() error "killed" end
    assert.is_false(pcall(one.poll, one, client))
    assert(other:poll(nested))
    assert.equal(0, #nested.asked)
    now = now + 60
    assert(other:poll(nested))
    assert.equal(1, #nested.asked)
  end)

  it("doesn't ask about a call of which news came in the meantime", function()
    local tracker = new()
    tracker:follow(SID)
    tracker:follow(OTHER)
    now = now + 61
    local client = scripted.new {}
    local ask = client.call_details
    function client.call_details(self, sid, ...)
      tracker:heard(event(sid == SID and OTHER or SID))
      return ask(self, sid, ...)
    end
    assert(tracker:poll(client))
    assert.equal(1, #client.asked)
  end)

  it("isn't held up by an entry that it can't read", function()
    local tracker = new()
    tracker:follow(SID)
    tracker:follow(OTHER)
    for _, text in ipairs { "rubbish", "{}", '{"step":"ask"}\n{"Call":' } do
      assert(store:swap("tracker calls of " .. SID, store:get("tracker calls of " .. SID), text,
        9000))
      now = now + 700
      local client = scripted.new { [OTHER] = { going(OTHER) } }
      local pause, err = tracker:poll(client)
      assert.same({ nil, "store", "protocol", SID },
        { pause, err.kind, err.reason, err.call.sid })
      assert.same({ OTHER }, client.asked)
    end
  end)

  it("isn't held up by what others ask about, or it can't read, however much that is", function()
    local one, other = new(), new()
    for index = 1, 3 do
      one:follow(("bad%d"):format(index))
      store:swap("tracker calls of bad" .. index, store:get("tracker calls of bad" .. index), "{}",
        9000)
    end
    now = now + 1
    one:follow(SID)
    now = now + 1
    one:follow(OTHER)
    now = now + 61
    local client, nested = scripted.new { [SID] = { going(SID) } },
      scripted.new { [OTHER] = { going(OTHER) } }
    local ask = client.call_details
    function client.call_details(...)
      local pause, err = other:poll(nested, 2)
      assert.same({ nil, "protocol" }, { pause, err.reason })
      return ask(...)
    end
    assert.equal(0, one:poll(client, 1))
    assert.same({ { SID }, { OTHER } }, { client.asked, nested.asked })
  end)

  it("ends when the store refuses to change anything", function()
    local tracker, leases = new(), 0
    for index = 1, 3 do tracker:follow(("sid%d"):format(index)) end
    now = now + 61
    local refusing = setmetatable({}, { __index = store })
    function refusing.lease()
      leases = leases + 1
      return nil, contract.failure("protocol", "READONLY")
    end
    local pause, err = new({ store = refusing }):poll(scripted.new {}, 2)
    assert.same({ nil, "protocol", 1 }, { pause, err.reason, leases })
  end)

  it("tells of a store that is lost", function()
    for _, name in ipairs { "get", "lease" } do
      new():follow(SID)
      now = now + 700
      local pause, err = new({ store = failing(name) }):poll(scripted.new {})
      assert.same({ nil, "unreachable" }, { pause, err.reason })
    end
  end)

  it("wants a client, and a number", function()
    local tracker = new()
    assert.matches("poll wants a client, got a nil", raised(function() tracker:poll() end))
    assert.matches("at least 1", raised(function() tracker:poll(scripted.new {}, 0) end))
  end)
end)

describe("a settled call", function()
  local function with(...)
    local tracker = new()
    for _, sid in ipairs { ... } do tracker:follow(ended(sid)) end
    return tracker
  end

  it("is handed to one at a time", function()
    local one, other = with(SID), new()
    local call = one:take()
    assert.equal(SID, call.sid)
    assert.is_false(other:take())
    assert.is_false(one:take())
    assert.is_true(one:done(call))
    now = now + 3600
    assert.is_false(other:take())
  end)

  it("is handed out again, and marked, when its time was over", function()
    local one, other = with(SID), new()
    local first = one:take()
    assert.is_nil(first.again)
    now = now + 61
    local second = other:take()
    assert.same({ SID, true }, { second.sid, second.again })
    assert.is_false(one:done(first)) -- too late: the other one has it
    assert.is_false(one:renew(first))
    assert.is_true(other:done(second))
    assert.is_false(one:done(first))
    now = now + 3600
    assert.is_false(other:take())
  end)

  it("is kept by who needs longer", function()
    local one, other = with(SID), new()
    local call = one:take()
    for _ = 1, 5 do
      now = now + 59
      assert.is_true(one:renew(call))
      assert.is_false(other:take())
    end
    assert.is_true(one:renew(call, 500))
    now = now + 499
    assert.is_false(other:take())
    assert.is_true(one:done(call))
    now = now + 3600
    assert.is_false(other:take())
  end)

  it("can be said to be done again, when the store was lost", function()
    local tracker = with(SID)
    local call = tracker:take()
    local swap, lost = store.swap, nil
    for _, name in ipairs { "renew", "swap" } do
      local whole = store[name]
      store[name] = function() return nil, contract.failure("unreachable", "it is gone") end
      local done, err = tracker:done(call)
      assert.same({ nil, "unreachable" }, { done, err.reason })
      store[name] = whole
      lost = name
    end
    assert.same({ swap, "swap" }, { store.swap, lost })
    assert.is_true(tracker:done(call))
    assert.same({ going = 0, settled = 0 }, tracker:counts())
  end)

  it("is one among others that others have", function()
    local one, other = with(SID, OTHER), new()
    local a, b = one:take(), other:take()
    local sids = { a.sid, b.sid }
    table.sort(sids)
    assert.same({ OTHER, SID }, sids)
    assert.is_false(one:take())
    assert.is_true(one:done(a))
    assert.is_true(other:done(b))
  end)

  it("waits for a week, and for longer where `keep` says so", function()
    local tracker = with(SID)
    now = now + 7 * 86400 - 1
    assert.equal(SID, tracker:take().sid)
    local keeping = new { keep = 100 * 86400, name = "other" }
    keeping:follow(ended(OTHER))
    now = now + 99 * 86400
    assert.equal(OTHER, keeping:take().sid)
  end)

  it("waits as long for who takes it again and again, and never comes to its end", function()
    local tracker = new { keep = 86400 }
    tracker:follow(ended(SID))
    for hour = 1, 48 do
      assert.is_table(tracker:take(), hour)
      now = now + 3600
    end
  end)

  it("is its tracker's alone", function()
    local tracker = with(SID)
    assert.is_false(new({ name = "another.account" }):take())
    assert.equal(SID, tracker:take().sid)
  end)

  it("is known while it is there", function()
    local tracker = with(SID)
    assert.same({ SID, "complete" }, { tracker:known(SID).sid, tracker:known(SID).settled })
    assert.matches("^call " .. SID, tostring(tracker:known(event(SID))))
    assert.is_false(tracker:known "nobody")
    assert.is_false(tracker:known { call_sid = ("x"):rep(300), kind = "terminal" })
  end)

  it("is told of when the store is lost", function()
    with(SID)
    for _, name in ipairs { "get", "lease", "swap" } do
      local call, err = new({ store = failing(name) }):take()
      assert.same({ nil, "unreachable" }, { call, err.reason })
    end
    assert.equal(SID, new():take().sid) -- nobody has a lease of it
    for _, name in ipairs { "counts", "known" } do
      local broken = new { store = failing "get" }
      local told, err = broken[name](broken, SID)
      assert.same({ nil, "unreachable" }, { told, err.reason })
    end
  end)

  it("is done only by who has taken it", function()
    local tracker = with(SID)
    for _, name in ipairs { "done", "renew" } do
      for _, value in ipairs { ended(SID), SID, false } do
        assert.matches("wants a call that tracker:take returned",
          raised(function() tracker[name](tracker, value) end))
      end
    end
  end)
end)

describe("the index", function()
  -- So many SIDs whose lines stand on one page of it.
  local function of_one_page(count)
    local list, number = {}, 0
    while #list < count do
      local sid = ("s%031d"):format(number)
      if tonumber(core.digest(sid):sub(1, 4), 16) % 32 == 0 then list[#list + 1] = sid end
      number = number + 1
    end
    return list
  end

  it("has room for more than a thousand calls on each of its pages, and tells of one more",
  function()
    local tracker, opened, err = new(), 0, nil
    for _, sid in ipairs(of_one_page(1400)) do
      local done
      done, err = tracker:follow(sid)
      if not done then break end
      opened = opened + 1
    end
    assert.same({ "store", "full" }, { err.kind, err.reason })
    assert.is_true(opened > 1200, opened)
    assert.same({ going = opened, settled = 0 }, tracker:counts())
  end)

  it("tells apart names of which one is the end of another, or looks like a line", function()
    local tracker, names = new(), { "b", "a b", "h 1795000000.000 b", "dial b", "x a b" }
    for _, name in ipairs(names) do
      assert.is_true(tracker:begins(name, { began = now, latest = now, from = DIAL.from }))
    end
    for left = #names - 1, 0, -1 do
      tracker:ended(table.remove(names), nil, { outcome = "not_sent" })
      assert.same({ going = left, settled = 0 }, tracker:counts())
    end
  end)
end)

describe("exotel.tracker.new", function()
  local rows = {
    { "nothing", nil, "a table of settings is wanted, got a nil" },
    { "no store", {}, "setting 'store' is missing" },
    { "half a store", { store = { get = print } }, "setting 'store' wants a store" },
    { "a name that it doesn't know", { stor = 1 }, "'stor' is not known %(did you mean 'store'" },
    { "another type", { store = true, hold = "1" }, "setting 'store' wants a store" },
    { "a time that ends at once", { hold = 0 }, "setting 'hold' wants a number above 0" },
    { "a name with blanks", { name = "a b" }, "setting 'name' wants a name of at most 32" },
    { "keeping for an hour", { keep = 3600 }, "setting 'keep' wants seconds from a day to a year" },
  }
  for _, row in ipairs(rows) do
    it("refuses " .. row[1], function()
      local given = row[2]
      if given and row[1]:find "^[ak]" and given.store == nil then given.store = store end
      local message = raised(function() trackers.new(given) end)
      assert.matches("^exotel.tracker.new: ", message)
      assert.matches(row[3], message)
    end)
  end

  it("is what a client takes, and nothing else", function()
    local account = { account_sid = "acme", api_key = "key_1234", api_token = "token_5678" }
    account.tracker = { begins = print }
    assert.matches("tracker has no function 'ended'", raised(function() exotel.client(account) end))
    account.tracker = new()
    assert.truthy(exotel.client(account))
    assert.equal("exotel.tracker: calls", tostring(account.tracker))
  end)

  it("tells wrong arguments at their caller's line", function()
    local tracker = new()
    assert.truthy(raised(function() tracker:heard(nil) end))
    assert.truthy(raised(function() tracker:follow "a b" end))
    assert.truthy(raised(function() tracker:follow {} end))
    assert.truthy(raised(function() tracker:known(nil) end))
  end)
end)
