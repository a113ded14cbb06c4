/*
** record: leaves to a typed record, by the rows of api.c (see record.h).
**
** SPDX-License-Identifier: MIT
*/
#include "record.h"

#include "ascii.h"
#include "decimal.h"
#include "error.h"
#include "name.h"
#include "text.h"
#include "word.h"

#include <string.h>

#define TEXT_MAX (64 * 1024 * 1024) /* beyond any body that is let in */

void exotel_record_init(exotel_record *r) {
  memset(r, 0, sizeof *r);
  exotel_buffer_init(&r->nodes, EXOTEL_NODES_MAX * sizeof(exotel_node));
  exotel_buffer_init(&r->text, TEXT_MAX);
}

void exotel_record_free(exotel_record *r) {
  exotel_buffer_free(&r->nodes);
  exotel_buffer_free(&r->text);
}

static exotel_node *node_at(const exotel_record *r, size_t at) {
  return (exotel_node *)(void *)r->nodes.p + r->base + at;
}

exotel_slice exotel_record_name(const exotel_record *r, const exotel_node *node) {
  exotel_slice s;
  if (node->known != NULL) return exotel_slice_of(node->known);
  s.p = r->text.p + node->name_at;
  s.n = node->name_n;
  return s;
}

/* What the buffers' failure means. */
static exotel_kind failure_of(const exotel_record *r, exotel_error *e) {
  size_t most = r->nodes.max / sizeof(exotel_node);
  if (r->nodes.state == EXOTEL_BUFFER_NOMEMORY ||
      r->text.state == EXOTEL_BUFFER_NOMEMORY)
    return exotel_error_memory(e);
  return exotel_error_set(e, EXOTEL_PARSE, "too_large", exotel_slice_of(""),
                          "more values than the limit of %d",
                          most == EXOTEL_PAGE_NODES_MAX ? EXOTEL_PAGE_NODES_MAX
                                                        : EXOTEL_NODES_MAX);
}

/* The same; EXOTEL_OK when there is none. */
static exotel_kind state_of(const exotel_record *r, exotel_error *e) {
  if (r->nodes.state == EXOTEL_BUFFER_OK && r->text.state == EXOTEL_BUFFER_OK)
    return EXOTEL_OK;
  return failure_of(r, e);
}

/* {=================================================================
** The tree
** ================================================================== */

/* A cleared node, which isn't in the record before it is linked; NULL on failure, which the
** buffer remembers. */
static inline exotel_node *new_node(exotel_record *r, exotel_node_type type) {
  exotel_node *fresh = (void *)exotel_buffer_room(&r->nodes, sizeof *fresh);
  if (fresh == NULL) return NULL;
  memset(fresh, 0, sizeof *fresh);
  fresh->type = (unsigned char)type;
  return fresh;
}

/* The place of the node that is kept next. */
static unsigned next_place(const exotel_record *r) {
  return (unsigned)(r->nodes.n / sizeof(exotel_node) - r->base);
}

/* Counts the new node in, apart from any other. */
static unsigned keep_node(exotel_record *r) {
  unsigned at = next_place(r);
  r->nodes.n += sizeof(exotel_node);
  return at;
}

static unsigned new_root(exotel_record *r, exotel_node_type type) {
  return new_node(r, type) == NULL ? 0 : keep_node(r);
}

/* Puts `child` behind the last child of `parent` whose key isn't larger. */
static void link_child(exotel_record *r, size_t parent, unsigned child) {
  exotel_node *p = node_at(r, parent), *c = node_at(r, child);
  unsigned short *link = &p->first;
  if (p->last != 0 && node_at(r, p->last)->key <= c->key)
    link = &node_at(r, p->last)->next;
  while (*link != 0 && node_at(r, *link)->key <= c->key)
    link = &node_at(r, *link)->next;
  c->next = *link;
  *link = (unsigned short)child;
  if (c->next == 0) p->last = (unsigned short)child;
  p->count++;
}

/* Counts the new node in, as the last child of a table. */
static inline unsigned keep_last(exotel_record *r, size_t parent) {
  unsigned at = keep_node(r);
  exotel_node *p = node_at(r, parent);
  if (p->last != 0)
    node_at(r, p->last)->next = (unsigned short)at;
  else
    p->first = (unsigned short)at;
  p->last = (unsigned short)at;
  p->count++;
  return at;
}

