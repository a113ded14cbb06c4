-- running: the task that is being run by a loop at this moment, if any.
--
-- Apart from loop.lua, so that a client can ask without loading libcurl.
--
-- SPDX-License-Identifier: MIT

local running = {
  task = nil, -- set by loop.lua around each resume
}

-- By a coroutine in which exotel.pcall runs a function: the one that it stands for.
local parents = setmetatable({}, { __mode = "kv" })

--- Makes a coroutine stand for another, to which it passes all its yields.
function running.adopt(thread, parent)
  parents[thread] = parent
end

--- The coroutine that this one stands for, or nil.
function running.parent(thread)
  return parents[thread]
end

--- The coroutine that runs, or the one that it stands for in the end.
function running.thread()
  local thread = coroutine.running()
  while parents[thread] do thread = parents[thread] end
  return thread
end

--- The task, or nil outside of any. Second: whether the code that asks runs in the task's own
--- coroutine, which alone can wait for an answer.
function running.here()
  local task = running.task
  if not task then return nil, false end
  return task, running.thread() == task.thread
end

return running
