-- Rows of number_metadata: the number that is given, and the exact address that is read, or
-- the exact refusal. For the form of a row see rows/connect.lua.
--
-- SPDX-License-Identifier: MIT

local rows = {}

local NUMBERS = "https://api.exotel.com/v1/Accounts/acme/Numbers/"

local function add(id, covered, params, expected)
  local row = { id = "number_metadata." .. id, row = { covered }, params = params }
  for name, value in pairs(expected) do row[name] = value end
  rows[#rows + 1] = row
end

local NUMBER = "number_metadata.number"

local function sends(id, params, path)
  add(id, NUMBER, params, { url = NUMBERS .. path .. ".json" })
end

local function refuses(id, params, reason, message)
  add(id, NUMBER, params, { err = {
    kind = "invalid", outcome = "not_sent", reason = reason, field = "number", message = message,
  } })
end

local function raises(id, covered, params, message)
  add(id, covered, params, { raises = "exotel.number_metadata: " .. message })
end

add("e164", NUMBER, { number = "+919876543210" },
  { url = NUMBERS .. "%2B919876543210.json", accept = "application/json" })
add("xml", "number_metadata", { number = "+919876543210" }, { how = { format = "xml" },
  url = NUMBERS .. "%2B919876543210", accept = "application/xml" })
add("mumbai", "number_metadata", { number = "100" }, { client = { region = "mumbai" },
  url = "https://api.in.exotel.com/v1/Accounts/acme/Numbers/100.json" })
sends("name", { PhoneNumber = "+919876543210" }, "%2B919876543210")
sends("trunk", { number = "09876530240" }, "09876530240")
sends("national", { number = "9876530240" }, "9876530240")
sends("double zero", { number = "00919876543210" }, "00919876543210")
sends("blanks", { number = " +91 (98765) 432-10\r\n" }, "%2B919876543210")
sends("nbsp", { number = "+91\194\16098765\226\128\14743210" }, "%2B919876543210")
sends("three", { number = "100" }, "100")
sends("twenty", { number = ("1"):rep(20) }, ("1"):rep(20))

refuses("missing", {}, "missing", "number is missing: the phone number that is asked about")
refuses("empty", { number = "" }, "empty", "number is empty")
refuses("blank", { number = " \t" }, "phone", "number is empty")
refuses("two", { number = "12" }, "phone", "number is shorter than 3 digits")
refuses("21", { number = ("1"):rep(21) }, "phone",
  "number is longer than the limit of 20 digits")
refuses("8193", { number = ("1"):rep(8193) }, "too_long",
  "number has 8193 bytes, over the limit of 8192")
for id, number in pairs { masked = "0XXXXXX240", portal = "XXXXX30240", word = "anonymous",
                          slash = "98765/43210", up = "..", json = "9876543210.json",
                          query = "9876543210?a=b", nul = "9876543210\0", plus = "98765+43210",
                          list = "+919876543210,+918040009999" } do
  refuses(id, { number = number }, "phone", "number is not a phone number")
end
for id, number in pairs { sip = "sip:agent@exotel.com", sip_upper = "SIP:trunk" } do
  refuses(id, { number = number }, "phone", "number is a SIP address, not a phone number")
end
refuses("sip.empty", { number = "sip:" }, "phone", "number has no address after sip:")

for kind, value in pairs { number = 9876543210, boolean = true, table = { "+919876543210" } } do
  raises("type." .. kind, NUMBER, { number = value },
    ("option 'number' wants a string, got a %s"):format(kind))
end
raises("twice", NUMBER, { number = "100", PhoneNumber = "100" },
  "option 'number' is given twice, as 'PhoneNumber' and as 'number'")
for given, meant in pairs { numbr = "number", phone_number = "PhoneNumber", details = false,
                            extra = false } do
  raises("unknown." .. given, "number_metadata", { number = "100", [given] = "x" },
    ("option '%s' is not known%s"):format(given,
      meant and (" (did you mean '%s'?)"):format(meant) or ""))
end

return rows
