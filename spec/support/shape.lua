-- shape: what a document looks like, field by field, whatever its values: a list of lines
-- "path kind" in the document's order, for the drift check.
--
-- kind: null, number, boolean, empty (a text without bytes), or what a text looks like: time,
-- sid, decimal, count (a whole number of few digits), uri (with its constant parts and the
-- names of its query), url, text. In XML null is <X/> and empty <X></X>. "[]" stands for every
-- place of a list, and a line comes once, however many items there are.
--
-- It reads more than the formats allow: a missing comma, blanks in a tag, and <your_sid> as it
-- is. The samples of the pages have all of these.
--
-- SPDX-License-Identifier: MIT

local shape = {}

-- {=================================================================
-- Values
-- ==================================================================

-- /v1/Accounts/x/Calls.json?PageSize&SortBy: accounts and SIDs are left out, values too.
local function uri(text)
  local path, query = text:match "^([^?]*)%??(.*)$"
  local names = {}
  for name in query:gmatch "([%w;]+)=[^&]*&?" do names[#names + 1] = name end
  path = path:gsub("/Accounts/[^/]+", "/Accounts/x"):gsub("/" .. ("%x"):rep(32) .. "$", "/x")
  return "uri " .. path .. (names[1] and "?" .. table.concat(names, "&") or "")
end

local looks = {
  { "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$", "time" },
  { "^" .. ("%x"):rep(32) .. "$", "sid" },
  { "^%d+%.%d%d%d+$", "decimal" },
  { "^%d%d?%d?%d?%d?$", "count" },
  { "^https?://", "url" },
}

--- What a text looks like.
function shape.look(text)
  if text == "" then return "empty" end
  if text:find "^/v1/" then return uri(text) end
  for _, row in ipairs(looks) do
    if text:find(row[1]) then return row[2] end
  end
  return "text"
end

local function add(lines, path, kind)
  local line = path .. " " .. kind
  if not lines[line] then
    lines[line] = true
    lines[#lines + 1] = line
  end
end

-- }=================================================================

-- {=================================================================
-- JSON
-- ==================================================================

local function unquoted(text, at)
  local stop = at
  repeat
    stop = assert(text:find('["\\]', stop + 1), "a string without end")
    local escaped = text:sub(stop, stop) == "\\"
    if escaped then stop = stop + 1 end
  until not escaped
  return (text:sub(at + 1, stop - 1):gsub("\\/", "/")), stop + 1
end

local json_value

local function json_object(text, at, path, lines)
  at = text:find("[^%s,]", at + 1)
  while text:sub(at, at) ~= "}" do
    local name
    name, at = unquoted(text, at)
    at = assert(text:match("^%s*:%s*()", at), "a name without a value")
    at = json_value(text, at, (path ~= "" and path .. "." or "") .. name, lines)
    at = text:find("[^%s,]", at)
  end
  return at + 1
end

local function json_list(text, at, path, lines)
  at = text:find("[^%s,]", at + 1)
  while text:sub(at, at) ~= "]" do
    at = json_value(text, at, path .. "[]", lines)
    at = text:find("[^%s,]", at)
  end
  return at + 1
end

function json_value(text, at, path, lines)
  local first = text:sub(at, at)
  if first == "{" then return json_object(text, at, path, lines) end
  if first == "[" then return json_list(text, at, path, lines) end
  if first == '"' then
    local value, behind = unquoted(text, at)
    add(lines, path, shape.look(value))
    return behind
  end
  local word, behind = text:match("^([%w.+-]+)()", at)
  add(lines, path, word == "null" and "null" or tonumber(word) and "number" or "boolean")
  return behind
end

--- The shape of a JSON document.
function shape.json(text)
  local lines = {}
  json_value(text, text:find "%S", "", lines)
  return lines
end

-- }=================================================================

-- {=================================================================
-- XML and bodies of parts
-- ==================================================================

local entities = { ["&amp;"] = "&", ["&lt;"] = "<", ["&gt;"] = ">", ["&quot;"] = '"' }

--- The shape of an XML document.
function shape.xml(text)
  local lines, path, at = {}, {}, 1
  local function here() return table.concat(path, ".") end
  text = text:gsub("^%s*<%?.-%?>", ""):gsub("<your_sid>", "x")
  while true do
    local first, last, closing, name, empty, content =
      text:find("<%s*(/?)%s*([%w]+)%s*(/?)>([^<]*)", at)
    if not first then return lines end
    at = last + 1
    if closing == "/" then
      path[#path] = nil
    else
      path[#path + 1] = name
      local leaf = empty == "/" or text:find("^<%s*/%s*" .. name .. "%s*>", at)
      if leaf then
        content = content:gsub("&%a+;", entities)
        add(lines, here(), empty == "/" and "null" or shape.look(content))
      end
      if empty == "/" then path[#path] = nil end
    end
  end
end

--- The shape of a body of multipart/form-data: its names have brackets, its values are texts.
function shape.multipart(text)
  local lines = {}
  text = text:gsub("\r\n", "\n")
  for name, value in text:gmatch 'name="([^"]*)"\n\n(.-)\n%-%-' do
    add(lines, (name:gsub("%[%d+%]", "[]"):gsub("%[(%a+)%]", ".%1")), shape.look(value))
  end
  return lines
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(x)
    return string.char(tonumber(x, 16))
  end))
end

--- The shape of a query or an urlencoded form.
function shape.form(text)
  local lines = {}
  for name, value in text:gmatch "([^=&]+)=([^&]*)" do
    add(lines, (decode(name):gsub("%[%d+%]", "[]"):gsub("%[(%a+)%]", ".%1")),
      shape.look(decode(value)))
  end
  return lines
end

-- }=================================================================

-- By path: the kinds that it comes in, as one text; and the paths in their order.
local function indexed(lines)
  local kinds, order = {}, {}
  for _, line in ipairs(lines) do
    local path, kind = line:match "^(%S*) (.*)$"
    if not kinds[path] then order[#order + 1] = path end
    kinds[path] = kinds[path] and kinds[path] .. "|" .. kind or kind
  end
  return kinds, order
end

local function common(order, kinds)
  local list = {}
  for _, path in ipairs(order) do
    if kinds[path] then list[#list + 1] = path end
  end
  return list
end

--- How a document's shape differs from a sample's, as a list of texts: "lacks PATH kind",
--- "has PATH kind", "PATH is KIND, not KIND", "order". The sample's kinds may be more than one,
--- of which the document has some.
function shape.differences(sample, document)
  local list = {}
  local wanted, wanted_order = indexed(sample)
  local found, found_order = indexed(document)
  for _, path in ipairs(wanted_order) do
    if not found[path] then
      list[#list + 1] = ("lacks %s %s"):format(path, wanted[path])
    else
      for kind in (found[path] .. "|"):gmatch "([^|]*)|" do
        if not ("|" .. wanted[path] .. "|"):find("|" .. kind .. "|", 1, true) then
          list[#list + 1] = ("%s is %s, not %s"):format(path, kind, wanted[path])
        end
      end
    end
  end
  for _, path in ipairs(found_order) do
    if not wanted[path] then list[#list + 1] = ("has %s %s"):format(path, found[path]) end
  end
  local a, b = common(wanted_order, found), common(found_order, wanted)
  if table.concat(a, "\n") ~= table.concat(b, "\n") then list[#list + 1] = "order" end
  return list
end

return shape
