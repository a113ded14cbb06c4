/*
** json: what the guard refuses and where, and the leaves of the rest, which are those of
** cJSON's tree.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json.h"
#include "check.h"
#include "json_oracle.h"
#include "leaves.h"

#define TEN "[[[[[[[[[["
#define NET "]]]]]]]]]]"

static const struct row {
  const char *text;
  size_t n;  /* 0: up to the NUL */
  size_t at; /* the refused byte, from 1; 0: it is JSON */
  const char *leaves;
} rows[] = {
    {"{\"Call\":{\"Sid\":\"c5\",\"To\":null,\"Price\":1.50}}", 0, 0,
     "Call.Sid=c5\nCall.To~\nCall.Price=1.50\n"},
    {"[1,true,false,null,\"x\"]", 0, 0, "#0=1\n#1=true\n#2=false\n#3~\n#4=x\n"},
    {" \t\r\n{ } ", 0, 0, ""},
    {"[]", 0, 0, ""},
    {"[[],{}]", 0, 0, ""},
    {"\"top\"", 0, 0, "=top\n"},
    {"-0.5e+3", 0, 0, "=-0.5e+3\n"},
    {"9007199254740993", 0, 0, "=9007199254740993\n"},
    {"{\"a\":{\"b\":[{\"c\":1},{\"c\":2}]}}", 0, 0, "a.b.#0.c=1\na.b.#1.c=2\n"},
    {"{\"a\":1,\"a\":2}", 0, 0, "a=1\na=2\n"},
    {"{\"m\":{\"n\":null},\"a\":[{\"b\":12,\"c\":null},{},null,[{\"d\":\"e\\n\"}],"
     "{\"f\":[{\"g\":\"\"},5]},\"null\",\"x\"],\"z\":\"y\"}",
     0, 0,
     "m.n~\na.#0.b=12\na.#0.c~\na.#2~\na.#3.#0.d=e\n\na.#4.f.#0.g=\na.#4.f.#1=5\n"
     "a.#5=null\na.#6=x\nz=y\n"},
    {"[[{\"a\":12}],{\"b\":[{\"c\":34}]}]", 0, 0, "#0.#0.a=12\n#1.b.#0.c=34\n"},
    {"{\"a\":[{\"b\":1}", 0, 14, NULL},
    {"{\"a\":[{\"b\":1]}", 0, 13, NULL},
    {"{\"\":1}", 0, 0, "=1\n"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 0, 0, "=\"\\/\b\f\n\r\t\n"},
    {"\"\\u00e9\\u0928\\ud83d\\udcde\"", 0, 0,
     "=\xC3\xA9\xE0\xA4\xA8\xF0\x9F\x93\x9E\n"},
    {"{\"\\u0061\":{\"b\\/"
     "\":[\"\\\"\",{\"\\\\\":\"\\\\\",\"\\\"\":-1},true],\"\\u0061\":\"d\\\\\\\"\"},"
     "\"\xC3\xA9\\t\":\"\\n\xC3\xA9\",\"e\":\"f\"}",
     0, 0,
     "a.b/.#0=\"\na.b/.#1.\\=\\\na.b/.#1.\"=-1\na.b/.#2=true\na.a=d\\\"\n"
     "\xC3\xA9\t=\n\xC3\xA9\ne=f\n"},
    {" {\"a\" : [ 1 , -2.5e1\t,\r\nfalse ] , \"b\":\n{ \"c\" : null } } ", 0, 0,
     "a.#0=1\na.#1=-2.5e1\na.#2=false\nb.c~\n"},
    {"\"\xE0\xA4\xA8\x7F\"", 0, 0, "=\xE0\xA4\xA8\x7F\n"},
    {TEN TEN TEN "[[1]]" NET NET NET, 0, 0,
     "#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0."
     "#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0.#0=1\n"},
    {TEN TEN TEN "[[[1]]]" NET NET NET, 0, 33, NULL},
    {"", 0, 1, NULL},
    {"  ", 0, 3, NULL},
    {"{", 0, 2, NULL},
    {"{\"a\"", 0, 5, NULL},
    {"{\"a\":", 0, 6, NULL},
    {"{\"a\":1", 0, 7, NULL},
    {"{\"a\":1,", 0, 8, NULL},
    {"{\"a\":1,}", 0, 8, NULL},
    {"{\"a\" 1}", 0, 6, NULL},
    {"{a:1}", 0, 2, NULL},
    {"{1:1}", 0, 2, NULL},
    {"{'a':1}", 0, 2, NULL},
    {"[1,]", 0, 4, NULL},
    {"[,1]", 0, 2, NULL},
    {"[1 2]", 0, 4, NULL},
    {"[1}", 0, 3, NULL},
    {"{\"a\":1]", 0, 7, NULL},
    {"]", 0, 1, NULL},
    {"[1]]", 0, 4, NULL},
    {"{}{}", 0, 3, NULL},
    {"1 2", 0, 3, NULL},
    {"{}\0", 3, 3, NULL},
    {"\0", 1, 1, NULL},
    {"\xEF\xBB\xBF{}", 0, 1, NULL},
    {"{}/**/", 0, 3, NULL},
    {"\"open", 0, 6, NULL},
    {"\"a\nb\"", 0, 3, NULL},
    {"\"a\x01\"", 0, 3, NULL},
    {"\"a\0b\"", 5, 3, NULL},
    {"\"a\xFF\"", 0, 3, NULL},
    {"\"\xC0\xAF\"", 0, 2, NULL},
    {"\"\xED\xA0\x80\"", 0, 2, NULL},
    {"\"\xE2\x82\"", 0, 2, NULL},
    {"\"\\x\"", 0, 2, NULL},
    {"\"\\", 0, 3, NULL},
    {"\"\\u0000\"", 0, 2, NULL},
    {"{\"a\\u0000b\":1}", 0, 4, NULL},
    {"\"\\u12\"", 0, 2, NULL},
    {"\"\\u12g4\"", 0, 2, NULL},
    {"\"\\ud800\"", 0, 2, NULL},
    {"\"\\ud800\\u0041\"", 0, 2, NULL},
    {"\"\\udc00\"", 0, 2, NULL},
    {"01", 0, 1, NULL},
    {"-01", 0, 2, NULL},
    {"1.", 0, 3, NULL},
    {".5", 0, 1, NULL},
    {"+1", 0, 1, NULL},
    {"-", 0, 2, NULL},
    {"1e", 0, 3, NULL},
    {"1e+", 0, 4, NULL},
    {"0x10", 0, 2, NULL},
    {"[1e400]", 0, 2, NULL},
    {"NaN", 0, 1, NULL},
    {"Infinity", 0, 1, NULL},
    {"True", 0, 1, NULL},
    {"tru", 0, 1, NULL},
    {"nulll", 0, 5, NULL},
};

