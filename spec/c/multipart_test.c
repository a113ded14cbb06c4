/*
** multipart: bodies to parts, whole and cut at every byte, in either line ending.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/limits.h"
#include "../../csrc/core/multipart.h"
#include "check.h"

#define NAMED(name) "Content-Disposition: form-data; name=" name "\r\n"
#define PART(name, value) "--b\r\n" NAMED(name) "\r\n" value "\r\n"
#define TEN "1234567890"
#define FIFTY TEN TEN TEN TEN TEN

/* Every boundary here is "b". Parts are name=value|, a file is name<filename;type>value|.
** A row that is refused has the reason after a "!", behind the parts before it. */
static const struct row {
  const char *name, *body, *parts;
} rows[] = {
    {"nothing", "", "!boundary"},
    {"no delimiter", "a=1", "!boundary"},
    {"no part", "--b--\r\n", ""},
    {"no part, no line end", "--b--", ""},
    {"a delimiter only", "--b\r\n", ""},
    {"a delimiter only, no line end", "--b", "!boundary"},
    {"one", PART("a", "1") "--b--\r\n", "a=1|"},
    {"two", PART("a", "1") PART("b", "2") "--b--\r\n", "a=1|b=2|"},
    {"twice", PART("a", "1") PART("a", "2") "--b--\r\n", "a=1|a=2|"},
    {"quoted", PART("\"a\"", "1") "--b--\r\n", "a=1|"},
    {"brackets", PART("\"Legs[0][Status]\"", "busy") "--b--\r\n",
     "Legs[0][Status]=busy|"},
    {"an empty value", PART("a", "") "--b--\r\n", "a=|"},
    {"no value at all", "--b\r\n" NAMED("a") "\r\n--b--\r\n", "a=|"},
    {"an empty value between", PART("a", "") PART("b", "2") "--b--", "a=|b=2|"},
    {"no value at all, between", "--b\r\n" NAMED("a") "\r\n" PART("b", "2") "--b--",
     "a=|b=2|"},
    {"a value of line ends", PART("a", "\r\n\r\n") "--b--\r\n", "a=\r\n\r\n|"},
    {"a value of lines", PART("a", "x\r\ny\nz\r") "--b--\r\n", "a=x\r\ny\nz\r|"},
    {"preamble", "This is a message\r\n\r\n" PART("a", "1") "--b--\r\n", "a=1|"},
    {"a preamble that looks alike", "x--b\r\n--bb\r\n" PART("a", "1") "--b--", "a=1|"},
    {"epilogue", PART("a", "1") "--b--\r\nrest" PART("b", "2"), "a=1|"},
    {"an epilogue of a delimiter", PART("a", "1") "--b--\r\n--b\r\n", "a=1|"},
    {"blanks behind a delimiter", "--b \t\r\n" NAMED("a") "\r\n1\r\n--b-- \t\r\n",
     "a=1|"},
    {"no closing delimiter", PART("a", "1") "--b\r\n", "a=1|"},
    {"no closing delimiter, no line end", PART("a", "1") "--b", "!truncated"},
    {"no closing delimiter, blanks", PART("a", "1") "--b \t", "!truncated"},
    {"no closing delimiter, half a line end", PART("a", "1") "--b\r", "!truncated"},
    {"a closing delimiter, blanks", PART("a", "1") "--b-- \t", "a=1|"},
    {"no delimiter behind", PART("a", "1"), "!truncated"},
    {"no line end behind", "--b\r\n" NAMED("a") "\r\n1", "!truncated"},
    {"the second is cut", PART("a", "1") PART("b", "2"), "a=1|!truncated"},
    {"half a delimiter", PART("a", "1") "--", "!truncated"},
    {"looks alike: half a closing delimiter", PART("a", "1") "--b-", "!truncated"},
    {"looks alike: longer", PART("a", "1\r\n--bb\r\n--b-\r\n--b--x") "--b--",
     "a=1\r\n--bb\r\n--b-\r\n--b--x|"},
    {"looks alike: within a line", PART("a", "x--b\r\n --b\r\n--B") "--b--",
     "a=x--b\r\n --b\r\n--B|"},
    {"looks alike: the other line end", PART("a", "1\n--b\n2\n--b\r\n--b\n3") "--b--",
     "a=1\n--b\n2\n--b\r\n--b\n3|"},
    {"looks alike: fewer dashes", PART("a", "-b\r\n-b--\r\n- -b") "--b--",
     "a=-b\r\n-b--\r\n- -b|"},
    {"looks alike: a CR", PART("a", "\r--b\r") "--b--", "a=\r--b\r|"},
    {"bare LF",
     "--b\nContent-Disposition: form-data; name=a\n\n1\n--b\n"
     "Content-Disposition: form-data; name=b\n\n\n--b--\n",
     "a=1|b=|"},
    {"bare LF, no value", "--b\nContent-Disposition: form-data; name=a\n\n--b--",
     "a=|"},
    {"bare LF, CRs are data",
     "--b\nContent-Disposition: form-data; name=a\n\n1\r\n2\r\n--b--\n", "a=1\r\n2\r|"},
    {"bare LF, a CRLF delimiter is data",
     "--b\nContent-Disposition: form-data; name=a\n\n1\n--b\r\n2\n--b--\n",
     "a=1\n--b\r\n2|"},
    {"folded",
     "--b\r\nContent-Disposition: form-data;\r\n "
     "name=a;\r\n\tfilename=f\r\n\r\n1\r\n--b--",
     "a<f;>1|"},
    {"other headers", "--b\r\nX-A: 1\r\n" NAMED("a") "X-B: 2\r\n\r\n1\r\n--b--",
     "a=1|"},
    {"headers in any case",
     "--b\r\ncontent-DISPOSITION:FORM-DATA;NAME=a\r\n\r\n1\r\n--b--", "a=1|"},
    {"a type", "--b\r\n" NAMED("a") "Content-Type: text/plain\r\n\r\n1\r\n--b--",
     "a=1|"},
    {"a file",
     "--b\r\n" NAMED(
         "a; filename=\"f.txt\"") "Content-Type: text/plain\r\n\r\n1\r\n--b--",
     "a<f.txt;text/plain>1|"},
    {"a file without content", "--b\r\n" NAMED("a; filename=\"\"") "\r\n\r\n--b--",
     "a<;>|"},
    {"a file of an encoded name",
     "--b\r\n" NAMED("a; filename*=UTF-8''%e2%82%ac") "\r\n1\r\n--b--", "a<;>1|"},
    {"a file's two names",
     "--b\r\n" NAMED("a; filename*=UTF-8''x; filename=f") "\r\n1\r\n--b--", "a<f;>1|"},
    {"quotes in a name", PART("\"a\\\"b\\\\c\"", "1") "--b--", "a\"b\\c=1|"},
    {"a backslash in a name", PART("\"a\\\\b\"", "1") "--b--", "a\\b=1|"},
    {"a line end in a name", PART("\"a\nb\"", "1") "--b--", "!header"},
    {"a folded name", PART("\"a\r\n b\"", "1") "--b--", "a\r\n b=1|"},
    {"a path in a filename",
     "--b\r\n" NAMED("a; filename=\"C:\\d\\f\"") "\r\n1\r\n--b--", "a<C:\\d\\f;>1|"},
    {"semicolons in a name", PART("\"a;name=b\"", "1") "--b--", "a;name=b=1|"},
    {"an empty name", PART("\"\"", "1") "--b--", "=1|"},
    {"the first name counts", PART("a; name=b", "1") "--b--", "a=1|"},
    {"an open quote", PART("\"a", "1") "--b--", "!name"},
    {"no name", "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", "!name"},
    {"only a filename",
     "--b\r\nContent-Disposition: form-data; filename=f\r\n\r\n1\r\n--b--", "!name"},
    {"no headers", "--b\r\n\r\n1\r\n--b--", "!name"},
    {"no disposition", "--b\r\nContent-Type: a/b\r\n\r\n1\r\n--b--", "!name"},
    {"no blank line", "--b\r\n" NAMED("a") "--b--", "!header"},
    {"no header", "--b\r\n" NAMED("a") "1\r\n\r\n--b--", "!header"},
    {"a value in place of headers", "--b\r\n1\r\n--b--", "!header"},
    {"a blank before the colon", "--b\r\nA : b\r\n" NAMED("a") "\r\n1\r\n--b--",
     "!header"},
    {"8bit", "--b\r\n" NAMED("a") "Content-Transfer-Encoding: 8BIT\r\n\r\n1\r\n--b--",
     "a=1|"},
    {"base64",
     "--b\r\n" NAMED("a") "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b--",
     "!encoding"},
    {"the longest name",
     PART("\"" FIFTY FIFTY FIFTY FIFTY FIFTY "123456\"", "1") "--b--",
     FIFTY FIFTY FIFTY FIFTY FIFTY "123456=1|"},
    {"a longer name", PART("\"" FIFTY FIFTY FIFTY FIFTY FIFTY "1234567\"", "1") "--b--",
     "!too_long"},
};

