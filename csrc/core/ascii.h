/*
** ascii: what a byte is, whatever the host's locale says.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_ASCII_H
#define EXOTEL_ASCII_H

static inline int exotel_is_digit(char c) {
  return c >= '0' && c <= '9';
}

static inline int exotel_is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static inline int exotel_is_alnum(char c) {
  return exotel_is_digit(c) || exotel_is_letter(c);
}

/* Blank, tab, CR, LF. */
static inline int exotel_is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline char exotel_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hex digit, or -1. */
static inline int exotel_hex(char c) {
  unsigned digit = (unsigned char)(c - '0');
  unsigned letter = (unsigned char)((c | 0x20) - 'a');
  return digit < 10 ? (int)digit : letter < 6 ? (int)letter + 10 : -1;
}

#endif
