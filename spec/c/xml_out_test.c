/*
** xml_out: what a JSON writer holds as XML, what XML can't hold, and that either format is
** read as the same leaves.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json.h"
#include "../../csrc/core/json_out.h"
#include "../../csrc/core/name.h"
#include "../../csrc/core/slice.h"
#include "../../csrc/core/xml.h"
#include "../../csrc/core/xml_out.h"
#include "check.h"
#include "leaves.h"

#define PUTS 12

/* A put is spelt: type, name, "=", text. Types: s n t f z. A name is spelt as in a form;
** [#] at its beginning is a list at the top. */
static const struct row {
  const char *name;
  const char *puts[PUTS + 1];
  const char *xml; /* of a row that is refused: what the message contains */
  int refused;
  int unlike; /* JSON has other leaves, since no row of the lists calls the list one */
} rows[] = {
    {"nothing", {NULL}, "", 0, 0},
    {"a text", {"sSid=c5"}, "<Sid>c5</Sid>", 0, 0},
    {"an empty text", {"sPrice="}, "<Price></Price>", 0, 0},
    {"null", {"zPrice="}, "<Price/>", 0, 0},
    {"words and numbers",
     {"ta=", "fb=", "nc=1.500", "nd=-0", "ne=9007199254740993"},
     "<a>true</a><b>false</b><c>1.500</c><d>-0</d><e>9007199254740993</e>",
     0,
     0},
    {"what XML reads otherwise",
     {"sa=<b>&amp;]]>", "sb='\"", "sc= \t\n\r\r\n ", "sd=\x7F\xC2\x85"},
     "<a>&lt;b&gt;&amp;amp;]]&gt;</a><b>'\"</b><c> \t\n&#13;&#13;\n </c>"
     "<d>\x7F\xC2\x85</d>",
     0,
     0},
    {"UTF-8",
     {"sa=\xE0\xA4\xA8\xF0\x9F\x93\x9E", "sb=\xEF\xBF\xBD\xEF\xBF"
                                         "\xBC"},
     "<a>\xE0\xA4\xA8\xF0\x9F\x93\x9E</a><b>\xEF\xBF\xBD\xEF\xBF\xBC</b>",
     0,
     0},
    {"nested",
     {"sa[b]=1", "sc=2", "sa[d][e]=3"},
     "<a><b>1</b><d><e>3</e></d></a><c>2</c>",
     0,
     0},
    {"a call with its legs",
     {"sCall[Sid]=c5", "sCall[Price]=", "nCall[Details][ConversationDuration]=8",
      "sCall[Details][Leg1Status]=busy", "nCall[Details][Legs][0][Leg][Id]=1",
      "nCall[Details][Legs][1][Leg][Id]=2",
      "nCall[Details][Legs][0][Leg][OnCallDuration]=21",
      "nCall[Details][Legs][1][Leg][OnCallDuration]=8", "sCall[New]=x"},
     "<Call><Sid>c5</Sid><Price></Price><Details><ConversationDuration>8"
     "</ConversationDuration><Leg1Status>busy</Leg1Status><Legs><Leg><Id>1</Id>"
     "<OnCallDuration>21</OnCallDuration></Leg><Leg><Id>2</Id><OnCallDuration>8"
     "</OnCallDuration></Leg></Legs></Details><New>x</New></Call>",
     0,
     0},
    {"a refusal",
     {"nRestException[Status]=403", "sRestException[Message]=NDNC & more"},
     "<RestException><Status>403</Status><Message>NDNC &amp; more</Message>"
     "</RestException>",
     0,
     0},
    {"an entry that nothing is known of",
     {"sLegs[1][Leg][Id]=2"},
     "<Legs><Leg/><Leg><Id>2</Id></Leg></Legs>",
     0,
     1},
    {"texts in a list", {"sa[0]=1", "sa[1]="}, "<a>1</a><a></a>", 0, 1},
    {"entries of one name each",
     {"sa[0][b]=1", "sa[1][c]=2"},
     "<a><b>1</b></a><a><c>2</c></a>",
     0,
     1},
    {"entries of two names",
     {"sa[0][b]=1", "sa[0][c]=2"},
     "<a><b>1</b><c>2</c></a>",
     0,
     1},
    {"lists of texts in a list's entries",
     {"sa[0][b][0]=1", "sa[0][b][1]=2", "sa[1][b][0]=3"},
     "<a><b>1</b><b>2</b></a><a><b>3</b></a>",
     0,
     1},
    {"all characters of a name", {"s_aZ0-_.=1"}, "<_aZ0-_.>1</_aZ0-_.>", 0, 0},
    {"a control character", {"sa=x\x01"}, "a has a character", 1, 0},
    {"the last control character", {"sa[b]=\x1F"}, "b has a character", 1, 0},
    {"U+FFFE", {"sa=\xEF\xBF\xBE"}, "a has a character", 1, 0},
    {"U+FFFF", {"sa[0]=\xEF\xBF\xBF"}, "a has a character", 1, 0},
    {"a blank in a name", {"sa b=1"}, "a b is no name", 1, 0},
    {"a digit before a name", {"s1=1"}, "1 is no name", 1, 0},
    {"a colon in a name", {"sa:b=1"}, "a:b is no name", 1, 0},
    {"a tag as a name", {"sa/><b=1"}, "is no name", 1, 0},
    {"a name not in ASCII", {"s\xC3\xA9=1"}, "is no name", 1, 0},
    {"an empty name", {"s=1"}, " is no name", 1, 0},
    {"a list in a list", {"sa[0][0]=1"}, "a has a list in a list", 1, 0},
    {"a list at the top", {"s[#]=1"}, "the record is a list", 1, 0},
};

