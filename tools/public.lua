-- public: what users can call, as the module itself shows it, and the comments that stand
-- where it is defined. For tools/reference.lua and spec/meta_spec.lua; from the top of the
-- tree.
--
-- An entry: { name, kind = "function" or "table", parameters, doc }. parameters: the names
-- in the source, or nil where only the comment tells. doc: { prose, annotations }, lists of
-- lines; an annotation is a line of LuaLS without its dashes ("@param sid string").
--
-- SPDX-License-Identifier: MIT

local contract = require "exotel.store.contract"
local exotel = require "exotel"

local public = {}

local FACE = "lua/exotel.lua"

-- {=================================================================
-- Comments
-- ==================================================================

local files = {}

local function lines_of(name)
  if files[name] then return files[name] end
  local list = {}
  for line in io.lines(name) do list[#list + 1] = line end
  files[name] = list
  return list
end

-- The comment that ends above a line: its first line has three dashes.
local function doc_above(name, number)
  local lines, first = lines_of(name), number
  while first > 1 and lines[first - 1]:match "^%-%-" do first = first - 1 end
  while first < number and not lines[first]:match "^%-%-%-" do first = first + 1 end
  local doc = { prose = {}, annotations = {} }
  for index = first, number - 1 do
    local annotation = lines[index]:match "^%-%-%-(@.*)$"
    local text = lines[index]:match "^%-%-%-? ?(.*)$"
    local list = annotation and doc.annotations or doc.prose
    list[#list + 1] = annotation or text
  end
  return doc
end

-- The line of lua/exotel.lua that gives the module a name, and the one that its comment ends
-- above: names that are given in a row share it.
local function line_in_face(name)
  local lines = lines_of(FACE)
  for number, line in ipairs(lines) do
    if line:match "^function exotel%.([%w_]+)" == name
      or line:match "^exotel%.([%w_]+) = " == name then
      local first = number
      while lines[first - 1]:match "^exotel%.[%w_]+ = [%w_.]+$" do first = first - 1 end
      return number, first
    end
  end
end

-- }=================================================================

-- {=================================================================
-- Functions
-- ==================================================================

local wrapped = { implementation = true, implement = true }

-- The function behind what errors.expose and its like have made, and whether it takes the
-- client before what users give.
local function behind(fn)
  local takes_client = false
  repeat
    local found
    for index = 1, 255 do
      local name, value = debug.getupvalue(fn, index)
      if not name then break end
      if wrapped[name] and type(value) == "function" then
        found, takes_client = value, name == "implement"
      end
    end
    fn = found or fn
  until not found
  return fn, takes_client
end

-- The names of its parameters, or nil for one that passes on whatever it is given, and where Lua
-- (5.1) doesn't tell them.
local function parameters_of(fn, method)
  local inner, takes_client = behind(fn)
  local info, names = debug.getinfo(inner, "u"), {}
  if not info.nparams or info.isvararg and info.nparams == 0 then return nil end
  for index = (takes_client or method) and 2 or 1, info.nparams do
    names[#names + 1] = debug.getlocal(inner, index)
  end
  if info.isvararg then names[#names + 1] = "..." end
  return names
end

local function doc_of_function(fn)
  local info = debug.getinfo(behind(fn), "S")
  local name = info.source:match "^@.-(lua/exotel.*%.lua)$"
  return doc_above(name, info.linedefined)
end

local function entry_of(holder, name, method)
  local value = holder[name]
  if type(value) ~= "function" then return { name = name, kind = type(value) } end
  return { name = name, kind = "function", parameters = parameters_of(value, method) }
end

local function sorted_names(holder)
  local list = {}
  for name in pairs(holder) do
    if type(name) == "string" and name:match "^%a" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- }=================================================================

--- What `require "exotel"` has, in the order in which it is defined.
function public.functions()
  local list = {}
  for _, name in ipairs(sorted_names(exotel)) do
    local entry = entry_of(exotel, name)
    local number, first = line_in_face(name)
    entry.line = number or math.huge
    entry.doc = first and doc_above(FACE, first) or doc_of_function(exotel[name])
    list[#list + 1] = entry
  end
  table.sort(list, function(a, b) return a.line < b.line end)
  return list
end

local SETTINGS = { account_sid = "acme", api_key = "key", api_token = "token" }

-- One object of each class that users get hold of: { how it is come by, the object, the
-- function for that where no other place tells of it }. has_texts: users are meant to see its
-- fields that are texts.
local function objects()
  local client, loop = exotel.client(SETTINGS), exotel.loop()
  local new_poller, start_sandbox = require("exotel.poller").new, require("exotel.sandbox").start
  local poller = new_poller()
  local new_webhook = require("exotel.webhook").new
  local webhook = new_webhook {
    secrets = { ("s"):rep(16) }, store = require("exotel.store.memory").new(),
    on_event = function() end,
  }
  local new_tracker = require("exotel.tracker").new
  local tracker = new_tracker { store = require("exotel.store.memory").new() }
  local new_limiter = require("exotel.limiter").new
  local limiter = new_limiter()
  local new_memory = require("exotel.store.memory").new
  local new_redis = require("exotel.store.redis").new
  return {
    { "exotel.client", client },
    { "exotel.calls", client:calls { sid = "c5797dcbaaeed7678c40" } },
    { "exotel.loop", loop },
    { "loop:spawn", loop:spawn(function() end) },
    { 'require("exotel.poller").new', poller, new_poller },
    { "poller:after", poller:after(1, function() end) },
    { 'require("exotel.webhook").new', webhook, new_webhook },
    { 'require("exotel.tracker").new', tracker, new_tracker },
    { 'require("exotel.limiter").new', limiter, new_limiter },
    { "limiter:bind", limiter:bind "acme" },
    { 'require("exotel.store.memory").new', new_memory(), new_memory },
    { 'require("exotel.store.redis").new', new_redis { command = function() end }, new_redis },
    { 'require("exotel.sandbox").start', assert(start_sandbox()), start_sandbox, has_texts = true },
  }
end

-- Of an object's own fields, those that are texts.
local function texts_of(object)
  local list = {}
  for _, name in ipairs(sorted_names(object)) do
    if type(object[name]) == "string" then list[#list + 1] = name end
  end
  return list
end

-- The entry of a function that isn't in the face.
local function maker_of(fn)
  if not fn then return nil end
  return { kind = "function", name = "", parameters = parameters_of(fn),
           doc = doc_of_function(fn) }
end

local in_contract = {}
for _, row in ipairs(contract.operations) do in_contract[row[1]] = true end

-- What every store does, of the contract's own table.
local function store_class()
  local methods = {}
  for index, row in ipairs(contract.operations) do
    local names, annotations = {}, {}
    for at, given in ipairs(row[2]) do
      names[at] = given:match "^%a+"
      annotations[at] = ("@param %s %s %s"):format(given, (table.unpack or unpack)(
        contract.values[names[at]]))
    end
    annotations[#annotations + 1] = "@return " .. row[3]
    annotations[#annotations + 1] = "@return exotel.error? err"
    methods[index] = { name = row[1], kind = "function", parameters = names,
                       doc = { prose = { row[4] }, annotations = annotations } }
  end
  return { class = "exotel.store", methods = methods, fields = {},
           about = "What stores have in common; docs/store.md says what each promises." }
end

-- A store's class is one of exotel.store, which has what they have in common.
local function parent_of(metatable)
  return metatable.__name:find "^exotel%.store%." and "exotel.store" or nil
end

--- The classes of objects, each { class, parent, from, maker, fields, methods, call, about }: the
--- class is the name of the object's metatable, parent the class whose methods it has besides, or
--- nil, maker an entry or nil, fields are names of texts, methods entries in the order in which
--- they are defined; call is the comment of what an object does that is called, nil where it can't
--- be. One that several modules make has no `from`, and says what it is: about.
function public.classes()
  local faces, list = {}, { store_class() }
  for _, entry in ipairs(public.functions()) do faces[entry.name] = entry end
  for _, object in ipairs(objects()) do
    local metatable = getmetatable(object[2])
    local parent, methods = parent_of(metatable), {}
    for _, name in ipairs(sorted_names(metatable.__index)) do
      if not (parent and in_contract[name]) then
        local entry = entry_of(metatable.__index, name, true)
        local fn = metatable.__index[name]
        local face = object[1] == "exotel.client" and faces[name]
        entry.line = face and face.line or 1e6 + debug.getinfo(behind(fn), "S").linedefined
        entry.doc = face and face.doc or doc_of_function(fn)
        if face then entry.parameters = face.parameters end
        methods[#methods + 1] = entry
      end
    end
    table.sort(methods, function(a, b) return a.line < b.line end)
    list[#list + 1] = { class = metatable.__name, parent = parent, from = object[1],
                        methods = methods, maker = maker_of(object[3]),
                        fields = object.has_texts and texts_of(object[2]) or {},
                        call = metatable.__call and doc_of_function(metatable.__call) }
  end
  return list
end

local MODULES = {
  "exotel.applet", "exotel.webhook.httpd", "exotel.webhook.nginx",
  "exotel.store.shdict", "exotel.store.contract", "exotel.store.conformance",
}

--- The modules of functions that users require beside the face: { name, functions }, entries in
--- the order in which they are defined.
function public.modules()
  local list = {}
  for index, name in ipairs(MODULES) do
    local module, functions = require(name), {}
    for _, entry_name in ipairs(sorted_names(module)) do
      local entry, fn = entry_of(module, entry_name), module[entry_name]
      if entry.kind == "function" then
        entry.line, entry.doc = debug.getinfo(behind(fn), "S").linedefined, doc_of_function(fn)
        functions[#functions + 1] = entry
      end
    end
    table.sort(functions, function(a, b) return a.line < b.line end)
    list[index] = { name = name, functions = functions }
  end
  return list
end

return public
