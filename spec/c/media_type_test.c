/*
** media_type: what a Content-Type says, whole and cut at every byte.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/buffer.h"
#include "../../csrc/core/media_type.h"
#include "check.h"

#define TEN "1234567890"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN
#define MULTIPART "multipart/form-data; "

static const struct row {
  const char *text;
  exotel_media media;
  const char *boundary;
} rows[] = {
    {"", EXOTEL_MEDIA_NONE, ""},
    {" \t", EXOTEL_MEDIA_NONE, ""},
    {";", EXOTEL_MEDIA_NONE, ""},
    {"; boundary=a", EXOTEL_MEDIA_NONE, "a"},
    {"application/x-www-form-urlencoded", EXOTEL_MEDIA_FORM, ""},
    {"Application/X-WWW-Form-URLencoded ; charset=utf-8", EXOTEL_MEDIA_FORM, ""},
    {"application/json", EXOTEL_MEDIA_JSON, ""},
    {" application/json;charset=UTF-8 ", EXOTEL_MEDIA_JSON, ""},
    {"text/json", EXOTEL_MEDIA_JSON, ""},
    {"application/problem+JSON", EXOTEL_MEDIA_JSON, ""},
    {"+json", EXOTEL_MEDIA_OTHER, ""},
    {"application/jsonp", EXOTEL_MEDIA_OTHER, ""},
    {"application/json, text/json", EXOTEL_MEDIA_OTHER, ""},
    {"text/plain", EXOTEL_MEDIA_OTHER, ""},
    {"multipart/mixed; boundary=a", EXOTEL_MEDIA_OTHER, "a"},
    {"multipart/form-data", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=a", EXOTEL_MEDIA_MULTIPART, "a"},
    {"MULTIPART/FORM-DATA;BOUNDARY=a", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "boundary=\"a b\"", EXOTEL_MEDIA_MULTIPART, "a b"},
    {MULTIPART "boundary=\"a;b\"", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\"a\"; charset=x", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "charset=x; boundary=a", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "charset=\"x;boundary=b\"; boundary=a", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "charset=\"\\\";boundary=b\"; boundary=a", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART ";;charset;=;boundary=a;;", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "boundary = a ; x=y", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "boundary=a; boundary=b", EXOTEL_MEDIA_MULTIPART, "a"},
    {MULTIPART "boundary=; boundary=b", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\"\"", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\"a", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\"a \"", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=a/b:c", EXOTEL_MEDIA_MULTIPART, "a/b:c"},
    {MULTIPART "boundary='()+_,-./:=?", EXOTEL_MEDIA_MULTIPART, "'()+_,-./:=?"},
    {MULTIPART "boundary=a@b", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\xC3\xA4", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=" SEVENTY, EXOTEL_MEDIA_MULTIPART, SEVENTY},
    {MULTIPART "boundary=" SEVENTY "1", EXOTEL_MEDIA_MULTIPART, ""},
    {MULTIPART "boundary=\"" SEVENTY "\"", EXOTEL_MEDIA_MULTIPART, SEVENTY},
    {MULTIPART "xboundary=a", EXOTEL_MEDIA_MULTIPART, ""},
    {"multipart/form-data boundary=a", EXOTEL_MEDIA_OTHER, ""},
    {MULTIPART "boundary=----WebKitFormBoundaryX", EXOTEL_MEDIA_MULTIPART,
     "----WebKitFormBoundaryX"},
};

static int boundary_is(const exotel_media_type *m, const char *boundary) {
  return m->boundary_size == strlen(boundary) &&
         memcmp(m->boundary, boundary, m->boundary_size) == 0;
}

static void check_row(const struct row *r) {
  exotel_media_type m;
  size_t cut;
  exotel_media_type_read(page_text(0, r->text), &m);
  check(m.media == r->media && boundary_is(&m, r->boundary), r->text);
  for (cut = 0; cut < strlen(r->text); cut++) {
    exotel_media_type_read(page_put(0, r->text, cut), &m);
    check(m.boundary_size <= EXOTEL_BOUNDARY_MAX, r->text);
    check(m.boundary_size == 0 || strstr(r->text, "boundary") != NULL ||
              strstr(r->text, "BOUNDARY") != NULL,
          r->text);
  }
}

static const struct parameter {
  const char *text, *all; /* name=value|..., ! for a value that is too long */
} parameters[] = {
    {"", ""},
    {";", ""},
    {"; a=b", "a=b|"},
    {"a=b", "a=b|"},
    {"; a", "a=|"},
    {"; a; b=c", "a=|b=c|"},
    {"; a=", "a=|"},
    {"; =b", "=b|"},
    {"; a=b c ; d=e", "a=b c|d=e|"},
    {"; a=\"b;c\"; d=\"e\"", "a=b;c|d=e|"},
    {"; a=\"b\\\"c\\\\d\"", "a=b\"c\\d|"},
    {"; a=\"C:\\dir\\x\"", "a=C:\\dir\\x|"},
    {"; a=\"\"", "a=|"},
    {"; a=\"", ""},
    {"; a=\"b\\\"", ""},
    {"; a=b\"c", "a=b\"c|"},
    {"; a=\"12345678\"", "a=12345678|"},
    {"; a=\"123456789\"", "a=!|"},
    {"; a=123456789; b=c", "a=!|b=c|"},
    {"; a=\"b\" c; d=e", "a=b|c=|d=e|"},
    {"; a=b\r\n ; c=d", "a=b|c=d|"},
};

/* Writes down every parameter; the value's room is eight bytes at the end of a page. */
static void write_all(exotel_slice text, exotel_buffer *out) {
  const char *p = text.p;
  exotel_slice name, room = page_put(1, "        ", 8);
  size_t n;
  exotel_buffer_reset(out);
  while (exotel_parameter_next(&p, text.p + text.n, &name, (char *)room.p, 8, &n)) {
    exotel_buffer_add(out, name.p, name.n);
    exotel_buffer_addc(out, '=');
    exotel_buffer_add(out, n > 8 ? "!" : room.p, n > 8 ? 1 : n);
    exotel_buffer_addc(out, '|');
  }
}

static void check_parameters(const struct parameter *r, exotel_buffer *out) {
  size_t cut;
  write_all(page_text(0, r->text), out);
  check(strcmp(out->p == NULL ? "" : out->p, r->all) == 0, r->text);
  for (cut = 0; cut < strlen(r->text); cut++) {
    write_all(page_put(0, r->text, cut), out);
    check(out->n <= cut + 4, r->text);
  }
}

int main(void) {
  exotel_buffer out;
  size_t i;
  exotel_buffer_init(&out, 65536);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(&rows[i]);
  for (i = 0; i < sizeof parameters / sizeof *parameters; i++)
    check_parameters(&parameters[i], &out);
  exotel_buffer_free(&out);
  return check_summary();
}
