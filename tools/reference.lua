-- reference: writes docs/reference.md and docs/exotel.d.lua, the definitions for LuaLS, from
-- the tables of the core, of settings and of errors, and from the comments that stand where
-- functions are defined. Nothing else is written here.
--
--   lua5.4 tools/reference.lua FOLDER      from the top of the tree
--
-- SPDX-License-Identifier: MIT

package.path = "tools/?.lua;" .. package.path

local api = require("exotel.core").api()
local errors = require "exotel.errors"
local public = require "public"
local reconcile = require "exotel.reconcile"
local settings = require "exotel.settings"

local tracker = require "exotel.tracker"
local waiting = require "exotel.waiting"

-- Rows of lua/exotel/given.lua: { class, heading, rows }.
local given_classes = {
  { "exotel.wait.options", "Options of wait", waiting.options },
  { "exotel.webhook.settings", "Settings of a webhook", require("exotel.webhook").settings },
  { "exotel.tracker.settings", "Settings of a tracker", tracker.settings },
}

local functions, classes, modules = public.functions(), public.classes(), public.modules()

local operations, entries, class_from = {}, {}, {}
for _, operation in ipairs(api.operations) do operations[operation.name] = operation end
for _, entry in ipairs(functions) do entries[entry.name] = entry end
for _, class in ipairs(classes) do
  if class.from then class_from[class.from] = class.class end
end

-- The options of what makes these: { class, how people call it, rows }.
local option_classes = {
  { "exotel.limiter.options", "a limiter", require("exotel.limiter").options },
  { "exotel.store.memory.options", "a store in memory", require("exotel.store.memory").options },
  { "exotel.store.redis.options", "a store in Redis", require("exotel.store.redis").options },
}

