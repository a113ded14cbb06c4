-- Recordings: fetched piece by piece, put in place whole, gone on with where they broke off, and
-- who is shown the credentials. The sandbox has real ones; raw servers lie about theirs.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"
local exotel = require "exotel"
local lua = require "spec.support.lua"
local on_sandbox = require "spec.support.on_sandbox"
local raised = require "spec.support.raised"
local raw = require "spec.support.raw"
local sys = require "exotel.sys"

local LONG = 20 -- seconds that nothing here should ever need
local PIECE = 524288
local OVERLAP = 4096

local directory, remove

before_each(function() directory, remove = raw.directory() end)
after_each(function()
  raw.stop()
  remove()
end)

local function read(path)
  local file = io.open(path, "rb")
  local bytes = file and file:read "*a"
  if file then file:close() end
  return bytes
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

local function client_of(url, more)
  local settings = { base_url = url, account_sid = "acc", api_key = "the_key",
                     api_token = "the_token", proxy = false, retries = 0, timeout = 20 }
  for name, value in pairs(more or {}) do settings[name] = value end
  return raw.keep(exotel.client(settings))
end

-- Fetched by a function: the bytes, or nil and the error.
local function collect(client, call, more)
  local pieces = {}
  local options = { to = function(bytes) pieces[#pieces + 1] = bytes end }
  for name, value in pairs(more or {}) do options[name] = value end
  local done, err = client:recording(call, options)
  if not done then return nil, err, table.concat(pieces) end
  assert.equal(#table.concat(pieces), done.bytes)
  return table.concat(pieces), done, #pieces
end

local function part(file, first, last, size, more)
  local headers = { ("Content-Range: bytes %d-%d/%d"):format(first, last, size or #file) }
  for _, line in ipairs(more or {}) do headers[#headers + 1] = line end
  return "send:" .. raw.answer(206, headers, file:sub(first + 1, last + 1))
end

-- A part of raw.body(size), from a byte whose number can be divided by 16: two steps.
local function big(first, last, size)
  local length = last - first + 1
  return { "send:HTTP/1.1 206 Partial Content\r\nContent-Length: " .. length
    .. ("\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"):format(first, last, size),
    "body:" .. length }
end

-- A server that takes these steps, one list after the other, each for one request.
local function serve(...)
  local steps = {}
  for index, list in ipairs { ... } do
    if index > 1 then steps[#steps + 1] = "next" end
    if type(list) ~= "table" then list = { list } end
    for _, step in ipairs(list) do steps[#steps + 1] = step end
  end
  return raw.start(steps)
end

describe("the recording of a call", function()
  local on, call, file

  setup(function()
    on = on_sandbox.start("--speed", "100")
    call = assert(on.client:connect { from = "+919876543210", to = "+919123456789",
      caller_id = on_sandbox.CALLER_ID, record = true })
    for _ = 1, 2000 do
      call = assert(on.client:call_details(call.sid))
      if call.recording_url then
        local answer = on:request("GET", call.recording_url:match "^%w+://[^/]+(.*)$",
          { username = "sandbox_key", password = "sandbox_token" })
        if answer.status == 200 then file = answer.body break end
      end
    end
    assert(file and #file > 100)
  end)

  teardown(function() on:stop() end)

  it("comes into a file, which is in its place when it is whole", function()
    local path = directory .. "/call.mp3"
    assert.same({ bytes = #file, resumed = 0, path = path, content_type = "audio/mpeg" },
      on.client:recording(call, { to = path }))
    assert.is_true(read(path) == file)
    assert.is_nil(read(path .. ".part"))
  end)

  it("comes to a function, of an address too", function()
    assert.is_true(collect(on.client, call) == file)
    assert.is_true(collect(on.client, call.recording_url) == file)
  end)

  it("is gone on with where an earlier try ended", function()
    local path = directory .. "/call.mp3"
    for _, had in ipairs { 1, 100, #file - 1, #file } do
      write(path .. ".part", file:sub(1, had))
      assert.equal(had, on.client:recording(call, { to = path }).resumed)
      assert.is_true(read(path) == file)
    end
  end)

  it("is fetched anew where the part is of something else", function()
    local path = directory .. "/call.mp3"
    for _, was in ipairs { "x", file:sub(1, 50) .. "x", file .. "x", ("x"):rep(#file + 9999) } do
      write(path .. ".part", was)
      assert.equal(0, on.client:recording(call, { to = path }).resumed)
      assert.is_true(read(path) == file)
    end
  end)

  it("replaces what stands in its place", function()
    local path = directory .. "/call.mp3"
    write(path, "older")
    assert(on.client:recording(call, { to = path }))
    assert.is_true(read(path) == file)
  end)

  it("isn't there yet, or not for this account", function()
    local _, err = on.client:recording(call.recording_url:gsub("[^/]+%.mp3$", "nobody.mp3"),
      { to = directory .. "/x" })
    assert.same({ "api", "not_found", 404, "recording" },
      { err.kind, err.reason, err.status, err.operation })
    assert.is_nil(read(directory .. "/x"))
    _, err = client_of(on.base_url):recording(call, { to = directory .. "/x" })
    assert.equal("auth", err.reason)
  end)
end)

describe("a recording in pieces", function()
  local file = raw.body(PIECE * 2 + 1000)

  it("is put together, each piece asked for once", function()
    local server = serve(big(0, PIECE - 1, #file), big(PIECE, 2 * PIECE - 1, #file),
      big(2 * PIECE, #file - 1, #file))
    local bytes, _, pieces = collect(client_of(server.url), server.url .. "/r.mp3")
    assert.is_true(bytes == file)
    assert.equal(3, pieces)
    assert.equal(3, server:count "GET")
  end)

  it("goes on behind what a broken connection left", function()
    local path = directory .. "/call.mp3"
    local server = serve(big(0, PIECE - 1, #file), "close")
    local done, err = client_of(server.url):recording(server.url .. "/r.mp3", { to = path })
    assert.is_nil(done)
    assert.same({ "transport", "unknown" }, { err.kind, err.outcome })
    assert.is_nil(read(path))
    assert.is_true(read(path .. ".part") == file:sub(1, PIECE))
    local from = PIECE - OVERLAP
    server = serve(big(from, from + PIECE - 1, #file), big(from + PIECE, #file - 1, #file))
    done = assert(client_of(server.url):recording(server.url .. "/r.mp3", { to = path }))
    assert.equal(PIECE, done.resumed)
    assert.is_true(read(path) == file)
  end)

  it("keeps what came, however little, and is gone on with by little", function()
    local small, path = raw.body(60), directory .. "/call.mp3"
    local server = serve(part(small, 0, 29), "close")
    assert.is_nil((client_of(server.url):recording(server.url .. "/r", { to = path })))
    assert.equal(small:sub(1, 30), read(path .. ".part"))
    server = serve(part(small, 0, 9), part(small, 30, 39), part(small, 40, 59))
    assert.equal(30, client_of(server.url):recording(server.url .. "/r", { to = path }).resumed)
    assert.equal(small, read(path))
  end)

  it("is fetched anew, in pieces, where the part is longer than it", function()
    local small, path = raw.body(60), directory .. "/call.mp3"
    for _, first in ipairs { "send:" .. raw.answer(416, { "Content-Range: bytes */60" }, ""),
                             part(small, 0, 59) } do
      write(path .. ".part", small .. "more")
      local server = serve(first, part(small, 0, 29), part(small, 30, 59))
      assert.equal(0, client_of(server.url):recording(server.url .. "/r", { to = path }).resumed)
      assert.equal(small, read(path))
      assert.equal(3, server:count "GET")
    end
  end)

  it("isn't fetched anew for ever, where its server always takes back what it has told", function()
    local path = directory .. "/call.mp3"
    local first = part(raw.body(20), 0, 9)
    local gone = "send:" .. raw.answer(416, { "Content-Range: bytes */10" }, "")
    local server = serve(first, gone, first, gone)
    local _, err = client_of(server.url):recording(server.url .. "/r", { to = path })
    assert.same({ "parse", "changed" }, { err.kind, err.reason })
    assert.equal(4, server:count "GET")
  end)

  it("tries a piece again, as any look-up", function()
    local server = serve(big(0, PIECE - 1, PIECE + 999), "close",
      big(PIECE, PIECE + 998, PIECE + 999))
    local got = collect(client_of(server.url, { retries = 2 }), server.url .. "/r")
    assert.is_true(got == file:sub(1, PIECE + 999))
    assert.equal(3, server:count "GET")
  end)

  it("may come in smaller ones than were asked for", function()
    local small = raw.body(30)
    local server = serve(part(small, 0, 9), part(small, 10, 10), part(small, 11, 29))
    assert.equal(small, (collect(client_of(server.url), server.url .. "/r")))
  end)

  it("comes in pieces that an answer has room for", function()
    local small, path = raw.body(2500), directory .. "/call.mp3"
    local asked = {}
    local client = client_of("http://127.0.0.1:1", { max_response = 1024, transport = {
      sleep = function() end, now = os.clock,
      perform = function(_, request)
        local first, last = request.headers.range:match "^bytes=(%d+)%-(%d+)$"
        asked[#asked + 1] = first .. "-" .. last
        local body = small:sub(first + 1, last + 1)
        return { status = 206, body = body, headers = { ["content-range"] =
          ("bytes %d-%d/%d"):format(first, first + #body - 1, #small) } }
      end } })
    assert(client:recording("http://127.0.0.1:1/r", { to = path }))
    assert.same({ "0-1023", "1024-2047", "2048-3071" }, asked)
    assert.equal(small, read(path))
  end)

  it("comes whole from a server that knows no ranges", function()
    local small, path = raw.body(3000), directory .. "/call.mp3"
    local server = raw.start { "send:" .. raw.answer(200, {}, small) }
    assert.equal(small, (collect(client_of(server.url), server.url .. "/r")))
    write(path .. ".part", small:sub(1, 20))
    assert.equal(0, client_of(server.url):recording(server.url .. "/r", { to = path }).resumed)
    assert.equal(small, read(path))
  end)

  it("may be empty", function()
    local path = directory .. "/call.mp3"
    local server = raw.start { "send:" .. raw.answer(416, { "Content-Range: bytes */0" }, ""),
      "next", "send:" .. raw.answer(200, {}, "") }
    assert.equal(0, client_of(server.url):recording(server.url .. "/r", { to = path }).bytes)
    assert.equal("", read(path))
  end)

  for about, row in pairs {
    ["says no range"] = { "send:" .. raw.answer(206, {}, "abc"), "no range" },
    ["is none"] = { "send:" .. raw.answer(204, {}, ""), "answered 204, with what is neither" },
    ["is still made"] = { "send:" .. raw.answer(202, {}, "later"), "answered 202" },
    ["begins elsewhere"] = { part("abcdef", 1, 3), "begins at byte 1, not at 0" },
    ["is shorter than it says"] = { "send:" .. raw.answer(206, { "Content-Range: bytes 0-9/20" },
      "abc"), "has 3 bytes and says 10" },
  } do
    it("is refused when its answer " .. about, function()
      local server = raw.start { row[1] }
      local _, err, got = collect(client_of(server.url), server.url .. "/r")
      assert.same({ "parse", "range", "" }, { err.kind, err.reason, got })
      assert.matches(row[2], err.message, 1, true)
    end)
  end

  it("is refused when the whole becomes another in the middle", function()
    local server = serve(big(0, PIECE - 1, #file), big(PIECE, 2 * PIECE - 1, #file + 1))
    local _, err = collect(client_of(server.url), server.url .. "/r")
    assert.same({ "parse", "range" }, { err.kind, err.reason })
    assert.matches("the whole has %w+ bytes now, and had %w+", err.message)
    server = serve(big(0, PIECE - 1, #file), "send:" .. raw.answer(200, {}, "new"))
    _, err = collect(client_of(server.url), server.url .. "/r")
    assert.same({ "parse", "changed" }, { err.kind, err.reason })
  end)

  describe("whose file became another, as large and the same where two parts meet,", function()
    local old, new = ("o"):rep(50) .. raw.body(150), ("n"):rep(50) .. raw.body(150)
    local path

    before_each(function() path = directory .. "/call.mp3" end)

    local function tagged(bytes, first, last, tag)
      return part(bytes, first, last, 200, tag and { "ETag: " .. tag })
    end

    local function fetch(server, to)
      return client_of(server.url):recording(server.url .. "/r.mp3", { to = to or path })
    end

    it("is fetched anew when the ETag says so", function()
      local server = serve(tagged(old, 0, 99, '"1"'), tagged(new, 100, 199, '"2"'),
        tagged(new, 0, 99, '"2"'), tagged(new, 100, 199, '"2"'))
      assert.same({ bytes = 200, resumed = 0, path = path }, fetch(server))
      assert.is_true(read(path) == new)
      assert.equal(4, server:count "GET")
    end)

    it("is fetched anew when its size is another too", function()
      local server = serve(tagged(old, 0, 99, '"1"'), part(new .. "!", 100, 200, 201,
        { 'ETag: "2"' }), part(new .. "!", 0, 200, 201, { 'ETag: "2"' }))
      assert.equal(201, assert(fetch(server)).bytes)
      assert.is_true(read(path) == new .. "!")
    end)

    it("is fetched anew when it ends before what is there", function()
      local gone = "send:" .. raw.answer(416, { "Content-Range: bytes */90" }, "")
      local server = serve(tagged(old, 0, 99, '"1"'), gone,
        part(new:sub(1, 90), 0, 89, 90, { 'ETag: "2"' }))
      assert.equal(90, assert(fetch(server)).bytes)
      assert.is_true(read(path) == new:sub(1, 90))
    end)

    it("is refused by a function that has the other's first part", function()
      local server = serve(tagged(old, 0, 99, '"1"'), tagged(new, 100, 199, '"2"'))
      local got = {}
      local done, err = fetch(server, function(bytes) got[#got + 1] = bytes end)
      assert.is_nil(done)
      assert.same({ "parse", "changed", old:sub(1, 100) },
        { err.kind, err.reason, table.concat(got) })
    end)

    it("isn't fetched anew for ever", function()
      local server = serve(tagged(old, 0, 99, '"1"'), tagged(new, 100, 199, '"2"'),
        tagged(new, 0, 99, '"2"'), tagged(old, 100, 199, '"1"'))
      local done, err = fetch(server)
      assert.is_nil(done)
      assert.same({ "parse", "changed" }, { err.kind, err.reason })
      assert.is_nil(read(path))
    end)

    it("isn't fetched anew for an ETag that is weak, missing or the same", function()
      for _, tags in ipairs { { 'W/"1"', 'W/"2"' }, { 'W/"1"', '"1"' }, { '"1"' }, { '"1"', '"1"' },
                              { nil, '"1"' } } do
        local server = serve(tagged(new, 0, 99, tags[1]), tagged(new, 100, 199, tags[2]))
        assert.equal(200, assert(fetch(server)).bytes)
        assert.is_true(read(path) == new)
      end
    end)
  end)

  it("is at most of max_bytes, and then nothing is kept", function()
    for _, step in ipairs { part(raw.body(101), 0, 99),
                            "send:" .. raw.answer(200, {}, raw.body(101)) } do
      local server = serve(step)
      local client, path = client_of(server.url), directory .. "/call.mp3"
      local _, err = client:recording(server.url .. "/r", { to = path, max_bytes = 100 })
      assert.same({ "limited", "too_large" }, { err.kind, err.reason })
      assert.same({ nil, "" }, { read(path), read(path .. ".part") })
    end
  end)

  it("ends when the function says so, which it is told of", function()
    local server = serve(part("abc", 0, 1))
    local _, err = client_of(server.url):recording(server.url .. "/r", {
      to = function() return false, "disk full" end })
    assert.same({ "file", "stopped", "to" }, { err.kind, err.reason, err.field })
    assert.matches("disk full", err.message)
    assert.equal(1, server:count "GET")
  end)

  it("isn't fetched for a place where no file can be", function()
    local server = serve "close"
    local path = directory .. "/no/x"
    local _, err = client_of(server.url):recording(server.url .. "/r", { to = path })
    assert.same({ "file", "write", "to" }, { err.kind, err.reason, err.field })
    assert.equal(0, server:count "GET")
  end)

  it("isn't kept where the part can't be begun anew, and nothing raises", function()
    local path = directory .. "/call.mp3"
    write(path .. ".part", "older")
    local client = client_of("http://127.0.0.1:1", { transport = {
      sleep = function() end, now = os.clock, perform = function()
        assert(os.remove(path .. ".part") and sys.spawn { "mkdir", path .. ".part" }):wait(LONG)
        return { status = 200, headers = {}, body = "new" }
      end } })
    local done, err = client:recording("http://127.0.0.1:1/r", { to = path })
    assert.is_nil(done)
    assert.same({ "file", "write", "to" }, { err.kind, err.reason, err.field })
  end)

  it("has one deadline for all pieces", function()
    local server = serve(part(raw.body(200), 0, 99), "hold")
    local client = client_of(server.url, { retries = 5 })
    local done, err = client:recording(server.url .. "/r", { to = function() end },
      { deadline = 0.5, timeout = 20 })
    assert.is_nil(done)
    assert.is_true(err.reason == "timeout" or err.reason == "deadline", tostring(err))
  end)
end)

describe("a file that two fetch into", function()
  local URL = "http://127.0.0.1:1/r"
  local path

  before_each(function() path = directory .. "/call.mp3" end)

  -- A process that has the first piece, and waits for the second.
  local function begin()
    local other = raw.keep(assert(sys.spawn { lua.name, "spec/support/fetching.lua", path }))
    assert.equal("asked", other:read_line(LONG))
    assert(other:write "\n")
    assert.equal("asked", other:read_line(LONG))
    return other
  end

  local function client_that_meets(perform)
    return client_of("http://127.0.0.1:1", { transport = { sleep = function() end, now = os.clock,
                                                           perform = perform } })
  end

  local function whole() return { status = 200, headers = {}, body = "another" } end

  it("is one process's, and the other is told so before it asks for anything", function()
    local other = begin()
    local done, err = client_that_meets(error):recording(URL, { to = path })
    assert.is_nil(done)
    assert.same({ "file", "in_use", "to", "recording" },
      { err.kind, err.reason, err.field, err.operation })
    assert.matches("another fetch is writing " .. path .. ".part", err.message, 1, true)
    assert(other:write "\n")
    assert.equal("10", other:read_line(LONG))
    assert.equal("0123456789", read(path))
    assert(client_that_meets(whole):recording(URL, { to = path }))
    assert.equal("another", read(path))
  end)

  it("is free when the process is killed", function()
    local other = begin()
    assert(other:signal "KILL")
    other:wait(LONG)
    assert(client_that_meets(whole):recording(URL, { to = path }))
    assert.equal("another", read(path))
  end)

  it("is one task's, until that has ended, also by raising", function()
    local client, why
    client = client_that_meets(function()
      local _, err = client:recording(URL, { to = path })
      why = err.reason
      error "the transport's own"
    end)
    local ran, raised_with = pcall(client.recording, client, URL, { to = path })
    assert.is_false(ran)
    assert.matches("the transport's own", raised_with, 1, true)
    assert.equal("in_use", why)
    assert(client_that_meets(whole):recording(URL, { to = path }))
    assert.equal("another", read(path))
  end)

  it("has no lock where exotel.sys can't be loaded", function()
    package.loaded["exotel.sys"] = nil
    package.preload["exotel.sys"] = function() error "not built" end
    finally(function()
      package.loaded["exotel.sys"], package.preload["exotel.sys"] = sys, nil
    end)
    local client, done
    client = client_that_meets(function()
      done = done or client_that_meets(whole):recording(URL, { to = path .. "2" })
      return whole()
    end)
    assert(client:recording(URL, { to = path }))
    assert.same({ "another", "another" }, { read(path), read(path .. "2") })
  end)
end)

-- A server's echo shows what it was sent.
describe("the credentials", function()
  local function shown(text) return text:find "[Aa]uthorization: Basic" ~= nil end

  it("go to the host that the client talks to", function()
    local server = raw.start { "echo" }
    assert.is_true(shown((collect(client_of(server.url), server.url .. "/r"))))
  end)

  it("go to no other", function()
    local home, other = raw.start { "echo" }, raw.start { "echo" }
    local client = client_of(home.url)
    assert.is_false(shown((collect(client, other.url .. "/r"))))
    local local_host = other.url:gsub("127%.0%.0%.1", "localhost")
    assert.is_false(shown((collect(client, local_host .. "/r.exotel.com"))))
  end)

  it("aren't shown with a link that is signed", function()
    local server = raw.start { "echo" }
    local client = client_of(server.url) -- one, whose connection had them before
    for _, query in ipairs { "X-Amz-Signature=abc", "a=b&Signature=abc", "x-goog-signature=d" } do
      assert.is_true(shown((collect(client, server.url .. "/r?signed=1"))))
      assert.is_false(shown((collect(client, server.url .. "/r?" .. query))))
    end
    assert.equal(1, select(2, server:requests()))
  end)

  it("stay behind when the server redirects to another", function()
    local other = raw.start { "echo" }
    local home = raw.start { "send:" .. raw.answer(302, { "Location: " .. other.url .. "/s" }, "") }
    assert.is_false(shown((collect(client_of(home.url), home.url .. "/r"))))
    assert.equal("/s", (other:requests())[1].path)
  end)

  it("go with a redirect to the same host", function()
    local seen = {}
    local home = client_of("http://127.0.0.1:1", { transport = {
      sleep = function() end, now = os.clock, perform = function(_, request)
        seen[#seen + 1] = request.username or "none"
        if #seen > 1 then return { status = 200, head = "", body = "x" } end
        return { status = 302, head = "Location: http://127.0.0.1:1/b\r\n", body = "" }
      end } })
    assert(home:recording("http://127.0.0.1:1/a", { to = function() end }))
    assert.same({ "the_key", "the_key" }, seen)
  end)

  it("aren't carried round for ever", function()
    local asked = 0
    local client = client_of("http://127.0.0.1:1", { transport = {
      sleep = function() end, now = os.clock, perform = function()
        asked = asked + 1
        return { status = 302, head = "Location: http://127.0.0.1:1/a\r\n", body = "" }
      end } })
    local _, err = client:recording("http://127.0.0.1:1/a", { to = function() end })
    assert.same({ "redirect", 4 }, { err.reason, asked })
  end)

  it("reach hosts of Exotel by TLS alone", function()
    local seen = {}
    local client = exotel.client { account_sid = "acc", api_key = "k", api_token = "t",
      transport = { sleep = function() end, now = os.clock, perform = function(_, request)
        seen[#seen + 1] = request.username or "none"
        return { status = 200, headers = {}, body = "x" }
      end } }
    for _, row in ipairs {
      { "https://recordings.mum1.exotel.com/exotelrecordings/a/b.mp3", "k" },
      { "https://recordings.exotel.in/a/b.mp3", "k" },
      { "https://RECORDINGS.EXOTEL.COM/a/b.mp3", "k" },
      { "http://recordings.exotel.com/a/b.mp3", "none" },
      { "https://exotel.com.example.test/a.mp3", "none" },
      { "https://notexotel.com/a.mp3", "none" },
      { "https://s3-ap-southeast-1.amazonaws.com/exotelrecordings/a/b.mp3", "none" },
      { "https://api.exotel.com/x.mp3?Signature=1", "none" },
    } do
      assert(client:recording(row[1], { to = function() end }))
      assert.equal(row[2], seen[#seen], row[1])
    end
  end)
end)

describe("what is asked of exotel.recording", function()
  local client = exotel.client { account_sid = "a", api_key = "k", api_token = "t" }

  for about, row in pairs {
    ["nothing"] = { nil, "exotel.recording wants a table with `to`, got a nil" },
    ["no place"] = { {}, "option 'to' wants a path or a function, got a nil" },
    ["an empty path"] = { { to = "" }, "'to' wants a path or a function, got an empty string" },
    ["a path that no system has"] = { { to = "a\0b" }, "option 'to' has a NUL byte" },
    ["another option"] = { { to = "x", max_byte = 1 },
                           "option 'max_byte' is not known (did you mean 'max_bytes'?)" },
    ["no size"] = { { to = "x", max_bytes = 0 }, "max_bytes must be a whole number from 1" },
  } do
    it("is checked: " .. about, function()
      assert.is_truthy(raised(function() client:recording("https://x/", row[1]) end)
        :find(row[2], 1, true))
    end)
  end

  it("is refused of a call without one", function()
    for _, call in ipairs { { sid = "abc" }, { recording_url = "" }, { recording_url = {} } } do
      local _, err = client:recording(call, { to = directory .. "/x" })
      assert.same({ "invalid", "missing", "recording_url" }, { err.kind, err.reason, err.field })
    end
  end)

  it("isn't said to be missing where a SID was given", function()
    local _, err = client:recording("c5797dcbaaeed7678c40", { to = directory .. "/x" })
    assert.same({ "invalid", "url", "recording_url" }, { err.kind, err.reason, err.field })
  end)
end)

describe("a Content-Range", function()
  for text, expected in pairs {
    ["bytes 0-99/1234"] = { 0, 99, 1234 }, ["bytes 5-5/6"] = { 5, 5, 6 },
    ["bytes 0-99/*"] = {}, ["bytes */0"] = {}, ["bytes 9-5/10"] = {}, ["bytes 0-10/10"] = {},
    ["lines 0-1/2"] = {}, [""] = {}, ["bytes 0-1"] = {}, ["bytes -1-1/2"] = {},
    ["bytes 0 -1/2"] = {}, ["bytes 1/2-3"] = {},
  } do
    it(("%q"):format(text), function()
      assert.same(expected, { core.content_range(text) })
    end)
  end
end)
