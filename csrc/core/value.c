/*
** value: what the caller gave for a parameter, checked and spelt as it is sent (see
** value.h). One function a type; the limits are the row's.
**
** SPDX-License-Identifier: MIT
*/
#include "value.h"

#include "ascii.h"
#include "decimal.h"
#include "error.h"
#include "text.h"
#include "time.h"
#include "url.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ECHO_MAX 40    /* bytes of a refused word that a message repeats */
#define DECIMAL_MAX 32 /* bytes of a decimal; the longest documented has 8 */
#define PLACES_MAX 20  /* digits behind the point of a number that is spelt */

static const char *const web_schemes[] = {"http://", "https://", NULL};
static const char *const stream_schemes[] = {"ws://", "wss://", NULL};

int exotel_value_is_true(const exotel_given *v) {
  if (v->type == EXOTEL_GIVEN_BOOLEAN) return v->integer != 0;
  return v->type == EXOTEL_GIVEN_TEXT && exotel_slice_is_nocase(v->text, "true");
}

/* `why` follows the place: "time_limit has no host". */
static exotel_kind invalid(const exotel_value *v, const char *reason, const char *why,
                           size_t at, exotel_error *e) {
  exotel_slice field = exotel_slice_of(v->row->lua);
  e->position = at;
  if (at == 0)
    return exotel_error_set(e, EXOTEL_INVALID, reason, field, "%s %s", v->place, why);
  return exotel_error_set(e, EXOTEL_INVALID, reason, field, "%s %s (byte %lu)",
                          v->place, why, (unsigned long)at);
}

static exotel_kind too_large(const exotel_value *v, size_t size, long max,
                             const char *unit, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "too_long", exotel_slice_of(v->row->lua),
                          "%s has %lu %s, over the limit of %ld", v->place,
                          (unsigned long)size, unit, max);
}

static exotel_kind check_size(const exotel_value *v, exotel_error *e) {
  size_t bytes = v->given.text.n;
  if (v->given.type != EXOTEL_GIVEN_TEXT) return EXOTEL_OK;
  if (bytes == 0) return invalid(v, "empty", "is empty", 0, e);
  if (bytes > EXOTEL_VALUE_MAX)
    return too_large(v, bytes, EXOTEL_VALUE_MAX, "bytes", e);
  return EXOTEL_OK;
}

static exotel_kind check_max(const exotel_value *v, exotel_error *e) {
  size_t bytes = v->given.text.n;
  if (v->row->max > 0 && bytes > (size_t)v->row->max)
    return too_large(v, bytes, v->row->max, "bytes", e);
  return EXOTEL_OK;
}

/* {=================================================================
** Phone numbers
** ================================================================== */

static exotel_kind put_phone(exotel_buffer *out, const exotel_value *v,
                             exotel_error *e) {
  const char *wrong = exotel_phone_trim(v->given.text, out);
  return wrong == NULL ? EXOTEL_OK : invalid(v, "phone", wrong, 0, e);
}

static exotel_kind put_subscriber(exotel_buffer *out, const exotel_value *v,
                                  exotel_error *e) {
  size_t begin = out->n;
  exotel_kind kind = put_phone(out, v, e);
  if (kind != EXOTEL_OK || out->state != EXOTEL_BUFFER_OK) return kind;
  if (out->p[begin] == '+' || exotel_is_digit(out->p[begin])) return EXOTEL_OK;
  return invalid(v, "phone", "is a SIP address, not a phone number", 0, e);
}

/* `meant` is the spelling in E.164, or empty when nobody knows the country. */
static exotel_kind refuse_national(const exotel_value *v, exotel_slice meant,
                                   exotel_error *e) {
  if (meant.n == 0)
    return invalid(v, "e164",
                   "is not E.164, which begins with + and the country code:"
                   " exotel.e164(text, \"91\") makes it of an Indian number",
                   0, e);
  return exotel_error_set(e, EXOTEL_INVALID, "e164", exotel_slice_of(v->row->lua),
                          "%s is not E.164 (did you mean '%.*s'?)", v->place,
                          (int)meant.n, meant.p);
}

static exotel_kind put_number(exotel_buffer *out, const exotel_value *v,
                              exotel_error *e) {
  exotel_slice no_country = {"", 0}, spelt;
  size_t begin = out->n;
  const char *wrong;
  int international;
  exotel_kind kind = put_subscriber(out, v, e);
  if (kind != EXOTEL_OK || out->state != EXOTEL_BUFFER_OK) return kind;
  international = out->p[begin] == '+';
  out->n = begin;
  wrong = exotel_phone_e164(v->given.text, no_country, out);
  if (out->state != EXOTEL_BUFFER_OK) return EXOTEL_OK;
  if (international) return wrong == NULL ? EXOTEL_OK : invalid(v, "e164", wrong, 0, e);
  spelt.p = out->p + begin;
  spelt.n = out->n - begin;
  return refuse_national(v, spelt, e);
}