/* Begins a record behind what is there. */
static exotel_kind begin(exotel_record *r, exotel_error *e) {
  size_t most;
  r->base = r->nodes.n / sizeof(exotel_node);
  most = r->base + EXOTEL_NODES_MAX;
  if (most > EXOTEL_PAGE_NODES_MAX) most = EXOTEL_PAGE_NODES_MAX;
  r->nodes.max = most * sizeof(exotel_node);
  r->rows_there = 0;
  r->list = r->positions = r->repeated = 0;
  r->unknown = r->keeps = r->from_zero = r->yielding = 0;
  new_root(r, EXOTEL_NODE_TABLE);
  return state_of(r, e);
}

static inline void set_row(exotel_record *r, size_t row, unsigned at) {
  r->rows_there |= (uint64_t)1 << (row - 1);
  r->at_row[row] = (unsigned short)at;
}

exotel_kind exotel_record_begin(exotel_record *r, const exotel_record_type *type,
                                exotel_error *e) {
  exotel_rows_index(&r->rows, type);
  exotel_buffer_reset(&r->nodes);
  exotel_buffer_reset(&r->text);
  exotel_buffer_room(&r->text, 0); /* so that it has an address */
  return begin(r, e);
}

exotel_kind exotel_record_another(exotel_record *r, exotel_error *e) {
  node_at(r, 0)->next = (unsigned short)next_place(r);
  return begin(r, e);
}

void exotel_record_first(exotel_record *r) {
  r->base = 0;
}

int exotel_record_next(exotel_record *r) {
  unsigned next = node_at(r, 0)->next;
  r->base += next;
  return next != 0;
}

static unsigned child_named(const exotel_record *r, size_t parent, exotel_slice name) {
  unsigned at = node_at(r, parent)->first;
  for (; at != 0; at = node_at(r, at)->next) {
    const exotel_node *node = node_at(r, at);
    if (node->known != NULL) {
      if (name.n > 0 && node->known[0] == name.p[0] &&
          exotel_slice_is(name, node->known))
        return at;
    } else if (node->name_n == name.n &&
               (name.n == 0 ||
                memcmp(r->text.p + node->name_at, name.p, name.n) == 0)) {
      return at;
    }
  }
  return 0;
}

/* The value of a row, in the record or in an entry. */
static unsigned child_in_row(const exotel_record *r, size_t parent, size_t row) {
  unsigned at;
  if (parent == 0) return exotel_record_row(r, row);
  at = node_at(r, parent)->first;
  while (at != 0 && node_at(r, at)->row != row)
    at = node_at(r, at)->next;
  return at;
}

static unsigned child_keyed(const exotel_record *r, size_t parent, size_t key) {
  unsigned at = node_at(r, parent)->first;
  while (at != 0 && node_at(r, at)->key != key)
    at = node_at(r, at)->next;
  return at;
}

static exotel_piece copied(exotel_record *r, exotel_slice text) {
  exotel_piece piece;
  piece.p = NULL;
  piece.at = (unsigned)r->text.n;
  piece.n = (unsigned)text.n;
  exotel_buffer_add(&r->text, text.p, text.n);
  return piece;
}

static exotel_piece piece_of(exotel_record *r, exotel_slice text, int stays) {
  exotel_piece piece;
  if (!stays) return copied(r, text);
  piece.p = text.p;
  piece.at = 0;
  piece.n = (unsigned)text.n;
  return piece;
}

/* A child of a table under a name of ours, or under a copy of one. */
static unsigned add_known_name(exotel_record *r, size_t parent, const char *name,
                               exotel_node_type type) {
  exotel_node *fresh = new_node(r, type);
  if (fresh == NULL) return 0;
  fresh->known = name;
  return keep_last(r, parent);
}

static unsigned add_copied_name(exotel_record *r, size_t parent, exotel_slice name,
                                exotel_node_type type) {
  exotel_node *fresh = new_node(r, type);
  if (fresh == NULL) return 0;
  fresh->name_at = copied(r, name).at;
  fresh->name_n = (unsigned)name.n;
  return keep_last(r, parent);
}

