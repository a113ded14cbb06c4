-- running: the task that is being run by a loop at this moment, if any.
--
-- Apart from loop.lua, so that a client can ask without loading libcurl.
--
-- SPDX-License-Identifier: MIT

local running = {
  task = nil, -- set by loop.lua around each resume
}

--- The task, or nil outside of any. Second: whether the code that asks runs in the task's own
--- coroutine, which alone can wait for an answer.
function running.here()
  local task = running.task
  if not task then return nil, false end
  return task, coroutine.running() == task.thread
end

return running
