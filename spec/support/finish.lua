-- finish: reads a program that was started to its end.
--
--   local finish = require "spec.support.finish"
--   local output, code = finish(assert(sys.spawn { … }), LONG)
--
-- SPDX-License-Identifier: MIT

--- All that the process prints, without the last line's end, and its end as process:wait gives it.
--- seconds: the longest that a line, and the end, are waited for.
return function(process, seconds)
  local lines = {}
  for line in function() return process:read_line(seconds) end do lines[#lines + 1] = line end
  local code, why, signal = process:wait(seconds)
  process:close()
  return table.concat(lines, "\n"), code, why, signal
end