static unsigned add_keyed(exotel_record *r, size_t parent, size_t key,
                          exotel_node_type type) {
  exotel_node *fresh = new_node(r, type);
  unsigned at;
  if (fresh == NULL) return 0;
  fresh->key = (unsigned)key;
  at = keep_node(r);
  link_child(r, parent, at);
  return at;
}

/* }================================================================== */

/* {=================================================================
** Known fields
** ================================================================== */

static int is_absent(const exotel_leaf *leaf) {
  return leaf->null || exotel_slice_is_absent(leaf->text);
}

/* A word is kept in lower case, where NULL would be null. */
static int is_absent_as(unsigned type, const exotel_leaf *leaf) {
  if (type == EXOTEL_IS_VERBATIM) return leaf->null;
  if (type == EXOTEL_IS_WORD && leaf->text.n == 4 &&
      exotel_slice_is_nocase(leaf->text, "null"))
    return 1;
  return is_absent(leaf);
}

static int is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

/* Whether one of the eight bytes at `p` is a capital. The lower seven bits of each are
** moved so that those from A on reach the highest bit, and so that those behind Z do. */
static int has_capital_in(const char *p) {
  const uint64_t each = 0x0101010101010101u;
  uint64_t eight = exotel_word_at((const unsigned char *)p);
  uint64_t low = eight & each * 0x7f;
  return ((low + each * (0x80 - 'A')) & ~(low + each * (0x7f - 'Z')) & ~eight &
          each * 0x80) != 0;
}

static int has_capital(exotel_slice text) {
  size_t i;
  for (i = 0; i + 8 <= text.n; i += 8) {
    if (has_capital_in(text.p + i)) return 1;
  }
  if (i > 0) return i < text.n && has_capital_in(text.p + text.n - 8);
  for (; i < text.n; i++) {
    if (is_capital(text.p[i])) return 1;
  }
  return 0;
}

/* In lower case, which most words come in. */
static exotel_piece word_of(exotel_record *r, exotel_slice text, int stays) {
  exotel_piece piece;
  size_t i;
  if (text.n == 9 && exotel_slice_is_nocase(text, "cancelled"))
    return piece_of(r, exotel_slice_of("canceled"), 1);
  if (!has_capital(text)) return piece_of(r, text, stays);
  piece = copied(r, text);
  if (r->text.state != EXOTEL_BUFFER_OK) return piece;
  for (i = 0; i < text.n; i++)
    r->text.p[piece.at + i] = exotel_lower(text.p[i]);
  return piece;
}

static exotel_slice without_quotes(exotel_slice text) {
  if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"') {
    text.p++;
    text.n -= 2;
  }
  return text;
}

/* Gives `node` the text as a value of the field's type. Returns 0 when it is none. */
static int type_value(exotel_record *r, exotel_node *node, unsigned type,
                      exotel_slice text, int stays) {
  node->type = EXOTEL_NODE_TEXT;
  switch (type) {
    case EXOTEL_IS_INTEGER:
      node->type = EXOTEL_NODE_INTEGER;
      return exotel_decimal_integer(text.p, text.n, &node->integer);
    case EXOTEL_IS_NUMBER:
    case EXOTEL_IS_DECIMAL:
      node->type = EXOTEL_NODE_NUMBER;
      if (!exotel_decimal_number(text.p, text.n, &node->number)) return 0;
      if (node->number == 0) node->number = 0; /* -0 is 0 */
      break;
    case EXOTEL_IS_WORD: node->text = word_of(r, text, stays); return 1;
    case EXOTEL_IS_BOOLEAN:
      node->type = EXOTEL_NODE_BOOLEAN;
      node->integer = exotel_slice_is(text, "true");
      return 1;
    case EXOTEL_IS_KEYS: text = without_quotes(text); break;
    default: break;
  }
  node->text = piece_of(r, text, stays);
  return 1;
}

/* The position of the list's entry that a path is in. */
static size_t list_index(const exotel_leaf *leaf) {
  size_t i;
  for (i = 0; i < leaf->depth; i++) {
    if (leaf->path[i].name.p == NULL) return leaf->path[i].index;
  }
  return 0;
}