-- {=================================================================
-- Text
-- ==================================================================

local out

local function put(text, ...)
  out[#out + 1] = select("#", ...) > 0 and text:format(...) or text
end

local function map(list, fn)
  local results = {}
  for index, item in ipairs(list) do results[index] = fn(item) end
  return results
end

local function code(text)
  return "`" .. text .. "`"
end

local function codes(list)
  return table.concat(map(list, code), ", ")
end

local function sorted_keys(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function cell(text)
  return (tostring(text or ""):gsub("|", "\\|"))
end

-- A table without the columns in which nothing stands.
local function put_table(columns, rows)
  local shown = {}
  for index in ipairs(columns) do
    for _, row in ipairs(rows) do
      if row[index] and row[index] ~= "" then
        shown[#shown + 1] = index
        break
      end
    end
  end
  local function put_row(row)
    put("| %s |", table.concat(map(shown, function(index) return cell(row[index]) end), " | "))
  end
  put ""
  put_row(columns)
  put("|%s", ("---|"):rep(#shown))
  for _, row in ipairs(rows) do put_row(row) end
  put ""
end

-- An indented line is code.
local function put_prose(doc)
  for _, line in ipairs(doc.prose) do put(line:find "^  " and "  " .. line or line) end
end

-- }=================================================================

-- {=================================================================
-- Types of options and fields
-- ==================================================================

local function quoted(list)
  return table.concat(map(list, function(word) return ('"%s"'):format(word) end), "|")
end

local function word_type(word, name)
  return (assert(word, "no words for the type of " .. name)).lua
end

-- The operators of a range, each with what the option takes.
local function range_type(parameter, scalar)
  local parts = map(parameter.operators, function(operator)
    return ("%s?: %s"):format(operator, scalar)
  end)
  return ("%s|{ %s }"):format(scalar, table.concat(parts, ", "))
end

local open_lists = { word = true, words = true, leg = true }

local function option_type(parameter)
  local lua = word_type(api.parameter_types[parameter.type], parameter.lua)
  if parameter.operators then return range_type(parameter, lua) end
  if not parameter.choices then return lua end
  local known = quoted(parameter.choices)
  if parameter.type == "sort" then
    known = known .. "|" .. quoted(map(parameter.choices, function(choice)
      return choice:match ":(.*)$"
    end))
  end
  return open_lists[parameter.type] and known .. "|" .. lua or known
end

local function field_type(field)
  return word_type(api.field_types[field.type], field.lua)
end

local function setting_type(row)
  return row.lua or row[2]
end

-- }=================================================================

-- {=================================================================
-- Annotations
-- ==================================================================

-- The type at the beginning of a text, and what is behind it: a type ends at a blank outside
-- of brackets that no colon or comma stands before.
local function cut_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(%{%[<]" then depth = depth + 1 end
    if c:find "[%)%}%]>]" then depth = depth - 1 end
    if c == " " and depth == 0 and not text:sub(at - 1, at - 1):find "[:,]" then break end
    at = at + 1
  end
  return text:sub(1, at - 1), (text:sub(at + 1):gsub("^ +", ""))
end

-- What is known of a parameter without an annotation: its type, and whether it may be nil.
local function guess(entry, name)
  if name == "how" then return "exotel.how", true end
  local operation = operations[entry.name]
  if not operation then return "any", false end
  for _, parameter in ipairs(operation.parameters) do
    if parameter.lua == name then return option_type(parameter), false end
  end
  return ("exotel.%s.options"):format(entry.name), false
end

-- The parameters of an entry: { name, type, optional, about }.
local function parameters_of(entry)
  local list = {}
  for _, line in ipairs(entry.doc.annotations) do
    local name, rest = line:match "^@param (%S+) (.*)$"
    if name then
      local type_text, about = cut_type(rest)
      list[#list + 1] = { name = name:gsub("%?$", ""), type = type_text,
                          optional = name:find "%?$" ~= nil, about = about }
    end
  end
  if #list > 0 then return list end
  for index, name in ipairs(entry.parameters or {}) do
    local type_text, optional = guess(entry, name)
    list[index] = { name = name, type = type_text, optional = optional, about = "" }
  end
  return list
end

-- What it returns: { type, name }. A function of the module without an annotation returns as
-- all of them do.
local function results_of(entry)
  local list = {}
  for _, line in ipairs(entry.doc.annotations) do
    local rest = line:match "^@return (.*)$"
    if rest then
      local type_text, name = cut_type(rest)
      list[#list + 1] = { type = type_text, name = name }
    end
  end
  if #list > 0 or not entries[entry.name] then return list end
  local operation, class = operations[entry.name], class_from["exotel." .. entry.name]
  local value = class or operation and "exotel." .. operation.record or "any"
  return { { type = value .. "?", name = value == "any" and "value" or value:match "[%w_]+$" },
           { type = "exotel.error?", name = "err" } }
end

local function names_of(parameters)
  return table.concat(map(parameters, function(p) return p.name end), ", ")
end

-- }=================================================================

-- {=================================================================
-- Limits, in words
-- ==================================================================

local function number(value)
  return ("%d"):format(value)
end

local function with_unit(text, unit)
  return unit and unit ~= "" and text .. " " .. unit or text
end

local function option_named(operation, name)
  for _, parameter in ipairs(operation.parameters) do
    if parameter.name == name then return code(parameter.lua) end
  end
end

-- "all", or the names of the modes in their order.
local function modes_in_words(operation, set)
  local list = {}
  for _, mode in ipairs(operation.modes) do
    if set[mode.name] then list[#list + 1] = mode.name end
  end
  if #operation.modes == 0 then return "" end
  return #list == #operation.modes and "all" or table.concat(list, ", ")
end

-- "needs `record` = `true`", "needs `stream_begin` (numbers)".
local function need_of(operation, parameter)
  local value = parameter.needs_value and " = " .. code(parameter.needs_value) or ""
  local same = modes_in_words(operation, parameter.needs_modes)
    == modes_in_words(operation, parameter.modes)
  return ("needs %s%s%s"):format(option_named(operation, parameter.needs), value,
    same and "" or (" (%s)"):format(modes_in_words(operation, parameter.needs_modes)))
end

local function limits_of(operation, parameter)
  local parts, unit = {}, api.parameter_types[parameter.type].unit
  if unit and parameter.max > 0 then
    local measured = unit == "bytes" or unit == "characters"
    local text = measured and "at most " .. number(parameter.max)
      or number(parameter.min) .. " to " .. number(parameter.max)
    parts[#parts + 1] = with_unit(text, unit)
  end
  if parameter.most then
    parts[#parts + 1] = ("at most %d in one request"):format(parameter.most)
  end
  if parameter.choices then parts[#parts + 1] = codes(parameter.choices) end
  if parameter.operators then parts[#parts + 1] = "operators " .. codes(parameter.operators) end
  if parameter.needs then parts[#parts + 1] = need_of(operation, parameter) end
  if parameter.excludes then
    parts[#parts + 1] = "not with " .. option_named(operation, parameter.excludes)
  end
  return table.concat(parts, "; ")
end

local function required_in_words(operation, parameter)
  if #operation.modes == 0 then return next(parameter.required) and "yes" or "" end
  return modes_in_words(operation, parameter.required)
end

local function setting_limits(row)
  if row.above then return ("above %g, at most %g"):format(row.above, row.most) end
  if row.least then return ("%s to %s"):format(number(row.least), number(row.most)) end
  return ""
end

local function setting_default(row)
  local default = row.default
  if default == nil then return "" end
  if type(default) ~= "table" then return code(tostring(default)) end
  return table.concat(map(sorted_keys(default), function(name)
    return ("%s for a %s"):format(code(tostring(default[name])), name)
  end), ", ")
end

-- }=================================================================

-- {=================================================================
-- Examples
-- ==================================================================

local function read_lines(name)
  local list = {}
  for line in io.lines(name) do list[#list + 1] = line end
  return list
end

local function example_files()
  local pipe = assert(io.popen "ls examples/*.lua")
  local list = {}
  for name in pipe:lines() do list[#list + 1] = name end
  pipe:close()
  return list
end

-- The statement that begins in a line: as many lines as its brackets take. Nil for a line
-- in the middle of one.
local function statement(lines, first)
  local indent, depth, list = lines[first]:match "^ *", 0, {}
  for index = first, #lines do
    local line = lines[index]
    list[#list + 1] = line:sub(#indent + 1)
    for bracket in line:gmatch "[%(%)%{%}]" do
      depth = depth + (bracket:find "[%(%{]" and 1 or -1)
    end
    if depth <= 0 then break end
  end
  return depth == 0 and list or nil
end

-- How the examples use a function, and the file's name: or nil.
local function example_of(name)
  for _, file in ipairs(example_files()) do
    local lines = read_lines(file)
    for index, line in ipairs(lines) do
      local used = line:find("exotel%." .. name .. " ?[%({]") and not line:find "^ *%-%-"
      local found = used and statement(lines, index)
      if found then return found, file end
    end
  end
end

local function put_example(name)
  local lines, file = example_of(name)
  if not lines then return end
  put "```lua"
  for _, line in ipairs(lines) do put(line) end
  put("-- %s", file)
  put "```"
  put ""
end

-- }=================================================================

-- {=================================================================
-- The page: functions
-- ==================================================================

local anchors = {
  ["exotel.settings"] = "settings", ["exotel.how"] = "the-second-table",
  ["exotel.error"] = "errors", ["exotel.dial"] = "dial", ["exotel.reconciled"] = "reconciled",
  ["exotel.tracked"] = "tracked",
}
for name in pairs(operations) do anchors[("exotel.%s.options"):format(name)] = name end
for name in pairs(api.records) do anchors["exotel." .. name] = "record-" .. name end
for _, class in ipairs(classes) do anchors[class.class] = class.class:gsub("%.", "") end
for _, reply in ipairs(api.replies) do
  anchors["exotel.applet." .. reply.name] = "reply-" .. reply.name
end
for _, row in ipairs(given_classes) do anchors[row[1]] = row[2]:lower():gsub(" ", "-") end
for _, row in ipairs(option_classes) do
  anchors[row[1]] = "options-of-" .. row[2]:lower():gsub(" ", "-")
end

local function linked(type_text)
  local anchor = anchors[type_text]
  return anchor and ("[%s](#%s)"):format(code(type_text), anchor) or code(type_text)
end

local function put_parameters(entry)
  local rows = map(parameters_of(entry), function(p)
    return { code(p.name), linked(p.type) .. (p.optional and ", or nil" or ""), p.about }
  end)
  if #rows > 0 then put_table({ "Parameter", "Type", "" }, rows) end
end

local function plain(type_text)
  return (type_text:gsub("%?$", ""))
end

local function put_results(entry)
  local results = results_of(entry)
  if #results == 2 and results[2].type == "exotel.error?" then
    put("Returns %s, or nil and an %s.", linked(plain(results[1].type)), linked "exotel.error")
  elseif #results > 0 then
    put("Returns %s.", table.concat(map(results, function(result)
      return linked(plain(result.type)) .. (result.type:find "%?$" and " or nil" or "")
    end), ", "))
  end
  put ""
end

local function put_function(heading, prefix, entry)
  put("%s %s%s(%s)", heading, prefix, entry.name, names_of(parameters_of(entry)))
  put ""
  if heading == "###" then put_example(entry.name) end
  put_prose(entry.doc)
  put ""
  put_parameters(entry)
  put_results(entry)
end

local function source_links(text)
  local links = {}
  for _, source in ipairs(api.sources) do
    if text:find("%f[%w]" .. source.name .. "%f[%W]") then
      links[#links + 1] = ("[%s](%s)"):format(source.title, source.address)
    end
  end
  return table.concat(links, ", ")
end

local function put_modes(operation)
  if #operation.modes == 0 then return end
  put_table({ "Mode", "" }, map(operation.modes, function(mode)
    return { code(mode.name), mode.title }
  end))
end

local function put_options(operation)
  if #operation.parameters == 0 then return end
  put_table({ "Option", "Documented name", "Takes", "Limits", "Modes", "Required", "About" },
    map(operation.parameters, function(parameter)
      return { code(parameter.lua), code(parameter.name), parameter.type,
               limits_of(operation, parameter), modes_in_words(operation, parameter.modes),
               required_in_words(operation, parameter), parameter.about }
    end))
end

local function put_operation(operation)
  local entry = entries[operation.name]
  put("### %s", operation.name)
  put ""
  put_example(operation.name)
  if entry then put_prose(entry.doc) end
  put ""
  put("%s. %s Described on %s.", code(operation.method .. " " .. operation.path),
    operation.dials and "It rings a phone." or "It rings no phone.",
    source_links(operation.source))
  put ""
  if entry then
    put("%s", code(("exotel.%s(%s)"):format(entry.name, names_of(parameters_of(entry)))))
    put_parameters(entry)
    put_results(entry)
  end
  put_modes(operation)
  put_options(operation)
end

local function put_operations()
  put "## Operations"
  put ""
  for _, operation in ipairs(api.operations) do put_operation(operation) end
  put "### What options take"
  local used = {}
  for _, operation in ipairs(api.operations) do
    for _, parameter in ipairs(operation.parameters) do used[parameter.type] = true end
  end
  local function use(fields)
    for _, field in ipairs(fields) do
      if field.type then used[field.type] = true else use(field.fields) end
    end
  end
  for _, reply in ipairs(api.replies) do use(reply.fields) end
  put_table({ "Takes", "In Lua", "" }, map(sorted_keys(used), function(name)
    local word = api.parameter_types[name]
    return { name, code(word.lua), word.about }
  end))
end

local function put_functions()
  put "## Functions"
  put ""
  for _, entry in ipairs(functions) do
    if entry.kind == "function" and not operations[entry.name] then
      put_function("###", "exotel.", entry)
    elseif entry.kind == "table" then
      put("### exotel.%s", entry.name)
      put ""
      put_prose(entry.doc)
      local codes_of = require("exotel")[entry.name]
      put_table({ "Code", "" }, map(sorted_keys(codes_of), function(name)
        return { code(name), codes_of[name] }
      end))
    end
  end
end

-- {=================================================================
-- The page: applets and webhooks
-- ==================================================================

-- A reply's limits. Those of a list are its items'.
local function reply_limits(field)
  local parts, word = {}, field.type and api.parameter_types[field.type]
  if word and word.unit and field.max > 0 then
    local measured = word.unit == "bytes" or word.unit == "characters"
    parts[1] = with_unit(measured and "at most " .. number(field.max)
      or number(field.min) .. " to " .. number(field.max), word.unit)
  end
  if field.most then
    parts[#parts + 1] = ("at most %d%s"):format(field.most, field.type == "pairs" and " pairs"
      or " items")
  end
  if field.choices then parts[#parts + 1] = codes(field.choices) end
  if field.standard then parts[#parts + 1] = "without it " .. code(field.standard) end
  return table.concat(parts, "; ")
end

local function reply_takes(field)
  local takes = field.type or "fields"
  return field.list and "a list of " .. takes or takes
end

-- The rows of a reply's fields, each by its place.
local function add_reply_rows(list, fields, before, one)
  for _, field in ipairs(fields) do
    list[#list + 1] = { code(before .. field.name), reply_takes(field), reply_limits(field),
                        one and "one of them" or field.required and "yes" or "", field.about }
    if field.fields then
      local inner = before .. field.name .. (field.list and "[i]." or ".")
      add_reply_rows(list, field.fields, inner, field.one)
    end
  end
  return list
end

local function put_replies()
  for _, reply in ipairs(api.replies) do
    put("### Reply %s", reply.name)
    put ""
    put("%s. Described on %s.", reply.about:gsub("^%l", string.upper), source_links(reply.source))
    put_table({ "Field", "Takes", "Limits", "Required", "About" },
      add_reply_rows({}, reply.fields, "", reply.one))
  end
end

local function given_default(row)
  return row[6] ~= nil and code(tostring(row[6])) or ""
end

local function put_given_settings()
  for _, class in ipairs(given_classes) do
    put("### %s", class[2])
    put_table({ "Name", "Type", "Wants", "Default", "About" }, map(class[3], function(row)
      return { code(row[1]), code(row[2]), row[4], given_default(row), row[3] }
    end))
  end
end

local function is_of_stores(module) return module.name:find "^exotel%.store%." ~= nil end

-- Those of stores, or the others.
local function put_modules(of_stores)
  for _, module in ipairs(modules) do
    if is_of_stores(module) == of_stores then
      put("### %s", module.name)
      put ""
      put("%s:", code(('require "%s"'):format(module.name)))
      put ""
      for _, entry in ipairs(module.functions) do
        put_function("####", module.name .. ".", entry)
      end
    end
  end
end

local function put_applets()
  put "## Applets, webhooks and trackers"
  put ""
  put_modules(false)
  put_given_settings()
  put_replies()
end

local function put_stores()
  put "## Stores and limits"
  put ""
  put_modules(true)
  for _, row in ipairs(option_classes) do
    put("### Options of %s", row[2])
    put_table({ "Option", "Type", "Default", "About" }, map(row[3], function(option)
      return { code(option[1]), code(setting_type(option)), setting_default(option),
               option.about }
    end))
  end
end

-- }=================================================================

local function put_classes()
  put "## Objects"
  put ""
  for _, class in ipairs(classes) do
    put("### %s", class.class)
    put ""
    if class.from then
      put("Made by %s.", code(("%s(%s)"):format(class.from,
        class.maker and names_of(parameters_of(class.maker)) or "")):gsub("%(%)`$", "`"))
      put ""
    end
    if class.about then
      put(class.about)
      put ""
    end
    if class.maker then
      put_prose(class.maker.doc)
      put_parameters(class.maker)
      put_results(class.maker)
    end
    if class.call then
      put_prose(class.call)
      put ""
    end
    if class.parent then
      put("It has what %s has, and:", linked(class.parent))
      put ""
    end
    local shared = {}
    for _, entry in ipairs(class.methods) do
      if class.class == "exotel.client" and entries[entry.name] then
        shared[#shared + 1] = entry.name
      else
        put_function("####", ":", entry)
      end
    end
    if #shared > 0 then
      put("As functions of the module: %s.", codes(shared))
      put ""
    end
  end
end

-- }=================================================================

-- {=================================================================
-- The page: tables
-- ==================================================================

local function put_settings()
  put "## Settings"
  put_table({ "Setting", "Type", "Limits", "Default", "Environment", "About" },
    map(settings.rows, function(row)
      return { code(row[1]), code(setting_type(row)), setting_limits(row), setting_default(row),
               row.env and code(row.env), row.about }
    end))
  put "## The second table"
  put_table({ "Option", "Type", "Limits", "Default", "About" },
    map(settings.how_rows, function(row)
      return { code(row[1]), code(setting_type(row)), setting_limits(row), setting_default(row),
               row.about }
    end))
end

local function field_name(field)
  if not field.list then return field.lua end
  return ("%s[%s].%s"):format(field.list, field.position or "i", field.lua)
end

local function put_record(name)
  put("### Record %s", name)
  put_table({ "Field", "Documented name", "Type" }, map(api.records[name], function(field)
    return { code(field_name(field)), code(field.name), field.type }
  end))
  local own = {}
  for _, row in ipairs(api.own) do
    if row.record == name then
      own[#own + 1] = { code(row.name), code(plain(row.lua)), row.about }
    end
  end
  if #own > 0 then put_table({ "Field of its own", "Type", "About" }, own) end
end

local function put_records()
  put "## Records"
  put ""
  for _, name in ipairs(sorted_keys(api.records)) do
    if name ~= "event" then put_record(name) end
  end
  put "## Events"
  put ""
  put_record "event"
  put "## What fields are"
  put_table({ "Type", "In Lua", "" }, map(sorted_keys(api.field_types), function(name)
    local word = api.field_types[name]
    return { name, code(word.lua), word.about }
  end))
end

-- Every reason of a kind, each once: { reason, when }.
local function reasons_of(kind)
  local rows, seen = {}, {}
  local function add(reason, when)
    if not seen[reason] then rows[#rows + 1] = { code(reason), when } end
    seen[reason] = true
  end
  for _, row in ipairs(api.reasons) do
    if row.kind == kind then add(row.reason, row.when) end
  end
  for _, row in ipairs(errors.reasons) do
    if row[1] == kind then add(row[2], row[3]) end
  end
  return rows
end

local function put_statuses()
  put_table({ "Status", "Reason", "Outcome", "When", "Hint" }, map(api.statuses, function(row)
    local status = row.low == row.high and number(row.low)
      or ("%d to %d"):format(row.low, row.high)
    return { status, code(row.reason), code(row.outcome), row.meaning, row.hint }
  end))
  put_table({ "Status", "Message has", "Reason", "Hint" }, map(api.causes, function(row)
    return { number(row.status), code(row.text), code(row.reason), row.hint }
  end))
end

local function put_errors()
  put "## Errors"
  put_table({ "Field", "Type", "About" }, map(errors.fields, function(row)
    return { code(row[1]), code(plain(row[2])), row[3] }
  end))
  put_table({ "Outcome", "What became of the request", "A dial is tried again" },
    map(errors.outcomes, function(row) return { code(row[1]), row[2], row[3] } end))
  for _, kind in ipairs(errors.kinds) do
    put("### %s", kind[1])
    put ""
    put("%s.", kind[2]:gsub("^%l", string.upper))
    if kind[1] == "api" then put_statuses() end
    local rows = reasons_of(kind[1])
    if #rows > 0 then put_table({ "Reason", "When" }, rows) end
  end
end

local function put_reconciling()
  for _, part in ipairs { { "Dial", reconcile.rows }, { "Reconciled", reconcile.answer_rows },
                          { "Tracked", tracker.handed } } do
    put("## %s", part[1])
    put_table({ "Field", "Type", "About" }, map(part[2], function(row)
      return { code(row[1]), code(plain(row[2])), row[3] }
    end))
  end
end

local function put_pages()
  put "## Pages"
  put_table({ "Name", "Page" }, map(api.sources, function(source)
    return { source.name, ("[%s](%s)"):format(source.title, source.address) }
  end))
end

local function write_page()
  out = {}
  put "# Reference"
  put ""
  put "Made by `make reference` from the module's own tables, and from the comments where its"
  put "functions are defined. The guide is the README."
  put ""
  put_operations()
  put_functions()
  put_classes()
  put_applets()
  put_stores()
  put_settings()
  put_records()
  put_errors()
  put_reconciling()
  put_pages()
  return (table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):gsub("\n+$", "")) .. "\n"
end

-- }=================================================================

-- {=================================================================
-- The definitions for LuaLS
-- ==================================================================

local function put_class(name, about)
  if about then put("--- %s", about) end
  put("---@class %s", name)
end

local function put_field(name, type_text, about)
  put("---@field %s %s%s", name, type_text, about and about ~= "" and " " .. about or "")
end

local function put_option_classes()
  for _, operation in ipairs(api.operations) do
    put_class(("exotel.%s.options"):format(operation.name))
    for _, parameter in ipairs(operation.parameters) do
      local required = modes_in_words(operation, parameter.required) == "all"
      put_field(parameter.lua .. (required and "" or "?"), option_type(parameter),
        parameter.about)
    end
    put_field("extra?", "table<string, string|number|boolean>", "what is sent as it is")
    put ""
  end
end

local function put_setting_class(name, rows)
  put_class(name)
  for _, row in ipairs(rows) do put_field(row[1] .. "?", setting_type(row), row.about) end
  put ""
end

-- The entries of a record's lists: the class of each, by the list's name.
local function entry_classes(name)
  local lists = {}
  for _, field in ipairs(api.records[name]) do
    if field.list then
      local list = lists[field.list]
        or { class = ("exotel.%s.%s"):format(name, field.list:gsub("s$", "")), types = {} }
      lists[field.list], list.types[field.lua] = list, field_type(field)
    end
  end
  return lists
end

local function put_record_fields(name)
  for _, field in ipairs(api.records[name]) do
    if not field.list then
      put_field(field.lua .. "?", field_type(field), field.name)
      if field.type == "decimal" then put_field(field.lua .. "_text?", "string", field.name) end
    end
  end
end

local function put_record_class(name)
  local lists = entry_classes(name)
  for _, list in ipairs(sorted_keys(lists)) do
    put_class(lists[list].class)
    for _, field in ipairs(sorted_keys(lists[list].types)) do
      put_field(field .. "?", lists[list].types[field])
    end
    put ""
  end
  put_class("exotel." .. name)
  put_record_fields(name)
  for _, list in ipairs(sorted_keys(lists)) do put_field(list .. "?", lists[list].class .. "[]") end
  for _, row in ipairs(api.own) do
    if row.record == name then
      local optional = row.lua:find "%?$" and "?" or ""
      put_field(row.name .. optional, plain(row.lua), row.about)
    end
  end
  put ""
end

local function put_error_class()
  local reasons, seen = {}, {}
  local function add(reason)
    if not seen[reason] then reasons[#reasons + 1] = reason end
    seen[reason] = true
  end
  for _, kind in ipairs(errors.kinds) do
    for _, row in ipairs(reasons_of(kind[1])) do add(row[1]:match "^`(.*)`$") end
  end
  for _, row in ipairs(api.statuses) do add(row.reason) end
  for _, row in ipairs(api.causes) do add(row.reason) end
  local function first(row) return row[1] end
  put("---@alias exotel.error.kind %s", quoted(map(errors.kinds, first)))
  put("---@alias exotel.error.outcome %s", quoted(map(errors.outcomes, first)))
  put("---@alias exotel.error.reason %s|string", quoted(reasons))
  put ""
  put_class "exotel.error"
  for _, row in ipairs(errors.fields) do
    local optional = row[2]:find "%?$" and "?" or ""
    put_field(row[1] .. optional, plain(row[2]), row[3])
  end
  put ""
end

local function put_reconciling_classes()
  local parts = { { "exotel.dial", "A dial that reconcile is asked about.", reconcile.rows },
                  { "exotel.reconciled", "What reconcile answers.", reconcile.answer_rows },
                  { "exotel.tracked : exotel.call", "What a tracker hands out.", tracker.handed } }
  for _, part in ipairs(parts) do
    put_class(part[1], part[2])
    for _, row in ipairs(part[3]) do
      local optional = row[2]:find "%?$" and "?" or ""
      put_field(row[1] .. optional, plain(row[2]), row[3])
    end
    put ""
  end
end

local function put_comment(doc)
  for _, line in ipairs(doc.prose) do put(line == "" and "---" or "--- " .. line) end
end

local function put_definition(owner, separator, entry)
  local parameters = parameters_of(entry)
  put_comment(entry.doc)
  for _, line in ipairs(entry.doc.annotations) do
    if not line:find "^@param" and not line:find "^@return" then put("---%s", line) end
  end
  for _, p in ipairs(parameters) do
    put("---@param %s%s %s%s", p.name, p.optional and "?" or "", p.type,
      p.about ~= "" and " " .. p.about or "")
  end
  for _, result in ipairs(results_of(entry)) do
    put("---@return %s%s", result.type, result.name ~= "" and " " .. result.name or "")
  end
  put("function %s%s%s(%s) end", owner, separator, entry.name, names_of(parameters))
  put ""
end

local function put_table_definition(entry)
  put_comment(entry.doc)
  for _, line in ipairs(entry.doc.annotations) do put("---%s", line) end
  put("exotel.%s = {}", entry.name)
  put ""
end

local function put_object_classes()
  for _, class in ipairs(classes) do
    local owner = class.class:gsub("^exotel%.", ""):gsub("%.", "_")
    put_class(class.class .. (class.parent and ": " .. class.parent or ""), class.about)
    for _, name in ipairs(class.fields) do put_field(name, "string") end
    for _, line in ipairs(class.call and class.call.annotations or {}) do put("---%s", line) end
    put("local %s = {}", owner)
    put ""
    for _, entry in ipairs(class.methods) do put_definition(owner, ":", entry) end
  end
end

local function reply_field_type(field, name)
  local lua
  if field.fields then
    lua = name
  elseif field.choices then
    lua = quoted(field.choices) .. (field.type == "word" and "|string" or "")
  else
    lua = word_type(api.parameter_types[field.type], field.name):match "^[^|]*"
  end
  if not field.list then return lua end
  return (lua:find("|", 1, true) and "(" .. lua .. ")" or lua) .. "[]"
end

-- The class of a reply's fields, after those of what it holds. A name that stands twice takes
-- either.
local function put_reply_class(name, fields, one)
  local types, order, rows = {}, {}, {}
  for _, field in ipairs(fields) do
    local item = field.list and field.fields and ".item" or ""
    local inner = ("%s.%s%s"):format(name, field.name, item)
    if field.fields then put_reply_class(inner, field.fields, field.one) end
    if not types[field.name] then order[#order + 1] = field.name end
    local type_text = reply_field_type(field, inner)
    types[field.name] = types[field.name] and types[field.name] .. "|" .. type_text or type_text
    rows[field.name] = rows[field.name] or field
  end
  put_class(name)
  for _, field in ipairs(order) do
    local row = rows[field]
    put_field(field .. (row.required and not one and "" or "?"), types[field], row.about)
  end
  put ""
end

local request_fields = {
  { "method", "string", "in capitals" }, { "query", "string", "of its URL, without the secret" },
  { "headers", "table", "as they were given" }, { "body", "string", "" },
  { "path", "string?", "of its URL, where the server gives it" },
}

local reply_fields = {
  { "status", "integer", "" }, { "headers", "table<string, string>", "" },
  { "body", "string", "" },
}

local function put_plain_class(name, about, fields)
  put_class(name, about)
  for _, row in ipairs(fields) do
    local optional = row[2]:find "%?$" and "?" or ""
    put_field(row[1] .. optional, plain(row[2]), row[3])
  end
  put ""
end

local function put_module_classes()
  for _, reply in ipairs(api.replies) do
    put_reply_class("exotel.applet." .. reply.name, reply.fields, reply.one)
  end
  put_plain_class("exotel.reply", "What a URL is answered with.", reply_fields)
  put_plain_class("exotel.webhook.request", "What a webhook was sent.", request_fields)
  for _, class in ipairs(given_classes) do
    put_class(class[1])
    for _, row in ipairs(class[3]) do
      put_field(row[1] .. (row[7] == true and "" or "?"), row[2], row[3])
    end
    put ""
  end
  for _, module in ipairs(modules) do
    local owner = module.name:gsub("^exotel%.", ""):gsub("%.", "_")
    put_class(module.name)
    put("local %s = {}", owner)
    put ""
    for _, entry in ipairs(module.functions) do put_definition(owner, ".", entry) end
  end
end

local function write_definitions()
  out = {}
  put "---@meta exotel"
  put "-- Definitions for LuaLS, made by `make reference`; nothing here is run. To use them, name"
  put "-- the folder of this file in workspace.library."
  put "-- SPDX-License-Identifier: MIT"
  put ""
  put_setting_class("exotel.settings", settings.rows)
  put_setting_class("exotel.how", settings.how_rows)
  for _, row in ipairs(option_classes) do put_setting_class(row[1], row[3]) end
  put_option_classes()
  for _, name in ipairs(sorted_keys(api.records)) do put_record_class(name) end
  put_error_class()
  put_reconciling_classes()
  put_object_classes()
  put_module_classes()
  put_class "exotel"
  put_field("_VERSION", "string")
  put "local exotel = {}"
  put ""
  for _, entry in ipairs(functions) do
    if entry.kind == "function" then
      put_definition("exotel", ".", entry)
    else
      put_table_definition(entry)
    end
  end
  put "return exotel"
  return table.concat(out, "\n") .. "\n"
end

-- }=================================================================

local function write(name, text)
  local file = assert(io.open(name, "w"))
  assert(file:write(text))
  assert(file:close())
end

local folder = arg[1]
if not folder then
  io.stderr:write "usage: lua5.4 tools/reference.lua FOLDER\n"
  os.exit(2)
end
write(folder .. "/reference.md", write_page())
write(folder .. "/exotel.d.lua", write_definitions())