typedef struct seen {
  exotel_buffer out;
  exotel_slice body;
  const char *last; /* where the value before ended */
} seen;

static exotel_kind write_part(void *context, const exotel_part *part, exotel_error *e) {
  seen *s = context;
  (void)e;
  check(part->value.p >= s->last &&
            part->value.p + part->value.n <= s->body.p + s->body.n,
        "values stand in the body, in order");
  s->last = part->value.p + part->value.n;
  exotel_buffer_add(&s->out, part->name.p, part->name.n);
  if (part->is_file) {
    exotel_buffer_addc(&s->out, '<');
    exotel_buffer_add(&s->out, part->filename.p, part->filename.n);
    exotel_buffer_addc(&s->out, ';');
    exotel_buffer_add(&s->out, part->type.p, part->type.n);
  }
  exotel_buffer_addc(&s->out, part->is_file ? '>' : '=');
  exotel_buffer_add(&s->out, part->value.p, part->value.n);
  exotel_buffer_addc(&s->out, '|');
  return EXOTEL_OK;
}

static exotel_kind read_to(exotel_slice body, const char *boundary, seen *s,
                           exotel_buffer *scratch) {
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_reset(&s->out);
  exotel_buffer_adds(&s->out, "");
  s->body = body;
  s->last = body.p;
  kind =
      exotel_multipart_read(body, page_text(1, boundary), scratch, write_part, s, &e);
  if (kind == EXOTEL_OK) return kind;
  check(kind == EXOTEL_PARSE && e.kind == kind && e.message[0] != '\0', "says why");
  check(e.position >= 1 && e.position <= body.n + 1, "says where");
  exotel_buffer_addc(&s->out, '!');
  exotel_buffer_adds(&s->out, e.reason);
  return kind;
}