static unsigned entry_of(exotel_record *r, unsigned list, size_t key) {
  unsigned entry;
  if (list == 0) return 0;
  entry = child_keyed(r, list, key);
  return entry != 0 ? entry : add_keyed(r, list, key, EXOTEL_NODE_TABLE);
}

/* The list that rows fill. */
static unsigned list_of(exotel_record *r) {
  if (r->list == 0) r->list = add_known_name(r, 0, r->rows.list, EXOTEL_NODE_LIST);
  return r->list;
}

/* The entry that a field belongs in; 0 without memory. Entries that a row names by number
** wait apart, since the list may not have come yet. */
static unsigned entry_for(exotel_record *r, const exotel_field *field,
                          const exotel_leaf *leaf) {
  if (field->position == 0) return entry_of(r, list_of(r), list_index(leaf));
  if (r->positions == 0) r->positions = new_root(r, EXOTEL_NODE_LIST);
  return entry_of(r, r->positions, field->position);
}

static void note_repeated(exotel_record *r, const exotel_leaf *leaf) {
  exotel_node *fresh;
  size_t begin = r->text.n;
  if (r->yielding) return;
  if (r->repeated == 0)
    r->repeated = add_known_name(r, 0, "repeated", EXOTEL_NODE_LIST);
  if (r->repeated == 0) return;
  fresh = new_node(r, EXOTEL_NODE_TEXT);
  if (fresh == NULL) return;
  exotel_name_write(&r->text, leaf->path, leaf->depth);
  fresh->text.at = (unsigned)begin;
  fresh->text.n = (unsigned)(r->text.n - begin);
  keep_last(r, r->repeated);
}

/* Returns 0 when the value isn't what the row says, so that it goes among the unknown. */
static int add_known(exotel_record *r, size_t at, const exotel_leaf *leaf) {
  const exotel_row *row = &r->rows.row[at];
  unsigned place = 0, fresh_at;
  exotel_node *fresh;
  if (row->listed) {
    place = entry_for(r, &r->rows.type->fields[at - 1], leaf);
    if (place == 0) return 1;
  }
  if (child_in_row(r, place, at) != 0) {
    note_repeated(r, leaf);
    return 1;
  }
  fresh = new_node(r, EXOTEL_NODE_TEXT);
  if (fresh == NULL) return 1;
  if (row->type == EXOTEL_IS_TEXT || row->type == EXOTEL_IS_TIME)
    fresh->text = piece_of(r, leaf->text, leaf->stays);
  else if (!type_value(r, fresh, row->type, leaf->text, leaf->stays))
    return 0;
  fresh->row = (unsigned char)at;
  fresh->known = row->lua;
  fresh_at = keep_last(r, place);
  if (place == 0) set_row(r, at, fresh_at);
  return 1;
}

/* }================================================================== */

/* {=================================================================
** Unknown fields
** ================================================================== */

static int is_price_text(exotel_slice name, const exotel_field *field) {
  size_t n = strlen(field->lua);
  return field->type == EXOTEL_IS_DECIMAL && name.n == n + 5 &&
         memcmp(name.p, field->lua, n) == 0 && memcmp(name.p + n, "_text", 5) == 0;
}

/* Whether the record, or an entry of its list, uses this name itself. */
static int is_taken(const exotel_record *r, const char *list, exotel_slice name) {
  size_t i;
  const exotel_record_type *type = r->rows.type;
  const char *const *own = type->own;
  if (type->nfields == 0) return 0;
  if (list == NULL && exotel_slice_is(name, "repeated")) return 1;
  for (; list == NULL && own != NULL && *own != NULL; own++) {
    if (exotel_slice_is(name, *own)) return 1;
  }
  for (i = 0; i < type->nfields; i++) {
    const exotel_field *f = &type->fields[i];
    if (list == NULL && f->list != NULL && exotel_slice_is(name, f->list)) return 1;
    if ((list == NULL) != (f->list == NULL)) continue;
    if (exotel_slice_is(name, f->lua) || is_price_text(name, f)) return 1;
  }
  return 0;
}

