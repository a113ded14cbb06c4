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
static inline uint64_t head_of(uint32_t tag, unsigned kind, size_t n) {
  return (uint64_t)tag << 32 | (uint64_t)n << 3 | kind;
}

static int before_by_name(const exotel_record *r, size_t a, size_t b) {
  return exotel_slice_before(exotel_record_name(r, exotel_record_node(r, a)),
                             exotel_record_name(r, exotel_record_node(r, b)));
}

static int before_by_text(const exotel_record *r, size_t a, size_t b) {
  return exotel_slice_before(exotel_record_text(r, exotel_record_node(r, a)),
                             exotel_record_text(r, exotel_record_node(r, b)));
}

/* Puts a node behind those that come before it. They come in order, or nearly so, as a
** rule. */
static void put_in_order(const exotel_record *r, comes_before *before, position *order,
                         size_t n, size_t at) {
  for (; n > 0 && before(r, at, order[n - 1]); n--)
    order[n] = order[n - 1];
  order[n] = (position)at;
}

static void take_value(exotel_digest *d, const exotel_record *r, uint32_t tag,
                       const exotel_node *node);

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static void take_text(exotel_digest *d, uint64_t head, exotel_slice text) {
  exotel_digest_text(d, head, text);
}

/* What no row knows: by name. */
static void take_named(exotel_digest *d, const exotel_record *r,
                       const exotel_node *table) {
  position order[EXOTEL_NODES_MAX];
  size_t at, i, n = 0;
  for (at = table->first; at != 0; at = exotel_record_node(r, at)->next) {
    if (exotel_record_node(r, at)->row == 0)
      put_in_order(r, before_by_name, order, n++, at);
  }
  for (i = 0; i < n; i++) {
    const exotel_node *node = exotel_record_node(r, order[i]);
    exotel_slice name = exotel_record_name(r, node);
    take_text(d, head_of(0, NAME, name.n), name);
    take_value(d, r, 0, node);
  }
}

/* The values of those rows, bit 0 being row 1; returns how many there are. Texts and whole
** numbers are taken in a copy of the digest, so that it stays in registers. */
static size_t take_rows(exotel_digest *d, const exotel_record *r, uint64_t rows,
                        const position *at_row) {
  exotel_digest fast = *d;
  size_t n = 0;
  for (; rows != 0; rows &= rows - 1, n++) {
    unsigned row = exotel_word_lowest_bit(rows) + 1;
    const exotel_node *node = exotel_record_node(r, at_row[row]);
    if (node->type == EXOTEL_NODE_TEXT) {
      exotel_digest_text(&fast,
                         head_of(r->rows.row[row].tag, EXOTEL_NODE_TEXT, node->text.n),
                         exotel_record_text(r, node));
    } else if (node->type == EXOTEL_NODE_INTEGER) {
      exotel_digest_word(&fast, head_of(r->rows.row[row].tag, EXOTEL_NODE_INTEGER, 0));
      exotel_digest_word(&fast, (uint64_t)node->integer);
    } else {
      *d = fast;
      take_value(d, r, r->rows.row[row].tag, node);
      fast = *d;
    }
  }
  *d = fast;
  return n;
}

static void take_table(exotel_digest *d, const exotel_record *r,
                       const exotel_node *table) {
  position at_row[EXOTEL_ROWS_MAX + 1];
  uint64_t rows = 0;
  size_t at, n;
  if (table == exotel_record_node(r, 0)) {
    n = take_rows(d, r, r->rows_there, r->at_row);
  } else {
    for (at = table->first; at != 0; at = exotel_record_node(r, at)->next) {
      size_t row = exotel_record_node(r, at)->row;
      if (row == 0) continue;
      rows |= (uint64_t)1 << (row - 1);
      at_row[row] = (position)at;
    }
    n = take_rows(d, r, rows, at_row);
  }
  if (n < table->count) take_named(d, r, table);
}

/* The names that came more than once stand in the order in which they came. */
static void take_repeated(exotel_digest *d, const exotel_record *r,
                          const exotel_node *list) {
  position order[EXOTEL_NODES_MAX];
  size_t at, i, n = 0;
  for (at = list->first; at != 0; at = exotel_record_node(r, at)->next)
    put_in_order(r, before_by_text, order, n++, at);
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

/* The head of a list or table has no word behind it. */
static void take_value(exotel_digest *d, const exotel_record *r, uint32_t tag,
                       const exotel_node *node) {
  if (node->type == EXOTEL_NODE_TEXT) {
    take_text(d, head_of(tag, EXOTEL_NODE_TEXT, node->text.n),
              exotel_record_text(r, node));
    return;
  }
  exotel_digest_word(d, head_of(tag, node->type, node->count));
  switch ((exotel_node_type)node->type) {
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
