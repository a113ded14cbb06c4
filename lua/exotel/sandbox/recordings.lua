-- sandbox/recordings: recordings of calls, as MP3 files of silence made when they are fetched.
--
-- SPDX-License-Identifier: MIT

local clock = require "exotel.sandbox.clock"
local core = require "exotel.core"

local recordings = {}
recordings.__index = recordings

recordings.DELAY = 5 -- sandbox seconds after the recording is over, until it can be fetched
recordings.LONGEST = 300 -- seconds of one file

-- One frame of MPEG-2 Layer III, mono, 16 kHz, 8 kbit/s: 36 bytes that play for 36 ms.
--   FF F3  sync, MPEG-2, Layer III, no CRC
--   18     bit rate 1 (8 kbit/s), sampling rate 2 (16 kHz), no padding
--   C4     mono, an original
-- Of side information and data all bits are 0: a frame without any samples' data is silence.
local FRAME = "\255\243\24\196" .. ("\0"):rep(32)
local FRAMES_A_SECOND = 1000 / 36

--- A file of so many seconds.
function recordings.mp3(seconds)
  local length = math.max(1, math.min(seconds, recordings.LONGEST))
  return FRAME:rep(math.ceil(length * FRAMES_A_SECOND))
end

--- settings: calls; clock; account_sid.
function recordings.new(settings)
  return setmetatable({ settings = settings }, recordings)
end

--- Whether a path is one of recordings.
function recordings.are_at(path)
  return path:find("/exotelrecordings/", 1, true) == 1
end

-- The file at a path that can be fetched now, or nil.
function recordings:find(path)
  local settings = self.settings
  local account_sid, sid = path:match "^/exotelrecordings/([^/]+)/([^/]+)%.mp3$"
  local call = account_sid == settings.account_sid and settings.calls:find(sid)
  if not call then return nil end
  local seconds, ended = settings.calls.recording(call, settings.calls:reached(call))
  if not seconds or settings.clock:now() < clock.later(ended, self.DELAY) then return nil end
  return recordings.mp3(seconds)
end

--- The answer to a GET: a status, a body and headers; nil where there is nothing.
function recordings:answer(path, range)
  local file = self:find(path)
  if not file then return nil end
  local headers = { ["accept-ranges"] = "bytes", ["content-type"] = "audio/mpeg" }
  local first, last = core.byte_range(range or "", #file)
  if first == nil then return 200, file, headers end
  if first == false then
    headers["content-range"] = ("bytes */%d"):format(#file)
    return 416, "", headers
  end
  headers["content-range"] = ("bytes %d-%d/%d"):format(first, last, #file)
  return 206, file:sub(first + 1, last + 1), headers
end

return recordings