/* Whether the container is of the shape that the step wants: the first value decides. */
static int suits(const exotel_record *r, size_t parent, const exotel_step *step) {
  int list = node_at(r, parent)->type == EXOTEL_NODE_LIST;
  return list == (step->name.p == NULL);
}

static unsigned step_down(exotel_record *r, size_t parent, const exotel_step *step,
                          exotel_node_type type, int *fresh) {
  unsigned at = step->name.p == NULL ? child_keyed(r, parent, step->index)
                                     : child_named(r, parent, step->name);
  *fresh = at == 0;
  if (at != 0) return at;
  return step->name.p == NULL ? add_keyed(r, parent, step->index, type)
                              : add_copied_name(r, parent, step->name, type);
}

static exotel_node_type container_for(const exotel_leaf *leaf, size_t i) {
  if (i + 1 == leaf->depth) return EXOTEL_NODE_TEXT;
  return leaf->path[i + 1].name.p == NULL ? EXOTEL_NODE_LIST : EXOTEL_NODE_TABLE;
}

/* `_legs` for `legs`. The underscore is kept in the text, right before the name. */
static exotel_step own_step(exotel_record *r, const char *list,
                            const exotel_step *sent) {
  exotel_step step = *sent;
  size_t at = r->text.n;
  if (step.name.p == NULL || !is_taken(r, list, step.name)) return step;
  exotel_buffer_room(&r->text, step.name.n * 2 + 2); /* for it and its copy */
  exotel_buffer_addc(&r->text, '_');
  exotel_buffer_add(&r->text, step.name.p, step.name.n);
  if (r->text.state != EXOTEL_BUFFER_OK) return step;
  step.name.p = r->text.p + at;
  step.name.n++;
  return step;
}

/* Steps down from `parent` by what is left of the path. Returns the value's fresh node, or
** 0 when its place is taken, has another shape, or there is no memory. */
static unsigned reach(exotel_record *r, const exotel_leaf *leaf, size_t i,
                      const char *list, unsigned parent) {
  size_t first = i;
  int fresh = 0;
  for (; i < leaf->depth; i++) {
    exotel_step step = i == first ? own_step(r, list, &leaf->path[i]) : leaf->path[i];
    exotel_node_type type = container_for(leaf, i);
    if (!suits(r, parent, &step)) return 0;
    parent = step_down(r, parent, &step, type, &fresh);
    if (parent == 0 || node_at(r, parent)->type != type) return 0;
  }
  return fresh ? parent : 0;
}

/* Where an unknown value goes: `*steps` of its path lead to an entry of the list, or none
** to the record. Returns 0 when there is no memory for that entry. */
static int find_parent(exotel_record *r, const exotel_leaf *leaf, size_t *steps,
                       unsigned *parent) {
  size_t row = exotel_rows_entry(&r->rows, leaf->path, leaf->depth, steps);
  *parent = 0;
  if (row == 0) {
    *steps = 0;
    return 1;
  }
  *parent = entry_for(r, &r->rows.type->fields[row - 1], leaf);
  return *parent != 0;
}

/* Returns the value's node, or 0 when there is none. */
static unsigned add_unknown(exotel_record *r, const exotel_leaf *leaf) {
  unsigned parent, at;
  size_t steps;
  if (!find_parent(r, leaf, &steps, &parent)) return 0;
  if (parent == 0) r->unknown = 1;
  at = reach(r, leaf, steps, parent == 0 ? NULL : r->rows.list, parent);
  if (at != 0)
    node_at(r, at)->text = piece_of(r, leaf->text, leaf->stays);
  else
    note_repeated(r, leaf);
  return at;
}

/* }================================================================== */

/* Whether a value of this row is kept already that isn't what the row says. */
static int is_kept(const exotel_record *r, size_t row, const exotel_leaf *leaf) {
  size_t i, n = next_place(r);
  for (i = 1; i < n; i++) {
    if (node_at(r, i)->kept == row &&
        node_at(r, i)->integer == (long long)list_index(leaf))
      return 1;
  }
  return 0;
}

static int is_numeric(unsigned type) {
  return type == EXOTEL_IS_INTEGER || type == EXOTEL_IS_NUMBER ||
         type == EXOTEL_IS_DECIMAL;
}