/* The documented sample of a call's details: invalid JSON, as printed (S003). */
static const char sample[] = "{\"Details\":{\"Leg1Status\":\"completed\","
                             "\"Leg2Status\":\"completed\" \"Legs\":[]}}";

/* Whether the walk's leaves are those of cJSON's tree. */
static int is_same(exotel_slice text) {
  exotel_buffer scratch, walked, expected;
  exotel_error e;
  int same;
  exotel_buffer_init(&scratch, 65536);
  exotel_buffer_init(&walked, 65536);
  exotel_buffer_init(&expected, 65536);
  same = exotel_json_read(text, &scratch, leaves_write, &walked, &e) == EXOTEL_OK &&
         oracle_read(text, &scratch, leaves_write, &expected) &&
         walked.n == expected.n &&
         (walked.n == 0 || memcmp(walked.p, expected.p, walked.n) == 0);
  exotel_buffer_free(&scratch);
  exotel_buffer_free(&walked);
  exotel_buffer_free(&expected);
  return same;
}

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* A document that is cut is refused at the cut or before it; but a lone number may be
** one still, and blanks at the end aren't missed. */
static void check_cuts(const struct row *r, size_t n) {
  size_t cut;
  for (cut = 0; cut < n; cut++) {
    exotel_slice s;
    exotel_error e;
    exotel_kind kind;
    exotel_error_clear(&e);
    s = page_put(0, r->text, cut);
    kind = exotel_json_check(s, &e);
    if (kind == EXOTEL_OK)
      check(is_same(s) && (r->at == 0 ? strpbrk(r->text, "]}\"") == NULL ||
                                            strchr(" \t", r->text[cut]) != NULL
                                      : cut >= r->at - 1 || is_digit(*r->text)),
            r->text);
    else
      check(kind == EXOTEL_PARSE && e.position >= 1 && e.position <= cut + 1, r->text);
  }
}

static void check_row(const struct row *r, exotel_buffer *out, exotel_buffer *scratch) {
  size_t n = r->n == 0 ? strlen(r->text) : r->n;
  exotel_slice s = page_put(0, r->text, n);
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  kind = exotel_json_check(s, &e);
  if (r->at > 0) {
    check(kind == EXOTEL_PARSE && e.position == r->at, r->text);
    check(exotel_json_read(s, scratch, leaves_write, out, &e) == EXOTEL_PARSE &&
              e.position == r->at && out->n == 0,
          r->text);
  } else {
    check(kind == EXOTEL_OK && is_same(s), r->text);
    kind = exotel_json_read(s, scratch, leaves_write, out, &e);
    check(kind == EXOTEL_OK && strcmp(out->p == NULL ? "" : out->p, r->leaves) == 0,
          r->text);
  }
  check_cuts(r, n);
}