/* A beginning gives a beginning of the whole parts; what is begun of one is refused. Only
** a delimiter's look-alike, cut where it looks so, can't be told from one. */
static void check_cut(const struct row *r, size_t cut, seen *s,
                      exotel_buffer *scratch) {
  exotel_kind kind = read_to(page_put(0, r->body, cut), "b", s, scratch);
  size_t n = s->out.n;
  if (strncmp(r->name, "looks alike", 11) == 0 || strstr(r->name, "is data") != NULL)
    return;
  if (kind != EXOTEL_OK) n = (size_t)(strrchr(s->out.p, '!') - s->out.p);
  check(n == 0 || s->out.p[n - 1] == '|', r->name);
  check(strncmp(s->out.p, r->parts, n) == 0, r->name);
}

static void check_row(const struct row *r, seen *s, exotel_buffer *scratch) {
  size_t cut, n = strlen(r->body);
  read_to(page_put(0, r->body, n), "b", s, scratch);
  check(strcmp(s->out.p, r->parts) == 0, r->name);
  for (cut = 0; cut < n; cut++)
    check_cut(r, cut, s, scratch);
}

static void check_bytes(seen *s, exotel_buffer *scratch) {
  static const char body[] = "--b\r\n" NAMED("a") "\r\n\0\xFF\0\r\n--b--\r\n";
  check(read_to(page_put(0, body, sizeof body - 1), "b", s, scratch) == EXOTEL_OK &&
            s->out.n == 6 && memcmp(s->out.p, "a=\0\xFF\0|", 6) == 0,
        "any byte is data");
}

