-- sandbox/faults: what goes wrong on demand, with requests and with StatusCallbacks.
--
-- A rule names a fault, says what it may strike and how often. The first rule whose turn it
-- is strikes; all others that match count what they saw. Where no rule strikes a dial, its
-- numbers may. What a fault does to an answer's bytes is done by the gate (sys.gate); what it
-- does to a StatusCallback, by sandbox/callbacks.
--
-- SPDX-License-Identifier: MIT

local compat = require "exotel.compat"
local core = require "exotel.core"
local errors = require "exotel.errors"
local journal = require "exotel.sandbox.journal"

local faults = {}
faults.__index = faults

-- {=================================================================
-- On the wire. Each gets the gate, the port of the connection, the strike, and the answer:
-- { status, headers, body }; true: the gate has answered
-- ==================================================================

-- The answer's bytes, with a length that needn't be right.
local function spell(answer, length)
  local names, lines = {}, { ("HTTP/1.1 %d "):format(answer.status) }
  for name in pairs(answer.headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("%s: %s"):format(name, answer.headers[name])
  end
  lines[#lines + 1] = ("content-length: %d"):format(length)
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. answer.body
end

local function without_answer(ending)
  return function(gate, port)
    gate:raw(port, "", ending)
    return true
  end
end

local function half(gate, port, strike, answer)
  if strike.bytes then
    gate:limit(port, strike.bytes, strike.ending)
    return false
  end
  local missing = math.ceil(#answer.body / 2)
  gate:raw(port, spell(answer, #answer.body):sub(1, -1 - missing), strike.ending)
  return true
end

local function wrong_length(gate, port, strike, answer)
  local length = math.max(0, #answer.body + strike.bytes)
  gate:raw(port, spell(answer, length), "close")
  return true
end

local function slow(gate, port, strike)
  gate:slow(port, strike.bytes)
  return false
end

local function dies_on_reuse(gate, port, strike)
  gate:end_on_reuse(port, strike.ending)
  return false
end

-- }=================================================================

-- {=================================================================
-- The faults
-- ==================================================================

local function nothing() return {} end

local function retry_after(strike)
  return { ["retry-after"] = ("%d"):format(math.ceil(strike.seconds)) }
end

-- By name: what it strikes ("request", "callback"); what its rule may say, each with what holds
-- otherwise and, where they are its own, the limits of a number; what happens. Of requests
-- also: what always holds (`fixed`); `spoil`, what is done on the wire; `unanswered`, when
-- nothing is answered; `instead`, when what is answered isn't what the operation gave;
-- `headers` of what is answered instead.
local rows = {
  { name = "close", on = "request", takes = { placed = { false } }, unanswered = true,
    spoil = without_answer "close", help = "closes without an answer" },
  { name = "reset", on = "request", takes = { placed = { false } }, unanswered = true,
    spoil = without_answer "reset", help = "resets without an answer" },
  { name = "silent", on = "request", takes = { placed = { false } }, unanswered = true,
    spoil = without_answer "hold", help = "never answers, until the client goes" },
  { name = "half", on = "request", spoil = half,
    takes = { placed = { true }, status = { 503 }, bytes = { nil, 0, 1e6 }, ending = { "close" } },
    help = "answers half of the body, or that many bytes of the whole, then ending" },
  { name = "wrong_length", on = "request", spoil = wrong_length,
    takes = { placed = { true }, status = { 503 }, bytes = { 8, -1e6, 1e6 } },
    help = "says a length that is so many bytes too long, then closes" },
  { name = "slow", on = "request", spoil = slow,
    takes = { placed = { true }, status = { 503 }, bytes = { 64, 1, 1e6 } },
    help = "answers so many bytes a second" },
  { name = "status_before", on = "request", takes = { status = { 503 } },
    fixed = { placed = false }, help = "answers a 5xx, and nothing was placed" },
  { name = "status_after", on = "request", takes = { status = { 503 } },
    fixed = { placed = true }, instead = true,
    help = "answers a 5xx, though the call was placed" },
  { name = "too_many", on = "request", takes = { seconds = { 1 } },
    fixed = { placed = false, status = 429 }, headers = retry_after,
    help = "answers 429, to be tried again after so many seconds (Retry-After)" },
  { name = "too_many_bare", on = "request", takes = {}, fixed = { placed = false, status = 429 },
    help = "answers 429 without Retry-After" },
  { name = "dies_on_reuse", on = "request", takes = { ending = { "close" } },
    fixed = { placed = true }, spoil = dies_on_reuse,
    help = "answers well; the connection ends when the next request comes on it" },
  { name = "lost", on = "callback", takes = {}, help = "is never posted" },
  { name = "doubled", on = "callback", takes = {}, help = "is posted once more" },
  { name = "late", on = "callback", takes = { seconds = { 30 } },
    help = "is posted so many seconds late, and those behind it too" },
  { name = "out_of_order", on = "callback", takes = {}, wants_another = true,
    help = "is posted behind the next event of its call, if there is one" },
  { name = "other_type", on = "callback", takes = {},
    help = "is posted in another content type than was asked for" },
}

-- The last two digits of a number that is dialled, and the rule that they stand for.
local by_digits = {
  { "20", "close" }, { "21", "reset" }, { "22", "silent" },
  { "23", "close placed=true" }, { "24", "reset placed=true" }, { "25", "silent placed=true" },
  { "26", "half" }, { "27", "wrong_length" }, { "28", "slow" },
  { "29", "status_before" }, { "30", "status_after" },
  { "31", "too_many" }, { "32", "too_many_bare" }, { "33", "dies_on_reuse" },
  { "35", "lost" }, { "36", "doubled" }, { "37", "late" }, { "38", "out_of_order" },
  { "39", "other_type" },
}

local names = {}
for index, row in ipairs(rows) do
  rows[row.name], names[index] = row, row.name
end

-- }=================================================================

-- {=================================================================
-- Rules
-- ==================================================================

local operations = {}
for index, operation in ipairs(core.api().operations) do operations[index] = operation.name end

-- What a rule may say: { name, kind, least, most or choices, help }. Those of `own` are taken
-- by some faults only.
local fields = {
  { "fault", "choice", names },
  { "next", "integer", 1, 1e6, help = "strikes the next so many (1, without any of the three)" },
  { "every", "integer", 1, 1e6, help = "strikes every so many-th" },
  { "share", "number", 1e-6, 1, help = "strikes that share of all, by chance" },
  { "operation", "choice", operations, help = "of this operation only" },
  { "number", "digits", 1, 15, help = "of calls from or to numbers with these last digits only" },
  { "placed", "boolean", own = true, help = "whether what was asked for is done all the same" },
  { "status", "integer", 500, 599, own = true, help = "of the answer, where nothing was placed" },
  { "seconds", "number", 0, 86400, own = true },
  { "bytes", "integer", own = true },
  { "ending", "choice", { "close", "reset", "hold" }, own = true,
    help = "of the connection: close, reset or hold, until the client goes" },
}

local field_names = {}
for index, field in ipairs(fields) do
  fields[field[1]], field_names[index] = field, field[1]
end

-- What was given may be no text.
local function spoken(message)
  return (message:gsub("[^\32-\126]", "?"))
end

local readers = {} -- by kind: the value, or nil and what was wanted; the row's limits go first

function readers.integer(text, least, most)
  local number = text:find "^-?%d+$" and compat.tointeger(text)
  if number and number >= least and number <= most then return number end
  return nil, ("a whole number from %d to %d"):format(least, most)
end

function readers.number(text, least, most)
  local number = text:find "^[%d.]+$" and tonumber(text)
  if number and number >= least and number <= most then return number end
  return nil, ("a number from %s to %s"):format(least, most)
end

function readers.digits(text, least, most)
  local digits = text:gsub("^%+", "")
  if digits:find "^%d+$" and #digits >= least and #digits <= most then return digits end
  return nil, ("%d to %d digits"):format(least, most)
end

function readers.boolean(text)
  if text == "true" or text == "false" then return text == "true" end
  return nil, "true or false"
end

function readers.choice(text, choices)
  for _, choice in ipairs(choices) do
    if text == choice then return text end
  end
  return nil, "one of " .. table.concat(choices, ", ") .. errors.did_you_mean(text, choices)
end

-- A field's value, or nil and what is wrong with it.
local function read_field(field, row, text)
  local name, least, most = field[1], field[3], field[4]
  local taken = row and row.takes[name]
  if field.own and not taken then return nil, ("%s isn't taken by '%s'"):format(name, row.name) end
  if name == "operation" and row.on == "callback" then
    return nil, ("operation isn't taken by '%s'"):format(row.name)
  end
  if type(text) ~= "string" then return nil, name .. " wants one value" end
  if taken and taken[2] then least, most = taken[2], taken[3] end
  local value, wanted = readers[field[2]](text, least, most)
  if value == nil then return nil, ("%s wants %s, got '%s'"):format(name, wanted, text) end
  return value
end

local function read_fault(form)
  if form.fault == nil then return nil, "fault is missing: one of " .. table.concat(names, ", ") end
  local name, wrong = read_field(fields.fault, nil, form.fault)
  return name and rows[name], wrong
end

-- core.form keeps the first value of a name, and lists the names that stand again.
local function check_names(form)
  local given = {}
  if type(form.repeated) == "table" then return nil, form.repeated[1] .. " wants one value" end
  for name in pairs(form) do given[#given + 1] = tostring(name) end
  table.sort(given)
  for _, name in ipairs(given) do
    if not fields[name] then
      return nil, ("%s is unknown%s"):format(name, errors.did_you_mean(name, field_names))
    end
  end
  return true
end

-- One of next, every and share; the next one without any.
local function check_turns(rule)
  local said
  for _, name in ipairs { "next", "every", "share" } do
    if rule[name] and said then
      return nil, ("%s can't stand beside %s: one of next, every, share"):format(name, said)
    end
    said = rule[name] and name or said
  end
  if not said then rule.next = 1 end
  return rule
end

local function values_of(row)
  local out = {}
  for name, usual in pairs(row.takes) do out[name] = usual[1] end
  for name, value in pairs(row.fixed or {}) do out[name] = value end
  return out
end

local function rule_of(form)
  local ok, wrong = check_names(form)
  if not ok then return nil, wrong end
  local row
  row, wrong = read_fault(form)
  if not row then return nil, wrong end
  local rule = values_of(row)
  for _, field in ipairs(fields) do
    local name = field[1]
    if form[name] ~= nil then
      rule[name], wrong = read_field(field, row, form[name])
      if wrong then return nil, wrong end
    end
  end
  rule.row, rule.seen, rule.struck = row, 0, 0
  return check_turns(rule)
end

--- The rule that an urlencoded form asks for; or nil, and the field that is wrong, what it
--- wants and its limit.
function faults.read(form)
  local bare = ("&" .. form .. "&"):match "&([^=&]+)=?&"
  if bare then return nil, spoken(bare) .. " wants a value" end
  local values, err = core.form(form)
  if not values then return nil, err.message end
  local rule, wrong = rule_of(values)
  return rule, wrong and spoken(wrong)
end

--- The same of a text: "NAME field=value field=value".
function faults.parse(text)
  local escaped = text:gsub("[%%+&]", function(c) return ("%%%02X"):format(c:byte()) end)
  local words = escaped:gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s+", "&")
  if words ~= "" and not words:find "^[^&=]*=" then words = "fault=" .. words end
  return faults.read(words)
end

-- }=================================================================

-- {=================================================================
-- Choosing
-- ==================================================================

--- settings: dice, for shares; rules, a list of those that hold from the start.
function faults.new(settings)
  local self = setmetatable({ dice = settings.dice, rules = {}, by_digits = {} }, faults)
  for index, rule in ipairs(settings.rules or {}) do self.rules[index] = rule end
  for _, row in ipairs(by_digits) do self.by_digits[row[1]] = assert(faults.parse(row[2])) end
  return self
end

local function has_number(asked, digits)
  for _, number in ipairs(asked.numbers) do
    local own = number:gsub("%D", "")
    if own:sub(-#digits) == digits then return true end
  end
  return false
end

local function matches(rule, asked)
  if rule.row.on ~= asked.on or rule.row.wants_another and asked.last then return false end
  if rule.operation and rule.operation ~= asked.operation then return false end
  return not rule.number or has_number(asked, rule.number:sub(-10))
end

local function is_due(self, rule)
  rule.seen = rule.seen + 1
  if rule.next then return rule.struck < rule.next end
  if rule.every then return rule.seen % rule.every == 0 end
  return self.dice:share() < rule.share
end

local function by_number(self, asked)
  for _, number in ipairs(asked.numbers) do
    local rule = self.by_digits[number:match "(%d%d)$"]
    if rule and matches(rule, asked) then return rule end
  end
end

-- The parties' numbers, as far as they are such.
local function numbers_of(form)
  local list = {}
  for _, name in ipairs { "From", "To" } do
    if form and type(form[name]) == "string" then list[#list + 1] = form[name] end
  end
  return list
end

local function choose(self, asked)
  local chosen
  for _, rule in ipairs(self.rules) do
    if matches(rule, asked) and is_due(self, rule) and not chosen then chosen = rule end
  end
  chosen = chosen or by_number(self, asked)
  if chosen then chosen.struck = chosen.struck + 1 end
  return chosen
end

--- The strike that befalls a request, or nil: a rule, with `fault`, `placed`, `status` … as
--- they hold for it. form: a dial's.
function faults:of_request(operation, form)
  return choose(self, { on = "request", operation = operation, numbers = numbers_of(form) })
end

--- The same of a StatusCallback of a call with that form. last: no event of it comes behind.
function faults:of_callback(form, last)
  return choose(self, { on = "callback", numbers = numbers_of(form), last = last })
end

--- From now on this rule holds too, behind the others.
function faults:add(rule)
  table.insert(self.rules, rule)
end

--- Forgets all rules.
function faults:clear()
  self.rules = {}
end

-- }=================================================================

-- {=================================================================
-- Answers
-- ==================================================================

--- What is answered in place of what an operation gave: a status, a message, and headers;
--- nil where it stands.
function faults.instead(strike)
  if strike.placed and not strike.row.instead then return nil end
  return strike.status or 503, ("The sandbox's fault '%s'."):format(strike.fault),
    (strike.row.headers or nothing)(strike)
end

--- Whether a client is answered at all.
function faults.answers(strike)
  return not strike.row.unanswered
end

--- Lets the gate spoil an answer, { status, headers, body }, to a request of exotel.httpd.
--- Returns whether the gate has answered it.
function faults.spoil(strike, gate, request, answer)
  local spoil = strike.row.spoil
  return spoil ~= nil and spoil(gate, request:peer_port(), strike, answer)
end

-- }=================================================================

-- {=================================================================
-- Telling
-- ==================================================================

--- The rules as JSON, with how many each has seen that it might have struck, and how many it
--- has struck.
function faults:json()
  local items = {}
  for index, rule in ipairs(self.rules) do
    local shown = { seen = rule.seen, struck = rule.struck }
    for _, field in ipairs(fields) do shown[field[1]] = rule[field[1]] end
    items[index] = assert(core.to_json(shown, ""))
  end
  return journal.wrap("faults", items)
end

local function taken_by(row)
  local list = {}
  for _, field in ipairs(fields) do
    local usual = row.takes[field[1]]
    if usual then
      list[#list + 1] = usual[1] == nil and field[1] or field[1] .. "=" .. tostring(usual[1])
    end
  end
  return #list > 0 and ("\n%s%s"):format((" "):rep(18), table.concat(list, " ")) or ""
end

--- The faults of a kind, "request" or "callback", as text, a row a line.
function faults.help(on)
  local lines = {}
  for _, row in ipairs(rows) do
    if row.on == on then
      lines[#lines + 1] = ("  %-15s %s%s"):format(row.name, row.help, taken_by(row))
    end
  end
  return table.concat(lines, "\n")
end

--- What rules may say beside their fault, as text.
function faults.help_of_fields()
  local lines = {}
  for _, field in ipairs(fields) do
    if field.help then lines[#lines + 1] = ("  %-15s %s"):format(field[1], field.help) end
  end
  return table.concat(lines, "\n")
end

--- The numbers that ask for faults, as text.
function faults.help_of_numbers()
  local lines = {}
  for index, row in ipairs(by_digits) do
    lines[index] = ("  …%-7s %s"):format(row[1], row[2])
  end
  return table.concat(lines, "\n")
end

-- }=================================================================

return faults
