/*
** decimal: rows, and agreement with the C library over many numbers. No locale can be
** counted on to be there, so strtod is taken over: what reaches it must hold nothing that
** a locale could change. Where a locale with a decimal comma exists, all runs under it too.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/decimal.h"
#include "check.h"

#include <locale.h>
#include <math.h>

static locale_t plain;
static unsigned long given, changeable;

/* Takes the C library's place in this program. */
double strtod(const char *s, char **end);

double strtod(const char *s, char **end) {
  given++;
  changeable += strspn(s, "0123456789e-") != strlen(s);
  return strtod_l(s, end, plain);
}

#define NO (-1.0e99) /* the row's text is no number */

static const struct row {
  const char *text;
  double number;
  int whole; /* also an integer, of that value */
} rows[] = {
    {"0", 0, 1},
    {"-0", -0.0, 1},
    {"17", 17, 1},
    {"17.0", 17, 1},
    {"17.000000000000000000000000000", 17, 1},
    {"0.0", 0, 1},
    {"007", 7, 1},
    {"17.5", 17.5, 0},
    {"1e3", 1e3, 0},
    {"1500e-3", 1.5, 0},
    {"0.1", 0.1, 0},
    {"0.299999999999999988897769753748", 0.3, 0},
    {"9007199254740993", 9007199254740992.0, 0}, /* as an integer it is exact */
    {"2.2250738585072011e-308", 2.2250738585072011e-308, 0},
    {"4.9e-324", 4.9e-324, 0},
    {"1e-400", 0, 0},
    {"1.7976931348623157e308", 1.7976931348623157e308, 0},
    {"1e309", NO, 0},
    {"-1e400", NO, 0},
    {"1e99999999999999999999", NO, 0},
    {"0e99999999999999999999", 0, 0},
    {"", NO, 0},
    {"-", NO, 0},
    {"+1", NO, 0},
    {".5", NO, 0},
    {"1.", NO, 0},
    {"1.e3", NO, 0},
    {"1e", NO, 0},
    {"1e+", NO, 0},
    {"1,5", NO, 0},
    {" 1", NO, 0},
    {"1 ", NO, 0},
    {"0x10", NO, 0},
    {"inf", NO, 0},
    {"nan", NO, 0},
    {"1_000", NO, 0},
    {"--1", NO, 0},
};

static const struct integer {
  const char *text;
  int ok;
  long long value;
} integers[] = {
    {"9007199254740993", 1, 9007199254740993LL},
    {"999999999999999999", 1, 999999999999999999LL},
    {"-999999999999999999", 1, -999999999999999999LL},
    {"1000000000000000000", 0, 0}, /* 19 digits are refused, though some would fit */
    {"99999999999999999999999", 0, 0},
    {"100.00", 1, 100},
    {"100.01", 0, 0},
    {"0.5", 0, 0},
};

static int same_bits(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

/* What is accepted must be what the C library reads, to the last bit and byte. */
static int agrees(exotel_slice s) {
  char copy[1024], *end;
  double mine = 0, theirs;
  long long whole;
  int integer = exotel_decimal_integer(s.p, s.n, &whole);
  int ok = exotel_decimal_number(s.p, s.n, &mine);
  if (!ok) return !integer;
  memcpy(copy, s.p, s.n);
  copy[s.n] = '\0';
  theirs = strtod_l(copy, &end, plain);
  return *end == '\0' && same_bits(mine, theirs) &&
         (!integer || (double)whole == theirs);
}

static void check_rows(void) {
  size_t i, cut;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    exotel_slice s = page_text(0, rows[i].text);
    double value = NO;
    long long whole = 0;
    int ok = exotel_decimal_number(s.p, s.n, &value);
    check(ok == (rows[i].number != NO) && same_bits(value, rows[i].number),
          rows[i].text);
    if (rows[i].whole)
      check(exotel_decimal_integer(s.p, s.n, &whole) && (double)whole == rows[i].number,
            rows[i].text);
    for (cut = 0; cut <= strlen(rows[i].text); cut++)
      check(agrees(page_put(0, rows[i].text, cut)), rows[i].text);
  }
  for (i = 0; i < sizeof integers / sizeof *integers; i++) {
    exotel_slice s = page_text(0, integers[i].text);
    long long value = 0;
    int ok = exotel_decimal_integer(s.p, s.n, &value);
    check(ok == integers[i].ok && value == integers[i].value, integers[i].text);
  }
}

/* Numbers of every length and size, the same in every run. */
static void check_many(void) {
  unsigned long seed = 1, wrong = 0;
  int i, k;
  for (i = 0; i < 50000; i++) {
    char text[64];
    size_t n = 0;
    int digits, fraction;
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    digits = 1 + (int)(seed >> 33) % 25;
    fraction = (int)(seed >> 40) % digits;
    for (k = 0; k < digits; k++) {
      if (fraction > 0 && k == digits - fraction) text[n++] = '.';
      seed = seed * 6364136223846793005ul + 1442695040888963407ul;
      text[n++] = (char)('0' + (seed >> 33) % 10);
    }
    if (i % 2) n += (size_t)sprintf(text + n, "e%d", (int)(seed >> 50) % 640 - 320);
    wrong += !agrees(page_put(0, text, n));
  }
  check(wrong == 0, "50000 numbers as the C library reads them");
}

/* 800 digits, where only the last tells it from the middle of two doubles. */
static void check_long(void) {
  char text[900] = "9007199254740993.";
  size_t n = strlen(text);
  memset(text + n, '0', 700);
  check(agrees(page_put(0, text, n + 700)), "the middle of two doubles");
  text[n + 699] = '1';
  check(agrees(page_put(0, text, n + 700)), "a hair above the middle");
}

static int use_comma(void) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                      "fr_FR.utf8"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    if (setlocale(LC_NUMERIC, names[i]) != NULL) return 1;
  }
  return 0;
}

int main(void) {
  plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  check_rows();
  check_many();
  check_long();
  if (use_comma()) {
    check_rows();
    check_many();
  }
  check(given > 1000, "strtod was taken over");
  check(changeable == 0, "strtod is never given what a locale could change");
  freelocale(plain);
  return check_summary();
}
