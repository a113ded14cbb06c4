/*
** request: a request on its way from libmicrohttpd to whoever answers it (request.h).
** libmicrohttpd's memory lives as long as the connection does and a request may outlive
** that, so everything is copied, once.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "request.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The fields as libmicrohttpd holds them. */
typedef struct raw {
  exotel_httpd_field *field;
  size_t n, capacity;
} raw;

static exotel_slice slice(const char *p) {
  exotel_slice s = {p, p != NULL ? strlen(p) : 0};
  return s;
}

request *exotel_httpd_request_new(const char *target, size_t max_body) {
  const char *mark;
  request *r = calloc(1, sizeof *r);
  if (r == NULL) return NULL;
  exotel_buffer_init(&r->texts, (size_t)-2); /* libmicrohttpd caps what goes in */
  exotel_buffer_init(&r->body, max_body);
  r->target = strdup(target);
  if (r->target == NULL) {
    exotel_httpd_request_free(r);
    return NULL;
  }
  r->seen.path = slice(r->target);
  mark = strchr(r->target, '?');
  if (mark != NULL) {
    r->seen.query = slice(mark + 1);
    r->seen.path.n = (size_t)(mark - r->target);
  }
  return r;
}

/* libmicrohttpd takes off the white space before a value, and leaves that behind it. */
static exotel_slice trimmed(const char *p, size_t n) {
  exotel_slice s = {"", 0};
  if (p == NULL) return s;
  while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
    n--;
  s.p = p;
  s.n = n;
  return s;
}

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *name,
                               size_t nname, const char *value, size_t nvalue) {
  raw *all = context;
  exotel_httpd_field *f;
  (void)kind;
  if (all->n == all->capacity) {
    size_t capacity = all->capacity == 0 ? 16 : all->capacity * 2;
    f = realloc(all->field, capacity * sizeof *f);
    if (f == NULL) return MHD_NO;
    all->field = f;
    all->capacity = capacity;
  }
  f = &all->field[all->n++];
  f->name.p = name;
  f->name.n = nname;
  f->value = trimmed(value, nvalue);
  return MHD_YES;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int same_name(exotel_slice a, exotel_slice b) {
  size_t i;
  if (a.n != b.n) return 0;
  for (i = 0; i < a.n; i++)
    if (lower(a.p[i]) != lower(b.p[i])) return 0;
  return 1;
}

/* The value of all[i], joined with those of later fields of the same name, which are
** taken out by clearing their name. */
static void join(request *r, raw *all, size_t i) {
  size_t k;
  exotel_buffer_add(&r->texts, all->field[i].value.p, all->field[i].value.n);
  for (k = i + 1; k < all->n; k++) {
    exotel_httpd_field *f = &all->field[k];
    if (f->name.p == NULL || !same_name(f->name, all->field[i].name)) continue;
    exotel_buffer_adds(&r->texts, ", ");
    exotel_buffer_add(&r->texts, f->value.p, f->value.n);
    f->name.p = NULL;
  }
}

/* The texts move while they grow: lengths first, the pointers by place(). */
static void copy(request *r, raw *all) {
  size_t i, k, before;
  for (i = 0; i < all->n; i++) {
    exotel_slice name = all->field[i].name;
    exotel_httpd_field *f = &r->fields[r->seen.nfields];
    if (name.p == NULL) continue;
    for (k = 0; k < name.n; k++)
      exotel_buffer_addc(&r->texts, lower(name.p[k]));
    f->name.n = name.n;
    before = r->texts.n;
    join(r, all, i);
    f->value.n = r->texts.n - before;
    r->seen.nfields++;
  }
}

static void place(request *r) {
  const char *p = r->texts.p;
  size_t i;
  for (i = 0; i < r->seen.nfields; i++) {
    r->fields[i].name.p = p;
    p += r->fields[i].name.n;
    r->fields[i].value.p = p;
    p += r->fields[i].value.n;
  }
  r->seen.fields = r->fields;
}

static int copy_fields(request *r, struct MHD_Connection *connection) {
  raw all = {NULL, 0, 0};
  int n = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, &all);
  int ok = n >= 0 && (size_t)n == all.n;
  if (ok && all.n > 0) {
    r->fields = calloc(all.n, sizeof *r->fields);
    ok = r->fields != NULL;
    if (ok) copy(r, &all);
    ok = ok && r->texts.state == EXOTEL_BUFFER_OK;
    if (ok) place(r);
  }
  free(all.field);
  return ok ? 0 : -1;
}

static uint16_t peer_port(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const void *address = info != NULL ? info->client_addr : NULL;
  if (address == NULL) return 0;
  if (info->client_addr->sa_family == AF_INET6)
    return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
  return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

int exotel_httpd_request_begin(request *r, const char *method,
                               struct MHD_Connection *connection) {
  r->begun = 1;
  r->method = strdup(method);
  if (r->method == NULL || copy_fields(r, connection) < 0) return -1;
  r->user = MHD_basic_auth_get_username_password(connection, &r->password);
  r->seen.method = slice(r->method);
  r->seen.peer_port = peer_port(connection);
  r->seen.user = slice(r->user);
  r->seen.password = slice(r->password);
  return 0;
}

int exotel_httpd_request_body(request *r, const char *bytes, size_t n) {
  if (!r->too_large) {
    exotel_buffer_state state = exotel_buffer_add(&r->body, bytes, n);
    if (state == EXOTEL_BUFFER_OK) return 0;
    exotel_buffer_free(&r->body);
    if (state == EXOTEL_BUFFER_NOMEMORY) return -1;
    r->too_large = 1;
  }
  r->thrown += n;
  return 0;
}

void exotel_httpd_request_end(request *r) {
  r->seen.body.p = r->body.p;
  r->seen.body.n = r->body.n;
}

void exotel_httpd_request_free(request *r) {
  if (r == NULL) return;
  if (r->answer != NULL) MHD_destroy_response(r->answer);
  if (r->user != NULL) MHD_free(r->user);
  if (r->password != NULL) MHD_free(r->password);
  exotel_buffer_free(&r->texts);
  exotel_buffer_free(&r->body);
  free(r->fields);
  free(r->target);
  free(r->method);
  free(r);
}
