/*
** form: bodies to leaves.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/form.h"
#include "check.h"
#include "leaves.h"

#define TEN "[a][a][a][a][a][a][a][a][a][a]"
#define SPLIT ".a.a.a.a.a.a.a.a.a.a"

static const struct row {
  const char *text;
  size_t n; /* 0: up to the NUL */
  const char *leaves;
} rows[] = {
    {"", 0, ""},
    {"a=1", 0, "a=1\n"},
    {"a=1&b=2", 0, "a=1\nb=2\n"},
    {"a=1&a=2", 0, "a=1\na=2\n"},
    {"a", 0, "a=\n"},
    {"a=", 0, "a=\n"},
    {"=1&a=2", 0, "a=2\n"},
    {"&&a=1&&", 0, "a=1\n"},
    {"a=b=c", 0, "a=b=c\n"},
    {"a+b=c+d", 0, "a b=c d\n"},
    {"%41=%2B%26%3D", 0, "A=+&=\n"},
    {"a=%zz%4", 0, "a=%zz%4\n"},
    {"Legs[0][Status]=busy", 0, "Legs.#0.Status=busy\n"},
    {"Legs%5B1%5D%5BStatus%5D=x", 0, "Legs.#1.Status=x\n"},
    {"a[]=1&a[]=2", 0, "a.#0=1\na.#0=2\n"},
    {"a[9999]=1", 0, "a.#9999=1\n"},
    {"a[999999]=1", 0, "a.#999999=1\n"},
    {"a[1000000]=1", 0, "a.1000000=1\n"},
    {"a[-1]=1", 0, "a.-1=1\n"},
    {"0=1", 0, "0=1\n"},
    {"a[=1", 0, "a[=1\n"},
    {"a]=1", 0, "a]=1\n"},
    {"a[b=1", 0, "a[b=1\n"},
    {"a[b]c=1", 0, "a[b]c=1\n"},
    {"[a]=1", 0, "[a]=1\n"},
    {"a[b[c]]=1", 0, "a[b[c]]=1\n"},
    {"a" TEN TEN TEN "[b]=1", 0, "a" SPLIT SPLIT SPLIT ".b=1\n"},
    {"a" TEN TEN TEN "[b][c]=1", 0, "a" TEN TEN TEN "[b][c]=1\n"},
    {"a;b=1", 0, "a;b=1\n"},
    {"a=x\r\n", 0, "a=x\r\n\n"},
    {"\xFF=\xFE", 0, "\xFF=\xFE\n"},
};

static exotel_kind read_to(exotel_slice s, exotel_buffer *out, exotel_buffer *scratch) {
  exotel_error e;
  exotel_error_clear(&e);
  exotel_buffer_reset(out);
  return exotel_form_read(s, scratch, leaves_write, out, &e);
}

/* The leaves of a beginning are a beginning of the leaves, but for the last one. */
static int begins(const exotel_buffer *out, const char *leaves) {
  const char *p = out->p == NULL ? "" : out->p, *last;
  size_t n = strlen(p);
  if (n == 0) return 1;
  for (last = p + n - 1; last > p && last[-1] != '\n';)
    last--;
  return strncmp(p, leaves, (size_t)(last - p)) == 0;
}

int main(void) {
  exotel_buffer out, scratch;
  size_t i, cut;
  exotel_buffer_init(&out, 65536);
  exotel_buffer_init(&scratch, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t n = strlen(rows[i].text);
    check(read_to(page_put(0, rows[i].text, n), &out, &scratch) == EXOTEL_OK &&
              strcmp(out.p == NULL ? "" : out.p, rows[i].leaves) == 0,
          rows[i].text);
    for (cut = 0; cut < n; cut++)
      check(read_to(page_put(0, rows[i].text, cut), &out, &scratch) == EXOTEL_OK &&
                begins(&out, rows[i].leaves),
            rows[i].text);
  }
  check(read_to(page_put(0, "a=x\0y", 5), &out, &scratch) == EXOTEL_OK && out.n == 6 &&
            memcmp(out.p, "a=x\0y\n", 6) == 0,
        "a NUL is a byte like others");
  exotel_buffer_free(&scratch);
  exotel_buffer_init(&scratch, 2);
  check(read_to(page_text(0, "a=xyz"), &out, &scratch) == EXOTEL_INVALID,
        "a pair larger than the working memory may be");
  exotel_buffer_free(&out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