/* }================================================================== */

/* {=================================================================
** Texts
** ================================================================== */

static exotel_kind put_text(exotel_buffer *out, const exotel_value *v,
                            exotel_error *e) {
  exotel_slice t = v->given.text;
  const char *nul = t.n == 0 ? NULL : memchr(t.p, '\0', t.n);
  size_t characters, bad;
  if (nul != NULL) return invalid(v, "nul", "has a NUL", (size_t)(nul - t.p) + 1, e);
  if (!exotel_utf8_count(t.p, t.n, &characters, &bad))
    return invalid(v, "utf8", "is not UTF-8", bad + 1, e);
  if (v->row->max > 0 && characters > (size_t)v->row->max)
    return too_large(v, characters, v->row->max, "characters", e);
  exotel_buffer_add(out, t.p, t.n);
  return EXOTEL_OK;
}

static exotel_kind put_url(exotel_buffer *out, const exotel_value *v, exotel_error *e) {
  int stream = v->row->type == EXOTEL_TAKES_STREAM_URL;
  exotel_slice t = v->given.text;
  size_t at = 0;
  const char *wrong = exotel_url_check(t, stream ? stream_schemes : web_schemes, &at);
  exotel_kind kind;
  if (wrong != NULL && strcmp(wrong, "has not the scheme it needs") == 0)
    return invalid(v, "url",
                   stream ? "must begin with ws:// or wss://"
                          : "must begin with http:// or https://",
                   0, e);
  if (wrong != NULL) return invalid(v, "url", wrong, at, e);
  kind = check_max(v, e);
  if (kind == EXOTEL_OK) exotel_buffer_add(out, t.p, t.n);
  return kind;
}

/* What is shown of a choice: of an order, what follows the colon. */
static const char *shown(const exotel_value *v, const char *choice) {
  const char *colon = strchr(choice, ':');
  return v->row->type == EXOTEL_TAKES_SORT && colon != NULL ? colon + 1 : choice;
}

/* "recording_channels is 'duel': must be single or dual (did you mean 'dual'?)" */
static exotel_kind refuse_choice(exotel_buffer *out, const exotel_value *v,
                                 exotel_error *e) {
  char listed_choices[160] = "", hint[80] = "";
  const char *best = NULL;
  size_t i, distance = 0, begin = out->n;
  for (i = 0; v->row->choices[i] != NULL; i++) {
    exotel_nearest(v->given.text, shown(v, v->row->choices[i]), &best, &distance);
    if (i > 0) strcat(listed_choices, " or ");
    strcat(listed_choices, shown(v, v->row->choices[i]));
  }
  if (best != NULL) snprintf(hint, sizeof hint, " (did you mean '%s'?)", best);
  exotel_text_plain(v->given.text, ECHO_MAX, out);
  if (out->state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  return exotel_error_set(e, EXOTEL_INVALID, "choice", exotel_slice_of(v->row->lua),
                          "%s is '%s': must be %s%s", v->place,
                          out->p == NULL ? "" : out->p + begin, listed_choices, hint);
}

static exotel_kind put_choice(exotel_buffer *out, const exotel_value *v,
                              exotel_error *e) {
  const char *const *choices = v->row->choices;
  size_t i;
  for (i = 0; choices[i] != NULL; i++) {
    if (exotel_slice_is_nocase(v->given.text, choices[i]) ||
        exotel_slice_is_nocase(v->given.text, shown(v, choices[i]))) {
      exotel_buffer_adds(out, choices[i]);
      return EXOTEL_OK;
    }
  }
  return refuse_choice(out, v, e);
}

static exotel_kind put_word(exotel_buffer *out, const exotel_value *v,
                            exotel_error *e) {
  exotel_slice t = v->given.text;
  exotel_kind kind = check_max(v, e);
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < t.n; i++) {
    unsigned char c = (unsigned char)t.p[i];
    if (c <= ' ' || c >= 0x7F || strchr(",;\"'", c) != NULL)
      return invalid(v, "word", "must be one word, without blanks, commas or quotes",
                     i + 1, e);
  }
  if (kind == EXOTEL_OK) exotel_buffer_add(out, t.p, t.n);
  return kind;
}

