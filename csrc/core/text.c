/*
** text: small readings of text (see text.h).
**
** SPDX-License-Identifier: MIT
*/
#include "text.h"

#include "ascii.h"

#include "utf8.h"

#include <string.h>

#define NEAREST_MAX 40 /* names longer than this are no near miss of ours */
#define SCHEME "sip:"

/* Its length tells of nearly every text that it is none of the spellings. */
int exotel_slice_is_absent(exotel_slice text) {
  switch (text.n) {
    case 0: return 1;
    case 4: return memcmp(text.p, "null", 4) == 0;
    case 19:
      if (text.p[0] == '0') return memcmp(text.p, "0000-00-00 00:00:00", 19) == 0;
      return text.p[0] == '1' && memcmp(text.p, "1970-01-01 05:30:00", 19) == 0;
    case 20: return text.p[0] == '0' && memcmp(text.p, "0001-01-01T00:00:00Z", 20) == 0;
    default: return 0;
  }
}

/* Bytes of the blank, dash or bracket at `p`; 0 when there is none. Of Unicode: U+00A0,
** U+2000 to U+2015 (spaces, dashes, marks of direction), U+202A to U+202F, U+2212. */
static size_t ornament(const char *p, size_t n) {
  const unsigned char *s = (const unsigned char *)p;
  if (s[0] != '\0' && strchr(" \t\r\n-()[]", s[0]) != NULL) return 1;
  if (n >= 2 && s[0] == 0xC2 && s[1] == 0xA0) return 2;
  if (n < 3 || s[0] != 0xE2) return 0;
  if (s[1] == 0x80 && s[2] >= 0x80 && s[2] <= 0x95) return 3;
  if (s[1] == 0x80 && s[2] >= 0xAA && s[2] <= 0xAF) return 3;
  return s[1] == 0x88 && s[2] == 0x92 ? 3 : 0;
}

static const char *sip_trim(exotel_slice t, exotel_buffer *out) {
  size_t i;
  if (t.n == sizeof SCHEME - 1) return "has no address after sip:";
  if (t.n > EXOTEL_SIP_MAX) return "is longer than the limit of 255 bytes";
  for (i = 0; i < t.n; i++) {
    if ((unsigned char)t.p[i] <= ' ' || (unsigned char)t.p[i] >= 0x7F)
      return "has a byte that no SIP address holds";
  }
  exotel_buffer_add(out, t.p, t.n);
  return NULL;
}

static int is_sip(exotel_slice t) {
  size_t n = sizeof SCHEME - 1;
  return t.n >= n && exotel_slice_is_nocase((exotel_slice){t.p, n}, SCHEME);
}

const char *exotel_phone_trim(exotel_slice text, exotel_buffer *out) {
  exotel_slice t = exotel_slice_trimmed(text);
  size_t i = 0, ndigits = 0, begin = out->n;
  if (is_sip(t)) return sip_trim(t, out);
  while (i < t.n) {
    size_t n = ornament(t.p + i, t.n - i);
    if (n == 0 && !exotel_is_digit(t.p[i]) && !(t.p[i] == '+' && out->n == begin))
      return "is not a phone number";
    if (n == 0) {
      ndigits += t.p[i] != '+';
      if (exotel_buffer_addc(out, t.p[i]) != EXOTEL_BUFFER_OK) return NULL;
      n = 1;
    }
    i += n;
  }
  if (ndigits == 0) return t.n == 0 ? "is empty" : "is not a phone number";
  if (ndigits < EXOTEL_PHONE_MIN) return "is shorter than 3 digits";
  if (ndigits > EXOTEL_PHONE_MAX) return "is longer than the limit of 20 digits";
  return NULL;
}

/* Digits of a national number, without its trunk 0. */
static const struct plan {
  const char *country;
  size_t ndigits;
} plans[] = {{"91", 10}, {"1", 10}};

/* Countries whose numbers keep their 0 abroad: it is no trunk prefix. */
static const char *const keep_zero[] = {"39", "225", "242", "378"};

static int keeps_zero(exotel_slice country) {
  size_t i;
  for (i = 0; i < sizeof keep_zero / sizeof *keep_zero; i++) {
    if (exotel_slice_is(country, keep_zero[i])) return 1;
  }
  return 0;
}

static size_t national_digits(exotel_slice country) {
  size_t i;
  for (i = 0; i < sizeof plans / sizeof *plans; i++) {
    if (exotel_slice_is(country, plans[i].country)) return plans[i].ndigits;
  }
  return 0;
}

