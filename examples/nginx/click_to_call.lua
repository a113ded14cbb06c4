-- click_to_call: POST from=+91…&to=+91… rings `from`, then `to`; GET ?sid=… says what became of it.

local account = require "account"
local exotel = require "exotel"

local click_to_call = {}

local calls = ngx.shared.calls

local function answer(status, content_type, body)
  ngx.status = status
  ngx.header["Content-Type"] = content_type
  ngx.print(body)
end

-- 504 says that a phone may ring: whoever posts again then, may ring it twice.
local function status_of(err)
  if err.kind == "invalid" then return 400 end
  if err.outcome == "unknown" then return 504 end
  if err.outcome == "not_sent" or err.reason == "rate_limited" then return 503 end
  return 502
end

local function dial()
  ngx.req.read_body()
  local form = ngx.req.get_post_args()
  if not form or type(form.from) ~= "string" or type(form.to) ~= "string" then
    return answer(400, "text/plain", "from and to are wanted, once each\n")
  end
  local call, err = account.client:connect {
    from = form.from, to = form.to, caller_id = account.caller_id,
    status_callback = account.hook, status_callback_events = { "answered", "terminal" },
  }
  if call then return answer(201, "application/json", exotel.to_json(call) .. "\n") end
  ngx.log(ngx.ERR, "click-to-call: ", tostring(err))
  local status = status_of(err)
  if status == 503 then ngx.header["Retry-After"] = math.ceil(err.retry_after or 1) end
  answer(status, "text/plain", tostring(err) .. "\n")
end

local function tell()
  local status = calls:get(ngx.var.arg_sid or "")
  answer(status and 200 or 404, "text/plain", (status or "not heard of yet") .. "\n")
end

function click_to_call.handle()
  local method = ngx.req.get_method()
  if method == "POST" then return dial() end
  if method == "GET" then return tell() end
  ngx.header["Allow"] = "GET, POST"
  ngx.exit(405)
end

return click_to_call
