/*
** http1: answers, whole, in two pieces cut at every byte, and byte by byte: always the same.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/http1.h"
#include "../../csrc/core/slice.h"
#include "check.h"

#define MAX_HEADERS 256
#define MAX_BODY 32

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND                                                                       \
  HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define EARLY "HTTP/1.1 103 Early\r\nX: 1\r\n\r\n"
#define FOUR_EARLY EARLY EARLY EARLY EARLY

/* What comes of it, when the bytes are followed by the end of the connection: the status,
** "+" where the connection can be used again and "-" where not, "|", the body; and behind
** another "|" what wasn't used, if there is any. Or "!", the reason, "@" and the position. */
static const struct row {
  const char *name, *bytes, *what;
  int is_head;
} rows[] = {
    {"nothing", "", "!closed@1", 0},
    {"a length", OK "Content-Length: 3\r\n\r\nabc", "200+|abc", 0},
    {"no bytes", OK "Content-Length: 0\r\n\r\n", "200+|", 0},
    {"a length in any case, tightly", OK "content-LENGTH:3\r\n\r\nabc", "200+|abc", 0},
    {"a length among blanks", OK "Content-Length: \t 3 \t\r\n\r\nabc", "200+|abc", 0},
    {"a length of zeros", OK "Content-Length: 0003\r\n\r\nabc", "200+|abc", 0},
    {"up to the end", OK "\r\nabc", "200-|abc", 0},
    {"up to the end, nothing", OK "\r\n", "200-|", 0},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200-|a", 0},
    {"HTTP/1.0 that says keep-alive",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
     "200-|a", 0},
    {"close", OK "Connection: close\r\nContent-Length: 1\r\n\r\na", "200-|a", 0},
    {"close in a list", OK "Connection: x ,\tCLOSE , y\r\nContent-Length: 1\r\n\r\na",
     "200-|a", 0},
    {"close in a second line",
     OK "Connection: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", "200-|a",
     0},
    {"a word like close", OK "Connection: closed\r\nContent-Length: 1\r\n\r\na",
     "200+|a", 0},
    {"bytes behind", OK "Content-Length: 1\r\n\r\nab\r\n", "200-|a|b\r\n", 0},
    {"an answer behind", OK "Content-Length: 1\r\n\r\na" OK "\r\n", "200-|a|" OK "\r\n",
     0},

    {"no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200+|", 0},
    {"no blank behind the number", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200+|",
     0},
    {"a strange reason", "HTTP/1.1 200 \xFF:  x\t\r\nContent-Length: 0\r\n\r\n",
     "200+|", 0},
    {"a strange number", "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", "999+|", 0},
    {"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", "!protocol@1", 0},
    {"HTTP/2", "HTTP/2 200 OK\r\n\r\n", "!protocol@1", 0},
    {"HTTP/1.10", "HTTP/1.10 200 OK\r\n\r\n", "!protocol@1", 0},
    {"lower case", "http/1.1 200 OK\r\n\r\n", "!protocol@1", 0},
    {"HTTP/0.9", "<html>", "!protocol@1", 0},
    {"another protocol", "SSH-2.0-x\r\n", "!protocol@1", 0},
    {"a line end first", "\r\n" OK "\r\n", "!protocol@1", 0},
    {"a blank first", " " OK "\r\n", "!protocol@1", 0},
    {"a header first", "Content-Length: 0\r\n\r\n", "!protocol@1", 0},
    {"a begin of it only", "HTT", "!closed@4", 0},
    {"a begin and a line end", "HTT\r\n", "!protocol@1", 0},
    {"two blanks", "HTTP/1.1  200 OK\r\n\r\n", "!protocol@1", 0},
    {"a tab", "HTTP/1.1\t200 OK\r\n\r\n", "!protocol@1", 0},
    {"two digits", "HTTP/1.1 20 OK\r\n\r\n", "!protocol@1", 0},
    {"four digits", "HTTP/1.1 2000 OK\r\n\r\n", "!protocol@1", 0},
    {"no digits", "HTTP/1.1 OK\r\n\r\n", "!protocol@1", 0},
    {"no number", "HTTP/1.1 2x0 OK\r\n\r\n", "!protocol@1", 0},
    {"below 100", "HTTP/1.1 099 OK\r\n\r\n", "!protocol@1", 0},
    {"a sign", "HTTP/1.1 +20 OK\r\n\r\n", "!protocol@1", 0},
    {"a bare LF behind the status", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
     "!protocol@1", 0},
    {"a bare CR in the status", "HTTP/1.1 200 O\rK\r\n\r\n", "!protocol@1", 0},

    {"cut in the status line", "HTTP/1.1 20", "!closed@12", 0},
    {"cut behind the status line", OK, "!closed@18", 0},
    {"cut in the headers", OK "Content-Le", "!closed@28", 0},
    {"cut before the blank line", OK "Content-Length: 3\r\n", "!closed@37", 0},
    {"cut in the blank line", OK "Content-Length: 3\r\n\r", "!closed@38", 0},
    {"cut in the body", OK "Content-Length: 3\r\n\r\nab", "!closed@41", 0},

    {"a bare LF", OK "A: b\nContent-Length: 0\r\n\r\n", "!protocol@18", 0},
    {"bare LFs alone", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "!protocol@1", 0},
    {"a bare LF for the blank line", OK "Content-Length: 0\r\n\n", "!protocol@37", 0},
    {"a bare CR", OK "A: b\rC: d\r\nContent-Length: 0\r\n\r\n", "!protocol@18", 0},
    {"a CR too many", OK "A: b\r\r\nContent-Length: 0\r\n\r\n", "!protocol@18", 0},
    {"a control character", OK "A: b\x01\r\nContent-Length: 0\r\n\r\n", "!protocol@18",
     0},
    {"a DEL", OK "A: b\x7F\r\nContent-Length: 0\r\n\r\n", "!protocol@18", 0},
    {"a tab in a value", OK "A: b\tc\r\nContent-Length: 0\r\n\r\n", "200+|", 0},
    {"a folded line", OK "A: b\r\n c\r\nContent-Length: 0\r\n\r\n", "!protocol@24", 0},
    {"a line folded by a tab", OK "A: b\r\n\tc: d\r\n\r\n", "!protocol@24", 0},
    {"folded before all headers", OK " A: b\r\n\r\n", "!protocol@18", 0},
    {"a blank before the colon", OK "Content-Length : 0\r\n\r\n", "!protocol@18", 0},
    {"a tab before the colon", OK "Content-Length\t: 0\r\n\r\n", "!protocol@18", 0},
    {"a blank in a name", OK "Content Length: 0\r\n\r\n", "!protocol@18", 0},
    {"a name of no token", OK "A(b): c\r\n\r\n", "!protocol@18", 0},
    {"a name of every token character",
     OK "!#$%&'*+-.^_`|~09azAZ: c\r\nContent-Length: 0\r\n\r\n", "200+|", 0},
    {"no name", OK ": c\r\n\r\n", "!protocol@18", 0},
    {"no colon", OK "Content-Length 0\r\n\r\n", "!protocol@18", 0},
    {"an empty value", OK "A:\r\nContent-Length: 0\r\n\r\n", "200+|", 0},

    {"two lengths", OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     "!protocol@37", 0},
    {"two lengths in a line", OK "Content-Length: 1, 2\r\n\r\nab", "!protocol@18", 0},
    {"the same length twice", OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
     "200+|a", 0},
    {"the same length in a line", OK "Content-Length: 1 ,01\r\n\r\na", "200+|a", 0},
    {"a length and none", OK "Content-Length: 1,\r\n\r\na", "!protocol@18", 0},
    {"an empty length", OK "Content-Length:\r\n\r\na", "!protocol@18", 0},
    {"a length below 0", OK "Content-Length: -1\r\n\r\na", "!protocol@18", 0},
    {"a length with a sign", OK "Content-Length: +1\r\n\r\na", "!protocol@18", 0},
    {"a length in hex", OK "Content-Length: 0x1\r\n\r\na", "!protocol@18", 0},
    {"a length with a fraction", OK "Content-Length: 1.0\r\n\r\na", "!protocol@18", 0},
    {"a length of two numbers", OK "Content-Length: 1 2\r\n\r\na", "!protocol@18", 0},
    {"a length over the limit", OK "Content-Length: 33\r\n\r\na", "!too_large@38", 0},
    {"a length of no machine",
     OK "Content-Length: 99999999999999999999999999999\r\n\r\na", "!too_large@65", 0},
    {"a length that would wrap to 1",
     OK "Content-Length: 18446744073709551617\r\n\r\na", "!too_large@56", 0},
    {"a length and chunks",
     OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "!protocol@65", 0},
    {"chunks and a length",
     OK "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
     "!protocol@65", 0},
    {"another coding", OK "Transfer-Encoding: gzip\r\n\r\na", "!protocol@18", 0},
    {"two codings", OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "!protocol@18", 0},
    {"chunked twice", OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     "!protocol@18", 0},
    {"chunked in two lines",
     OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "!protocol@46", 0},
    {"identity", OK "Transfer-Encoding: identity\r\n\r\na", "!protocol@18", 0},
    {"a coding of nothing", OK "Transfer-Encoding:\r\n\r\na", "!protocol@18", 0},
    {"a coding like chunked", OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     "!protocol@18", 0},
    {"a coding in quotes", OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
     "!protocol@18", 0},
    {"a parameter of chunked", OK "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
     "!protocol@18", 0},
    {"chunks in HTTP/1.0",
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!protocol@46",
     0},

    {"chunks", CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "200+|abcde", 0},
    {"no chunk", CHUNKED "0\r\n\r\n", "200+|", 0},
    {"a last chunk of zeros", CHUNKED "000\r\n\r\n", "200+|", 0},
    {"chunked in any case", OK "transfer-encoding:CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n",
     "200+|a", 0},
    {"line ends in a chunk", CHUNKED "4\r\n\r\n\r\n\r\n0\r\n\r\n", "200+|\r\n\r\n", 0},
    {"hex digits", CHUNKED "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
     "200+|abcdefghijklmnopqrstuvwxyz", 0},
    {"hex digits in capitals", CHUNKED "A\r\n" TEN "\r\n0\r\n\r\n", "200+|" TEN, 0},
    {"sixteen digits", CHUNKED "0000000000000001\r\na\r\n0\r\n\r\n", "200+|a", 0},
    {"seventeen digits", CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n", "!protocol@48",
     0},
    {"extensions", CHUNKED "1;a=b;c=\"d\"\r\na\r\n0 ;x\r\n\r\n", "200+|a", 0},
    {"a bare LF behind an extension", CHUNKED "1;a\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a bare CR in an extension", CHUNKED "1;a\rb\r\na\r\n0\r\n\r\n", "!protocol@48",
     0},
    {"a long extension", CHUNKED "1;" THOUSAND "\r\na\r\n0\r\n\r\n", "200+|a", 0},
    {"a longer extension", CHUNKED "1;" THOUSAND TEN TEN "x\r\na\r\n0\r\n\r\n",
     "!protocol@48", 0},
    {"no size", CHUNKED "\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"no size but an extension", CHUNKED ";a=b\r\n\r\n", "!protocol@48", 0},
    {"a blank before a size", CHUNKED " 1\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a blank behind a size", CHUNKED "1 \r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a size below 0", CHUNKED "-1\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a size with a sign", CHUNKED "+1\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a size with 0x", CHUNKED "0x1\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a size that is none", CHUNKED "g\r\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a bare LF behind a size", CHUNKED "1\na\r\n0\r\n\r\n", "!protocol@48", 0},
    {"a bare LF behind a chunk", CHUNKED "1\r\na\n0\r\n\r\n", "!protocol@52", 0},
    {"a longer chunk", CHUNKED "1\r\nab\r\n0\r\n\r\n", "!protocol@52", 0},
    {"a shorter chunk", CHUNKED "3\r\nab\r\n0\r\n\r\n", "!protocol@54", 0},
    {"a chunk over the limit", CHUNKED "21\r\na", "!too_large@48", 0},
    {"chunks over the limit", CHUNKED "1f\r\n" TEN TEN TEN "a\r\n2\r\na",
     "!too_large@85", 0},
    {"chunks up to the limit", CHUNKED "1f\r\n" TEN TEN TEN "a\r\n1\r\nb\r\n0\r\n\r\n",
     "200+|" TEN TEN TEN "ab", 0},
    {"a chunk of no machine", CHUNKED "FFFFFFFFFFFFFFFF\r\na", "!too_large@48", 0},
    {"cut in a size", CHUNKED "1", "!closed@49", 0},
    {"cut in a chunk", CHUNKED "3\r\nab", "!closed@53", 0},
    {"cut behind a chunk", CHUNKED "1\r\na\r", "!closed@53", 0},
    {"cut before the last chunk", CHUNKED "1\r\na\r\n", "!closed@54", 0},
    {"cut in the last chunk", CHUNKED "0\r\n", "!closed@51", 0},
    {"cut in the last line end", CHUNKED "0\r\n\r", "!closed@52", 0},
    {"bytes behind chunks", CHUNKED "0\r\n\r\n\r\n", "200-||\r\n", 0},
    {"trailers", CHUNKED "1\r\na\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n", "200+|a",
     0},
    {"a trailer that is none", CHUNKED "0\r\nx\r\n\r\n", "!protocol@51", 0},
    {"a folded trailer", CHUNKED "0\r\nA: b\r\n c\r\n\r\n", "!protocol@57", 0},
    {"a bare LF behind a trailer", CHUNKED "0\r\nA: b\n\r\n", "!protocol@51", 0},
    {"trailers over the limit together",
     CHUNKED "0\r\nA: " HUNDRED "\r\nA: " HUNDRED TEN "\r\nA: " TEN "\r\n\r\n",
     "!too_large@271", 0},
    {"trailers over the limit", CHUNKED "0\r\nA: " HUNDRED HUNDRED HUNDRED "\r\n\r\n",
     "!too_large@51", 0},

    {"HEAD", OK "Content-Length: 3\r\n\r\n", "200+|", 1},
    {"HEAD and a length over the limit", OK "Content-Length: 99999\r\n\r\n", "200+|",
     1},
    {"HEAD, chunked", CHUNKED, "200+|", 1},
    {"HEAD without a length", OK "\r\n", "200+|", 1},
    {"HEAD and a body", OK "Content-Length: 1\r\n\r\na", "200-||a", 1},
    {"HEAD and two lengths", OK "Content-Length: 1, 2\r\n\r\n", "!protocol@18", 1},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", "204+|", 0},
    {"204 of no bytes", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "204+|",
     0},
    {"204 and a length", "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n",
     "204-|", 0},
    {"204 and a body", "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\na",
     "204-||a", 0},
    {"204, chunked", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "204-|",
     0},
    {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304+|", 0},

    {"100 before it", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
     "200+|a", 0},
    {"103 before it", EARLY EARLY OK "Content-Length: 1\r\n\r\na", "200+|a", 0},
    {"close in a 103",
     "HTTP/1.1 103 E\r\nConnection: close\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
     "200+|", 0},
    {"100 alone", "HTTP/1.1 100 Continue\r\n\r\n", "!closed@26", 0},
    {"100 with a length",
     "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" OK "\r\n", "!protocol@43", 0},
    {"100 with chunks",
     "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\n",
     "!protocol@52", 0},
    {"100 with a body", "HTTP/1.1 100 Continue\r\n\r\nabc" OK "\r\n", "!protocol@26",
     0},
    {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc", "!protocol@1",
     0},
    {"sixteen before it",
     FOUR_EARLY FOUR_EARLY FOUR_EARLY FOUR_EARLY OK "Content-Length: 0\r\n\r\n",
     "200+|", 0},
    {"seventeen before it",
     FOUR_EARLY FOUR_EARLY FOUR_EARLY FOUR_EARLY EARLY OK "Content-Length: 0\r\n\r\n",
     "!protocol@449", 0},

    {"a body up to the limit", OK "\r\n" TEN TEN TEN "ab", "200-|" TEN TEN TEN "ab", 0},
    {"a body over the limit", OK "\r\n" TEN TEN TEN "abc", "!too_large@52", 0},
    {"headers over the limit", OK "A: " HUNDRED HUNDRED HUNDRED "\r\n\r\n",
     "!too_large@18", 0},
    {"headers over the limit, without an end", OK "A: " HUNDRED HUNDRED HUNDRED,
     "!too_large@18", 0},
    {"a long status line", "HTTP/1.1 200 " THOUSAND "\r\nContent-Length: 0\r\n\r\n",
     "200+|", 0},
};

static void spell(const exotel_http1_reader *r, exotel_slice rest, exotel_buffer *out) {
  char text[64];
  exotel_buffer_reset(out);
  if (r->state == EXOTEL_HTTP1_REFUSED) {
    snprintf(text, sizeof text, "!%s@%lu", r->reason, (unsigned long)r->position);
    exotel_buffer_adds(out, text);
    check(r->message != NULL && !r->keep_alive, "says why, and that it is over");
    return;
  }
  snprintf(text, sizeof text, "%d%s|", r->status, r->keep_alive ? "+" : "-");
  exotel_buffer_adds(out, text);
  exotel_buffer_add(out, r->body.p, r->body.n);
  if (rest.n > 0) exotel_buffer_addc(out, '|');
  exotel_buffer_add(out, rest.p, rest.n);
}

/* Feeds pieces that end at `cut`, or each of one byte; then the end. */
static void read_cut(exotel_http1_reader *r, const struct row *row, size_t cut,
                     int bytewise, exotel_buffer *out) {
  size_t n = strlen(row->bytes), at = 0, done = n;
  exotel_http1_begin(r, row->is_head, MAX_HEADERS, MAX_BODY);
  while (at < n) {
    size_t end = bytewise ? at + 1 : at < cut ? cut : n, used;
    exotel_slice piece = page_put(0, row->bytes + at, end - at);
    exotel_http1_state state = exotel_http1_feed(r, piece, &used);
    check(used <= piece.n && (used == piece.n || state != EXOTEL_HTTP1_MORE),
          row->name);
    if (state == EXOTEL_HTTP1_DONE && done == n) done = at + used;
    at = end;
  }
  exotel_http1_end(r);
  spell(r, exotel_slice_between(row->bytes + done, row->bytes + n), out);
}

static void check_row(const struct row *row, exotel_http1_reader *r,
                      exotel_buffer *out) {
  size_t cut, n = strlen(row->bytes);
  int same = 1;
  read_cut(r, row, n, 0, out);
  check(strcmp(out->p, row->what) == 0, row->name);
  if (strcmp(out->p, row->what) != 0) printf("  %s\n", out->p);
  for (cut = 1; cut < n; cut++) {
    read_cut(r, row, cut, 0, out);
    same &= strcmp(out->p, row->what) == 0;
  }
  check(same, row->name);
  read_cut(r, row, 0, 1, out);
  check(strcmp(out->p, row->what) == 0, row->name);
}

static exotel_http1_state feed(exotel_http1_reader *r, const char *p, size_t n,
                               size_t *used) {
  return exotel_http1_feed(r, page_put(0, p, n), used);
}

/* The messages that stand in no other row's reason. */
static void check_messages(exotel_http1_reader *r) {
  size_t used;
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  feed(r, OK " A: b\r\n", 17 + 7, &used);
  check(strcmp(r->message, "a header line is folded") == 0, "says folded");
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  feed(r, OK "\r\n" TEN TEN TEN TEN, 17 + 2 + 40, &used);
  check(strcmp(r->message, "the body is larger than the limit") == 0, "says large");
}

/* Bytes that no C string has. */
static void check_nul(exotel_http1_reader *r) {
  static const char head[] = OK "A: b\0c\r\nContent-Length: 1\r\n\r\na";
  static const char body[] = OK "Content-Length: 3\r\n\r\n\0\xFF\0";
  size_t used;
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  check(feed(r, head, sizeof head - 1, &used) == EXOTEL_HTTP1_REFUSED &&
            strcmp(r->reason, "protocol") == 0,
        "a NUL in a header");
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  check(feed(r, body, sizeof body - 1, &used) == EXOTEL_HTTP1_DONE && r->body.n == 3 &&
            memcmp(r->body.p, "\0\xFF", 3) == 0,
        "any byte in a body");
}

/* The header lines, as they came, of the last answer only. */
static void check_headers(exotel_http1_reader *r) {
  static const char bytes[] = EARLY OK "Content-Length: 0\r\nA:  b \r\n\r\n";
  size_t used;
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  feed(r, bytes, sizeof bytes - 1, &used);
  check(page_is(exotel_slice_held(&r->headers), "Content-Length: 0\r\nA:  b \r\n\r\n"),
        "the header lines");
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  check(r->headers.n == 0 && r->body.n == 0 && r->status == 0, "the next begins anew");
}

static exotel_http1_state read_padded(exotel_http1_reader *r, size_t max_headers,
                                      size_t lines) {
  exotel_buffer bytes;
  exotel_http1_state state;
  size_t i, used;
  exotel_buffer_init(&bytes, PAGE_ROOM);
  exotel_buffer_adds(&bytes, OK);
  for (i = 1; i < lines - 1; i++)
    exotel_buffer_adds(&bytes, "A: b\r\n");
  exotel_buffer_adds(&bytes, "Content-Length: 0\r\n\r\n");
  exotel_http1_begin(r, 0, max_headers, MAX_BODY);
  state = feed(r, bytes.p, bytes.n, &used);
  exotel_buffer_free(&bytes);
  return state;
}

/* `count` interim answers of `lines` lines, the blank one included, or an answer of chunks
** with as many trailers. */
static exotel_http1_state read_lines(exotel_http1_reader *r, size_t count, size_t lines,
                                     int trailers) {
  exotel_http1_state state = EXOTEL_HTTP1_MORE;
  size_t i, used;
  exotel_http1_begin(r, 0, 2048, MAX_BODY);
  if (trailers) state = feed(r, CHUNKED "0\r\n", sizeof CHUNKED + 2, &used);
  for (; count > 0; count--) {
    if (!trailers) state = feed(r, "HTTP/1.1 103 E\r\n", 16, &used);
    for (i = 1; i < lines; i++)
      state = feed(r, "A: 89012\r\n", 10, &used);
    state = feed(r, "\r\n", 2, &used);
  }
  return state;
}

static void check_sums(exotel_http1_reader *r) {
  check(read_lines(r, 3, 101, 0) == EXOTEL_HTTP1_MORE && r->headers.n == 1002,
        "each head has limits of its own");
  check(read_lines(r, 1, 198, 1) == EXOTEL_HTTP1_DONE,
        "headers and trailers, 200 lines");
  check(read_lines(r, 1, 199, 1) == EXOTEL_HTTP1_REFUSED &&
            strcmp(r->reason, "too_large") == 0,
        "headers and trailers, 201 lines");
}

static void check_limits(exotel_http1_reader *r) {
  size_t n = 2 * 6 + 19 + 2; /* bytes of four lines */
  check(read_padded(r, n, 4) == EXOTEL_HTTP1_DONE, "headers up to the limit");
  check(read_padded(r, n - 1, 4) == EXOTEL_HTTP1_REFUSED, "headers a byte longer");
  check(read_padded(r, 1, 4) == EXOTEL_HTTP1_REFUSED, "no room for headers");
  check_sums(r);
  check(read_padded(r, 65536, 200) == EXOTEL_HTTP1_DONE, "200 lines");
  check(read_padded(r, 65536, 201) == EXOTEL_HTTP1_REFUSED &&
            strcmp(r->reason, "too_large") == 0,
        "201 lines");
}

static void check_status_line(exotel_http1_reader *r) {
  exotel_http1_state state;
  size_t i, used;
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  state = feed(r, "HTTP/1.1 200 ", 13, &used);
  for (i = 0; i < 8; i++)
    state = feed(r, THOUSAND, 1000, &used);
  check(state == EXOTEL_HTTP1_MORE, "a status line of 8013 bytes");
  state = feed(r, THOUSAND, 1000, &used);
  check(state == EXOTEL_HTTP1_REFUSED && strcmp(r->reason, "too_large") == 0 &&
            r->position == 1,
        "a status line of 9013 bytes");
}

/* Many small extensions are one large one. */
static void check_extensions(exotel_http1_reader *r) {
  exotel_http1_state state;
  size_t i, used;
  exotel_http1_begin(r, 0, MAX_HEADERS, 1000);
  state = feed(r, CHUNKED, sizeof CHUNKED - 1, &used);
  for (i = 0; i < 16; i++)
    state = feed(r, "1;" THOUSAND "\r\na\r\n", 1009 - 2, &used);
  check(state == EXOTEL_HTTP1_MORE && r->body.n == 16, "16016 bytes of extensions");
  state = feed(r, "1;" THOUSAND "\r\na\r\n", 1009 - 2, &used);
  check(state == EXOTEL_HTTP1_REFUSED && strcmp(r->reason, "protocol") == 0,
        "17017 bytes of extensions");
}

/* What is over stays as it is, whatever follows. */
static void check_over(exotel_http1_reader *r) {
  size_t used;
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  feed(r, OK "Content-Length: 0\r\n\r\n", 17 + 21, &used);
  check(r->keep_alive && used == 38, "whole");
  check(feed(r, "", 0, &used) == EXOTEL_HTTP1_DONE && r->keep_alive, "no byte more");
  check(exotel_http1_end(r) == EXOTEL_HTTP1_DONE, "whole at the end too");
  check(feed(r, "x", 1, &used) == EXOTEL_HTTP1_DONE && used == 0 && !r->keep_alive,
        "a byte more");
  exotel_http1_begin(r, 0, MAX_HEADERS, MAX_BODY);
  feed(r, "x", 1, &used);
  check(feed(r, OK, 17, &used) == EXOTEL_HTTP1_REFUSED && used == 0, "refused");
  check(exotel_http1_end(r) == EXOTEL_HTTP1_REFUSED &&
            strcmp(r->reason, "protocol") == 0,
        "refused at the end too");
}

int main(void) {
  exotel_http1_reader r;
  exotel_buffer out;
  size_t i;
  exotel_http1_init(&r);
  exotel_buffer_init(&out, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &r, &out);
  check_messages(&r);
  check_nul(&r);
  check_headers(&r);
  check_limits(&r);
  check_status_line(&r);
  check_extensions(&r);
  check_over(&r);
  exotel_http1_free(&r);
  exotel_http1_free(&r);
  exotel_buffer_free(&out);
  return check_summary();
}