/* Splits what is international already from what is national: leaves `*n` at the
** subscriber's digits, or returns what is wrong. */
static const char *subscriber(exotel_slice country, exotel_slice *t) {
  size_t wanted = national_digits(country);
  int trunk = t->p[0] == '0';
  int own = t->n > country.n && memcmp(t->p, country.p, country.n) == 0;
  if (trunk && keeps_zero(country)) return NULL;
  if (exotel_slice_is(country, "36") && t->n > 2 && memcmp(t->p, "06", 2) == 0) {
    t->p++; /* Hungary's trunk prefix is 06 */
    t->n--;
  }
  if (trunk) {
    t->p++;
    t->n--;
  } else if (wanted == 0) {
    return "is ambiguous: begin it with + and the country code, or with a trunk 0";
  } else if (own && t->n == wanted + country.n) {
    t->p += country.n;
    t->n -= country.n;
  }
  if (wanted != 0 && t->n != wanted)
    return "has not the ten digits of a national number";
  return NULL;
}

static const char *check_country(exotel_slice country) {
  size_t i;
  for (i = 0; i < country.n; i++) {
    if (!exotel_is_digit(country.p[i])) return "needs a country code in digits";
  }
  if (country.n == 0) return "needs a country code: begin it with +, or give one";
  if (country.n > 3 || country.p[0] == '0')
    return "needs a country code of 1 to 3 digits";
  return NULL;
}

static const char *add_e164(exotel_slice country, exotel_slice t, exotel_buffer *out) {
  if (country.n + t.n > 15) return "is longer than the 15 digits of E.164";
  if (country.n + t.n < 8) return "is shorter than 8 digits";
  if (country.n == 0 && t.p[0] == '0') return "has a country code that begins with 0";
  exotel_buffer_addc(out, '+');
  exotel_buffer_add(out, country.p, country.n);
  exotel_buffer_add(out, t.p, t.n);
  return NULL;
}

const char *exotel_phone_e164(exotel_slice text, exotel_slice country,
                              exotel_buffer *out) {
  exotel_slice none = {"", 0}, t;
  exotel_buffer trimmed;
  const char *wrong;
  exotel_buffer_init(&trimmed, EXOTEL_SIP_MAX);
  wrong = exotel_phone_trim(text, &trimmed);
  t.p = trimmed.p == NULL ? "" : trimmed.p;
  t.n = trimmed.n;
  if (trimmed.state == EXOTEL_BUFFER_NOMEMORY) {
    out->state = EXOTEL_BUFFER_NOMEMORY;
  } else if (wrong == NULL && is_sip(t)) {
    wrong = "is a SIP address";
  } else if (wrong == NULL &&
             (t.p[0] == '+' || (t.n > 2 && memcmp(t.p, "00", 2) == 0))) {
    size_t prefix = t.p[0] == '+' ? 1 : 2;
    wrong = add_e164(none, (exotel_slice){t.p + prefix, t.n - prefix}, out);
  } else if (wrong == NULL) {
    wrong = check_country(country);
    if (wrong == NULL) wrong = subscriber(country, &t);
    if (wrong == NULL) wrong = add_e164(country, t, out);
  }
  exotel_buffer_free(&trimmed);
  return wrong;
}

