/*
** error: fills an exotel_error and masks what a message must not show (see error.h).
** Everything that reaches a user as text passes exotel_mask; nothing else masks.
**
** SPDX-License-Identifier: MIT
*/
#include "error.h"

#include "ascii.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PHONE_DIGITS 7      /* the shortest run of digits taken for a phone number */
#define SEPARATED_DIGITS 10 /* the same, where blanks or dashes stand between them */
#define SEPARATORS 3   /* as many stand together at most: "(987) 654", "987 - 654" */
#define PHONE_SHOWN 3  /* last digits that stay readable */
#define IDENTIFIER 24  /* letters and digits this long together are a SID */
#define SECRET_SHORT 4 /* shorter secrets are hidden as whole words only */
#define SECRET_PART 8  /* of one that was cut as many bytes are hidden, or its half */

static const char *const kind_names[] = {"ok",  "misuse", "invalid",
                                         "api", "parse",  "memory"};
static const char *const outcome_names[] = {"not_sent", "rejected", "unknown"};

const char *exotel_kind_name(exotel_kind kind) {
  return kind_names[kind];
}

const char *exotel_outcome_name(exotel_outcome outcome) {
  return outcome_names[outcome];
}

void exotel_error_clear(exotel_error *e) {
  e->kind = EXOTEL_OK;
  e->outcome = EXOTEL_NOT_SENT;
  e->reason = NULL;
  e->status = 0;
  e->position = 0;
  e->retry_after = -1;
  e->field[0] = e->code[0] = e->message[0] = '\0';
}

static void copy_field(exotel_error *e, exotel_slice field) {
  size_t n = field.n < EXOTEL_FIELD_MAX ? field.n : EXOTEL_FIELD_MAX - 1;
  if (n > 0) memcpy(e->field, field.p, n);
  e->field[n] = '\0';
}

/* Ends a cut message visibly, and not inside a character. */
static void mark_cut(char *message) {
  size_t n = EXOTEL_MESSAGE_MAX - 4;
  while (n > 0 && ((unsigned char)message[n] & 0xC0) == 0x80)
    n--;
  memcpy(message + n, "...", 4);
}

/* A message is one line, also where it has a name that was sent. */
static void blank_controls(char *message) {
  for (; *message != '\0'; message++)
    if ((unsigned char)*message < ' ' || *message == 0x7F) *message = ' ';
}

exotel_kind exotel_error_set(exotel_error *e, exotel_kind kind, const char *reason,
                             exotel_slice field, const char *format, ...) {
  va_list arguments;
  int n;
  e->kind = kind;
  e->reason = reason;
  copy_field(e, field);
  va_start(arguments, format);
  n = vsnprintf(e->message, EXOTEL_MESSAGE_MAX, format, arguments);
  va_end(arguments);
  if (n >= EXOTEL_MESSAGE_MAX) mark_cut(e->message);
  blank_controls(e->message);
  return kind;
}

exotel_kind exotel_error_memory(exotel_error *e) {
  exotel_slice none = {"", 0};
  return exotel_error_set(e, EXOTEL_MEMORY, "memory", none, "not enough memory");
}

exotel_kind exotel_error_buffer(exotel_error *e, const exotel_buffer *b,
                                exotel_slice field) {
  if (b->state == EXOTEL_BUFFER_OK) return EXOTEL_OK;
  if (b->state == EXOTEL_BUFFER_NOMEMORY) return exotel_error_memory(e);
  return exotel_error_set(e, EXOTEL_INVALID, "too_long", field,
                          "larger than the limit of %lu bytes", (unsigned long)b->max);
}

static int is_separator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

/* `2017-03-03` is a date, although it has as many digits as a phone number. */
static int is_date(exotel_slice t, size_t i) {
  static const char shape[] = "dddd-dd-dd";
  size_t k;
  if (t.n - i < sizeof shape - 1) return 0;
  for (k = 0; shape[k] != '\0'; k++) {
    char c = t.p[i + k];
    if (shape[k] == 'd' ? !exotel_is_digit(c) : c != shape[k]) return 0;
  }
  return 1;
}

