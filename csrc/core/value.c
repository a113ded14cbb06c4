/*
** value: what the caller gave for a parameter, checked and spelt as it is sent (see
** value.h). One function a type; the limits are the row's.
**
** SPDX-License-Identifier: MIT
*/
#include "value.h"

#include "decimal.h"
#include "error.h"
#include "text.h"
#include "url.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#define ECHO_MAX 40 /* bytes of a refused word that a message repeats */

static const char *const web_schemes[] = {"http://", "https://", NULL};
static const char *const stream_schemes[] = {"ws://", "wss://", NULL};

int exotel_value_is_true(const exotel_given *v) {
  if (v->type == EXOTEL_GIVEN_BOOLEAN) return v->integer != 0;
  return v->type == EXOTEL_GIVEN_TEXT && exotel_slice_is_nocase(v->text, "true");
}

/* `why` follows the name: "time_limit has no host". */
static exotel_kind invalid(const exotel_parameter *p, const char *reason,
                           const char *why, size_t at, exotel_error *e) {
  e->position = at;
  if (at == 0)
    return exotel_error_set(e, EXOTEL_INVALID, reason, exotel_slice_of(p->lua), "%s %s",
                            p->lua, why);
  return exotel_error_set(e, EXOTEL_INVALID, reason, exotel_slice_of(p->lua),
                          "%s %s (byte %lu)", p->lua, why, (unsigned long)at);
}

static exotel_kind too_large(const exotel_parameter *p, size_t size, long max,
                             const char *unit, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "too_long", exotel_slice_of(p->lua),
                          "%s has %lu %s, over the limit of %ld", p->lua,
                          (unsigned long)size, unit, max);
}

static exotel_kind check_size(const exotel_parameter *p, size_t bytes,
                              exotel_error *e) {
  if (bytes == 0) return invalid(p, "empty", "is empty", 0, e);
  if (bytes > EXOTEL_VALUE_MAX)
    return too_large(p, bytes, EXOTEL_VALUE_MAX, "bytes", e);
  return EXOTEL_OK;
}

static exotel_kind put_phone(exotel_buffer *out, const exotel_parameter *p,
                             exotel_slice t, exotel_error *e) {
  const char *wrong = exotel_phone_trim(t, out);
  return wrong == NULL ? EXOTEL_OK : invalid(p, "phone", wrong, 0, e);
}

static exotel_kind put_text(exotel_buffer *out, const exotel_parameter *p,
                            exotel_slice t, exotel_error *e) {
  const char *nul = t.n == 0 ? NULL : memchr(t.p, '\0', t.n);
  size_t characters, bad;
  if (nul != NULL) return invalid(p, "nul", "has a NUL", (size_t)(nul - t.p) + 1, e);
  if (!exotel_utf8_count(t.p, t.n, &characters, &bad))
    return invalid(p, "utf8", "is not UTF-8", bad + 1, e);
  if (p->max > 0 && characters > (size_t)p->max)
    return too_large(p, characters, p->max, "characters", e);
  exotel_buffer_add(out, t.p, t.n);
  return EXOTEL_OK;
}

static exotel_kind put_url(exotel_buffer *out, const exotel_parameter *p,
                           exotel_slice t, exotel_error *e) {
  int stream = p->type == EXOTEL_TAKES_STREAM_URL;
  size_t at = 0;
  const char *wrong = exotel_url_check(t, stream ? stream_schemes : web_schemes, &at);
  if (wrong != NULL && strcmp(wrong, "has not the scheme it needs") == 0)
    return invalid(p, "url",
                   stream ? "must begin with ws:// or wss://"
                          : "must begin with http:// or https://",
                   0, e);
  if (wrong != NULL) return invalid(p, "url", wrong, at, e);
  if (p->max > 0 && t.n > (size_t)p->max) return too_large(p, t.n, p->max, "bytes", e);
  exotel_buffer_add(out, t.p, t.n);
  return EXOTEL_OK;
}