/* Case, underscores and dashes are no difference: callerid is caller_id. */
static size_t folded(const char *p, size_t n, char *out) {
  size_t i, k = 0;
  for (i = 0; i < n; i++) {
    if (p[i] != '_' && p[i] != '-' && p[i] != ' ') out[k++] = exotel_lower(p[i]);
  }
  return k;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Levenshtein's distance, of which two neighbours that change places are one step, on
** three rows in turn. */
static size_t distance_of(const char *a, size_t na, const char *b, size_t nb) {
  size_t rows[3][NEAREST_MAX + 1], i, k;
  for (k = 0; k <= nb; k++)
    rows[0][k] = k;
  for (i = 1; i <= na; i++) {
    size_t *row = rows[i % 3];
    const size_t *above = rows[(i + 2) % 3], *top = rows[(i + 1) % 3];
    row[0] = i;
    for (k = 1; k <= nb; k++) {
      row[k] = smaller(smaller(above[k], row[k - 1]) + 1,
                       above[k - 1] + (a[i - 1] != b[k - 1]));
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        row[k] = smaller(row[k], top[k - 2] + 1);
    }
  }
  return rows[na % 3][nb];
}

void exotel_nearest(exotel_slice text, const char *candidate, const char **best,
                    size_t *distance) {
  char a[NEAREST_MAX], b[NEAREST_MAX];
  size_t na, nb, d;
  if (text.n == 0 || text.n > NEAREST_MAX || strlen(candidate) > NEAREST_MAX) return;
  na = folded(text.p, text.n, a);
  nb = folded(candidate, strlen(candidate), b);
  d = distance_of(a, na, b, nb);
  if (d > nb / 3) return;
  if (*best != NULL && d >= *distance) return;
  *best = candidate;
  *distance = d;
}

static const struct entity {
  const char *spelling;
  char c;
} entities[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

typedef struct page {
  exotel_slice text;
  size_t i;
  exotel_buffer *out;
  size_t begin;
} page;

static int starts(const page *g, const char *word) {
  size_t n = strlen(word);
  return g->text.n - g->i >= n &&
         exotel_slice_is_nocase((exotel_slice){g->text.p + g->i, n}, word);
}

static void skip_past(page *g, const char *end) {
  while (g->i < g->text.n && !starts(g, end))
    g->i++;
  g->i = g->i + strlen(end) < g->text.n ? g->i + strlen(end) : g->text.n;
}

/* What a `<` opens, with the content of what isn't meant to be read. */
static void skip_tag(page *g) {
  if (starts(g, "<script"))
    skip_past(g, "</script");
  else if (starts(g, "<style"))
    skip_past(g, "</style");
  else if (starts(g, "<!--")) {
    skip_past(g, "-->");
    return;
  }
  skip_past(g, ">");
}

static int is_tag(const page *g) {
  char c = g->i + 1 < g->text.n ? g->text.p[g->i + 1] : '\0';
  return g->text.p[g->i] == '<' && (c == '/' || c == '!' || c == '?' ||
                                    (exotel_lower(c) >= 'a' && exotel_lower(c) <= 'z'));
}

static void add_blank(page *g) {
  if (g->out->n > g->begin && g->out->p[g->out->n - 1] != ' ')
    exotel_buffer_addc(g->out, ' ');
}

static void add_entity(page *g) {
  size_t k;
  for (k = 0; k < sizeof entities / sizeof *entities; k++) {
    if (starts(g, entities[k].spelling)) {
      exotel_buffer_addc(g->out, entities[k].c);
      g->i += strlen(entities[k].spelling);
      return;
    }
  }
  exotel_buffer_addc(g->out, g->text.p[g->i++]);
}

static void add_character(page *g) {
  size_t n = exotel_utf8_length(g->text.p + g->i, g->text.n - g->i);
  if (n == 0)
    exotel_buffer_addc(g->out, '?');
  else
    exotel_buffer_add(g->out, g->text.p + g->i, n);
  g->i += n == 0 ? 1 : n;
}

/* Cuts what was added to `max` bytes, "..." and the character it would split. */
static void cut(exotel_buffer *out, size_t begin, size_t max) {
  size_t dots = max < 3 ? max : 3;
  if (out->n - begin <= max) return;
  out->n = begin + max - dots;
  while (out->n > begin && ((unsigned char)out->p[out->n] & 0xC0) == 0x80)
    out->n--;
  exotel_buffer_add(out, "...", dots);
}

/* Bytes of the blank or control character here; those from U+0080 on have two. */
static size_t unprinted(const page *g) {
  const unsigned char *s = (const unsigned char *)g->text.p + g->i;
  if (s[0] <= ' ' || s[0] == 0x7F) return 1;
  if (s[0] != 0xC2 || g->text.n - g->i < 2) return 0;
  return s[1] >= 0x80 && s[1] <= 0x9F ? 2 : 0;
}

void exotel_text_plain(exotel_slice text, size_t max, exotel_buffer *out) {
  page g;
  g.text = text;
  g.i = 0;
  g.out = out;
  g.begin = out->n;
  while (g.i < text.n && out->n - g.begin <= max && out->state == EXOTEL_BUFFER_OK) {
    size_t n = unprinted(&g);
    if (is_tag(&g)) {
      skip_tag(&g);
      add_blank(&g);
    } else if (n > 0) {
      g.i += n;
      add_blank(&g);
    } else if (text.p[g.i] == '&') {
      add_entity(&g);
    } else {
      add_character(&g);
    }
  }
  while (out->n > g.begin && out->p[out->n - 1] == ' ')
    out->n--;
  cut(out, g.begin, max);
  if (out->p != NULL) out->p[out->n] = '\0';
}
