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

#include <string.h>

#define TEXT_MAX (64 * 1024 * 1024) /* beyond any body that is let in */
#define PATH_MAX_BYTES 128          /* longer than any row's path */

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
  return (exotel_node *)(void *)r->nodes.p + at;
}

const exotel_node *exotel_record_node(const exotel_record *r, size_t at) {
  return node_at(r, at);
}

exotel_slice exotel_record_name(const exotel_record *r, const exotel_node *node) {
  exotel_slice s;
  if (node->known != NULL) return exotel_slice_of(node->known);
  if (r->text.p == NULL) return exotel_slice_of("");
  s.p = r->text.p + node->name_at;
  s.n = node->name_n;
  return s;
}

exotel_slice exotel_record_text(const exotel_record *r, const exotel_node *node) {
  exotel_slice s;
  s.p = r->text.p + node->text_at;
  s.n = node->text_n;
  return s;
}

/* What the buffers' failure means; EXOTEL_OK when there is none. */
static exotel_kind state_of(const exotel_record *r, exotel_error *e) {
  exotel_slice none = exotel_slice_of("");
  if (r->nodes.state == EXOTEL_BUFFER_OK && r->text.state == EXOTEL_BUFFER_OK)
    return EXOTEL_OK;
  if (r->nodes.state == EXOTEL_BUFFER_FULL || r->text.state == EXOTEL_BUFFER_FULL)
    return exotel_error_set(e, EXOTEL_PARSE, "too_large", none,
                            "more values than the limit of %d", EXOTEL_NODES_MAX);
  return exotel_error_memory(e);
}

/* A new node without a place in the tree; 0 on failure, which the buffer remembers. */
static size_t new_node(exotel_record *r, exotel_node_type type) {
  exotel_node fresh;
  size_t at = r->nodes.n / sizeof fresh;
  memset(&fresh, 0, sizeof fresh);
  fresh.type = type;
  exotel_buffer_add(&r->nodes, (const char *)&fresh, sizeof fresh);
  return r->nodes.state == EXOTEL_BUFFER_OK ? at : 0;
}

/* Puts `child` behind the last child of `parent` whose key isn't larger. */
static void link_child(exotel_record *r, size_t parent, size_t child) {
  exotel_node *p = node_at(r, parent), *c = node_at(r, child);
  size_t *link = &p->first;
  if (p->last != 0 && node_at(r, p->last)->key <= c->key)
    link = &node_at(r, p->last)->next;
  while (*link != 0 && node_at(r, *link)->key <= c->key)
    link = &node_at(r, *link)->next;
  c->next = *link;
  *link = child;
  if (c->next == 0) p->last = child;
  p->count++;
}

exotel_kind exotel_record_begin(exotel_record *r, const exotel_record_type *type,
                                exotel_error *e) {
  r->type = type;
  r->next_row = r->repeated = r->positions = 0;
  r->yielding = r->from_zero = 0;
  exotel_buffer_reset(&r->nodes);
  exotel_buffer_reset(&r->text);
  new_node(r, EXOTEL_NODE_TABLE);
  exotel_buffer_adds(&r->text, "");
  return state_of(r, e);
}

