/*
** error: what a message shows and what it hides, and how it is cut.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/text.h"
#include "../../csrc/core/utf8.h"
#include "check.h"

#define SID "c5797dcbaaeed7678c4062a4a3ed2f8b"
#define KEY "567k3y-0a1b2c"

static const char *const secrets[] = {
    KEY,     "tok_9z", "x1", "", "567k3y-0a1b2c-longer", "long-secret-that-is-long",
    "9z-lap"};
#define NSECRETS (sizeof secrets / sizeof *secrets)

static const struct row {
  const char *name, *text, *masked;
} rows[] = {
    {"nothing", "", ""},
    {"words", "no number here 12345", "no number here 12345"},
    {"seven digits", "dial 1234567 now", "dial XXXX567 now"},
    {"six digits", "code 123456", "code 123456"},
    {"a number", "09876543210", "XXXXXXXX210"},
    {"with its plus", "+919876543210", "+XXXXXXXXX210"},
    {"with blanks", "98765 43210", "XXXXX XX210"},
    {"with dashes", "080-4000-1234", "XXX-XXXX-X234"},
    {"in brackets", "(987) 654-3210", "(XXX) XXX-X210"},
    {"two", "9876543210,9876543211", "XXXXXXX210,XXXXXXX211"},
    {"a date", "2017-03-03", "2017-03-03"},
    {"date and time", "2017-03-03 10:48:33", "2017-03-03 10:48:33"},
    {"a SID", "call " SID " ended", "call " SID " ended"},
    {"digits at a SID's end", "/Calls/" SID ".json", "/Calls/" SID ".json"},
    {"32 digits are none", "01234567890123456789012345678901",
     "XXXXXXXXXXXXXXXXXXXXXXXXXXXXX901"},
    {"a short word with digits", "user9876543210x", "userXXXXXXX210x"},
    {"a secret", "key " KEY " is bad", "key [secret] is bad"},
    {"the longer secret counts", KEY "-longer", "[secret]"},
    {"a secret in a word", "aa" KEY "bb", "aa[secret]bb"},
    {"twice", KEY KEY, "[secret][secret]"},
    {"a short secret alone", "x1 (x1)", "[secret] ([secret])"},
    {"a short secret in a word", "fx1 x12", "fx1 x12"},
    {"a number before a secret", "1234" KEY, "1234[secret]"},
    {"a number that runs into a secret", "9876543210" KEY, "XXXXXXX210[secret]"},
    {"a number behind a secret", "tok_9z9876543210", "[secret]XXXXXXX210"},
    {"a number behind a secret's digit", KEY "-longer0123456", "[secret]XXXX456"},
    {"cut in a secret", "key 567k3y-0a1b2...", "key [secret]..."},
    {"cut behind its eighth byte", "567k3y-0", "[secret]"},
    {"cut before", "567k3y-", "567k3y-"},
    {"cut in the longer secret", KEY "-lon 09876543210", "[secret] XXXXXXXX210"},
    {"one inside another", "is tok_9z-lap.", "is [secret]."},
    {"one behind a part of it", "long-secret-long-secret-that-is-long",
     "[secret][secret]"},
    {"cut before its half", "long-secret", "long-secret"},
    {"cut in its half", "long-secret-", "[secret]"},
    {"bytes that are no text", "\xFF\xFE 9876543210", "\xFF\xFE XXXXXXX210"},
};

static exotel_slice held(const exotel_buffer *b) {
  exotel_slice s;
  s.p = b->p == NULL ? "" : b->p;
  s.n = b->n;
  return s;
}

static void mask(exotel_buffer *out, const char *p, size_t n) {
  exotel_slice list[NSECRETS];
  size_t i;
  for (i = 0; i < NSECRETS; i++)
    list[i] = exotel_slice_of(secrets[i]);
  list[0] = page_text(1, secrets[0]);
  list[1] = page_text(2, secrets[1]);
  exotel_buffer_reset(out);
  exotel_mask(out, page_put(0, p, n), list, NSECRETS);
}

static int is_alnum(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Seven digits in a row, outside of a word as long as an identifier, or a secret. */
static int leaks(exotel_slice s) {
  size_t i, digits = 0, word = 0;
  int found = 0;
  for (i = 0; i <= s.n; i++) {
    char c = i < s.n ? s.p[i] : ' ';
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    found |= digits >= 7;
    word = is_alnum(c) ? word + 1 : 0;
    if (word > 0) continue;
    if (found && i > 0) return 1;
    found = 0;
  }
  return memmem(s.p, s.n, KEY, strlen(KEY)) != NULL;
}

