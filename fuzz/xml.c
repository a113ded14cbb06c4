/* xml: leaves have names, and text that is UTF-8 without NUL; written as XML again, all
** with elements of their own, they are read as the same leaves; positions only rise.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/limits.h"
#include "../csrc/core/xml.h"

static const exotel_xml_list lists[] = {
    {"Legs", "Leg", NULL, 1}, {NULL, "Call", "Calls", 0}, {"a", "b", "a", 1}};

static void check_leaf(const exotel_leaf *leaf) {
  size_t i, characters, bad;
  must(leaf->depth >= 1 && leaf->depth <= EXOTEL_DEPTH_MAX && !leaf->null);
  must(strlen(leaf->text.p) == leaf->text.n);
  must(exotel_utf8_count(leaf->text.p, leaf->text.n, &characters, &bad));
  for (i = 0; i < leaf->depth; i++) {
    exotel_slice name = leaf->path[i].name;
    must(leaf->path[i].index < FUZZ_MAX);
    if (name.p == NULL) continue;
    must(name.n >= 1 && name.n <= EXOTEL_NAME_MAX && leaf->path[i].index == 0);
    must(strcspn(name.p, "<>/ \t\r\n") == name.n);
    must(exotel_utf8_count(name.p, name.n, &characters, &bad));
  }
}

static void write_tag(exotel_buffer *out, const char *open, exotel_slice name) {
  exotel_buffer_adds(out, open);
  exotel_buffer_add(out, name.p, name.n);
  exotel_buffer_addc(out, '>');
}

static void write_text(exotel_buffer *out, exotel_slice text) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    switch (text.p[i]) {
      case '<': exotel_buffer_adds(out, "&lt;"); break;
      case '>': exotel_buffer_adds(out, "&gt;"); break;
      case '&': exotel_buffer_adds(out, "&amp;"); break;
      case '\r': exotel_buffer_adds(out, "&#13;"); break;
      default: exotel_buffer_addc(out, text.p[i]);
    }
  }
}

static exotel_kind write(void *context, const exotel_leaf *leaf, exotel_error *e) {
  size_t i;
  (void)e;
  check_leaf(leaf);
  for (i = 0; i < leaf->depth; i++)
    write_tag(context, "<", leaf->path[i].name);
  write_text(context, leaf->text);
  while (i-- > 0)
    write_tag(context, "</", leaf->path[i].name);
  return EXOTEL_OK;
}

/* The context is the position of the call before. */
static exotel_kind check_position(void *context, const exotel_leaf *leaf,
                                  exotel_error *e) {
  size_t *last = context;
  (void)e;
  check_leaf(leaf);
  if (leaf->depth < 2 || leaf->path[1].name.p != NULL) return EXOTEL_OK;
  if (leaf->path[0].name.n != strlen("Calls")) return EXOTEL_OK;
  must(leaf->path[1].index >= *last);
  *last = leaf->path[1].index;
  return EXOTEL_OK;
}

static exotel_kind read_and_write(exotel_slice text, exotel_buffer *out) {
  exotel_error e;
  exotel_kind kind;
  exotel_buffer_reset(out);
  exotel_buffer_adds(out, "<r>");
  kind = exotel_xml_read(text, NULL, 0, buffer(0), write, out, &e);
  exotel_buffer_adds(out, "</r>");
  must(kind == EXOTEL_OK ||
       (kind == EXOTEL_PARSE && e.position >= 1 && e.position <= text.n + 1));
  return kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  static exotel_buffer again;
  exotel_buffer *once = buffer(1);
  exotel_error e;
  size_t last = 0;
  if (again.max == 0) exotel_buffer_init(&again, 2 * FUZZ_MAX);
  exotel_xml_read(slice(p, n), lists, 3, buffer(0), check_position, &last, &e);
  if (read_and_write(slice(p, n), once) != EXOTEL_OK) return 0;
  if (once->state != EXOTEL_BUFFER_OK) return 0; /* a tag is longer than its "<a/>" */
  must(read_and_write(held(once), &again) == EXOTEL_OK &&
       same(held(once), held(&again)));
  return 0;
}
