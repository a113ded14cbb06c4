-- nginx: the Lua API of the nginx that this runs in, if it does.
--
-- SPDX-License-Identifier: MIT

local nginx = {
  api = nil, -- what handlers know as `ngx`
}

local found = package.loaded.ngx -- not the global, which a strict host may refuse to look up
if type(found) == "table" and type(found.socket) == "table" and found.get_phase then
  nginx.api = found
end

--- What a name in the environment takes in nginx, which clears that of its workers: for the end
--- of a message; nothing elsewhere.
function nginx.env_hint(name)
  if not nginx.api then return "" end
  return (" (a worker of nginx has it only where nginx.conf says `env %s;`)"):format(name)
end

--- A function that gives seconds on a clock which all workers share, and nobody sets back where
--- nginx has such a one. nginx only.
function nginx.clock()
  local loaded, time = pcall(require, "resty.core.time")
  local read = loaded and time.monotonic_time or nginx.api.now
  return function()
    nginx.api.update_time() -- it counts from the time of its last event
    return read()
  end
end

--- The shared dictionary `exotel`, where nginx.conf makes one; else nil.
function nginx.dictionary()
  return nginx.api and nginx.api.shared and nginx.api.shared.exotel
end

return nginx