static size_t child_named(const exotel_record *r, size_t parent, exotel_slice name) {
  size_t at = node_at(r, parent)->first;
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

/* The value of a row. No two rows of a record type give one table the same name. */
static size_t child_of(const exotel_record *r, size_t parent,
                       const exotel_field *field) {
  size_t at = node_at(r, parent)->first;
  while (at != 0 && node_at(r, at)->field != field)
    at = node_at(r, at)->next;
  return at;
}

static size_t child_keyed(const exotel_record *r, size_t parent, size_t key) {
  size_t at = node_at(r, parent)->first;
  while (at != 0 && node_at(r, at)->key != key)
    at = node_at(r, at)->next;
  return at;
}

static void keep_text(exotel_record *r, exotel_slice text, size_t *at, size_t *n) {
  *at = r->text.n;
  *n = text.n;
  exotel_buffer_add(&r->text, text.p, text.n);
}

/* A child of a table, under a constant name or a copied one. */
static size_t add_named(exotel_record *r, size_t parent, const char *known,
                        exotel_slice name, exotel_node_type type) {
  size_t at = new_node(r, type);
  if (at == 0) return 0;
  node_at(r, at)->known = known;
  if (known == NULL)
    keep_text(r, name, &node_at(r, at)->name_at, &node_at(r, at)->name_n);
  link_child(r, parent, at);
  return at;
}

static size_t add_keyed(exotel_record *r, size_t parent, size_t key,
                        exotel_node_type type) {
  size_t at = new_node(r, type);
  if (at == 0) return 0;
  node_at(r, at)->key = key;
  link_child(r, parent, at);
  return at;
}

/* {=================================================================
** Known fields
** ================================================================== */

/* Whether a name holds what the rows spell paths with, so that it would look like one. */
static int looks_like_path(exotel_slice name) {
  return name.p != NULL && name.n > 0 &&
         (memchr(name.p, '.', name.n) != NULL || memchr(name.p, '[', name.n) != NULL);
}

/* "Details.Legs[].Leg.Id": the spelling of a path in the rows. 0 when no row spells it. */
static size_t spell_path(const exotel_leaf *leaf, char *out) {
  size_t i, n = 0;
  for (i = 0; i < leaf->depth; i++) {
    const exotel_step *s = &leaf->path[i];
    exotel_slice part = s->name.p == NULL ? exotel_slice_of("[]") : s->name;
    if (n + part.n + 2 > PATH_MAX_BYTES || looks_like_path(s->name)) return 0;
    if (i > 0 && s->name.p != NULL) out[n++] = '.';
    memcpy(out + n, part.p, part.n);
    n += part.n;
  }
  return n;
}

/* The row of a path. The search goes on where the last one ended. */
static const exotel_field *row_of(exotel_record *r, const exotel_leaf *leaf) {
  char path[PATH_MAX_BYTES];
  exotel_slice spelt;
  size_t i, n = r->type->nfields;
  char initial;
  spelt.p = path;
  spelt.n = spell_path(leaf, path);
  r->row = 0;
  if (spelt.n == 0) return NULL;
  initial = exotel_lower(path[0]);
  for (i = 0; i < n; i++) {
    size_t row = r->next_row + i < n ? r->next_row + i : r->next_row + i - n;
    const exotel_field *f = &r->type->fields[row];
    if (exotel_lower(f->path[0]) != initial || (f->flags & EXOTEL_MOVED)) continue;
    if (exotel_slice_is_nocase(spelt, f->path)) {
      r->row = row + 1;
      r->next_row = row + 1 < n ? row + 1 : 0;
      return f;
    }
  }
  return NULL;
}

/* A word is kept in lower case, where NULL would be null. */
static int is_absent(const exotel_leaf *leaf, const exotel_field *field) {
  if (leaf->null) return 1;
  if (field != NULL && field->type == EXOTEL_IS_VERBATIM) return 0;
  if (field != NULL && field->type == EXOTEL_IS_WORD &&
      exotel_slice_is_nocase(leaf->text, "null"))
    return 1;
  return exotel_slice_is_absent(leaf->text);
}

static void keep_word(exotel_record *r, exotel_node *node, exotel_slice text) {
  char *p;
  size_t i;
  if (exotel_slice_is_nocase(text, "cancelled")) text = exotel_slice_of("canceled");
  keep_text(r, text, &node->text_at, &node->text_n);
  if (r->text.state != EXOTEL_BUFFER_OK) return;
  p = r->text.p + node->text_at;
  for (i = 0; i < text.n; i++) {
    if (p[i] >= 'A' && p[i] <= 'Z') p[i] = (char)(p[i] - 'A' + 'a');
  }
}

static exotel_slice without_quotes(exotel_slice text) {
  if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"') {
    text.p++;
    text.n -= 2;
  }
  return text;
}

/* Gives `node` the leaf's value. Returns 0 when the text isn't what the row says. */
static int type_value(exotel_record *r, exotel_node *node, const exotel_field *field,
                      exotel_slice text) {
  switch (field->type) {
    case EXOTEL_IS_INTEGER:
      node->type = EXOTEL_NODE_INTEGER;
      if (!exotel_decimal_integer(text.p, text.n, &node->integer)) return 0;
      break;
    case EXOTEL_IS_NUMBER:
    case EXOTEL_IS_DECIMAL:
      node->type = EXOTEL_NODE_NUMBER;
      if (!exotel_decimal_number(text.p, text.n, &node->number)) return 0;
      if (node->number == 0) node->number = 0; /* -0 is 0 */
      break;
    case EXOTEL_IS_WORD:
      node->type = EXOTEL_NODE_TEXT;
      keep_word(r, node, text);
      return 1;
    case EXOTEL_IS_BOOLEAN:
      node->type = EXOTEL_NODE_BOOLEAN;
      node->integer = exotel_slice_is(text, "true");
      return 1;
    case EXOTEL_IS_KEYS:
      node->type = EXOTEL_NODE_TEXT;
      text = without_quotes(text);
      break;
    default: node->type = EXOTEL_NODE_TEXT;
  }
  keep_text(r, text, &node->text_at, &node->text_n);
  return 1;
}

