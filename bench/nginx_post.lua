-- nginx_post: the script by which wrk posts a body: -- FILE CONTENT_TYPE. Its last line is for
-- bench/nginx.lua.
--
-- SPDX-License-Identifier: MIT

-- wrk calls these by their names.
-- luacheck: globals wrk init done

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.method, wrk.body = "POST", file:read "*a"
  wrk.headers["Content-Type"] = arguments[2]
  file:close()
end

function done(summary)
  local errors = summary.errors
  io.write(("posted %d in %d us, errors %d\n"):format(summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
