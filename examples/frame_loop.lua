-- Requests in a loop that must not miss a frame, as a game's: 60 frames a second, 64 requests
-- in flight all the time, and nothing ever waits but the end of the frame.
--   lua5.4 examples/frame_loop.lua [FRAMES]
-- It asks a sandbox that it starts in a process of its own, and prints the longest frame.

local exotel = require "exotel"
local sys = require "exotel.sys"

local FRAMES = tonumber(arg[1] or 600)
local FRAME = 1 / 60    -- seconds
local BUDGET = 0.004    -- of which the requests may take so much; the rest is the game's
local IN_FLIGHT = 64

local sandbox = assert(sys.spawn { arg[-1], "bin/exotel", "sandbox", "--port", "0",
                                   "--rate-limit", "0" })
local loop = exotel.loop { requests_in_flight = IN_FLIGHT }
local client = exotel.client {
  account_sid = "sandbox", api_key = "sandbox_key", api_token = "sandbox_token",
  base_url = assert(sandbox:read_line(10), "the sandbox did not start"), transport = loop,
}

-- Before the first frame, while something is loading: this reads the certificates, which takes
-- longer than a frame.
loop:prepare()

-- A task is a function that may wait: every call of the client lets the frames go on. Its
-- results are had from the task, or left where the game looks for them, as here.
local call
loop:spawn(function()
  call = exotel.assert(client:connect {
    from = "+91 98765 43210", to = "+91 91234 56789", caller_id = "080-3957-0000",
  })
end)
exotel.assert(loop:run()) -- before the first frame too: run waits until every task is done

local answered, failed = 0, 0
for _ = 1, IN_FLIGHT do
  loop:spawn(function()
    while true do
      local record = client:call_details(call)
      if record then answered = answered + 1 else failed = failed + 1 end
    end
  end)
end

local longest = 0
for _ = 1, FRAMES do
  local start = sys.now()
  -- What has come in is read, what is asked is sent, and tasks go on: for BUDGET seconds at
  -- most, and what is left is for the next frame.
  loop:step(0, BUDGET)
  -- Here the game would move and draw.
  local taken = sys.now() - start
  longest = math.max(longest, taken)
  sys.sleep(FRAME - taken)
end

print(("%d frames with %d requests in flight: %d answered, %d failed"):format(
  FRAMES, IN_FLIGHT, answered, failed))
print(("longest frame %.1f ms"):format(longest * 1000))

loop:close() -- ends the tasks, which would go on asking
sandbox:close()