/* The parts of `count` empty fields, then what closes them. */
static void many(exotel_buffer *body, size_t count) {
  size_t i;
  exotel_buffer_reset(body);
  for (i = 0; i < count; i++)
    exotel_buffer_adds(body, PART("a", ""));
  exotel_buffer_adds(body, "--b--");
}

static void headers_of(exotel_buffer *body, size_t n) {
  exotel_buffer_reset(body);
  exotel_buffer_adds(body, "--b\r\n" NAMED("a") "X-A: ");
  n -= body->n - 5 + 2;
  for (; n > 0; n--)
    exotel_buffer_addc(body, 'x');
  exotel_buffer_adds(body, "\r\n\r\n1\r\n--b--");
}

static void check_limits(seen *s, exotel_buffer *scratch) {
  exotel_buffer body;
  exotel_buffer_init(&body, PAGE_ROOM);
  many(&body, EXOTEL_FIELDS_MAX);
  check(read_to(page_put(0, body.p, body.n), "b", s, scratch) == EXOTEL_OK,
        "512 parts");
  many(&body, EXOTEL_FIELDS_MAX + 1);
  check(read_to(page_put(0, body.p, body.n), "b", s, scratch) == EXOTEL_PARSE &&
            strstr(s->out.p, "!too_many") != NULL,
        "513 parts");
  headers_of(&body, EXOTEL_PART_HEADERS_MAX);
  check(read_to(page_put(0, body.p, body.n), "b", s, scratch) == EXOTEL_OK,
        "8192 bytes of headers");
  headers_of(&body, EXOTEL_PART_HEADERS_MAX + 1);
  check(read_to(page_put(0, body.p, body.n), "b", s, scratch) == EXOTEL_PARSE &&
            strcmp(s->out.p, "!too_long") == 0,
        "8193 bytes of headers");
  exotel_buffer_free(&body);
}

static exotel_kind stop(void *context, const exotel_part *part, exotel_error *e) {
  ++*(int *)context;
  (void)part;
  return exotel_error_memory(e);
}

static void check_stop(exotel_buffer *scratch) {
  exotel_error e;
  int calls = 0;
  exotel_error_clear(&e);
  check(exotel_multipart_read(page_text(0, PART("a", "1") PART("b", "2") "--b--"),
                              page_text(1, "b"), scratch, stop, &calls,
                              &e) == EXOTEL_MEMORY &&
            calls == 1,
        "what the sink returns stops it");
}

static void check_boundaries(seen *s, exotel_buffer *scratch) {
  static const char body[] = "--a b\r\n" NAMED("a") "\r\n1\r\n--a b--\r\n";
  check(read_to(page_text(0, body), "a b", s, scratch) == EXOTEL_OK &&
            strcmp(s->out.p, "a=1|") == 0,
        "a blank in the boundary");
  check(read_to(page_text(0, body), "a", s, scratch) != EXOTEL_OK, "half the boundary");
  check(read_to(page_text(0, "----b\r\n" NAMED("a") "\r\n1\r\n----b--"), "--b", s,
                scratch) == EXOTEL_OK &&
            strcmp(s->out.p, "a=1|") == 0,
        "dashes in the boundary");
  check(read_to(page_text(0, "--b--\r\n" NAMED("a") "\r\n1\r\n--b----"), "b--", s,
                scratch) == EXOTEL_OK &&
            strcmp(s->out.p, "a=1|") == 0,
        "dashes behind the boundary");
}

int main(void) {
  exotel_buffer scratch;
  seen s;
  size_t i;
  exotel_buffer_init(&s.out, 65536);
  exotel_buffer_init(&scratch, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i], &s, &scratch);
  check_bytes(&s, &scratch);
  check_limits(&s, &scratch);
  check_stop(&scratch);
  check_boundaries(&s, &scratch);
  exotel_buffer_free(&s.out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
