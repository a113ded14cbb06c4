-- conformance: whether a store keeps the contract of docs/store.md.
--
--   local conformance = require "exotel.store.conformance"
--   for _, wrong in ipairs(conformance.check(function() return my_store end)) do print(wrong) end
--
-- One by one, as in a test of yours, or where the store works:
--
--   for _, case in ipairs(conformance.cases) do
--     local wrong = conformance.drive(make, case, { sleep = sleep })
--   end
--
-- It leaves entries behind that end within a minute, under keys that begin with "conformance ".
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local errors = require "exotel.errors"

local conformance = {}

local LONG = 60     -- seconds: it lasts for as long as a case
local SHORT = 0.3   -- seconds after which an entry must be gone
local LATE = 0.5    -- seconds behind that: no store counts time more coarsely

-- {=================================================================
-- Judging
-- ==================================================================

local function spelt(value)
  if type(value) == "string" then
    if #value > 20 then return ("a text of %d bytes"):format(#value) end
    return ("%q"):format(value)
  end
  return tostring(value)
end

-- Ends the case, with what is wrong.
local function fail(text, ...)
  error({ wrong = text:format(...) }, 0)
end

-- What a function of the store must return. An error, where none is expected, is told.
local function must(what, wanted, got, err)
  if got == wanted and type(got) == type(wanted) then return end
  if err ~= nil then fail("%s: %s", what, tostring(err)) end
  fail("%s: %s came, not %s", what, spelt(got), spelt(wanted))
end

local function must_raise(what, fn)
  local ran, message = pcall(fn)
  if ran then fail("%s: nothing was raised", what) end
  if type(message) == "string" and not message:find("conformance.lua", 1, true) then
    fail("%s: it was raised at another line than the caller's: %s", what, message)
  end
end

-- }=================================================================