/* Of one field's values the first counts, whether it is what the row says or is kept as
** it was sent. Only a number can be anything else. */
static void add_value(exotel_record *r, size_t row, const exotel_leaf *leaf) {
  unsigned at;
  if (r->keeps && is_numeric(r->rows.row[row].type) && is_kept(r, row, leaf)) {
    note_repeated(r, leaf);
    return;
  }
  if (add_known(r, row, leaf)) return;
  at = add_unknown(r, leaf);
  if (at == 0) return;
  r->keeps = 1;
  node_at(r, at)->kept = (unsigned char)row;
  node_at(r, at)->integer = (long long)list_index(leaf);
}

static void add_field(exotel_record *r, size_t at, const exotel_leaf *leaf) {
  const exotel_row *row = &r->rows.row[at];
  if (row->listed && r->rows.type->fields[at - 1].position == 0 &&
      list_index(leaf) == 0)
    r->from_zero = 1;
  if (!is_absent_as(row->type, leaf)) add_value(r, at, leaf);
}

/* Whether a text may be one of the spellings of nothing, or a word that isn't kept as it
** is. */
static inline int is_special(exotel_slice text, unsigned type) {
  if (text.n == 0 || text.n == 4) return 1;
  if ((text.n == 19 || text.n == 20) && (text.p[0] == '0' || text.p[0] == '1'))
    return 1;
  return type == EXOTEL_IS_WORD &&
         ((text.n == 9 && exotel_lower(text.p[0]) == 'c') || has_capital(text));
}

/* Adds what most leaves are: a text at the top that stays, of a row without a value so far.
** Returns 0 for any other. */
static inline int add_at_once(exotel_record *r, const exotel_leaf *leaf) {
  const exotel_row *row;
  exotel_node *fresh;
  size_t at;
  if (leaf->depth != 1 || !leaf->stays) return 0;
  at = exotel_rows_spelt(&r->rows, leaf->path[0].name);
  row = &r->rows.row[at];
  if (at == 0 || exotel_record_row(r, at) != 0 || row->type > EXOTEL_IS_WORD) return 0;
  if (is_special(leaf->text, row->type)) return 0;
  fresh = new_node(r, EXOTEL_NODE_TEXT);
  if (fresh == NULL) return 0;
  fresh->text.p = leaf->text.p;
  fresh->text.n = (unsigned)leaf->text.n;
  fresh->row = (unsigned char)at;
  fresh->known = row->lua;
  set_row(r, at, keep_last(r, 0));
  return 1;
}

exotel_kind exotel_record_add(exotel_record *r, const exotel_leaf *leaf,
                              exotel_error *e) {
  size_t row;
  if (add_at_once(r, leaf)) return EXOTEL_OK;
  row = exotel_rows_find(&r->rows, leaf->path, leaf->depth);
  if (row != 0)
    add_field(r, row, leaf);
  else if (!is_absent(leaf))
    add_unknown(r, leaf);
  return state_of(r, e);
}

int exotel_record_refill(exotel_record *r, size_t at, exotel_slice text) {
  exotel_node *node = node_at(r, at);
  unsigned type = r->rows.row[node->row].type;
  exotel_leaf leaf;
  if (type <= EXOTEL_IS_WORD && !is_special(text, type)) {
    node->text = piece_of(r, text, 1);
    return 1;
  }
  memset(&leaf, 0, sizeof leaf);
  leaf.text = text;
  return !is_absent_as(type, &leaf) && type_value(r, node, type, text, 1) &&
         r->text.state == EXOTEL_BUFFER_OK;
}

/* The list of that name, which no row fills. */
static unsigned own_list(exotel_record *r, const char *name) {
  unsigned list = child_named(r, 0, exotel_slice_of(name));
  return list != 0 ? list : add_known_name(r, 0, name, EXOTEL_NODE_LIST);
}

exotel_kind exotel_record_put(exotel_record *r, const exotel_field *field,
                              size_t position, exotel_slice text, exotel_error *e) {
  unsigned place = 0;
  exotel_node *fresh;
  if (field->list != NULL) place = entry_of(r, own_list(r, field->list), position);
  fresh = new_node(r, EXOTEL_NODE_TEXT);
  if (fresh != NULL) {
    type_value(r, fresh, field->type, text, 0);
    fresh->known = field->lua;
    keep_last(r, place);
  }
  return state_of(r, e);
}

