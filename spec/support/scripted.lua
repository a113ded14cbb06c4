-- scripted: a transport that answers as a spec says, on a clock that only the spec moves.
--
-- SPDX-License-Identifier: MIT

local scripted = {}

scripted.CALL = '{"Call":{"Sid":"abc","Status":"in-progress"}}'

--- A transport that answers with the entries of `answers` in turn, the last one for ever:
--- { status=, headers=, body=, seconds=, phases= }, { fails = failure } or { returns = function }.
--- Its clock is moved by sleeping and by `seconds` of an entry. It keeps .requests and .sleeps.
function scripted.transport(answers)
  local transport = { clock = 1000, sleeps = {}, requests = {} }
  function transport:perform(request)
    self.requests[#self.requests + 1] = request
    local answer = answers[math.min(#self.requests, #answers)]
    self.clock = self.clock + (answer.seconds or 0)
    if answer.fails then return nil, answer.fails end
    if answer.returns then return answer.returns() end
    return { status = answer.status or 200, headers = answer.headers or {},
             body = answer.body or scripted.CALL, seconds = answer.seconds,
             phases = answer.phases }
  end
  function transport:sleep(seconds)
    self.sleeps[#self.sleeps + 1] = seconds
    self.clock = self.clock + seconds
  end
  function transport:now() return self.clock end
  return transport
end

return scripted