static exotel_kind outside(const exotel_parameter *p, exotel_error *e) {
  return exotel_error_set(e, EXOTEL_INVALID, "range", exotel_slice_of(p->lua),
                          "%s must be a whole number from %ld to %ld", p->lua, p->min,
                          p->max);
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

static exotel_kind put_integer(exotel_buffer *out, const exotel_parameter *p,
                               const exotel_given *v, exotel_error *e) {
  long long value;
  if (!whole_number(v, &value) || value < p->min || value > p->max)
    return outside(p, e);
  exotel_value_decimal(out, value);
  return EXOTEL_OK;
}

static exotel_kind put_flow(exotel_buffer *out, const exotel_parameter *p,
                            const exotel_given *v, const exotel_target *target,
                            exotel_error *e) {
  long long value;
  if (!whole_number(v, &value) || value < 1)
    return invalid(p, "range", "must be the whole number of a flow, from 1", 0, e);
  exotel_buffer_adds(out, "http://");
  exotel_buffer_add(out, target->flow_host.p, target->flow_host.n);
  exotel_buffer_addc(out, '/');
  exotel_url_encode(out, target->account_sid);
  exotel_buffer_adds(out, "/exoml/start_voice/");
  exotel_value_decimal(out, value);
  return EXOTEL_OK;
}

static exotel_kind put_boolean(exotel_buffer *out, const exotel_parameter *p,
                               const exotel_given *v, exotel_error *e) {
  int yes = exotel_value_is_true(v);
  if (v->type == EXOTEL_GIVEN_TEXT && !yes && !exotel_slice_is_nocase(v->text, "false"))
    return invalid(p, "choice", "must be true or false", 0, e);
  exotel_buffer_adds(out, yes ? "true" : "false");
  return EXOTEL_OK;
}

/* "recording_channels is 'duel': must be single or dual (did you mean 'dual'?)" */
static exotel_kind refuse_choice(exotel_buffer *out, const exotel_parameter *p,
                                 exotel_slice t, exotel_error *e) {
  char listed_choices[160] = "", hint[80] = "";
  const char *best = NULL;
  size_t i, distance = 0;
  for (i = 0; p->choices[i] != NULL; i++) {
    exotel_nearest(t, p->choices[i], &best, &distance);
    if (i > 0) strcat(listed_choices, " or ");
    strcat(listed_choices, p->choices[i]);
  }
  if (best != NULL) snprintf(hint, sizeof hint, " (did you mean '%s'?)", best);
  exotel_text_plain(t, ECHO_MAX, out);
  if (out->state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  return exotel_error_set(e, EXOTEL_INVALID, "choice", exotel_slice_of(p->lua),
                          "%s is '%s': must be %s%s", p->lua,
                          out->p == NULL ? "" : out->p, listed_choices, hint);
}

static exotel_kind put_choice(exotel_buffer *out, const exotel_parameter *p,
                              exotel_slice t, exotel_error *e) {
  size_t i;
  for (i = 0; p->choices[i] != NULL; i++) {
    if (exotel_slice_is_nocase(t, p->choices[i])) {
      exotel_buffer_adds(out, p->choices[i]);
      return EXOTEL_OK;
    }
  }
  return refuse_choice(out, p, t, e);
}

static exotel_kind put_word(exotel_buffer *out, const exotel_parameter *p,
                            exotel_slice t, exotel_error *e) {
  size_t i;
  if (p->max > 0 && t.n > (size_t)p->max) return too_large(p, t.n, p->max, "bytes", e);
  for (i = 0; i < t.n; i++) {
    unsigned char c = (unsigned char)t.p[i];
    if (c <= ' ' || c >= 0x7F || strchr(",;\"'", c) != NULL)
      return invalid(p, "word", "must be one word, without blanks, commas or quotes",
                     i + 1, e);
  }
  exotel_buffer_add(out, t.p, t.n);
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

static exotel_kind put_leg(exotel_buffer *out, const exotel_parameter *p,
                           const exotel_given *v, exotel_error *e) {
  long long leg;
  if (v->type == EXOTEL_GIVEN_TEXT)
    leg = leg_of(v->text);
  else if (!whole_number(v, &leg))
    leg = 0;
  if (leg == 1 || leg == 2) {
    exotel_buffer_adds(out, p->choices[leg - 1]);
    return EXOTEL_OK;
  }
  return invalid(p, "choice", "must name leg 1 or leg 2", 0, e);
}

static exotel_kind put_sid(exotel_buffer *out, const exotel_parameter *p,
                           exotel_slice t, exotel_error *e) {
  size_t i;
  if (t.n > (size_t)p->max) return too_large(p, t.n, p->max, "bytes", e);
  for (i = 0; i < t.n; i++) {
    char c = t.p[i];
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
      return invalid(p, "sid", "may hold only letters and digits", i + 1, e);
  }
  exotel_buffer_add(out, t.p, t.n);
  return EXOTEL_OK;
}

exotel_kind exotel_value_put(exotel_buffer *out, const exotel_argument *a,
                             const exotel_target *target, exotel_error *e) {
  const exotel_parameter *p = a->parameter;
  const exotel_given *v = &a->value;
  if (v->type == EXOTEL_GIVEN_TEXT) {
    exotel_kind kind = check_size(p, v->text.n, e);
    if (kind != EXOTEL_OK) return kind;
  }
  switch (p->type) {
    case EXOTEL_TAKES_PHONE: return put_phone(out, p, v->text, e);
    case EXOTEL_TAKES_TEXT: return put_text(out, p, v->text, e);
    case EXOTEL_TAKES_URL:
    case EXOTEL_TAKES_STREAM_URL: return put_url(out, p, v->text, e);
    case EXOTEL_TAKES_INTEGER: return put_integer(out, p, v, e);
    case EXOTEL_TAKES_BOOLEAN: return put_boolean(out, p, v, e);
    case EXOTEL_TAKES_CHOICE: return put_choice(out, p, v->text, e);
    case EXOTEL_TAKES_WORD:
    case EXOTEL_TAKES_WORDS: return put_word(out, p, v->text, e);
    case EXOTEL_TAKES_LEG: return put_leg(out, p, v, e);
    case EXOTEL_TAKES_FLOW: return put_flow(out, p, v, target, e);
    case EXOTEL_TAKES_SID: return put_sid(out, p, v->text, e);
  }
  return EXOTEL_OK;
}
