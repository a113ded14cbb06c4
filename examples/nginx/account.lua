-- account: the client and the settings that all handlers of this nginx share. It keeps nothing
-- of a request, so that requests on their way at the same time can't meet in it.

local exotel = require "exotel"

local function setting(name, pattern)
  local value = os.getenv(name)
  if value and value:find(pattern) then return value end
  error(("%s is missing or doesn't match %s: set it, and name it in an env line"):format(name,
    pattern), 0)
end

local account = {
  client = exotel.client {},  -- EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN …
  caller_id = setting("VOICE_CALLER_ID", "^%+?%d+$"),
  secret = setting("VOICE_SECRET", "^" .. ("%w"):rep(16) .. "+$"), -- a URL takes it as it is
}

--- The StatusCallback URL of every dial.
account.hook = setting("VOICE_URL", "^https?://[^/?#]+$")
  .. "/exotel/webhook?secret=" .. account.secret

return account
