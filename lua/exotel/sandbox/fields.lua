-- sandbox/fields: whether a table that a test wrote has the fields that it should, and no
-- others.
--
-- Rows: by name, { kind, wanted, what }. kind: "text", "digits", "boolean", "table", "any";
-- wanted: it must be there; what: said of it where it is wrong.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local core = require "exotel.core"
local keys = require "exotel.sandbox.keys"

local fields = {}

local LONGEST = 2000 -- bytes of a text

local function names_of(rows)
  local list = {}
  for name in pairs(rows) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- Values as they are wanted, from JSON or a form, where all are texts; nil for others.
local read = {}

function read.text(value)
  if type(value) == "number" and compat.tointeger(value) then value = ("%d"):format(value) end
  return type(value) == "string" and #value > 0 and #value <= LONGEST and value or nil
end

function read.digits(value)
  return type(value) == "string" and keys.are_valid(value) and value or nil
end

function read.boolean(value)
  if value == "true" then return true end
  if value == "false" then return false end
  if type(value) == "boolean" then return value end
  return nil
end

function read.table(value) return type(value) == "table" and value or nil end

function read.any(value) return value end

local function unknown(rows, name, where)
  local near = core.nearest(tostring(name), names_of(rows))
  return ("%s%s is unknown (%s)"):format(where, name,
    near and ("did you mean %s?"):format(near) or table.concat(names_of(rows), ", "))
end

local wants = { text = ("a text of 1 to %d bytes"):format(LONGEST), boolean = "true or false",
                digits = ("up to %d of 0 to 9, * and #"):format(keys.MOST),
                table = "more fields in it", any = "a value" }

--- The table's fields, read by the rows; or nil and what is wrong. where: put before the
--- names in that.
function fields.check(given, rows, where)
  local out = {}
  where = where or ""
  for name in pairs(given) do
    if not rows[name] then return nil, unknown(rows, name, where) end
  end
  for _, name in ipairs(names_of(rows)) do
    local kind, wanted, what = compat.unpack(rows[name], 1, 3)
    local value = given[name]
    if value ~= nil then out[name] = read[kind](value) end
    if out[name] == nil and (wanted or value ~= nil) then
      return nil, ("%s%s wants %s"):format(where, name, what or wants[kind])
    end
  end
  return out
end

--- The form of a request to a page of the sandbox's own, read by the rows; or nil and what is
--- wrong.
function fields.form(request, rows)
  local form, err = core.form(request:body())
  if not form then return nil, err.message end
  return fields.check(form, rows)
end

return fields
