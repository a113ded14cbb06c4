-- Rows of the JSON guard, in the body of a call: what is refused, at which byte and why, and
-- what passes with its text kept.
--
-- { id, body, record } or { id, body, position, why }.
--
-- SPDX-License-Identifier: MIT

local rows = {}

-- The value of X in a call, which begins at byte 27 of the body.
local HEAD = '{"Call":{"Sid":"abcd","X":'
local AT = #HEAD + 1

local function keeps(id, value, expected)
  rows[#rows + 1] = { id = "json." .. id, body = HEAD .. value .. "}}",
                      record = { sid = "abcd", X = expected } }
end

-- `byte`: of the value, from 1.
local function refuses(id, value, byte, why)
  rows[#rows + 1] = { id = "json." .. id, body = HEAD .. value .. "}}", position = AT + byte - 1,
                      why = why }
end

local function refuses_body(id, body, position, why)
  rows[#rows + 1] = { id = "json." .. id, body = body, position = position, why = why }
end

local function keeps_body(id, body, record)
  rows[#rows + 1] = { id = "json." .. id, body = body, record = record }
end

-- {=================================================================
-- NUL, control characters, escapes
-- ==================================================================

refuses("nul.escaped", '"x\\u0000y"', 3, "\\u0000 can't be kept")
refuses("nul.escaped.first", '"\\u0000"', 2, "\\u0000 can't be kept")
refuses_body("nul.escaped.key", '{"Call":{"Sid":"a","a\\u0000b":"x"}}', 22, "\\u0000 can't be kept")
refuses("nul.raw", '"x\0y"', 3, "a control character in a string must be escaped")
refuses_body("nul.raw.key", '{"a\0b":1}', 4, "a control character in a string must be escaped")
refuses("nul.outside", "\0", 1, "a value is wanted")
for byte = 1, 31 do
  local c = string.char(byte)
  refuses("control." .. byte, '"x' .. c .. 'y"', 3,
    "a control character in a string must be escaped")
  if not c:find("[\t\r\n]") then
    refuses("control.blank." .. byte, c .. '"x"', 1, "a value is wanted")
    refuses("control.after." .. byte, '"x"' .. c, 4, "',' or '}' is wanted")
  end
end
keeps("delete", '"x\127y"', "x\127y")
keeps("blanks", ' \t\r\n"x"\r\n\t ', "x")
keeps("escapes", '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t')
keeps("escape.one", '"\\u0001"', "\1")
keeps("escape.case", '"\\u00E9\\u00e9"', "\195\169\195\169")
refuses("escape.unknown", '"a\\x41"', 3, "no such escape")
refuses("escape.upper", '"\\U00e9"', 2, "no such escape")
refuses("escape.quote", "\"\\'\"", 2, "no such escape")
refuses("escape.newline", '"\\\n"', 2, "no such escape")
refuses("escape.nul", '"\\\0"', 2, "no such escape")
refuses("escape.short", '"\\u12"', 2, "\\u wants four hex digits")
refuses("escape.words", '"\\u12g4"', 2, "\\u wants four hex digits")
refuses("escape.plus", '"\\u+123"', 2, "\\u wants four hex digits")

-- Surrogates
keeps("pair", '"\\ud83d\\udcde"', "\240\159\147\158")
keeps("pair.case", '"\\uD83D\\uDCDE"', "\240\159\147\158")
keeps("pair.first", '"\\ud800\\udc00"', "\240\144\128\128")
keeps("pair.last", '"\\udbff\\udfff"', "\244\143\191\191")
keeps("below", '"\\ud7ff\\ue000"', "\237\159\191\238\128\128")
for id, half in pairs { high = "\\ud800", low = "\\udc00", low_end = "\\udfff",
                        high_high = "\\ud800\\ud800", high_text = "\\ud800x",
                        high_escape = "\\ud800\\n", high_bmp = "\\ud800\\u0041",
                        high_cut = "\\ud800\\udc0", swapped = "\\udc00\\ud800" } do
  refuses("surrogate." .. id, '"a' .. half .. '"', 3, "half a surrogate pair")
end

-- UTF-8
keeps("utf8", '"\195\169\226\130\185\240\159\147\158\239\191\191"',
  "\195\169\226\130\185\240\159\147\158\239\191\191")
for id, bytes in pairs {
  lone = "\128", ff = "\255", fe = "\254", overlong2 = "\192\128", overlong2b = "\193\191",
  overlong3 = "\224\128\175", overlong4 = "\240\128\128\175", surrogate = "\237\160\128",
  surrogate_low = "\237\191\191", beyond = "\244\144\128\128", five = "\248\136\128\128\128",
  cut2 = "\195", cut3 = "\226\130", cut4 = "\240\159\147", broken = "\226\40\161",
} do
  refuses("utf8." .. id, '"a' .. bytes .. '"', 3, "not UTF-8")
  refuses_body("utf8.key." .. id, '{"' .. bytes .. '":1}', 3, "not UTF-8")
end
refuses("utf8.outside", "\195\169", 1, "a value is wanted")
refuses_body("bom", "\239\187\191" .. '{"Call":{"Sid":"a"}}', 1, "a byte order mark")
refuses_body("bom.utf16", "\255\254{\0", 1, "a value is wanted")
refuses_body("bom.inside", ' \239\187\191{}', 2, "a value is wanted")

-- }=================================================================

-- {=================================================================
-- Numbers: their text is kept, what isn't one is refused
-- ==================================================================

for _, text in ipairs {
  "0", "-0", "1", "-1", "1.500", "0.10", "-0.5", "1e5", "1E5", "1e+5", "1e-5", "0e0", "1.5E-10",
  "9007199254740993", "-9007199254740993", "2147483648", "18446744073709551616",
  "123456789012345678901234567890", "1.7976931348623157e308", "-1.7976931348623157e308",
  "4.9e-324", "1e-400", "0.1000000000000000055511151231257827",
} do
  keeps("number." .. text, text, text)
end
keeps("number.300", ("9"):rep(300), ("9"):rep(300))
for _, text in ipairs { "1e400", "-1e400", "1e309", "1.8e308", "1e99999999999999999999" } do
  refuses("number." .. text, text, 1, "the number is out of range")
end
refuses("number.400.digits", ("9"):rep(400), 1, "the number is out of range")
refuses("number.01", "01", 1, "a number doesn't start with 0")
refuses("number.-01", "-01", 2, "a number doesn't start with 0")
refuses("number.00", "00", 1, "a number doesn't start with 0")
refuses("number.1.", "1.", 3, "a digit is wanted after the point")
refuses("number.1.e5", "1.e5", 3, "a digit is wanted after the point")
refuses("number.1e", "1e", 3, "a digit is wanted in the exponent")
refuses("number.1e+", "1e+", 4, "a digit is wanted in the exponent")
refuses("number.-", "-", 2, "a digit is wanted")
refuses("number.--1", "--1", 2, "a digit is wanted")
refuses("number.-.5", "-.5", 2, "a digit is wanted")
refuses("number.0x10", "0x10", 2, "',' or '}' is wanted")
refuses("number.1.2.3", "1.2.3", 4, "',' or '}' is wanted")
refuses("number.1_000", "1_000", 2, "',' or '}' is wanted")
refuses("number.-Infinity", "-Infinity", 2, "a digit is wanted")
for _, text in ipairs { "+1", ".5", "NaN", "nan", "Infinity", "inf", "True", "TRUE", "None",
                        "undefined", "nul", "tru", "fals", "'x'", "x", "#", "/", "\\" } do
  refuses("value." .. text, text, 1, "a value is wanted")
end
refuses("value.truex", "truex", 5, "',' or '}' is wanted")
refuses("value.nullnull", "nullnull", 5, "',' or '}' is wanted")
keeps("true", "true", "true")
keeps("false", "false", "false")
keeps("null", "null", nil)

-- }=================================================================

-- {=================================================================
-- Structure
-- ==================================================================

refuses("comma.trailing", '{"a":1,}', 8, "the name of a member is wanted")
refuses("comma.trailing.list", "[1,]", 4, "a value is wanted")
refuses("comma.leading", "[,1]", 2, "a value is wanted")
refuses("comma.two", "[1,,2]", 4, "a value is wanted")
refuses("comma.missing", "[1 2]", 4, "',' or ']' is wanted")
refuses("comma.missing.member", '{"a":1 "b":2}', 8, "',' or '}' is wanted")
refuses("colon.missing", '{"a" 1}', 6, "':' is wanted")
refuses("colon.equals", '{"a"=1}', 5, "':' is wanted")
refuses("value.missing", '{"a":}', 6, "a value is wanted")
refuses("name.bare", "{a:1}", 2, "the name of a member is wanted")
refuses("name.number", "{1:1}", 2, "the name of a member is wanted")
refuses("name.single", "{'a':1}", 2, "the name of a member is wanted")
refuses("bracket.wrong", "[1}", 3, "',' or ']' is wanted")
refuses("bracket.wrong.object", '{"a":1]', 7, "',' or '}' is wanted")
refuses("comment", "/* x */ 1", 1, "a value is wanted")
refuses("comment.after", "1 // x", 3, "',' or '}' is wanted")
keeps("object.empty", "{ }", nil)
keeps("list.empty", "[ ]", nil)
keeps("list", '[1,"x",[true],{"y":null}]', { "1", "x", { "true" } })

local good = '{"Call":{"Sid":"a"}}'
refuses_body("empty", "", 1, "the text ends where a value is wanted")
refuses_body("blank", " \n", 3, "the text ends where a value is wanted")
for length = 1, #good - 1 do -- cut at every byte: always refused, at its end
  local cut = good:sub(1, length)
  local state = {
    [1] = "the name of a member is wanted", [7] = "':' is wanted", [8] = "a value is wanted",
    [9] = "the name of a member is wanted", [14] = "':' is wanted", [15] = "a value is wanted",
    [18] = "',' or '}' is wanted", [19] = "',' or '}' is wanted",
  }
  refuses_body("cut." .. length, cut, length + 1,
    "the text ends where " .. (state[length] or "a string is open"))
end
refuses_body("cut.escape", '{"a\\', 5, "the text ends where a string is open")
refuses_body("cut.true", "tru", 1, "a value is wanted")
refuses_body("cut.unicode", '"\\u12', 2, "\\u wants four hex digits")
refuses_body("after.brace", good .. "}", #good + 1, "something follows the document")
refuses_body("after.second", good .. good, #good + 1, "something follows the document")
refuses_body("after.text", good .. " x", #good + 2, "something follows the document")
refuses_body("after.nul", good .. "\0", #good + 1, "something follows the document")
refuses_body("after.nul.junk", good .. "\0junk", #good + 1, "something follows the document")
refuses_body("after.comma", good .. ",", #good + 1, "something follows the document")
refuses_body("after.number", "1 2", 3, "something follows the document")
keeps_body("after.blanks", "\r\n\t " .. good .. " \t\r\n", { sid = "a" })

-- Names: the first of two counts, whatever its case; what is taken is told.
keeps_body("twice", '{"Call":{"Sid":"a","Sid":"b"}}', { sid = "a", repeated = { "Sid" } })
keeps_body("twice.case", '{"Call":{"SID":"a","sid":"b"}}', { sid = "a", repeated = { "sid" } })
keeps_body("twice.escaped", '{"Call":{"Sid":"a","\\u0053id":"b"}}',
  { sid = "a", repeated = { "Sid" } })

-- Nesting: the body has two levels of its own around X.
local function nested(opening, closing, depth)
  return opening:rep(depth - 2) .. "1" .. closing:rep(depth - 2)
end
local function lists(depth)
  local value = "1"
  for _ = 1, depth - 2 do value = { value } end
  return value
end
local function objects(depth)
  local value = "1"
  for _ = 1, depth - 2 do value = { a = value } end
  return value
end
keeps("deep.31", nested("[", "]", 31), lists(31))
keeps("deep.32", nested("[", "]", 32), lists(32))
refuses("deep.33", nested("[", "]", 33), 31, "nested deeper than the limit of 32")
keeps("deep.object.32", nested('{"a":', "}", 32), objects(32))
refuses("deep.object.33", nested('{"a":', "}", 33), 30 * 5 + 1,
  "nested deeper than the limit of 32")
refuses("deep.100000", ("["):rep(100000), 31, "nested deeper than the limit of 32")
refuses_body("deep.only", ("["):rep(33), 33, "nested deeper than the limit of 32")
keeps("wide", "[" .. ("[],"):rep(50000) .. "1]", { "1" })

-- }=================================================================

return rows
