/* reply: a body of any applet, in JSON and in plain text; what passes the check is written, and
** passes it again.
** SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../csrc/core/json_tree.h"
#include "../csrc/core/reply.h"

static exotel_kind check(const exotel_reply *reply, const void *tree) {
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  kind = exotel_reply_check(reply, tree, buffer(0), &e);
  must((kind == EXOTEL_OK) == (e.message[0] == '\0'));
  must(strlen(e.field) < EXOTEL_FIELD_MAX);
  return kind;
}

static void read_json(const exotel_reply *reply, exotel_slice body);

/* What was read as plain text, as JSON; checked in that. */
static exotel_kind read_text(const exotel_reply *reply, exotel_slice body, int again) {
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_kind kind;
  exotel_slice json;
  exotel_error e;
  exotel_error_clear(&e);
  kind = exotel_reply_read(&w, reply, body, &e);
  if (kind == EXOTEL_OK) {
    must(exotel_json_print(&w, &json, &e) == EXOTEL_OK);
    kind = check(reply, w.tree);
    if (!again) read_json(reply, json);
  }
  exotel_json_reset(&w);
  return kind;
}

static void read_json(const exotel_reply *reply, exotel_slice body) {
  const exotel_reply_field *alone;
  exotel_error e;
  void *tree = NULL;
  exotel_error_clear(&e);
  if (exotel_json_tree_read(&tree, body, &e) == EXOTEL_OK &&
      check(reply, tree) == EXOTEL_OK &&
      (alone = exotel_reply_alone(reply, tree)) != NULL) {
    exotel_buffer *out = buffer(1);
    exotel_reply_write(out, alone, tree);
    must(read_text(reply, held(out), 1) == EXOTEL_OK);
  }
  exotel_json_tree_free(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
  size_t nreplies;
  const exotel_reply *replies = exotel_replies(&nreplies);
  if (n == 0) return 0;
  read_json(&replies[p[0] % nreplies], slice(p + 1, n - 1));
  read_text(&replies[p[0] % nreplies], slice(p + 1, n - 1), 0);
  return 0;
}