/* Whether the letters and digits around `i` are an identifier of the service. */
static int is_identifier(exotel_slice t, size_t i) {
  size_t begin = i, end = i;
  int letters = 0;
  while (begin > 0 && exotel_is_alnum(t.p[begin - 1]))
    begin--;
  while (end < t.n && exotel_is_alnum(t.p[end]))
    end++;
  for (i = begin; i < end; i++)
    letters |= !exotel_is_digit(t.p[i]);
  return letters && end - begin >= IDENTIFIER;
}

static size_t past_separators(exotel_slice t, size_t i) {
  size_t most = i + SEPARATORS;
  while (i < t.n && i < most && is_separator(t.p[i]))
    i++;
  return i;
}

/* Bytes of the phone number that starts at digit `i`; 0 when there is none. */
static size_t phone_length(exotel_slice t, size_t i, size_t *digits) {
  size_t run = i, end, total;
  while (run < t.n && exotel_is_digit(t.p[run]))
    run++;
  if (run - i >= PHONE_DIGITS) {
    *digits = run - i;
    return is_identifier(t, i) ? 0 : run - i;
  }
  total = run - i;
  end = run;
  while ((run = past_separators(t, run)) < t.n && exotel_is_digit(t.p[run])) {
    for (; run < t.n && exotel_is_digit(t.p[run]); run++)
      total++;
    end = run;
  }
  *digits = total;
  if (total < SEPARATED_DIGITS || is_date(t, i) || is_identifier(t, i)) return 0;
  return end - i;
}

static void add_phone(exotel_buffer *out, const char *p, size_t n, size_t digits) {
  for (; n > 0; n--, p++) {
    int hide = exotel_is_digit(*p) && digits > PHONE_SHOWN;
    if (exotel_is_digit(*p)) digits--;
    exotel_buffer_addc(out, hide ? 'X' : *p);
  }
}

static int is_word(exotel_slice t, size_t begin, size_t end) {
  return !(begin > 0 && exotel_is_alnum(t.p[begin - 1])) &&
         !(end < t.n && exotel_is_alnum(t.p[end]));
}

/* Bytes of the secret that stand at `i`, of which the end of a message may have been cut. */
static size_t secret_here(exotel_slice t, size_t i, exotel_slice secret) {
  size_t n = 0;
  while (n < secret.n && i + n < t.n && t.p[i + n] == secret.p[n])
    n++;
  if (n < secret.n) return n >= SECRET_PART && n >= secret.n / 2 ? n : 0;
  return n >= SECRET_SHORT || is_word(t, i, i + n) ? n : 0;
}

static size_t longest_secret(exotel_slice t, size_t i, const exotel_slice *secrets,
                             size_t nsecrets) {
  size_t k, longest = 0;
  for (k = 0; k < nsecrets; k++) {
    size_t n = secret_here(t, i, secrets[k]);
    if (n > longest) longest = n;
  }
  return longest;
}

/* Bytes from `i` on that secrets take up: one may begin inside another. */
static size_t secret_length(exotel_slice t, size_t i, const exotel_slice *secrets,
                            size_t nsecrets) {
  size_t at = i, end = i;
  do {
    size_t n = longest_secret(t, at, secrets, nsecrets);
    if (at + n > end) end = at + n;
  } while (++at < end);
  return end - i;
}

static void add_masked(exotel_buffer *out, exotel_slice text) {
  size_t i = 0;
  while (i < text.n) {
    size_t digits, n = 0;
    if (exotel_is_digit(text.p[i]) && (i == 0 || !exotel_is_digit(text.p[i - 1])))
      n = phone_length(text, i, &digits);
    if (n > 0) {
      add_phone(out, text.p + i, n, digits);
    } else {
      exotel_buffer_addc(out, text.p[i]);
      n = 1;
    }
    i += n;
  }
}

/* Secrets first: a phone number begins and ends where one does, so that neither hides a
** part of the other. */
void exotel_mask(exotel_buffer *out, exotel_slice text, const exotel_slice *secrets,
                 size_t nsecrets) {
  size_t i = 0, begin = 0;
  while (i < text.n) {
    size_t n = secret_length(text, i, secrets, nsecrets);
    if (n > 0) {
      add_masked(out, (exotel_slice){text.p + begin, i - begin});
      exotel_buffer_adds(out, "[secret]");
      begin = i + n;
    }
    i += n > 0 ? n : 1;
  }
  if (begin < text.n) add_masked(out, (exotel_slice){text.p + begin, text.n - begin});
}