static exotel_kind put_sid(exotel_buffer *out, const exotel_value *v, exotel_error *e) {
  exotel_slice t = v->given.text;
  exotel_kind kind = check_max(v, e);
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < t.n; i++) {
    if (!exotel_is_alnum(t.p[i]))
      return invalid(v, "sid", "may hold only letters and digits", i + 1, e);
  }
  if (kind == EXOTEL_OK) exotel_buffer_add(out, t.p, t.n);
  return kind;
}

static exotel_kind put_key(exotel_buffer *out, const exotel_value *v, exotel_error *e) {
  exotel_slice t = v->given.text;
  if (t.n > 1 || (t.n == 1 && (t.p[0] == '\0' || !strchr("0123456789*#", t.p[0]))))
    return invalid(v, "choice", "must be one of 0 to 9, * and #, or empty", 0, e);
  exotel_buffer_add(out, t.p, t.n);
  return EXOTEL_OK;
}

/* A name, then "=", then anything. */
static int is_pair(exotel_slice pair) {
  return pair.n > 0 && pair.p[0] != '=' && memchr(pair.p, '=', pair.n) != NULL;
}

static exotel_kind put_pairs(exotel_buffer *out, const exotel_value *v,
                             exotel_error *e) {
  exotel_slice t = v->given.text;
  const char *p = t.p, *end = t.p + t.n;
  exotel_kind kind = check_max(v, e);
  size_t n = 0;
  while (kind == EXOTEL_OK && p <= end) {
    const char *stop = p < end ? memchr(p, '&', (size_t)(end - p)) : NULL;
    if (stop == NULL) stop = end;
    if (!is_pair(exotel_slice_between(p, stop)))
      return invalid(v, "pairs", "must be names and values like a=b&c=d",
                     (size_t)(p - t.p) + 1, e);
    p = stop + 1;
    n++;
  }
  if (kind == EXOTEL_OK && n > v->row->most)
    return exotel_error_set(e, EXOTEL_INVALID, "too_many", exotel_slice_of(v->row->lua),
                            "%s has %lu pairs, over the limit of %lu", v->place,
                            (unsigned long)n, (unsigned long)v->row->most);
  if (kind == EXOTEL_OK) return put_text(out, v, e);
  return kind;
}

static exotel_kind put_cursor(exotel_buffer *out, const exotel_value *v,
                              exotel_error *e) {
  exotel_slice t = v->given.text;
  exotel_kind kind = check_max(v, e);
  size_t i;
  for (i = 0; kind == EXOTEL_OK && i < t.n; i++) {
    if (t.p[i] < ' ' || t.p[i] >= 0x7F)
      return invalid(v, "cursor", "has a byte that no cursor holds", i + 1, e);
  }
  if (kind == EXOTEL_OK) exotel_buffer_add(out, t.p, t.n);
  return kind;
}

/* }================================================================== */

/* {=================================================================
** Numbers
** ================================================================== */

/* `what` is "a whole number"; of a range, the limits are those of its operator. */
static exotel_kind outside(const exotel_value *v, const char *what, exotel_error *e) {
  int shift = v->bound == NULL ? 0 : v->bound->shift;
  long min = v->row->min - (shift < 0 ? shift : 0);
  long max = v->row->max - (shift > 0 ? shift : 0);
  return exotel_error_set(e, EXOTEL_INVALID, "range", exotel_slice_of(v->row->lua),
                          "%s must be %s from %ld to %ld", v->place, what, min, max);
}

/* A whole number in any of its shapes: 90, 90.0, "90". */
static int whole_number(const exotel_given *v, long long *value) {
  if (v->type == EXOTEL_GIVEN_TEXT)
    return exotel_decimal_integer(v->text.p, v->text.n, value);
  if (v->type == EXOTEL_GIVEN_INTEGER) {
    *value = v->integer;
    return 1;
  }
  if (!(v->number >= -1e15 && v->number <= 1e15)) return 0;
  *value = (long long)v->number;
  return (double)*value == v->number;
}

void exotel_value_decimal(exotel_buffer *out, long long value) {
  char digits[32];
  snprintf(digits, sizeof digits, "%lld", value);
  exotel_buffer_adds(out, digits);
}

void exotel_value_plain(exotel_buffer *out, const exotel_given *v) {
  char digits[40];
  char *comma;
  if (v->type == EXOTEL_GIVEN_TEXT) {
    exotel_buffer_add(out, v->text.p, v->text.n);
  } else if (v->type == EXOTEL_GIVEN_BOOLEAN) {
    exotel_buffer_adds(out, v->integer ? "true" : "false");
  } else if (v->type == EXOTEL_GIVEN_INTEGER) {
    exotel_value_decimal(out, v->integer);
  } else {
    snprintf(digits, sizeof digits, "%.14g", v->number);
    if (strtod(digits, NULL) != v->number)
      snprintf(digits, sizeof digits, "%.17g", v->number);
    comma = strchr(digits, ','); /* a locale's decimal point */
    if (comma != NULL) *comma = '.';
    exotel_buffer_adds(out, digits);
  }
}

