-- Rows of bytes that a server may answer with, well or badly, and what a client makes of them,
-- the same whoever carries them (spec/http1_spec.lua).
--
-- { id, bytes, open, what }: after the bytes the server closes, unless `open`. `what` is what
-- comes of call_details and of a dial: "record SID", or "KIND OUTCOME REASON STATUS", and the
-- seconds to wait where the answer says them. Where libcurl (7.88) comes to something else,
-- `differences` has the row's id, what that is and why.
--
-- SPDX-License-Identifier: MIT

local rows, differences = {}, {}

local OK = "HTTP/1.1 200 OK\r\n"
local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"
local JSON = '{"Call":{"Sid":"c5"}}'
local SIZE = #JSON
local LENGTH = ("Content-Length: %d\r\n"):format(SIZE)

local TAKEN = "record c5"
local CLOSED, PROTOCOL = "transport unknown closed ", "transport unknown protocol "
local LARGE = "transport unknown too_large "

local function add(id, bytes, what)
  rows[#rows + 1] = { id = id, bytes = bytes, what = what, open = what == TAKEN }
end

-- The server closes, as it says, or as the only end of the body.
local function add_closed(...)
  add(...)
  rows[#rows].open = false
end

local function chunk(text, extension)
  return ("%x%s\r\n%s\r\n"):format(#text, extension or "", text)
end

local whole_chunk = chunk(JSON) .. "0\r\n\r\n"

-- {=================================================================
-- Well made
-- ==================================================================

add("length", OK .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("length.case", OK .. "content-LENGTH:" .. SIZE .. "\r\n\r\n" .. JSON, TAKEN)
add("length.zeros", OK .. "Content-Length: 000" .. SIZE .. "\r\n\r\n" .. JSON, TAKEN)
add("length.twice", OK .. LENGTH .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("length.behind", OK .. LENGTH .. "\r\n" .. JSON .. "more bytes\r\n", TAKEN)
add("length.answer_behind", OK .. LENGTH .. "\r\n" .. JSON .. OK .. "\r\n", TAKEN)
add_closed("length.close", OK .. "Connection: close\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add_closed("until_close", OK .. "\r\n" .. JSON, TAKEN)
add_closed("until_close.empty", OK .. "\r\n", "parse unknown json 200")
add_closed("http10", "HTTP/1.0 200 OK\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("http10.keep_alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" .. LENGTH .. "\r\n"
  .. JSON, TAKEN)
add("chunked", CHUNKED .. whole_chunk, TAKEN)
add("chunked.two", CHUNKED .. chunk(JSON:sub(1, 7)) .. chunk(JSON:sub(8)) .. "0\r\n\r\n", TAKEN)
add("chunked.capitals", OK .. "TRANSFER-ENCODING: CHUNKED\r\n\r\n" .. whole_chunk:upper()
  :gsub('{"CALL":{"SID":"C5"}}', JSON), TAKEN)
add("chunked.extension", CHUNKED .. chunk(JSON, ";a=b;c=\"d\"") .. "0;e\r\n\r\n", TAKEN)
add("chunked.trailer", CHUNKED .. chunk(JSON) .. "0\r\nX-A: b\r\n\r\n", TAKEN)
add("chunked.zeros", CHUNKED .. "0000000000" .. chunk(JSON) .. "000\r\n\r\n", TAKEN)
add("chunked.behind", CHUNKED .. whole_chunk .. "more", TAKEN)
add("continue", "HTTP/1.1 100 Continue\r\n\r\n" .. OK .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("early_hints", ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"):rep(3) .. OK .. LENGTH .. "\r\n"
  .. JSON, TAKEN)
add("no_reason", "HTTP/1.1 200 \r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("no_blank", "HTTP/1.1 200\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("strange_reason", "HTTP/1.1 200 \255\t: 1\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("empty_header", OK .. "X-A:\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("tab_in_header", OK .. "X-A:\ta\tb\t\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("utf8_in_header", OK .. "X-A: \224\164\168\r\n" .. LENGTH .. "\r\n" .. JSON, TAKEN)
add("no_content", "HTTP/1.1 204 No Content\r\n\r\n", "parse unknown json 204")
add("not_found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  "api rejected not_found 404")
add("bad_gateway", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
  "api unknown server 502")
add("redirect", "HTTP/1.1 302 Found\r\nLocation: http://h/\r\nContent-Length: 0\r\n\r\n",
  "api unknown redirect 302")
add("strange_status", "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", "api unknown unexpected 999")
add("rate_limited", "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
  "api rejected rate_limited 429 7")
add("lines.most", OK .. ("X: y\r\n"):rep(198) .. LENGTH .. "\r\n" .. JSON, TAKEN)

-- }=================================================================

-- {=================================================================
-- Cut
-- ==================================================================

add("cut.nothing", "", CLOSED)
add("cut.status", "HTTP/1.1 20", CLOSED)
add("cut.begin", "HTT", CLOSED)
add("cut.behind_status", OK, CLOSED .. 200)
add("cut.header", OK .. "Content-Le", CLOSED .. 200)
add("cut.blank_line", OK .. LENGTH, CLOSED .. 200)
add("cut.half_blank_line", OK .. LENGTH .. "\r", CLOSED .. 200)
add("cut.body", OK .. LENGTH .. "\r\n" .. JSON:sub(1, -2), CLOSED .. 200)
add("cut.no_body", OK .. LENGTH .. "\r\n", CLOSED .. 200)
add("cut.chunk_size", CHUNKED .. "1", CLOSED .. 200)
add("cut.chunk", CHUNKED .. "15\r\n" .. JSON:sub(1, 5), CLOSED .. 200)
add("cut.chunk_end", CHUNKED .. "15\r\n" .. JSON .. "\r", CLOSED .. 200)
add("cut.last_chunk", CHUNKED .. chunk(JSON), CLOSED .. 200)
add("cut.last_line_end", CHUNKED .. chunk(JSON) .. "0\r\n", CLOSED .. 200)
add("cut.interim", "HTTP/1.1 100 Continue\r\n\r\n", CLOSED .. 100)

-- }=================================================================

-- {=================================================================
-- No HTTP, or not one that was asked for
-- ==================================================================

add("http09", JSON, PROTOCOL)
add("http2", "HTTP/2 200 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("http12", "HTTP/1.2 200 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("ssh", "SSH-2.0-OpenSSH_9.2\r\n", PROTOCOL)
add("tls", "\21\3\3\1\2\2\70", PROTOCOL)
add("lower_case", "http/1.1 503 No\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("no_version", "HTTP/x 503 No\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("line_end_first", "\r\n" .. OK .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("blank_first", " " .. OK .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("two_blanks", "HTTP/1.1  200 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("two_digits", "HTTP/1.1 20 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("four_digits", "HTTP/1.1 2000 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("no_digits", "HTTP/1.1 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("status_099", "HTTP/1.1 099 OK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" .. JSON, PROTOCOL .. 101)
add("interim.many", ("HTTP/1.1 103 Early\r\n\r\n"):rep(17) .. OK .. LENGTH .. "\r\n" .. JSON,
  PROTOCOL .. 103)
add("interim.length", "HTTP/1.1 103 Early\r\nContent-Length: 4\r\n\r\nabcd" .. OK .. LENGTH
  .. "\r\n" .. JSON, PROTOCOL .. 103)

-- }=================================================================

-- {=================================================================
-- A head that two readers could read in two ways
-- ==================================================================

add("bare_lf", OK .. "X-A: b\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("bare_lfs", (OK .. LENGTH .. "\r\n"):gsub("\r", "") .. JSON, PROTOCOL)
add("bare_lf.blank_line", OK .. LENGTH .. "\n" .. JSON, PROTOCOL .. 200)
add("bare_cr", OK .. "X-A: b\rX-B: c\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("bare_cr.end", OK .. "X-A: b\r\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("bare_cr.status", "HTTP/1.1 200 O\rK\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL)
add("control", OK .. "X-A: \1\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("folded", OK .. "X-A: b\r\n c\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("folded.tab", OK .. "X-A: b\r\n\tc: d\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("folded.length", OK .. "Content-Length:\r\n " .. SIZE .. "\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("folded.first", OK .. " X-A: b\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("blank_before_colon", OK .. "Content-Length : 5\r\n" .. LENGTH .. "\r\n" .. JSON,
  PROTOCOL .. 200)
add("no_colon", OK .. "X-A\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("no_name", OK .. ": b\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("no_token", OK .. "X(A): b\r\n" .. LENGTH .. "\r\n" .. JSON, PROTOCOL .. 200)
add("two_lengths", OK .. LENGTH .. "Content-Length: 5\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("two_lengths.line", OK .. "Content-Length: 21, 5\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.line", OK .. "Content-Length: 21, 21\r\n\r\n" .. JSON, TAKEN)
add("length.empty", OK .. "Content-Length:\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.negative", OK .. "Content-Length: -1\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.sign", OK .. "Content-Length: +21\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.hex", OK .. "Content-Length: 0x15\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.words", OK .. "Content-Length: 21 bytes\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("length.wraps", OK .. "Content-Length: 18446744073709551637\r\n\r\n" .. JSON, LARGE .. 200)
add("length.chunked", OK .. "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
  .. whole_chunk, PROTOCOL .. 200)
add("chunked.length", OK .. "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
  .. whole_chunk, PROTOCOL .. 200)
add("coding.gzip", OK .. "Transfer-Encoding: gzip\r\n\r\n" .. JSON, PROTOCOL .. 200)
add("coding.two", OK .. "Transfer-Encoding: gzip, chunked\r\n\r\n" .. whole_chunk, PROTOCOL .. 200)
add("coding.twice", OK .. "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
  .. whole_chunk, PROTOCOL .. 200)
add("coding.identity", OK .. "Transfer-Encoding: identity\r\n" .. LENGTH .. "\r\n" .. JSON,
  PROTOCOL .. 200)
add("coding.like", OK .. "Transfer-Encoding: xchunked\r\n\r\n" .. whole_chunk, PROTOCOL .. 200)
add("coding.http10", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. whole_chunk,
  PROTOCOL .. 200)

-- }=================================================================

-- {=================================================================
-- Chunks
-- ==================================================================

add("chunk.no_size", CHUNKED .. "\r\n" .. whole_chunk, PROTOCOL .. 200)
add("chunk.no_hex", CHUNKED .. "g\r\n" .. whole_chunk, PROTOCOL .. 200)
add("chunk.0x", CHUNKED .. "0x" .. whole_chunk, PROTOCOL .. 200)
add("chunk.negative", CHUNKED .. "-" .. whole_chunk, PROTOCOL .. 200)
add("chunk.blank_before", CHUNKED .. " " .. whole_chunk, PROTOCOL .. 200)
add("chunk.blank_behind", CHUNKED .. chunk(JSON, " ") .. "0\r\n\r\n", PROTOCOL .. 200)
add("chunk.17_digits", CHUNKED .. "000000000000000" .. whole_chunk, PROTOCOL .. 200)
add("chunk.words", CHUNKED .. chunk(JSON, " bytes") .. "0\r\n\r\n", PROTOCOL .. 200)
add("chunk.bare_lf", CHUNKED .. whole_chunk:gsub("\r", "", 1), PROTOCOL .. 200)
add("chunk.end_bare_lf", CHUNKED .. "15\r\n" .. JSON .. "\n0\r\n\r\n", PROTOCOL .. 200)
add("chunk.longer", CHUNKED .. "15\r\n" .. JSON .. "x\r\n0\r\n\r\n", PROTOCOL .. 200)
add("chunk.shorter", CHUNKED .. "17\r\n" .. JSON .. "\r\n0\r\n\r\n", PROTOCOL .. 200)
add("chunk.huge", CHUNKED .. "FFFFFFFFFFFFFFFF\r\n" .. JSON, LARGE .. 200)
add("chunk.extension_long", CHUNKED .. chunk(JSON, ";" .. ("x"):rep(2000)) .. "0\r\n\r\n",
  PROTOCOL .. 200)
add("trailer.no_header", CHUNKED .. chunk(JSON) .. "0\r\nx\r\n\r\n", PROTOCOL .. 200)
add("trailer.folded", CHUNKED .. chunk(JSON) .. "0\r\nX-A: b\r\n c\r\n\r\n", PROTOCOL .. 200)
add("trailer.retry_after", ("HTTP/1.1 429 Too Many\r\nTransfer-Encoding: chunked\r\n\r\n"
  .. "0\r\nRetry-After: 7\r\n\r\n"), "api rejected rate_limited 429")

-- }=================================================================

-- {=================================================================
-- Larger than the limits: the spec's clients take 3000 bytes
-- ==================================================================

add("large.length", OK .. "Content-Length: 3001\r\n\r\n" .. (" "):rep(3001), LARGE .. 200)
add("large.length_only", OK .. "Content-Length: 3001\r\n\r\n", LARGE .. 200)
add("large.until_close", OK .. "\r\n" .. (" "):rep(3001), LARGE .. 200)
add("large.chunks", CHUNKED .. chunk((" "):rep(2000)):rep(2) .. "0\r\n\r\n", LARGE .. 200)
add("large.header", OK .. "X: " .. ("x"):rep(70000) .. "\r\n\r\n", LARGE .. 200)
add("large.headers", OK .. ("X: " .. ("x"):rep(1000) .. "\r\n"):rep(70) .. "\r\n", LARGE .. 200)
add("large.lines", OK .. ("X: y\r\n"):rep(199) .. LENGTH .. "\r\n" .. JSON, LARGE .. 200)
add("large.trailers", CHUNKED .. chunk(JSON) .. "0\r\n" .. ("X: y\r\n"):rep(200) .. "\r\n",
  LARGE .. 200)
add("large.status_line", "HTTP/1.1 200 " .. ("x"):rep(9000) .. "\r\n" .. LENGTH .. "\r\n" .. JSON,
  LARGE)
add("large.most", OK .. "Content-Length: 3000\r\n\r\n" .. (" "):rep(3000 - SIZE) .. JSON, TAKEN)

-- }=================================================================

-- {=================================================================
-- Where libcurl comes to something else. What it takes and we don't is
-- taken by one reader and read otherwise by another: between the two a
-- second answer can hide.
-- ==================================================================

local function differ(what, why, ids)
  for id in ids:gmatch "%S+" do differences[id] = { what = what, why = why } end
end

local OTHER, BROKEN = "transport unknown other 200", CLOSED .. 200

differ(TAKEN, "it takes a status line of HTTP/2 in HTTP/1.1", "http2")
differ(TAKEN, "it passes over blanks before the status", "two_blanks")
differ(TAKEN, "it takes a status line of up to 100 KB", "large.status_line")
differ("api unknown unexpected 101", "it hands a 101 back as the answer", "switching")
differ(TAKEN, "it doesn't count interim answers", "interim.many")
differ(TAKEN, "it ends a line of the head at a bare LF", "bare_lf bare_lfs bare_lf.blank_line")
differ(TAKEN, "it takes every control character but NUL in a header",
  "bare_cr bare_cr.end bare_cr.status control")
differ(TAKEN, "it takes a folded line", "folded folded.tab trailer.folded")
differ(OTHER, "it refuses it too, by a code that the agent has no word for",
  "coding.gzip coding.two coding.like trailer.no_header")
differ(TAKEN, "it doesn't look at names that it doesn't know",
  "blank_before_colon no_name no_token")
differ("parse unknown json 200", "it takes the last of two lengths", "two_lengths")
differ(TAKEN, "it reads a length up to what is no digit", "two_lengths.line length.words")
differ("parse unknown json 200", "it reads a length up to what is no digit", "length.hex")
differ(TAKEN, "it takes a sign before a length", "length.sign")
differ(TAKEN, "it passes over a length that is too large, and reads up to the end", "length.wraps")
differ(TAKEN, "it passes over a length where there are chunks", "length.chunked chunked.length")
differ(TAKEN, "it takes chunked twice for once", "coding.twice")
differ(TAKEN, "it takes identity, which RFC 9112 doesn't know any more", "coding.identity")
differ(TAKEN, "it takes chunks in HTTP/1.0", "coding.http10")
differ(BROKEN, "it refuses it too, by the code of a connection that broke", "chunk.no_size "
  .. "chunk.no_hex chunk.negative chunk.blank_before chunk.17_digits chunk.longer chunk.shorter "
  .. "chunk.huge")
differ(OTHER, "it reads the size 0, and refuses the trailers", "chunk.0x")
differ(TAKEN, "it passes over what stands behind a chunk's size", "chunk.blank_behind chunk.words "
  .. "chunk.extension_long")
differ(TAKEN, "it ends a chunk's lines at a bare LF", "chunk.bare_lf chunk.end_bare_lf")
differ("api rejected rate_limited 429 7", "it hands trailers on as headers", "trailer.retry_after")
differ(BROKEN, "it counts the bytes that come, not those that are announced", "large.length_only")

-- }=================================================================

return { rows = rows, differences = differences }