static exotel_kind refuse_second(void *context, const exotel_leaf *leaf,
                                 exotel_error *e) {
  int *left = context;
  (void)leaf;
  return --*left > 0 ? EXOTEL_OK
                     : exotel_error_set(e, EXOTEL_INVALID, "sink", leaf->text, "no");
}

static void check_sink(exotel_buffer *scratch) {
  exotel_error e;
  int left = 2;
  exotel_error_clear(&e);
  check(exotel_json_read(page_text(0, "[1,2,3]"), scratch, refuse_second, &left, &e) ==
                EXOTEL_INVALID &&
            left == 0 && strcmp(e.field, "2") == 0,
        "what the sink returns is returned, and no leaf follows");
}

/* Counts the texts that stay: they are parts of the document. */
static exotel_kind note_stay(void *context, const exotel_leaf *leaf, exotel_error *e) {
  const exotel_slice *text = context;
  int inside =
      leaf->text.p >= text->p && leaf->text.p + leaf->text.n <= text->p + text->n;
  (void)e;
  check(leaf->null || leaf->stays == inside,
        "a text that stays is a part of the document");
  return EXOTEL_OK;
}

static void check_stays(exotel_buffer *scratch) {
  exotel_slice text = page_text(0, "{\"a\":\"b\",\"c\":[{\"d\":12.5},{\"e\":\"\\n\"},7,"
                                   "true,null,\"\"],\"f\":\"g\"}");
  exotel_error e;
  exotel_error_clear(&e);
  check(exotel_json_read(text, scratch, note_stay, &text, &e) == EXOTEL_OK, "stays");
}

static void check_full(exotel_buffer *out) {
  exotel_buffer small;
  exotel_error e;
  exotel_error_clear(&e);
  exotel_buffer_init(&small, 4);
  exotel_buffer_reset(out);
  check(exotel_json_read(page_text(0, "[1,\"\\n\\n\"]"), &small, leaves_write, out,
                         &e) == EXOTEL_INVALID &&
            out->n == 0,
        "escapes beyond what the working memory may be");
  exotel_buffer_free(&small);
}

/* Every character, escaped and as it is, as cJSON decodes it. */
static void check_characters(void) {
  unsigned long c = 1, end;
  while (c < 0x110000) {
    char text[4096];
    size_t n = 1;
    text[0] = '"';
    for (end = c + 256; c < end; c++) {
      unsigned long over = c - 0x10000;
      if ((c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF) continue;
      n += (size_t)(c < 0x10000
                        ? snprintf(text + n, 16, "\\u%04lx", c)
                        : snprintf(text + n, 16, "\\u%04lX\\u%04lx",
                                   0xD800 + (over >> 10), 0xDC00 + (over & 0x3FF)));
    }
    text[n++] = '"';
    check(is_same(page_put(0, text, n)), "a character that is escaped");
  }
}

/* A name that was decoded stands in the path of all below it, however much of that is
** decoded meanwhile. */
static void check_names_stay(void) {
  char text[8192];
  size_t i, n = (size_t)sprintf(text, "{\"\\u0061\":[");
  for (i = 0; i < 200; i++)
    n += (size_t)sprintf(text + n, "{\"%lu\\t\":\"%lu\\n\"},", (unsigned long)i,
                         (unsigned long)i);
  n += (size_t)sprintf(text + n, "1]}");
  check(is_same(page_put(0, text, n)), "names that are decoded");
}

/* Every byte at every place of a string, since the guard reads several at once. */
static void check_bytes(void) {
  char text[24];
  size_t at;
  int c;
  for (at = 1; at < sizeof text - 1; at++) {
    for (c = 0; c < 256; c++) {
      int plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
      exotel_error e;
      memset(text, 'a', sizeof text);
      text[0] = text[sizeof text - 1] = '"';
      text[at] = (char)c;
      check((exotel_json_check(page_put(0, text, sizeof text), &e) == EXOTEL_OK) ==
                plain,
            "a byte in a string");
    }
  }
}

int main(void) {
  exotel_buffer out, scratch;
  exotel_error e;
  size_t i;
  exotel_buffer_init(&out, 65536);
  exotel_buffer_init(&scratch, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &out, &scratch);
  exotel_error_clear(&e);
  check(exotel_json_check(page_text(0, sample), &e) == EXOTEL_PARSE &&
            e.position == (size_t)(strstr(sample, "\"Legs\"") - sample) + 1,
        "the vendor's own sample lacks a comma");
  check_bytes();
  check_characters();
  check_names_stay();
  check_sink(&scratch);
  check_stays(&scratch);
  check_full(&out);
  exotel_buffer_free(&out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