exotel_record_mark exotel_record_marked(const exotel_record *r) {
  const exotel_node *root = node_at(r, 0);
  exotel_record_mark mark = {r->nodes.n, root->last, root->count};
  return mark;
}

void exotel_record_rewind(exotel_record *r, const exotel_record_mark *mark) {
  exotel_node *root = node_at(r, 0);
  exotel_buffer_reset(&r->text);
  r->nodes.n = mark->size;
  root->last = mark->last;
  root->count = mark->count;
  if (mark->last != 0) node_at(r, mark->last)->next = 0;
}

/* {=================================================================
** Merging what came beside its list
** ================================================================== */

static long long entry_id(const exotel_record *r, unsigned entry) {
  unsigned id = child_in_row(r, entry, r->rows.id);
  return id == 0 ? 0 : node_at(r, id)->integer;
}

/* As if the number had been sent. */
static void give_id(exotel_record *r, unsigned entry, long long id) {
  unsigned at = add_known_name(r, entry, "id", EXOTEL_NODE_INTEGER);
  if (at == 0) return;
  node_at(r, at)->integer = id;
  node_at(r, at)->row = (unsigned char)r->rows.id;
}

/* Entries that say no number have the one of their place, also when those before them
** had nothing to keep. Places count from 0, or from 1 where nothing came at 0. */
static void number_entries(exotel_record *r) {
  unsigned at = node_at(r, r->list)->first;
  int base = r->from_zero || (at != 0 && node_at(r, at)->key == 0);
  for (; at != 0; at = node_at(r, at)->next) {
    if (child_in_row(r, at, r->rows.id) == 0)
      give_id(r, at, (long long)node_at(r, at)->key + base);
  }
}

/* The entry numbered `id`, made where its number belongs when there is none. */
static unsigned entry_numbered(exotel_record *r, long long id) {
  unsigned at = node_at(r, r->list)->first, last = 0, fresh;
  unsigned short *link;
  for (; at != 0; at = node_at(r, at)->next) {
    if (entry_id(r, at) == id) return at;
    if (entry_id(r, at) < id) last = at;
  }
  fresh = new_root(r, EXOTEL_NODE_TABLE);
  if (fresh == 0) return 0;
  link = last == 0 ? &node_at(r, r->list)->first : &node_at(r, last)->next;
  node_at(r, fresh)->next = *link;
  *link = (unsigned short)fresh;
  node_at(r, r->list)->count++;
  give_id(r, fresh, id);
  return fresh;
}

/* Moves the values of `from` into `entry`, but for those it has already. */
static void merge(exotel_record *r, unsigned entry, unsigned from) {
  unsigned next, at = node_at(r, from)->first;
  for (; at != 0; at = next) {
    next = node_at(r, at)->next;
    if (child_named(r, entry, exotel_record_name(r, node_at(r, at))) == 0)
      link_child(r, entry, at);
  }
}

static void merge_positions(exotel_record *r) {
  unsigned at = node_at(r, r->positions)->first;
  for (; at != 0; at = node_at(r, at)->next) {
    unsigned entry = entry_numbered(r, (long long)node_at(r, at)->key);
    if (entry == 0) return;
    merge(r, entry, at);
  }
}

exotel_kind exotel_record_finish(exotel_record *r, exotel_error *e) {
  if (r->list == 0 && r->positions == 0) return EXOTEL_OK;
  if (list_of(r) != 0) {
    number_entries(r);
    if (r->positions != 0) merge_positions(r);
  }
  return state_of(r, e);
}

/* }================================================================== */

size_t exotel_record_find(const exotel_record *r, const char *name) {
  return child_named(r, 0, exotel_slice_of(name));
}

void exotel_record_move(exotel_record *r, size_t from, size_t to) {
  unsigned at = exotel_record_row(r, from);
  r->rows_there &= ~((uint64_t)1 << (from - 1));
  set_row(r, to, at);
  node_at(r, at)->row = (unsigned char)to;
  node_at(r, at)->known = r->rows.row[to].lua;
}
