-- Rows of balance, which takes nothing: the exact address that is read, and what is refused.
-- For the form of a row see rows/connect.lua.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local function add(id, params, expected)
  local row = { id = "balance." .. id, row = { "balance" }, params = params }
  for name, value in pairs(expected) do row[name] = value end
  rows[#rows + 1] = row
end

add("none", {}, { accept = "application/json",
  url = "https://api.exotel.com/v1/Accounts/acme/Balance.json" })
add("xml", {}, { how = { format = "xml" }, accept = "application/xml",
  url = "https://api.exotel.com/v1/Accounts/acme/Balance" })
add("mumbai", {}, { client = { region = "mumbai" },
  url = "https://api.in.exotel.com/v1/Accounts/acme/Balance.json" })
add("account", {}, { client = { account_sid = "a?b" },
  url = "https://api.exotel.com/v1/Accounts/a%3Fb/Balance.json" })
add("account.slash", {}, { client = { account_sid = "a/b" }, err = {
  kind = "invalid", outcome = "not_sent", reason = "sid", field = "account_sid",
  message = "account_sid has a byte that no SID holds (byte 2)" } })
for _, name in ipairs { "number", "details", "extra", "sid" } do
  add("unknown." .. name, { [name] = "x" },
    { raises = ("exotel.balance: option '%s' is not known"):format(name) })
end
add("client.region", { region = "mumbai" }, { raises = "exotel.balance: option 'region' belongs"
  .. " to exotel.configure or exotel.client, not to a call" })

return rows
