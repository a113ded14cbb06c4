-- Rows of the sandbox's faults, and what any client of ours makes of them, whatever its transport.
--
-- { rule, told, status, placed }: a rule as `exotel sandbox --fault` has it; what the client says
-- of a dial that meets it: kind, outcome and reason, or "placed"; the status in the dial's
-- journal, if it was answered; whether the call was placed.
--
-- SPDX-License-Identifier: MIT

return {
  { "close", { "transport", "unknown", "closed" }, nil, false },
  { "close placed=true", { "transport", "unknown", "closed" }, nil, true },
  { "reset", { "transport", "unknown", "closed" }, nil, false },
  { "reset placed=true", { "transport", "unknown", "closed" }, nil, true },
  { "silent", { "transport", "unknown", "timeout" }, nil, false },
  { "silent placed=true", { "transport", "unknown", "timeout" }, nil, true },
  { "half", { "transport", "unknown", "closed" }, 200, true },
  { "half ending=reset", { "transport", "unknown", "closed" }, 200, true },
  { "half ending=hold", { "transport", "unknown", "timeout" }, 200, true },
  { "half placed=false status=502", { "transport", "unknown", "closed" }, 502, false },
  { "half bytes=0", { "transport", "unknown", "closed" }, 200, true },
  { "half bytes=40", { "transport", "unknown", "closed" }, 200, true },
  { "half bytes=15 ending=reset", { "transport", "unknown", "closed" }, 200, true },
  { "wrong_length", { "transport", "unknown", "closed" }, 200, true },
  { "wrong_length bytes=-8", { "parse", "unknown", "json" }, 200, true },
  { "slow bytes=2000", "placed", 200, true },
  { "slow bytes=20", { "transport", "unknown", "timeout" }, 200, true },
  { "slow bytes=100000 placed=false", { "api", "unknown", "server" }, 503, false },
  { "status_before", { "api", "unknown", "server" }, 503, false },
  { "status_before status=500", { "api", "unknown", "server" }, 500, false },
  { "status_after status=504", { "api", "unknown", "server" }, 504, true },
  { "too_many seconds=7", { "api", "rejected", "rate_limited" }, 429, false },
  { "too_many_bare", { "api", "rejected", "rate_limited" }, 429, false },
  { "dies_on_reuse", "placed", 200, true },
  { "dies_on_reuse ending=reset", "placed", 200, true },
}
