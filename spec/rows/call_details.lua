-- Rows of call_details: what is given, and the exact address that is read, or the exact
-- refusal. For the form of a row see rows/connect.lua.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local SID = "b6cfaf5f5cef3ca0fc937749ef96d245"
local CALLS = "https://api.exotel.com/v1/Accounts/acme/Calls/"

local function add(id, covered, params, expected)
  local row = { id = "call_details." .. id, row = { "call_details." .. covered },
                params = params }
  if covered == "" then row.row = { "call_details" } end
  for name, value in pairs(expected) do row[name] = value end
  rows[#rows + 1] = row
end

local function refuses(id, covered, params, field, reason, message, position)
  add(id, covered, params, { err = {
    kind = "invalid", outcome = "not_sent", reason = reason, field = field, message = message,
    position = position,
  } })
end

local function raises(id, covered, params, message)
  add(id, covered, params, { raises = "exotel.call_details: " .. message })
end

add("sid", "sid", { sid = SID }, { url = CALLS .. SID .. ".json", accept = "application/json" })
add("CallSid", "sid", { CallSid = SID }, { url = CALLS .. SID .. ".json" })
add("sid.one", "sid", { sid = "a" }, { url = CALLS .. "a.json" })
add("sid.64", "sid", { sid = ("aB3"):rep(21) .. "z" },
  { url = CALLS .. ("aB3"):rep(21) .. "z.json" })
refuses("sid.65", "sid", { sid = ("a"):rep(65) }, "sid", "too_long",
  "sid has 65 bytes, over the limit of 64")
refuses("sid.8193", "sid", { sid = ("a"):rep(8193) }, "sid", "too_long",
  "sid has 8193 bytes, over the limit of 8192")
refuses("sid.missing", "sid", {}, "sid", "missing", "sid is missing: the identifier of the call")
refuses("sid.empty", "sid", { sid = "" }, "sid", "empty", "sid is empty")
for id, sid in pairs { slash = "a/b", up = "a..", question = "a?b", percent = "a%2F", blank = "a b",
                       nul = "a\0b", cr = "a\rb", lf = "a\n", utf8 = "a\255", accent = "a\195\169",
                       dash = "a-b", dot = "a.json", hash = "a#", under = "a_b" } do
  refuses("sid." .. id, "sid", { sid = sid }, "sid", "sid",
    "sid may hold only letters and digits (byte 2)", 2)
end
for kind, value in pairs { number = 5, boolean = true, table = {}, ["function"] = print } do
  raises("sid.type." .. kind, "sid", { sid = value },
    ("option 'sid' wants a string, got a %s"):format(kind))
end
raises("sid.twice", "sid", { sid = "a", CallSid = "a" },
  "option 'sid' is given twice, as 'CallSid' and as 'sid'")

for id, entry in pairs {
  yes = { true, "?details=true" }, no = { false, "" }, text = { "true", "?details=true" },
  text_no = { "false", "" }, upper = { "TRUE", "?details=true" }, mixed = { "False", "" },
} do
  add("details." .. id, "details", { sid = SID, details = entry[1] },
    { url = CALLS .. SID .. ".json" .. entry[2] })
end
for id, value in pairs { yes = "yes", one = "1", blank = " true", nul = "true\0", cr = "true\r",
                         utf8 = "\255" } do
  refuses("details.not." .. id, "details", { sid = SID, details = value }, "details", "choice",
    "details must be true or false")
end
refuses("details.empty", "details", { sid = SID, details = "" }, "details", "empty",
  "details is empty")
for kind, value in pairs { number = 1, table = {}, ["function"] = print } do
  raises("details.type." .. kind, "details", { sid = SID, details = value },
    ("option 'details' wants a boolean, got a %s"):format(kind))
end

add("xml", "", { sid = SID, details = true }, { how = { format = "xml" },
  url = CALLS .. SID .. "?details=true", accept = "application/xml" })
add("mumbai", "", { sid = SID }, { client = { region = "mumbai" },
  url = "https://api.in.exotel.com/v1/Accounts/acme/Calls/" .. SID .. ".json" })
add("account.encoded", "", { sid = SID }, { client = { account_sid = "a?b" },
  url = "https://api.exotel.com/v1/Accounts/a%3Fb/Calls/" .. SID .. ".json" })
for given, meant in pairs { detail = "details", Sid = "sid", callsid = "CallSid", zzzz = false,
                            extra = false, from = false } do
  if given == "Sid" then meant = "sid" end
  raises("unknown." .. given, "", { sid = SID, [given] = "x" },
    ("option '%s' is not known%s"):format(given,
      meant and (" (did you mean '%s'?)"):format(meant) or ""))
end
raises("client.api_key", "", { sid = SID, api_key = "x" },
  "option 'api_key' belongs to exotel.configure or exotel.client, not to a call")
for _, name in ipairs { "retries", "timeout" } do
  raises("how." .. name, "", { sid = SID, [name] = 1 },
    ("option '%s' belongs in the second table, behind this one"):format(name))
end

return rows