static const exotel_xml_list lists[] = {{"Legs", "Leg", NULL, 1}};

static exotel_json_type type_of(char c) {
  const char *types = "sntfz";
  return (exotel_json_type)(strchr(types, c) - types);
}

static exotel_kind put(exotel_json_writer *w, const char *spelt, exotel_error *e) {
  const char *sign = strchr(spelt, '=');
  exotel_slice name = page_put(0, spelt + 1, (size_t)(sign - spelt - 1));
  exotel_step path[EXOTEL_DEPTH_MAX];
  exotel_leaf leaf;
  memset(path, 0, sizeof path);
  memset(&leaf, 0, sizeof leaf);
  leaf.path = path;
  leaf.depth = page_is(name, "[#]") ? 1 : exotel_name_split(name, path);
  leaf.text = page_text(1, sign + 1);
  return exotel_json_put(w, &leaf, type_of(*spelt), e);
}

/* A null is an empty text where there is no null. */
static void forget_null(exotel_buffer *b) {
  size_t i;
  for (i = 0; i < b->n; i++) {
    if (b->p[i] == '~') b->p[i] = '=';
  }
}

/* The leaves of both, each of its own reader. */
static int same_leaves(exotel_json_writer *w, const exotel_buffer *xml) {
  exotel_buffer document, scratch, from_xml, from_json;
  exotel_slice json = {"", 0};
  exotel_error e;
  int same;
  exotel_error_clear(&e);
  exotel_buffer_init(&document, 4096);
  exotel_buffer_init(&scratch, 4096);
  exotel_buffer_init(&from_xml, 4096);
  exotel_buffer_init(&from_json, 4096);
  exotel_buffer_adds(&document, "<TwilioResponse>");
  exotel_buffer_add(&document, xml->p, xml->n);
  exotel_buffer_adds(&document, "</TwilioResponse>");
  same = exotel_json_print(w, &json, &e) == EXOTEL_OK &&
         exotel_json_read(json, &scratch, leaves_write, &from_json, &e) == EXOTEL_OK &&
         exotel_xml_read(page_put(2, document.p, document.n), lists, 1, &scratch,
                         leaves_write, &from_xml, &e) == EXOTEL_OK;
  forget_null(&from_json);
  same = same && from_xml.n == from_json.n &&
         (from_xml.n == 0 || memcmp(from_xml.p, from_json.p, from_xml.n) == 0);
  exotel_buffer_free(&document);
  exotel_buffer_free(&scratch);
  exotel_buffer_free(&from_xml);
  exotel_buffer_free(&from_json);
  return same;
}

/* Fills the writer with a row's puts. */
static void begin(const struct row *r, exotel_json_writer *w) {
  exotel_error e;
  size_t i;
  exotel_error_clear(&e);
  memset(w, 0, sizeof *w);
  for (i = 0; r->puts[i] != NULL; i++)
    check(put(w, r->puts[i], &e) == EXOTEL_OK, r->name);
}

static void check_row(const struct row *r) {
  exotel_json_writer w;
  exotel_buffer out;
  exotel_error e;
  exotel_kind kind;
  exotel_error_clear(&e);
  exotel_buffer_init(&out, 4096);
  begin(r, &w);
  kind = exotel_xml_print(&w, &out, &e);
  if (r->refused) {
    check(kind == EXOTEL_INVALID && strcmp(e.reason, "xml") == 0 &&
              strstr(e.message, r->xml) != NULL,
          r->name);
  } else {
    check(kind == EXOTEL_OK && page_is(exotel_slice_held(&out), r->xml), r->name);
    check(same_leaves(&w, &out) != r->unlike, r->name);
  }
  exotel_buffer_free(&out);
  exotel_json_reset(&w);
}

/* Every limit of the buffer but the last is too small. */
static void check_limits(const struct row *r) {
  size_t max, n = strlen(r->xml);
  exotel_json_writer w;
  begin(r, &w);
  for (max = 0; max <= n; max++) {
    exotel_buffer out;
    exotel_error e;
    exotel_kind kind;
    exotel_error_clear(&e);
    exotel_buffer_init(&out, max);
    kind = exotel_xml_print(&w, &out, &e);
    if (max == n)
      check(kind == EXOTEL_OK, r->name);
    else
      check(kind != EXOTEL_OK && strcmp(e.reason, "too_long") == 0, r->name);
    exotel_buffer_free(&out);
  }
  exotel_json_reset(&w);
}

/* Every byte of ASCII is held as it is, or refused. */
static void check_bytes(void) {
  struct row r = {"a byte", {NULL}, "", 0, 0};
  char spelt[] = "sa=x?y";
  int c;
  r.puts[0] = spelt;
  for (c = 1; c < 0x80; c++) {
    exotel_json_writer w;
    exotel_buffer out;
    exotel_error e;
    exotel_kind kind;
    int fine = c >= ' ' || c == '\t' || c == '\n' || c == '\r';
    exotel_error_clear(&e);
    exotel_buffer_init(&out, 64);
    spelt[4] = (char)c;
    begin(&r, &w);
    kind = exotel_xml_print(&w, &out, &e);
    check(kind == (fine ? EXOTEL_OK : EXOTEL_INVALID), "a byte is held or refused");
    /* "~" marks a null among the leaves */
    if (fine && c != '~') check(same_leaves(&w, &out), "a byte is read again");
    exotel_buffer_free(&out);
    exotel_json_reset(&w);
  }
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_row(&rows[i]);
    if (!rows[i].refused) check_limits(&rows[i]);
  }
  check_bytes();
  return check_summary();
}