static void check_masks(exotel_buffer *b) {
  size_t i, cut;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *text = rows[i].text;
    int has_sid = strstr(text, SID) != NULL;
    mask(b, text, strlen(text));
    check(page_is(held(b), rows[i].masked), rows[i].name);
    for (cut = 0; cut < strlen(text); cut++) {
      mask(b, text, cut);
      check(has_sid || !leaks(held(b)), rows[i].name);
    }
  }
}

static void check_cut(void) {
  static const char filler[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS ";
  char text[2000];
  exotel_error e;
  size_t n, characters, bad, at = 0;
  while (at + sizeof filler < sizeof text) {
    memcpy(text + at, filler, sizeof filler);
    at += sizeof filler - 1;
  }
  for (n = 600; n < 660; n++) {
    char whole[700];
    snprintf(whole, sizeof whole, "%.*s", (int)n, text);
    exotel_error_clear(&e);
    exotel_error_set(&e, EXOTEL_API, "r", page_text(0, "f"), "%s", whole);
    if (n < EXOTEL_MESSAGE_MAX)
      check(strcmp(e.message, whole) == 0, "a message that fits is whole");
    else
      check(strlen(e.message) == EXOTEL_MESSAGE_MAX - 1 &&
                strcmp(e.message + EXOTEL_MESSAGE_MAX - 4, "...") == 0,
            "a longer one ends with three dots");
  }
  for (n = 0; n < 4; n++) {
    char euros[2000] = "";
    memcpy(euros, "xxx", n);
    for (at = n; at < 1990; at += 3)
      memcpy(euros + at, "\xE2\x82\xAC", 4);
    exotel_error_set(&e, EXOTEL_API, "r", page_text(0, "f"), "%s", euros);
    check(exotel_utf8_count(e.message, strlen(e.message), &characters, &bad),
          "no character is split");
  }
}

static void check_lines(void) {
  exotel_error e;
  exotel_error_clear(&e);
  exotel_error_set(&e, EXOTEL_PARSE, "r", page_text(0, "f"), "%s",
                   "a\r\nb\x1B\x7F\xC3\xA9");
  check(strcmp(e.message, "a  b  \xC3\xA9") == 0, "a message is one line");
}

static void check_fields(void) {
  char name[200];
  exotel_error e;
  size_t n;
  memset(name, 'n', sizeof name);
  for (n = 0; n < sizeof name; n++) {
    exotel_error_clear(&e);
    check(exotel_error_set(&e, EXOTEL_INVALID, "why", page_put(0, name, n), "m") ==
                  EXOTEL_INVALID &&
              strlen(e.field) == (n < EXOTEL_FIELD_MAX ? n : EXOTEL_FIELD_MAX - 1),
          "a field of any length");
  }
  check(e.kind == EXOTEL_INVALID && strcmp(e.reason, "why") == 0, "kind and reason");
  exotel_error_clear(&e);
  check(e.kind == EXOTEL_OK && e.outcome == EXOTEL_NOT_SENT && e.retry_after < 0,
        "an empty error");
  check(exotel_error_memory(&e) == EXOTEL_MEMORY &&
            strcmp(e.message, "not enough memory") == 0,
        "no memory");
}

static void check_buffer(void) {
  exotel_slice field = page_text(0, "body");
  exotel_buffer b;
  exotel_error e;
  exotel_error_clear(&e);
  exotel_buffer_init(&b, 10);
  check(exotel_error_buffer(&e, &b, field) == EXOTEL_OK, "a buffer that holds all");
  exotel_buffer_adds(&b, "01234567890");
  check(exotel_error_buffer(&e, &b, field) == EXOTEL_INVALID &&
            strcmp(e.reason, "too_long") == 0 && strcmp(e.field, "body") == 0,
        "a full buffer");
  b.state = EXOTEL_BUFFER_NOMEMORY;
  check(exotel_error_buffer(&e, &b, field) == EXOTEL_MEMORY, "a starved buffer");
  exotel_buffer_free(&b);
}

static void check_names(void) {
  check(strcmp(exotel_kind_name(EXOTEL_OK), "ok") == 0, "the first kind");
  check(strcmp(exotel_kind_name(EXOTEL_MEMORY), "memory") == 0, "the last kind");
  check(strcmp(exotel_outcome_name(EXOTEL_NOT_SENT), "not_sent") == 0, "first outcome");
  check(strcmp(exotel_outcome_name(EXOTEL_UNKNOWN), "unknown") == 0, "last outcome");
}

int main(void) {
  exotel_buffer b;
  exotel_buffer_init(&b, 4096);
  check_masks(&b);
  check_cut();
  check_fields();
  check_lines();
  check_buffer();
  check_names();
  exotel_buffer_free(&b);
  return check_summary();
}