static exotel_kind put_integer(exotel_buffer *out, const exotel_value *v,
                               exotel_error *e) {
  long long value;
  if (!whole_number(&v->given, &value) || value < v->row->min || value > v->row->max)
    return outside(v, "a whole number", e);
  exotel_value_decimal(out, value);
  return EXOTEL_OK;
}

static exotel_kind put_flow(exotel_buffer *out, const exotel_value *v,
                            const exotel_target *target, exotel_error *e) {
  long long value;
  if (!whole_number(&v->given, &value) || value < 1)
    return invalid(v, "range", "must be the whole number of a flow, from 1", 0, e);
  exotel_buffer_adds(out, "http://");
  exotel_buffer_add(out, target->flow_host.p, target->flow_host.n);
  exotel_buffer_addc(out, '/');
  exotel_url_encode(out, target->account_sid);
  exotel_buffer_adds(out, "/exoml/start_voice/");
  exotel_value_decimal(out, value);
  return EXOTEL_OK;
}

static exotel_kind put_boolean(exotel_buffer *out, const exotel_value *v,
                               exotel_error *e) {
  const exotel_given *given = &v->given;
  int yes = exotel_value_is_true(given);
  if (given->type == EXOTEL_GIVEN_TEXT && !yes &&
      !exotel_slice_is_nocase(given->text, "false"))
    return invalid(v, "choice", "must be true or false", 0, e);
  exotel_buffer_adds(out, yes ? "true" : "false");
  return EXOTEL_OK;
}

/* "at Leg1Connect", "leg 2", "2": what is left without case, blanks and signs. */
static int leg_of(exotel_slice t) {
  static const char *const spellings[] = {"1", "leg1", "leg1connect", "atleg1connect"};
  char folded[16];
  size_t i, n = 0;
  int leg = 0;
  for (i = 0; i < t.n; i++) {
    char c = t.p[i];
    if (strchr(" _-", c) != NULL && c != '\0') continue;
    if (n == sizeof folded) return 0;
    if (c == '1' || c == '2') {
      if (leg != 0) return 0;
      leg = c - '0';
      c = '1';
    }
    folded[n++] = c;
  }
  for (i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    if (exotel_slice_is_nocase((exotel_slice){folded, n}, spellings[i])) return leg;
  }
  return 0;
}

static exotel_kind put_leg(exotel_buffer *out, const exotel_value *v, exotel_error *e) {
  long long leg;
  if (v->given.type == EXOTEL_GIVEN_TEXT)
    leg = leg_of(v->given.text);
  else if (!whole_number(&v->given, &leg))
    leg = 0;
  if (leg == 1 || leg == 2) {
    exotel_buffer_adds(out, v->row->choices[leg - 1]);
    return EXOTEL_OK;
  }
  return invalid(v, "choice", "must name leg 1 or leg 2", 0, e);
}

/* }================================================================== */

/* {=================================================================
** Ends of ranges
** ================================================================== */

/* 10, "10" and "10s" are ten seconds. */
static exotel_kind put_seconds(exotel_buffer *out, const exotel_value *v,
                               exotel_error *e) {
  exotel_given given = v->given;
  int shift = v->bound == NULL ? 0 : v->bound->shift;
  long long value;
  if (given.type == EXOTEL_GIVEN_TEXT && given.text.p[given.text.n - 1] == 's')
    given.text.n--;
  if (!whole_number(&given, &value) || value < v->row->min || value > v->row->max ||
      value + shift < v->row->min || value + shift > v->row->max)
    return outside(v, "whole seconds", e);
  exotel_value_decimal(out, value + shift);
  exotel_buffer_addc(out, 's');
  return EXOTEL_OK;
}

/* The fewest digits behind the point that give the number again; 0 when there are none. */
static int spell_decimal(double number, char *digits, size_t size) {
  int places, n;
  for (places = 0; places <= PLACES_MAX; places++) {
    double again;
    char *comma;
    n = snprintf(digits, size, "%.*f", places, number);
    if (n < 0 || (size_t)n >= size) return 0;
    comma = strchr(digits, ','); /* a locale's decimal point */
    if (comma != NULL) *comma = '.';
    if (exotel_decimal_number(digits, (size_t)n, &again) && again == number) return 1;
  }
  return 0;
}