-- {=================================================================
-- Cases
-- ==================================================================

local cases = {}
conformance.cases = cases

local function add(name, about, run)
  local case = { name = name, about = about, run = run }
  cases[#cases + 1], cases[name] = case, case
end

-- Each is given a store, a second object of the same store, a function that makes keys nobody
-- else has, and sleep.

add("add.once", "what is there is not put again", function(a, b, key)
  local one = key()
  must("add", true, a:add(one, "first", LONG))
  must("the second add", false, a:add(one, "second", LONG))
  must("the add of another", false, b:add(one, "first", LONG))
  must("get", "first", a:get(one))
end)

add("add.shared", "others see it at once", function(a, b, key)
  local one = key()
  must("get, before", nil, b:get(one))
  must("add", true, a:add(one, "value", LONG))
  must("get", "value", b:get(one))
end)

add("add.lifetime", "it ends with its time, and can be put again", function(a, b, key, sleep)
  local one, long = key(), key()
  must("add", true, a:add(one, "value", SHORT))
  must("add of a long one", true, a:add(long, "stays", LONG))
  must("get, before its end", "value", b:get(one))
  sleep(SHORT + LATE)
  must("get, behind its end", nil, b:get(one))
  must("get of a long one", "stays", b:get(long))
  must("the second add", true, b:add(one, "again", LONG))
  must("get", "again", a:get(one))
end)

add("add.fraction", "a lifetime of less than a second is one", function(a, _, key)
  local one = key()
  must("add", true, a:add(one, "value", 0.9))
  must("get", "value", a:get(one))
end)

add("bytes", "keys and values are any bytes", function(a, b, key)
  local all = {}
  for byte = 0, 255 do all[#all + 1] = string.char(byte) end
  all = table.concat(all)
  local one = key() .. all:sub(1, 40) .. all:sub(200)
  must("add", true, a:add(one, all, LONG))
  must("get", all, b:get(one))
  must("swap", true, b:swap(one, all, all .. all, LONG))
  must("get", all .. all, a:get(one))
end)

add("sizes", "the longest key, the longest value and the empty value fit", function(a, b, key)
  local one = key()
  local longest = one .. ("k"):rep(contract.KEY_MAX - #one)
  local value = ("v"):rep(contract.VALUE_MAX)
  must("add", true, a:add(longest, value, LONG))
  must("get", value, b:get(longest))
  must("add of nothing", true, a:add(one, "", LONG))
  must("get of nothing", "", b:get(one))
  must("swap of nothing", true, b:swap(one, "", "something", LONG))
end)

add("keys", "keys that look alike are not the same", function(a, _, key)
  local one = key()
  local alike = { one, one .. " ", " " .. one, one .. " 1", "1 " .. one, "from " .. one,
                  one:upper() .. "x", one .. "\0" }
  for index, name in ipairs(alike) do must("add", true, a:add(name, tostring(index), LONG)) end
  for index, name in ipairs(alike) do
    must("swap", true, a:swap(name, tostring(index), index .. "!", LONG))
  end
  for index, name in ipairs(alike) do must("get", index .. "!", a:get(name)) end
end)

add("swap.changes", "what is there is replaced where it is what was said", function(a, b, key)
  local one = key()
  must("add", true, a:add(one, "1", LONG))
  must("swap", true, b:swap(one, "1", "2", LONG))
  must("get", "2", a:get(one))
  must("swap of what was", false, a:swap(one, "1", "3", LONG))
  must("get", "2", b:get(one))
  for number = 2, 30 do
    must("swap", true, a:swap(one, tostring(number), tostring(number + 1), LONG))
  end
  must("get", "31", b:get(one))
end)

add("swap.nothing", "nil says that nothing is there", function(a, b, key)
  local one = key()
  must("swap of what isn't there", false, a:swap(one, "1", "2", LONG))
  must("get", nil, a:get(one))
  must("swap of nothing", true, a:swap(one, nil, "1", LONG))
  must("the second swap of nothing", false, b:swap(one, nil, "2", LONG))
  must("get", "1", b:get(one))
  must("add", false, b:add(one, "2", LONG))
end)

add("swap.deletes", "no value deletes", function(a, b, key)
  local one = key()
  must("swap of nothing by nothing", true, a:swap(one, nil, nil))
  must("add", true, a:add(one, "1", LONG))
  must("swap of something else", false, b:swap(one, "2", nil))
  must("get", "1", b:get(one))
  must("swap", true, b:swap(one, "1", nil))
  must("get", nil, a:get(one))
  must("the second swap", false, a:swap(one, "1", nil))
  must("add", true, a:add(one, "3", LONG))
  must("get", "3", b:get(one))
end)

add("swap.lifetime", "a swap begins a new lifetime", function(a, b, key, sleep)
  local longer, shorter = key(), key()
  must("add", true, a:add(longer, "1", SHORT))
  must("swap", true, a:swap(longer, "1", "2", LONG))
  must("add", true, a:add(shorter, "1", LONG))
  must("swap", true, a:swap(shorter, "1", "2", SHORT))
  sleep(SHORT + LATE)
  must("get of the longer one", "2", b:get(longer))
  must("get of the shorter one", nil, b:get(shorter))
  must("swap of what is over", false, b:swap(shorter, "2", "3", LONG))
  must("swap of nothing", true, b:swap(shorter, nil, "3", LONG))
  must("get", "3", a:get(shorter))
end)

add("lease.one", "one has it, until it is released", function(a, b, key)
  local one = key()
  local token, err = a:lease(one, LONG)
  if type(token) ~= "string" or token == "" then must("lease", "a token", token, err) end
  must("the second lease", false, b:lease(one, LONG))
  must("release with another token", false, b:release(one, token .. "x"))
  must("lease", false, b:lease(one, LONG))
  must("release", true, b:release(one, token))
  must("the second release", false, a:release(one, token))
  local following = b:lease(one, LONG)
  if type(following) ~= "string" then must("lease of what was released", "a token", following) end
  if following == token then fail "the second lease has the token of the first" end
  must("release with the first token", false, a:release(one, token))
end)

add("lease.lifetime", "it ends with its time, and its token with it", function(a, b, key, sleep)
  local one = key()
  local token = a:lease(one, SHORT)
  sleep(SHORT + LATE)
  must("renew of what is over", false, a:renew(one, token, LONG))
  local following = b:lease(one, LONG)
  if type(following) ~= "string" then must("lease of what is over", "a token", following) end
  must("renew with the first token", false, a:renew(one, token, LONG))
  must("release with the first token", false, a:release(one, token))
  must("renew", true, b:renew(one, following, LONG))
end)

add("lease.renewed", "a renewed lease lasts", function(a, b, key, sleep)
  local one = key()
  local token = a:lease(one, SHORT)
  must("renew", true, a:renew(one, token, LONG))
  must("renew with another token", false, b:renew(one, "other", LONG))
  sleep(SHORT + LATE)
  must("lease", false, b:lease(one, LONG))
  must("renew of nobody's", false, b:renew(key(), token, LONG))
  must("release", true, a:release(one, token))
end)

local wrongs = {
  { "a key that is no string", "add", {}, "v", 1 },
  { "an empty key", "get", "" },
  { "a key that is too long", "get", ("k"):rep(contract.KEY_MAX + 1) },
  { "a value that is no string", "add", "k", 5, 1 },
  { "a value that is too long", "add", "k", ("v"):rep(contract.VALUE_MAX + 1), 1 },
  { "no lifetime", "add", "k", "v" },
  { "a lifetime of 0", "add", "k", "v", 0 },
  { "a negative lifetime", "add", "k", "v", -1 },
  { "a lifetime that is no number", "add", "k", "v", 0 / 0 },
  { "a swap of a table", "swap", "k", {}, "v", 1 },
  { "a swap without a lifetime", "swap", "k", nil, "v" },
  { "a lease without a lifetime", "lease", "k" },
  { "a renewal without a token", "renew", "k", nil, 1 },
  { "a release without a token", "release", "k" },
}

add("mistakes", "a programmer's mistake raises at the caller's line", function(a)
  for _, row in ipairs(wrongs) do
    must_raise(row[1], function()
      local result = a[row[2]](a, row[3], row[4], row[5], row[6])
      return result
    end)
  end
end)

-- }=================================================================

local made = 0

-- Keys that no other run has had.
local function key_maker(case)
  local own = contract.token()
  return function()
    made = made + 1
    return ("conformance %s %d %s"):format(case.name, made, own:sub(1, 8))
  end
end

local function default_sleep()
  local sys, err = errors.load "exotel.sys"
  if not sys then error(err.message, 3) end
  return sys.sleep
end

--- Runs one case. Returns what is wrong, or nil.
---@param make fun(): exotel.store  called twice: gives two objects of one store, or one twice
---@param case table  one of conformance.cases
---@param options? table  sleep(seconds): waits, by the store's clock; default really
---@return string? wrong
function conformance.drive(make, case, options)
  local sleep = options and options.sleep or default_sleep()
  local a, b = make(), make()
  local ran, failure = require("exotel.yielding").pcall(case.run, a, b, key_maker(case), sleep)
  if ran then return nil end
  if type(failure) == "table" and failure.wrong then return failure.wrong end
  return "it raised: " .. tostring(failure)
end

--- Runs every case. Returns what is wrong, a list of strings, each the name of a case and what is
--- wrong; empty for a store that keeps the contract. Parameters as for conformance.drive.
---@param make fun(): exotel.store
---@param options? table
---@return string[] wrong
function conformance.check(make, options)
  local list = {}
  for _, case in ipairs(cases) do
    local wrong = conformance.drive(make, case, options)
    if wrong then list[#list + 1] = case.name .. ": " .. wrong end
  end
  return list
end

return conformance