static size_t list_index(const exotel_leaf *leaf) {
  size_t i;
  for (i = 0; i < leaf->depth; i++) {
    if (leaf->path[i].name.p == NULL) return leaf->path[i].index;
  }
  return 0;
}

/* The table a field belongs in: the record, or an entry of one of its lists. Entries
** that a row names by number wait apart, since the list may not have come yet. */
static size_t place_of(exotel_record *r, const exotel_field *field,
                       const exotel_leaf *leaf) {
  size_t list, entry, key = field->position;
  if (field->list == NULL) return 0;
  if (key > 0) {
    if (r->positions == 0) r->positions = new_node(r, EXOTEL_NODE_LIST);
    list = r->positions;
  } else {
    list = child_named(r, 0, exotel_slice_of(field->list));
    if (list == 0)
      list = add_named(r, 0, field->list, exotel_slice_of(""), EXOTEL_NODE_LIST);
    key = list_index(leaf);
  }
  if (list == 0) return 0;
  entry = child_keyed(r, list, key);
  return entry != 0 ? entry : add_keyed(r, list, key, EXOTEL_NODE_TABLE);
}

static void note_repeated(exotel_record *r, const exotel_leaf *leaf) {
  size_t at, begin;
  if (r->yielding) return;
  if (r->repeated == 0)
    r->repeated = add_named(r, 0, "repeated", exotel_slice_of(""), EXOTEL_NODE_LIST);
  if (r->repeated == 0) return;
  at = add_keyed(r, r->repeated, 0, EXOTEL_NODE_TEXT);
  if (at == 0) return;
  begin = r->text.n;
  exotel_name_write(&r->text, leaf->path, leaf->depth);
  node_at(r, at)->text_at = begin;
  node_at(r, at)->text_n = r->text.n - begin;
}

