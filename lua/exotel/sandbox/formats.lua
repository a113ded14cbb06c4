-- sandbox/formats: the service's answers as documents, in JSON and in XML.
--
-- Both formats have the same functions:
--
--   record(root, kind, record, absent)   one record, of that kind, under that name
--   page(metadata, kind, records)        a page of calls and what is said of it
--   exception(status, message, code)     a refusal; code may be nil, a number or a text
--
-- metadata: a list of { name, value }, in the order in which they stand there. A value that
-- is nil is null in JSON, and an empty element.
--
-- SPDX-License-Identifier: MIT

local core = require "exotel.core"

local formats = {}

-- What core.to_json or core.to_xml gave, which data that came in has no way to fail.
local function made(text, err)
  return text or error(err.message, 2)
end

local function each(list, spell, between)
  local out = {}
  for index, item in ipairs(list) do out[index] = spell(item) end
  return table.concat(out, between)
end

local function refusal(status, message, code)
  local pairs_of = { { "Status", status }, { "Message", message } }
  if code ~= nil then pairs_of[3] = { "Code", code } end
  return pairs_of
end

-- {=================================================================
-- JSON
-- ==================================================================

local json = { content_type = "application/json" }
formats.json = json

local function json_pair(pair)
  if pair[2] == nil then return ('"%s":null'):format(pair[1]) end
  return made(core.to_json({ [pair[1]] = pair[2] }, "")):sub(2, -2)
end

function json.record(root, kind, record, absent)
  return ('{"%s":%s}'):format(root, made(core.to_json(record, kind, true, absent)))
end

function json.page(metadata, kind, records)
  local function spell(record) return made(core.to_json(record, kind, true, "empty")) end
  return ('{"Metadata":{%s},"Calls":[%s]}'):format(each(metadata, json_pair, ","),
    each(records, spell, ","))
end

function json.exception(status, message, code)
  return ('{"RestException":{%s}}'):format(each(refusal(status, message, code), json_pair, ","))
end

-- }=================================================================

-- {=================================================================
-- XML
-- ==================================================================

local xml = { content_type = "application/xml" }
formats.xml = xml

local function document(elements)
  return '<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>' .. elements
    .. "</TwilioResponse>\n"
end

local function element(name, content)
  return ("<%s>%s</%s>"):format(name, content, name)
end

local function xml_pair(pair)
  if pair[2] == nil then return ("<%s/>"):format(pair[1]) end
  return made(core.to_xml({ [pair[1]] = pair[2] }, ""))
end

function xml.record(root, kind, record, absent)
  return document(element(root, made(core.to_xml(record, kind, true, absent))))
end

-- The calls stand beside the metadata, in no element of their own.
function xml.page(metadata, kind, records)
  local function spell(record)
    return element("Call", made(core.to_xml(record, kind, true, "empty")))
  end
  return document(element("Metadata", each(metadata, xml_pair, "")) .. each(records, spell, ""))
end

function xml.exception(status, message, code)
  return document(element("RestException", each(refusal(status, message, code), xml_pair, "")))
end

-- }=================================================================

return formats
