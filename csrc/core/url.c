/*
** url: percent-encoding and base addresses (see url.h). It doesn't resolve references
** and knows no path but "/".
**
** SPDX-License-Identifier: MIT
*/
#include "url.h"

#include "ascii.h"

#include "text.h"
#include "utf8.h"

#include <string.h>

static int is_unreserved(char c) {
  return exotel_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void encode_byte(exotel_buffer *out, unsigned char c) {
  static const char hex[] = "0123456789ABCDEF";
  char *room;
  if (is_unreserved((char)c)) {
    exotel_buffer_addc(out, (char)c);
    return;
  }
  room = exotel_buffer_room(out, 3);
  if (room == NULL) return;
  room[0] = '%';
  room[1] = hex[c >> 4];
  room[2] = hex[c & 15];
  room[3] = '\0';
  out->n += 3;
}

void exotel_url_encode(exotel_buffer *out, exotel_slice text) {
  const char *p = text.p, *end = text.p + text.n;
  while (p < end) {
    const char *from = p;
    while (p < end && is_unreserved(*p))
      p++;
    exotel_buffer_add(out, from, (size_t)(p - from));
    if (p < end) encode_byte(out, (unsigned char)*p++);
  }
}

void exotel_url_encode_query(exotel_buffer *out, exotel_slice text) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    char c = text.p[i];
    if (c == ' ')
      exotel_buffer_addc(out, '+');
    else if (c == ':')
      exotel_buffer_addc(out, ':');
    else
      encode_byte(out, (unsigned char)c);
  }
}

/* What is decoded is never longer, so one room is enough. */
void exotel_url_decode(exotel_buffer *out, exotel_slice text, int form) {
  const char *p = text.p, *end = text.p + text.n;
  char *room = exotel_buffer_room(out, text.n), *to = room;
  if (room == NULL) return;
  while (p < end) {
    char c = *p++;
    if (c == '+' && form) {
      c = ' ';
    } else if (c == '%' && end - p >= 2) {
      int high = exotel_hex(p[0]), low = exotel_hex(p[1]);
      if (high >= 0 && low >= 0) {
        c = (char)(high * 16 + low);
        p += 2;
      }
    }
    *to++ = c;
  }
  *to = '\0';
  out->n += (size_t)(to - room);
}

typedef struct cursor {
  const char *begin, *p, *end;
  size_t *at;
} cursor;

static const char *wrong_at(const cursor *c, const char *p, const char *why) {
  *c->at = (size_t)(p - c->begin) + 1;
  return why;
}

static int take_prefix(cursor *c, const char *prefix) {
  size_t n = strlen(prefix);
  if ((size_t)(c->end - c->p) < n) return 0;
  if (!exotel_slice_is_nocase((exotel_slice){c->p, n}, prefix)) return 0;
  c->p += n;
  return 1;
}

/* `user:password@`, or the lone `@` that the portal writes before a host. */
static void take_credentials(cursor *c, exotel_base *base) {
  const char *sign = memchr(c->p, '@', (size_t)(c->end - c->p));
  const char *colon;
  if (sign == NULL) return;
  if (sign > c->p) {
    colon = memchr(c->p, ':', (size_t)(sign - c->p));
    base->has_credentials = 1;
    base->user = exotel_slice_between(c->p, colon == NULL ? sign : colon);
    base->password = exotel_slice_between(colon == NULL ? sign : colon + 1, sign);
  }
  c->p = sign + 1;
}

static int is_ipv6_byte(char ch) {
  return exotel_is_digit(ch) || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F') ||
         ch == ':' || ch == '.';
}

static const char *take_ipv6(cursor *c, exotel_base *base) {
  const char *from = ++c->p;
  while (c->p < c->end && is_ipv6_byte(*c->p))
    c->p++;
  base->host = exotel_slice_between(from, c->p);
  if (base->host.n == 0 || c->p >= c->end || *c->p != ']')
    return wrong_at(c, c->p, "has an IPv6 address without its closing bracket");
  c->p++;
  return NULL;
}

static const char *take_host(cursor *c, exotel_base *base) {
  const char *from = c->p;
  if (c->p < c->end && *c->p == '[') return take_ipv6(c, base);
  while (c->p < c->end && (exotel_is_alnum(*c->p) || *c->p == '-' || *c->p == '.'))
    c->p++;
  base->host = exotel_slice_between(from, c->p);
  return base->host.n > 0 ? NULL : wrong_at(c, c->p, "has no host");
}

static const char *take_port(cursor *c, exotel_base *base) {
  const char *from;
  long port = 0;
  if (c->p >= c->end || *c->p != ':') return NULL;
  for (from = ++c->p; c->p < c->end && exotel_is_digit(*c->p) && port < 100000; c->p++)
    port = port * 10 + (*c->p - '0');
  base->port = exotel_slice_between(from, c->p);
  if (port < 1 || port > 65535) return wrong_at(c, from, "has a port outside 1..65535");
  return NULL;
}