/* Digits and a point: neither a sign nor an exponent. */
static int read_decimal(exotel_slice t, double *number) {
  size_t i;
  for (i = 0; i < t.n; i++) {
    if (!exotel_is_digit(t.p[i]) && t.p[i] != '.') return 0;
  }
  return exotel_decimal_number(t.p, t.n, number);
}

/* A text stays as it is: 0.300030 and 0.30003 are one price, in two spellings. */
static exotel_kind put_price(exotel_buffer *out, const exotel_value *v,
                             exotel_error *e) {
  const exotel_given *given = &v->given;
  int text = given->type == EXOTEL_GIVEN_TEXT, ok = 1;
  double number =
      given->type == EXOTEL_GIVEN_INTEGER ? (double)given->integer : given->number;
  char digits[64];
  if (text && given->text.n > DECIMAL_MAX)
    return too_large(v, given->text.n, DECIMAL_MAX, "bytes", e);
  if (text) ok = read_decimal(given->text, &number);
  ok = ok && number >= (double)v->row->min && number <= (double)v->row->max;
  if (ok && !text) ok = spell_decimal(number, digits, sizeof digits);
  if (!ok) return outside(v, "a decimal", e);
  if (text)
    exotel_buffer_add(out, given->text.p, given->text.n);
  else
    exotel_buffer_adds(out, digits);
  return EXOTEL_OK;
}

/* Of a number that isn't whole, the second it lies in. */
static int epoch_of(const exotel_given *given, long long *epoch) {
  *epoch = given->integer;
  if (given->type == EXOTEL_GIVEN_INTEGER) return 1;
  if (!(given->number >= -1e15 && given->number <= 1e15)) return 0;
  *epoch = (long long)given->number;
  if ((double)*epoch > given->number) --*epoch;
  return 1;
}

static exotel_kind put_time(exotel_buffer *out, const exotel_value *v,
                            const exotel_target *target, exotel_error *e) {
  int last = v->bound != NULL && v->bound->bit == EXOTEL_LTE;
  long long epoch;
  size_t at = 0;
  if (v->given.type == EXOTEL_GIVEN_TEXT) {
    if (exotel_time_complete(out, v->given.text, last, &at)) return EXOTEL_OK;
    return invalid(v, "time", "is no time like 2019-01-31 23:59:59", at, e);
  }
  if (epoch_of(&v->given, &epoch) && exotel_time_write(out, epoch, target->time_offset))
    return EXOTEL_OK;
  return invalid(v, "range", "is no time of the years 1 to 9999, in epoch seconds", 0,
                 e);
}

/* }================================================================== */

exotel_kind exotel_value_put(exotel_buffer *out, const exotel_value *v,
                             const exotel_target *target, exotel_error *e) {
  exotel_kind kind = v->row->type == EXOTEL_TAKES_KEY ? EXOTEL_OK : check_size(v, e);
  if (kind != EXOTEL_OK) return kind;
  switch (v->row->type) {
    case EXOTEL_TAKES_KEY: return put_key(out, v, e);
    case EXOTEL_TAKES_PAIRS: return put_pairs(out, v, e);
    case EXOTEL_TAKES_PHONE: return put_phone(out, v, e);
    case EXOTEL_TAKES_SUBSCRIBER: return put_subscriber(out, v, e);
    case EXOTEL_TAKES_NUMBERS: return put_number(out, v, e);
    case EXOTEL_TAKES_TEXT: return put_text(out, v, e);
    case EXOTEL_TAKES_URL:
    case EXOTEL_TAKES_STREAM_URL: return put_url(out, v, e);
    case EXOTEL_TAKES_INTEGER: return put_integer(out, v, e);
    case EXOTEL_TAKES_BOOLEAN: return put_boolean(out, v, e);
    case EXOTEL_TAKES_CHOICE:
    case EXOTEL_TAKES_SORT: return put_choice(out, v, e);
    case EXOTEL_TAKES_WORD:
    case EXOTEL_TAKES_WORDS: return put_word(out, v, e);
    case EXOTEL_TAKES_LEG: return put_leg(out, v, e);
    case EXOTEL_TAKES_FLOW: return put_flow(out, v, target, e);
    case EXOTEL_TAKES_SID:
    case EXOTEL_TAKES_SIDS: return put_sid(out, v, e);
    case EXOTEL_TAKES_SECONDS: return put_seconds(out, v, e);
    case EXOTEL_TAKES_PRICE: return put_price(out, v, e);
    case EXOTEL_TAKES_TIMES: return put_time(out, v, target, e);
    case EXOTEL_TAKES_CURSOR: return put_cursor(out, v, e);
  }
  return EXOTEL_OK;
}