/* Returns 0 when the value isn't what the row says, so that it goes among the unknown. */
static int add_known(exotel_record *r, const exotel_field *field,
                     const exotel_leaf *leaf) {
  exotel_node value;
  size_t place, at;
  memset(&value, 0, sizeof value);
  place = place_of(r, field, leaf);
  if (child_of(r, place, field) != 0) {
    note_repeated(r, leaf);
    return 1;
  }
  if (!type_value(r, &value, field, leaf->text)) return 0;
  at = add_named(r, place, field->lua, exotel_slice_of(""), value.type);
  if (at == 0) return 1;
  node_at(r, at)->field = field;
  node_at(r, at)->row = r->row;
  node_at(r, at)->text_at = value.text_at;
  node_at(r, at)->text_n = value.text_n;
  node_at(r, at)->integer = value.integer;
  node_at(r, at)->number = value.number;
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
  const char *const *own = r->type->own;
  if (r->type->nfields == 0) return 0;
  if (list == NULL && exotel_slice_is(name, "repeated")) return 1;
  for (; list == NULL && own != NULL && *own != NULL; own++) {
    if (exotel_slice_is(name, *own)) return 1;
  }
  for (i = 0; i < r->type->nfields; i++) {
    const exotel_field *f = &r->type->fields[i];
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

static size_t step_down(exotel_record *r, size_t parent, const exotel_step *step,
                        exotel_node_type type, int *fresh) {
  size_t at = step->name.p == NULL ? child_keyed(r, parent, step->index)
                                   : child_named(r, parent, step->name);
  *fresh = at == 0;
  if (at != 0) return at;
  return step->name.p == NULL ? add_keyed(r, parent, step->index, type)
                              : add_named(r, parent, NULL, step->name, type);
}

/* Whether the row of a list's field stands below the path `head`: Details.Legs[].Leg is
** the head of Details.Legs[].Leg.Id. */
static int is_below(const exotel_field *f, exotel_slice head) {
  const char *last = strrchr(f->path, '.');
  char row[PATH_MAX_BYTES];
  size_t n = last == NULL ? 0 : (size_t)(last - f->path);
  if (f->list == NULL || f->position > 0 || n != head.n || n >= sizeof row) return 0;
  memcpy(row, f->path, n);
  row[n] = '\0';
  return exotel_slice_is_nocase(head, row);
}

/* The row of the list whose entry an unknown field belongs in, and the steps to there:
** Details.Legs[].Leg.New is the leg's, as Details.Legs[].Leg.Id is. */
static const exotel_field *list_row(const exotel_record *r, const exotel_leaf *leaf,
                                    size_t *steps) {
  exotel_leaf head = *leaf;
  char path[PATH_MAX_BYTES];
  exotel_slice spelt;
  size_t i;
  spelt.p = path;
  for (*steps = 1; *steps < leaf->depth; ++*steps) {
    head.depth = *steps;
    spelt.n = spell_path(&head, path);
    for (i = 0; spelt.n > 0 && i < r->type->nfields; i++) {
      if (is_below(&r->type->fields[i], spelt)) return &r->type->fields[i];
    }
  }
  *steps = 0;
  return NULL;
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
  exotel_buffer_room(&r->text, step.name.n * 2 + 2);
  exotel_buffer_addc(&r->text, '_');
  exotel_buffer_add(&r->text, step.name.p, step.name.n);
  if (r->text.state != EXOTEL_BUFFER_OK) return step;
  step.name.p = r->text.p + at;
  step.name.n++;
  return step;
}

/* Steps down from `parent` by what is left of the path. Returns the value's fresh node, or
** 0 when its place is taken, has another shape, or there is no memory. */
static size_t reach(exotel_record *r, const exotel_leaf *leaf, const exotel_field *row,
                    size_t i, size_t parent) {
  const char *list = row == NULL ? NULL : row->list;
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

/* Returns the value's node, or 0 when there is none. */
static size_t add_unknown(exotel_record *r, const exotel_leaf *leaf) {
  size_t steps, parent, at;
  const exotel_field *row = list_row(r, leaf, &steps);
  parent = row == NULL ? 0 : place_of(r, row, leaf);
  if (row != NULL && parent == 0) return 0;
  at = reach(r, leaf, row, steps, parent);
  if (at != 0)
    keep_text(r, leaf->text, &node_at(r, at)->text_at, &node_at(r, at)->text_n);
  else
    note_repeated(r, leaf);
  return at;
}

/* }================================================================== */

exotel_kind exotel_record_add_as(exotel_record *r, const exotel_field *field,
                                 const exotel_leaf *leaf, exotel_error *e) {
  r->row = 0;
  add_known(r, field, leaf);
  return state_of(r, e);
}

/* Whether a value of this field is kept already that isn't what its row says. */
static int is_kept(const exotel_record *r, const exotel_field *field,
                   const exotel_leaf *leaf) {
  size_t i, n = r->nodes.n / sizeof(exotel_node);
  for (i = 1; i < n; i++) {
    if (node_at(r, i)->kept == field &&
        node_at(r, i)->integer == (long long)list_index(leaf))
      return 1;
  }
  return 0;
}

/* Of one field's values the first counts, whether it is what the row says or is kept as
** it was sent. Only a number can be anything else. */
static void add_field(exotel_record *r, const exotel_field *field,
                      const exotel_leaf *leaf) {
  int numeric = field->type == EXOTEL_IS_INTEGER || field->type == EXOTEL_IS_NUMBER ||
                field->type == EXOTEL_IS_DECIMAL;
  size_t at;
  if (numeric && is_kept(r, field, leaf)) {
    note_repeated(r, leaf);
    return;
  }
  if (add_known(r, field, leaf)) return;
  at = add_unknown(r, leaf);
  if (at == 0) return;
  node_at(r, at)->kept = field;
  node_at(r, at)->integer = (long long)list_index(leaf);
}

exotel_kind exotel_record_add(exotel_record *r, const exotel_leaf *leaf,
                              exotel_error *e) {
  const exotel_field *field = row_of(r, leaf);
  if (field != NULL && field->list != NULL && field->position == 0 &&
      list_index(leaf) == 0)
    r->from_zero = 1;
  if (is_absent(leaf, field)) return EXOTEL_OK;
  if (field != NULL)
    add_field(r, field, leaf);
  else
    add_unknown(r, leaf);
  return state_of(r, e);
}

/* {=================================================================
** Merging what came beside its list
** ================================================================== */

static long long entry_id(const exotel_record *r, size_t entry) {
  size_t id = child_named(r, entry, exotel_slice_of("id"));
  return id == 0 ? 0 : node_at(r, id)->integer;
}

/* The row that a sent number would have had. */
static size_t id_row(const exotel_record *r) {
  size_t i;
  for (i = 0; i < r->type->nfields; i++) {
    const exotel_field *f = &r->type->fields[i];
    if (f->list != NULL && f->position == 0 && strcmp(f->lua, "id") == 0) return i + 1;
  }
  return 0;
}

static void give_id(exotel_record *r, size_t entry, long long id) {
  size_t at = add_named(r, entry, "id", exotel_slice_of(""), EXOTEL_NODE_INTEGER);
  if (at == 0) return;
  node_at(r, at)->integer = id;
  node_at(r, at)->row = id_row(r);
}

/* Entries that say no number have the one of their place, also when those before them
** had nothing to keep. Places count from 0, or from 1 where nothing came at 0. */
static void number_entries(exotel_record *r, size_t list) {
  size_t at = node_at(r, list)->first;
  int base = r->from_zero || (at != 0 && node_at(r, at)->key == 0);
  for (; at != 0; at = node_at(r, at)->next) {
    if (child_named(r, at, exotel_slice_of("id")) == 0)
      give_id(r, at, (long long)node_at(r, at)->key + base);
  }
}

/* The entry numbered `id`, made where its number belongs when there is none. */
static size_t entry_numbered(exotel_record *r, size_t list, long long id) {
  size_t at = node_at(r, list)->first, last = 0, fresh;
  for (; at != 0; at = node_at(r, at)->next) {
    if (entry_id(r, at) == id) return at;
    if (entry_id(r, at) < id) last = at;
  }
  fresh = new_node(r, EXOTEL_NODE_TABLE);
  if (fresh == 0) return 0;
  if (last == 0) {
    node_at(r, fresh)->next = node_at(r, list)->first;
    node_at(r, list)->first = fresh;
  } else {
    node_at(r, fresh)->next = node_at(r, last)->next;
    node_at(r, last)->next = fresh;
  }
  node_at(r, list)->count++;
  give_id(r, fresh, id);
  return fresh;
}

/* Moves the values of `from` into `entry`, but for those it has already. */
static void merge(exotel_record *r, size_t entry, size_t from) {
  size_t next, at = node_at(r, from)->first;
  for (; at != 0; at = next) {
    next = node_at(r, at)->next;
    if (child_named(r, entry, exotel_record_name(r, node_at(r, at))) != 0) continue;
    link_child(r, entry, at);
  }
}

static const char *list_of(const exotel_record *r) {
  size_t i;
  for (i = 0; i < r->type->nfields; i++) {
    if (r->type->fields[i].list != NULL) return r->type->fields[i].list;
  }
  return NULL;
}

exotel_kind exotel_record_finish(exotel_record *r, exotel_error *e) {
  const char *name = list_of(r);
  size_t list, at;
  if (name == NULL) return EXOTEL_OK;
  list = child_named(r, 0, exotel_slice_of(name));
  if (list == 0 && r->positions == 0) return EXOTEL_OK;
  if (list == 0) list = add_named(r, 0, name, exotel_slice_of(""), EXOTEL_NODE_LIST);
  if (list != 0) number_entries(r, list);
  at = list == 0 || r->positions == 0 ? 0 : node_at(r, r->positions)->first;
  for (; at != 0; at = node_at(r, at)->next) {
    size_t entry = entry_numbered(r, list, (long long)node_at(r, at)->key);
    if (entry == 0) break;
    merge(r, entry, at);
  }
  return state_of(r, e);
}

/* }================================================================== */

size_t exotel_record_find(const exotel_record *r, const char *name) {
  return child_named(r, 0, exotel_slice_of(name));
}

void exotel_record_rename(exotel_record *r, const char *from, const char *to) {
  size_t i, at = exotel_record_find(r, from);
  if (at == 0) return;
  for (i = 0; i < r->type->nfields; i++) {
    const exotel_field *f = &r->type->fields[i];
    if (f->list != NULL || strcmp(f->lua, to) != 0) continue;
    node_at(r, at)->field = f;
    node_at(r, at)->row = i + 1;
    node_at(r, at)->known = f->lua;
  }
}