static int is_loopback(exotel_slice host) {
  size_t i, dots = 0;
  if (exotel_slice_is_nocase(host, "localhost") || exotel_slice_is(host, "::1"))
    return 1;
  if (host.n < 4 || memcmp(host.p, "127.", 4) != 0) return 0;
  for (i = 0; i < host.n; i++) {
    if (!exotel_is_digit(host.p[i]) && host.p[i] != '.') return 0;
    dots += host.p[i] == '.';
  }
  return dots == 3;
}

/* Letters and "://" where a host should be. */
static int has_other_scheme(const cursor *c) {
  const char *p = c->p;
  while (p < c->end && exotel_is_alnum(*p))
    p++;
  return c->p == c->begin && c->end - p >= 3 && memcmp(p, "://", 3) == 0;
}

const char *exotel_base_read(exotel_slice text, exotel_base *base, size_t *at) {
  const char *wrong;
  cursor c;
  memset(base, 0, sizeof *base);
  c.begin = c.p = text.p;
  c.end = text.p + text.n;
  c.at = at;
  base->https = 1;
  if (!take_prefix(&c, "https://") && take_prefix(&c, "http://")) base->https = 0;
  if (has_other_scheme(&c))
    return wrong_at(&c, c.p, "must begin with https://, http:// or a host");
  take_credentials(&c, base);
  wrong = take_host(&c, base);
  if (wrong == NULL) wrong = take_port(&c, base);
  if (wrong != NULL) return wrong;
  if (c.p < c.end && *c.p == '/') c.p++;
  if (c.p < c.end) return wrong_at(&c, c.p, "must end after host and port");
  base->loopback = is_loopback(base->host);
  return NULL;
}

/* Where the path or the query begins, or a fragment; the end when there is none. */
static const char *authority_end(exotel_slice text) {
  const char *p = text.p, *end = text.p + text.n;
  int slashes = 0;
  for (; p < end; p++) {
    slashes += *p == '/';
    if (slashes > 2 || *p == '?' || *p == '#') break;
  }
  return p;
}

static const char *check_target(exotel_slice text, exotel_slice target, size_t *at) {
  size_t i;
  for (i = 0; i < target.n; i++) {
    *at = (size_t)(target.p - text.p) + i + 1;
    if (target.p[i] == '#') return "has a fragment";
    if (target.p[i] <= ' ' || target.p[i] >= 0x7F)
      return "has a byte that must be percent-encoded";
  }
  return NULL;
}

const char *exotel_url_split(exotel_slice text, exotel_base *base, exotel_slice *target,
                             size_t *at) {
  const char *wrong, *end = authority_end(text);
  exotel_slice authority = exotel_slice_between(text.p, end);
  *target = exotel_slice_between(end, text.p + text.n);
  *at = 1;
  if (memchr(authority.p, '/', authority.n) == NULL)
    return "must begin with https:// or http://";
  if (memchr(authority.p, '@', authority.n) != NULL) return "has credentials in it";
  wrong = exotel_base_read(authority, base, at);
  return wrong != NULL ? wrong : check_target(text, *target, at);
}

long exotel_base_port(const exotel_base *base) {
  long port = 0;
  size_t i;
  for (i = 0; i < base->port.n; i++)
    port = port * 10 + (base->port.p[i] - '0');
  if (base->port.n == 0) return base->https ? 443 : 80;
  return port;
}

static void write_host(exotel_buffer *out, const exotel_base *base, int with_port) {
  int bracket = memchr(base->host.p, ':', base->host.n) != NULL;
  if (bracket) exotel_buffer_addc(out, '[');
  exotel_buffer_add(out, base->host.p, base->host.n);
  if (bracket) exotel_buffer_addc(out, ']');
  if (!with_port) return;
  exotel_buffer_addc(out, ':');
  exotel_buffer_add(out, base->port.p, base->port.n);
}

void exotel_base_write_host(exotel_buffer *out, const exotel_base *base) {
  write_host(out, base, exotel_base_port(base) != (base->https ? 443 : 80));
}

void exotel_base_write(exotel_buffer *out, const exotel_base *base) {
  exotel_buffer_adds(out, base->https ? "https://" : "http://");
  write_host(out, base, base->port.n > 0);
}

static const char *check_bytes(const cursor *c) {
  const char *p = c->begin;
  while (p < c->end) {
    size_t n = exotel_utf8_length(p, (size_t)(c->end - p));
    if (n == 0) return wrong_at(c, p, "is not UTF-8");
    if (*p == ' ') return wrong_at(c, p, "has a blank");
    if ((unsigned char)*p < ' ' || *p == 0x7F)
      return wrong_at(c, p, "has a control character");
    p += n;
  }
  return NULL;
}

const char *exotel_url_check(exotel_slice text, const char *const *schemes,
                             size_t *at) {
  const char *wrong;
  cursor c;
  c.begin = c.p = text.p;
  c.end = text.p + text.n;
  c.at = at;
  wrong = check_bytes(&c);
  if (wrong != NULL) return wrong;
  while (*schemes != NULL && !take_prefix(&c, *schemes))
    schemes++;
  if (*schemes == NULL) return wrong_at(&c, c.p, "has not the scheme it needs");
  if (c.p == c.end || strchr("/?#:@", *c.p) != NULL)
    return wrong_at(&c, c.p, "has no host");
  return NULL;
}
