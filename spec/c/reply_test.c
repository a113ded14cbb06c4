/*
** reply: places, the check, and plain text, by rows. What each field takes has its rows in
** spec/rows/replies.lua.
**
** SPDX-License-Identifier: MIT
*/
#include "../../csrc/core/reply.h"

#include "../../csrc/core/json_tree.h"
#include "../../csrc/core/slice.h"
#include "../../csrc/core/error.h"
#include "check.h"

#include <string.h>

static exotel_step named(const char *name) {
  exotel_step s;
  s.name = exotel_slice_of(name);
  s.index = 0;
  return s;
}

static exotel_step at(size_t index) {
  exotel_step s;
  s.name.p = NULL;
  s.name.n = 0;
  s.index = index;
  return s;
}

static void check_places(void) {
  exotel_step path[3];
  char place[EXOTEL_FIELD_MAX], small[8];
  path[0] = named("destination");
  path[1] = at(1);
  path[2] = named("contact_uri");
  exotel_reply_place(place, sizeof place, path, 3);
  check(strcmp(place, "destination[2].contact_uri") == 0, place);
  exotel_reply_place(place, sizeof place, path, 0);
  check(place[0] == '\0', "no place");
  exotel_reply_place(small, sizeof small, path, 3);
  check(strcmp(small, "destina") == 0, "a place that is cut");
}

static const struct row {
  const char *reply, *json;
  exotel_kind kind;
  const char *field, *message;
} rows[] = {
    {"switch", "{\"select\":\"a\"}", EXOTEL_OK, "", ""},
    {"switch", "{\"select\":\"a\",\"more\":[{}]}", EXOTEL_OK, "", ""},
    {"switch", "[]", EXOTEL_INVALID, "", "the JSON is no object"},
    {"switch", "\"a\"", EXOTEL_INVALID, "", "the JSON is no object"},
    {"switch", "{\"select\":null}", EXOTEL_INVALID, "select",
     "select is missing: the case to go on with"},
    {"switch", "{\"select\":[\"a\"]}", EXOTEL_MISUSE, "select",
     "select takes a text, not a list"},
    {"connect", "{\"destination\":{\"numbers\":[]}}", EXOTEL_OK, "", ""},
    {"connect", "{\"destination\":{\"numbers\":[null]}}", EXOTEL_MISUSE,
     "destination.numbers", "destination.numbers[1] takes a text, not nothing"},
    {"connect", "{\"destination\":{\"numbers\":{\"1\":\"a\"}}}", EXOTEL_MISUSE,
     "destination.numbers", "destination.numbers takes a list, not fields by name"},
    {"connect", "{\"destination\":[]}", EXOTEL_OK, "", ""},
    {"connect", "{\"destination\":[5]}", EXOTEL_MISUSE, "destination",
     "destination[1] takes fields by name, not a number"},
    {"connect", "{\"destination\":[{}]}", EXOTEL_INVALID, "destination.contact_uri",
     "destination[1].contact_uri is missing: the user's number or address"},
    {"connect", "{\"destination\":true}", EXOTEL_MISUSE, "destination",
     "destination takes fields by name, not true or false"},
    {"gather", "{\"gather_prompt\":{\"text\":\"a\"},\"repeat_menu\":1e0}", EXOTEL_OK,
     "", ""},
};

static void check_row(const struct row *row) {
  const exotel_reply *reply = exotel_reply_find(exotel_slice_of(row->reply));
  exotel_buffer scratch;
  exotel_error e;
  void *tree = NULL;
  exotel_buffer_init(&scratch, 65536);
  exotel_error_clear(&e);
  check(exotel_json_tree_read(&tree, exotel_slice_of(row->json), &e) == EXOTEL_OK,
        row->json);
  check(exotel_reply_check(reply, tree, &scratch, &e) == row->kind, row->json);
  check(strcmp(e.field, row->field) == 0, e.field);
  check(strcmp(e.message, row->message) == 0, e.message);
  exotel_json_tree_free(&tree);
  exotel_buffer_free(&scratch);
}

static const struct plain {
  const char *reply, *body, *json;
} plains[] = {
    {"dial_whom", "", "{\"numbers\":[]}"},
    {"dial_whom", " , ,\n", "{\"numbers\":[]}"},
    {"dial_whom", "1", "{\"numbers\":[\"1\"]}"},
    {"dial_whom", " 1,,2 ,\r\n", "{\"numbers\":[\"1\",\"2\"]}"},
    {"greeting", "", "{}"},
    {"greeting", "\n \n", "{}"},
    {"greeting", " a ", "{\"text\":\" a \"}"},
    {"greeting", "http://a\nb", "{\"text\":\"http://a\\nb\"}"},
    {"greeting", "http:/", "{\"text\":\"http:/\"}"},
    {"greeting", "http://", "{\"audio\":[\"http://\"]}"},
    {"greeting", "http://a\r\n\n https://b \n",
     "{\"audio\":[\"http://a\",\"https://b\"]}"},
    {"gather", "a", NULL},
    {"switch", "a", NULL},
};

/* Of what was read, what is written again says the same. */
static void check_written(const exotel_reply *reply, const struct plain *row) {
  exotel_json_writer again = {NULL, NULL, 0};
  exotel_buffer body;
  exotel_error e;
  exotel_slice json;
  void *tree = NULL;
  exotel_error_clear(&e);
  exotel_buffer_init(&body, 1024);
  check(exotel_json_tree_read(&tree, exotel_slice_of(row->json), &e) == EXOTEL_OK, "");
  if (exotel_reply_alone(reply, tree) != NULL) {
    exotel_reply_write(&body, exotel_reply_alone(reply, tree), tree);
    check(exotel_reply_read(&again, reply, exotel_slice_held(&body), &e) == EXOTEL_OK,
          row->body);
    check(exotel_json_print(&again, &json, &e) == EXOTEL_OK, "print");
    check(exotel_slice_is(json, row->json), row->body);
  } else {
    check(strcmp(row->json, "{}") == 0, row->body);
  }
  exotel_json_tree_free(&tree);
  exotel_json_reset(&again);
  exotel_buffer_free(&body);
}

static void check_plain(const struct plain *row) {
  const exotel_reply *reply = exotel_reply_find(exotel_slice_of(row->reply));
  exotel_json_writer w = {NULL, NULL, 0};
  exotel_slice json;
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  kind = exotel_reply_read(&w, reply, exotel_slice_of(row->body), &e);
  check(kind == (row->json == NULL ? EXOTEL_INVALID : EXOTEL_OK), row->body);
  if (row->json != NULL) {
    check(exotel_json_print(&w, &json, &e) == EXOTEL_OK, row->body);
    check(exotel_slice_is(json, row->json), w.text);
    check_written(reply, row);
  }
  exotel_json_reset(&w);
}

int main(void) {
  size_t i;
  check(exotel_reply_find(exotel_slice_of("none")) == NULL, "no such reply");
  check_places();
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  for (i = 0; i < sizeof plains / sizeof *plains; i++)
    check_plain(&plains[i]);
  return check_summary();
}
