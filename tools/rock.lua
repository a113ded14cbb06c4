-- rock: calls the module from the tree that a rock was installed into, and from nowhere else.
--
--   lua5.4 tools/rock.lua TREE SOURCE [MODULE…]      MODULEs weren't built
--
-- SPDX-License-Identifier: MIT

local tree, source = arg[1], arg[2]

local absent = {}
for index = 3, #arg do absent[arg[index]] = true end

-- Every module that the sources have, by the files of lua/ and the folders of csrc.
local function module_names()
  local pipe = assert(io.popen(("cd '%s/lua' && find . -name '*.lua'"):format(source)))
  local list = { "exotel.core", "exotel.curl", "exotel.httpd", "exotel.sys" }
  for file in pipe:lines() do
    list[#list + 1] = file:gsub("^%./", ""):gsub("%.lua$", ""):gsub("/", ".")
  end
  pipe:close()
  return list
end

-- As package.searchpath, which Lua 5.1 lacks.
local function file_of(name)
  for template in (package.path .. ";" .. package.cpath):gmatch "[^;]+" do
    local file = template:gsub("%?", (name:gsub("%.", "/")))
    if io.open(file) then return file end
  end
end

-- Lua 5.1 says of what couldn't be loaded why only once.
local function forget_failed()
  for name, value in pairs(package.loaded) do
    if type(value) ~= "table" and name:find "^exotel%." then package.loaded[name] = nil end
  end
end

-- Loaded from the tree, or refused: with the name of a part that isn't built, or since it is for
-- nginx.
local function try(name)
  local ok, message = pcall(require, name)
  if ok then
    local file = assert(file_of(name))
    assert(file:sub(1, #tree + 1) == tree .. "/", file)
    assert(not absent[name], name .. " was left out, and is there")
    return 1
  end
  forget_failed()
  if message:find("works inside nginx only", 1, true) then return 0 end
  local part = message:match "(exotel%.%w+) isn't built"
  assert(part and absent[part], message)
  return 0
end

local loaded, names = 0, module_names()
for _, name in ipairs(names) do loaded = loaded + try(name) end

local exotel = require "exotel"
local client = exotel.client { account_sid = "acme", api_key = "key", api_token = "token" }
local request = assert(client:request("connect", {
  from = "+919876543210", to = "+919123456789", caller_id = "08039570000",
}))
assert(request.url == "https://api.exotel.com/v1/Accounts/acme/Calls/connect.json", request.url)
local event = assert(exotel.parse_callback("CallSid=abc&Status=completed",
  "application/x-www-form-urlencoded"))
assert(event.call_sid == "abc" and event.status == "completed")
local ok, message = pcall(exotel.loop)
assert(ok == not absent["exotel.curl"], message)

print(("rock: exotel %s, %d of %d modules loaded from %s"):format(exotel._VERSION, loaded, #names,
  tree:match "[^/]+$"))
