/*
** event_key: the digest of an event's content (see event_key.h).
**
** The event is taken word by word in one order, whatever order it came in: known fields by
** their rows, the others by name. What a value is, and how long, stands before it, so that
** no two events are taken alike. Values are taken by what they are, not by how they were
** spelt: "017" is 17.
**
** SPDX-License-Identifier: MIT
*/
#include "event_key.h"

#include "slice.h"

#include <string.h>

#define NAME 7 /* in a head: a name follows. The other kinds are those of nodes. */

typedef unsigned short position;
typedef int comes_before(const exotel_record *r, size_t a, size_t b);

/* The tag of the name, what follows, and how much of it. */
static uint64_t head_of(uint32_t tag, unsigned kind, size_t n) {
  return (uint64_t)tag << 32 | (uint64_t)n << 3 | kind;
}

static int before_by_name(const exotel_record *r, size_t a, size_t b) {
  const exotel_node *x = exotel_record_node(r, a), *y = exotel_record_node(r, b);
  if (x->row != 0 || y->row != 0)
    return y->row == 0 || (x->row != 0 && x->row < y->row);
  return exotel_slice_before(exotel_record_name(r, x), exotel_record_name(r, y));
}

static int before_by_text(const exotel_record *r, size_t a, size_t b) {
  return exotel_slice_before(exotel_record_text(r, exotel_record_node(r, a)),
                             exotel_record_text(r, exotel_record_node(r, b)));
}

/* The children of a node in order. They come in order, or nearly so, as a rule. */
static inline size_t sorted(const exotel_record *r, const exotel_node *node,
                            comes_before *before, position order[EXOTEL_NODES_MAX]) {
  size_t at, k, n = 0;
  for (at = node->first; at != 0; at = exotel_record_node(r, at)->next) {
    for (k = n++; k > 0 && before(r, at, order[k - 1]); k--)
      order[k] = order[k - 1];
    order[k] = (position)at;
  }
  return n;
}

static void take_value(exotel_digest *d, const exotel_record *r, uint32_t tag,
                       const exotel_node *node);

static void take_table(exotel_digest *d, const exotel_record *r,
                       const exotel_node *table) {
  position order[EXOTEL_NODES_MAX];
  size_t i, n = sorted(r, table, before_by_name, order);
  for (i = 0; i < n; i++) {
    const exotel_node *node = exotel_record_node(r, order[i]);
    if (node->row == 0) {
      exotel_slice name = exotel_record_name(r, node);
      exotel_digest_text(d, head_of(0, NAME, name.n), name);
    }
    take_value(d, r, r->rows.row[node->row].tag, node);
  }
}

/* The names that came more than once stand in the order in which they came. */
static void take_repeated(exotel_digest *d, const exotel_record *r,
                          const exotel_node *list) {
  position order[EXOTEL_NODES_MAX];
  size_t i, n = sorted(r, list, before_by_text, order);
  for (i = 0; i < n; i++)
    take_value(d, r, 0, exotel_record_node(r, order[i]));
}

static void take_list(exotel_digest *d, const exotel_record *r,
                      const exotel_node *list) {
  size_t at;
  if (r->repeated != 0 && list == exotel_record_node(r, r->repeated)) {
    take_repeated(d, r, list);
    return;
  }
  for (at = list->first; at != 0; at = exotel_record_node(r, at)->next)
    take_value(d, r, 0, exotel_record_node(r, at));
}

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static void take_value(exotel_digest *d, const exotel_record *r, uint32_t tag,
                       const exotel_node *node) {
  if (node->type == EXOTEL_NODE_TEXT) {
    exotel_digest_text(d, head_of(tag, EXOTEL_NODE_TEXT, node->text.n),
                       exotel_record_text(r, node));
    return;
  }
  exotel_digest_word(d, head_of(tag, (unsigned)node->type, node->count));
  switch (node->type) {
    case EXOTEL_NODE_NUMBER: exotel_digest_word(d, bits_of(node->number)); break;
    case EXOTEL_NODE_LIST: take_list(d, r, node); break;
    case EXOTEL_NODE_TABLE: take_table(d, r, node); break;
    default: exotel_digest_word(d, (uint64_t)node->integer);
  }
}

void exotel_event_key(const exotel_record *r, char out[EXOTEL_EVENT_KEY_SIZE]) {
  static const exotel_digest_key ours = {0x65786f74656c2e6cu, 0x75612e6576656e74u};
  unsigned char digest[EXOTEL_DIGEST_BYTES];
  exotel_digest d;
  exotel_digest_begin(&d, &ours);
  take_value(&d, r, 0, exotel_record_node(r, 0));
  exotel_digest_end(&d, digest);
  exotel_digest_hex(digest, out);
}
