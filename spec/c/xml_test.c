/*
** xml: what is refused and where, what leaves the rest gives, and that the service's
** samples give the leaves of their JSON.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include "../../csrc/core/error.h"
#include "../../csrc/core/json.h"
#include "../../csrc/core/slice.h"
#include "../../csrc/core/xml.h"
#include "check.h"
#include "leaves.h"

static const exotel_xml_list lists[] = {
    {"Legs", "Leg", NULL, 1},      {NULL, "Call", "Calls", 0},
    {"Box", "Item", NULL, 0},      {NULL, "Sms", "All", 1},
    {"Box", "Other", "Others", 0}, {"Bag", "Item", "Items", 0},
};
#define NLISTS (sizeof lists / sizeof *lists)

/* 256 bytes of a name. */
#define NAME16 "abcdefghijklmnop"
#define NAME64 NAME16 NAME16 NAME16 NAME16
#define NAME256 NAME64 NAME64 NAME64 NAME64

/* 31 elements below the root. */
#define TEN "<a><a><a><a><a><a><a><a><a><a>"
#define NET "</a></a></a></a></a></a></a></a></a></a>"
#define DEEP "<r>" TEN TEN TEN "<a>"
#define PEED "</a>" NET NET NET "</r>"
#define A10 "a.a.a.a.a.a.a.a.a.a."

static const struct row {
  const char *text;
  size_t n;         /* 0: up to the NUL */
  size_t at;        /* the refused byte, from 1; 0: it is read */
  const char *says; /* the leaves, or what the message contains */
} rows[] = {
    /* Leaves */
    {"<r><Call2><Sid>c5</Sid><To/></Call2></r>", 0, 0, "Call2.Sid=c5\nCall2.To=\n"},
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r><a>1</a></r>\n", 0, 0, "a=1\n"},
    {"<?xml version='1.0' standalone='yes'?><r><a>1</a></r>", 0, 0, "a=1\n"},
    {"<Any><a>1</a></Any>", 0, 0, "a=1\n"},
    {"<r/>", 0, 0, ""},
    {"<r></r>", 0, 0, ""},
    {"<r> \t\r\n </r>", 0, 0, ""},
    {"<r><a/></r>", 0, 0, "a=\n"},
    {"<r><a></a></r>", 0, 0, "a=\n"},
    {"<r>\n\t<a>1</a>\r\n <b>2</b> </r>", 0, 0, "a=1\nb=2\n"},
    {"<r><a>  1\t</a></r>", 0, 0, "a=  1\t\n"},
    {"<r><a> </a></r>", 0, 0, "a= \n"},
    {"<r><a>1\r\n2\r3\n4</a></r>", 0, 0, "a=1\n2\n3\n4\n"},
    {"<r><a>1</a><a>2</a></r>", 0, 0, "a=1\na=2\n"},
    {"<r><a><b>1</b></a><a><b>2</b></a></r>", 0, 0, "a.b=1\na.b=2\n"},
    {"<r><a><b>1</b> <c>2</c></a></r>", 0, 0, "a.b=1\na.c=2\n"},
    {"<r><a> <b/> </a></r>", 0, 0, "a.b=\n"},
    {"<r><r>1</r></r>", 0, 0, "r=1\n"},
    {"<r a='1'><b c=\"2\" d='&lt;'>3</b><e f=''/></r>", 0, 0, "b=3\ne=\n"},
    {"<r><a>&lt;&gt;&amp;&apos;&quot;</a></r>", 0, 0, "a=<>&'\"\n"},
    {"<r><a>x&#233;&#x928;&#x1F4DE;&#13;y</a></r>", 0, 0,
     "a=x\xC3\xA9\xE0\xA4\xA8\xF0\x9F\x93\x9E\ry\n"},
    {"<r><a>&#32;</a></r>", 0, 0, "a= \n"},
    {"<r><a>&amp;lt;</a></r>", 0, 0, "a=&lt;\n"},
    {"<r><a>1<![CDATA[<b>&amp;]]>2</a></r>", 0, 0, "a=1<b>&amp;2\n"},
    {"<r><a><![CDATA[<!DOCTYPE]]></a></r>", 0, 0, "a=<!DOCTYPE\n"},
    {"<!--<!DOCTYPE--><r><!-- 1 --><a>1<!--<!DOCTYPE-->2</a></r><!-- -->", 0, 0,
     "a=12\n"},
    {"<r><\xE0\xA4\xA8>\xE0\xA4\xA8\x7F</\xE0\xA4\xA8></r>", 0, 0,
     "\xE0\xA4\xA8=\xE0\xA4\xA8\x7F\n"},
    {"<x:r xmlns:x='u'><x:a>1</x:a><y:b>2</y:b></x:r>", 0, 0, "x:a=1\ny:b=2\n"},
    {"<r  ><a\n>1</a\t></r >", 0, 0, "a=1\n"},
    {"<r><a.b-c_d>1</a.b-c_d></r>", 0, 0, "a.b-c_d=1\n"},
    {"<r><" NAME256 "/></r>", 0, 0, NAME256 "=\n"},
    {DEEP "<a>1</a>" PEED, 0, 0, A10 A10 A10 "a.a=1\n"},

    /* Lists */
    {"<r><Call><Sid>1</Sid></Call><M/><Call><Sid>2</Sid></Call></r>", 0, 0,
     "Calls.#0.Sid=1\nM=\nCalls.#1.Sid=2\n"},
    {"<r><call>1</call><CALL/></r>", 0, 0, "Calls.#0=1\nCalls.#1=\n"},
    {"<r><Sms><Id>1</Id></Sms><Call><Id>2</Id></Call><Sms><Id>3</Id></Sms></r>", 0, 0,
     "All.#0.Sms.Id=1\nCalls.#0.Id=2\nAll.#1.Sms.Id=3\n"},
    {"<r><a><Call>1</Call><Call>2</Call></a></r>", 0, 0, "a.Call=1\na.Call=2\n"},
    {"<r><Legs><Leg><Id>1</Id></Leg><Leg><Id>2</Id><B/></Leg></Legs></r>", 0, 0,
     "Legs.#0.Leg.Id=1\nLegs.#1.Leg.Id=2\nLegs.#1.Leg.B=\n"},
    {"<r><legs><leg>1</leg><New>2</New><leg>3</leg></legs></r>", 0, 0,
     "legs.#0.leg=1\nlegs.New=2\nlegs.#1.leg=3\n"},
    {"<r><Leg>1</Leg></r>", 0, 0, "Leg=1\n"},
    {"<r><a><Leg>1</Leg></a></r>", 0, 0, "a.Leg=1\n"},
    {"<r><Bag><Item>1</Item></Bag></r>", 0, 0, "Bag.Items.#0=1\n"},
    {"<r><Bag/><Bag> </Bag></r>", 0, 0, "Bag=\nBag= \n"},
    {"<Legs><Leg>1</Leg></Legs>", 0, 0, "Leg=1\n"},
    {"<r><Call><Legs><Leg>1</Leg></Legs></Call><Call><Legs><Leg>2</Leg></Legs></Call></"
     "r>",
     0, 0, "Calls.#0.Legs.#0.Leg=1\nCalls.#1.Legs.#0.Leg=2\n"},
    {"<r><Box><Item>1</Item><Other>2</Other><Item>3</Item></Box></r>", 0, 0,
     "Box.#0=1\nBox.Others.#0=2\nBox.#1=3\n"},
    {"<r><Legs/><Legs></Legs><legs>\n </legs></r>", 0, 0, ""},
    {"<r><Legs>none</Legs></r>", 0, 0, "Legs=none\n"},

    /* Text and elements side by side */
    {"<r>text</r>", 0, 4, "only elements"},
    {"<r> text</r>", 0, 5, "only elements"},
    {"<r>\r\n \xE0\xA4\xA8</r>", 0, 7, "only elements"},
    {"<r><a/>\n<b/> text </r>", 0, 14, "only elements"},
    {"<r><a><b/>text</a></r>", 0, 11, "only elements"},
    {"<r><a>text<b/></a></r>", 0, 11, "beside text"},
    {"<r><a> text\n<b/></a></r>", 0, 13, "beside text"},
    {"<r><a><b/>&amp;</a></r>", 0, 11, "only elements"},
    {"<r><a><b/>&#65;</a></r>", 0, 11, "only elements"},
    {"<r><a><b/><![CDATA[ x]]></a></r>", 0, 21, "only elements"},
    {"<r><Legs>1<Leg/></Legs></r>", 0, 11, "beside text"},

    /* Declarations and instructions */
    {"<!DOCTYPE r><r/>", 0, 1, "a document type"},
    {" <!-- --><!DOCTYPE r SYSTEM \"http://example.com/\"><r/>", 0, 10,
     "a document type"},
    {"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a \"b\">]><r><a>&a;</a></r>", 0, 22,
     "a document type"},
    {"<!DOCTYPE r [", 0, 1, "a document type"},
    {"<!ENTITY a \"b\"><r/>", 0, 1, "not XML"},
    {"<?go?><r/>", 0, 1, "a processing instruction"},
    {"<r><?go on?></r>", 0, 4, "a processing instruction"},
    {"<r/><?go?>", 0, 5, "a processing instruction"},
    {"<r><a>1<?go?>2</a></r>", 0, 8, "a processing instruction"},
    {" <?xml version='1.0'?><r/>", 0, 2, "not XML"},
    {"<r><a>&b;</a></r>", 0, 7, "undefined entity"},
    {"<r><a b='&c;'/></r>", 0, 4, "undefined entity"},
    {"<r><a>&nbsp;</a></r>", 0, 7, "undefined entity"},
    {"<r><a>&#0;</a></r>", 0, 7, "not XML"},
    {"<r><a>&#xD800;</a></r>", 0, 7, "not XML"},
    {"<r><a>&#x110000;</a></r>", 0, 7, "not XML"},
    {"<r><a>&#1;</a></r>", 0, 7, "not XML"},

    /* Encodings */
    {"\xEF\xBB\xBF<r><a>\xC3\xA9</a></r>", 0, 0, "a=\xC3\xA9\n"},
    {"\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?><r><a>1</a></r>", 0, 0,
     "a=1\n"},
    {"<?xml version='1.0' encoding='us-ascii'?><r><a>1&#233;</a></r>", 0, 0,
     "a=1\xC3\xA9\n"},
    {"<?xml version='1.0' encoding='US-ASCII'?><r><a>\xC3\xA9</a></r>", 0, 48,
     "not XML"},
    {"<?xml version='1.0' encoding='ISO-8859-1'?><r/>", 0, 1,
     "its encoding is ISO-8859-1, and only UTF-8"},
    {"<?xml version='1.0' encoding='UTF-16'?><r/>", 0, 1, "its encoding is UTF-16"},
    {"<?xml version='1.0' encoding='windows-1252'?><r/>", 0, 1,
     "its encoding is windows-1252"},
    {"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-16'?><r/>", 0, 4,
     "its encoding is UTF-16"},
    {"\xFF\xFE<\0r\0/\0>\0", 10, 1, "its encoding is UTF-16"},
    {"\xFE\xFF\0<\0r\0/\0>", 10, 1, "its encoding is UTF-16"},
    {"<\0r\0/\0>\0", 8, 1, "its encoding is UTF-16"},
    {"\0<\0r\0/\0>", 8, 1, "its encoding is UTF-16"},
    {"<r><a>\xFF</a></r>", 0, 7, "not XML"},
    {"<r><a>12\xC0\xAF</a></r>", 0, 9, "not XML"},
    {"<r><a>\xED\xA0\x80</a></r>", 0, 7, "not XML"},
    {"<r><a>\xE2\x82</a></r>", 0, 7, "not XML"},
    {"<r><\xFF/></r>", 0, 5, "not XML"},
    {"<r><a>1\0</a></r>", 16, 8, "not XML"},
    {"<r><a>\x01</a></r>", 0, 7, "not XML"},
    {"<r/>\0", 5, 5, "not XML"},

    /* Structure */
    {"", 0, 1, "not XML"},
    {"\0", 1, 1, "not XML"},
    {" \n", 0, 3, "not XML"},
    {"text", 0, 1, "not XML"},
    {"{\"a\":1}", 0, 1, "not XML"},
    {"<html><p>1<br>2</p></html>", 0, 11, "an element beside text"},
    {"<r>", 0, 4, "it ends inside an element"},
    {"<r><a>1", 0, 8, "it ends inside an element"},
    {"<r><a>1</", 0, 8, "unclosed token"},
    {"<r", 0, 1, "unclosed token"},
    {"<r><a>1</b></r>", 0, 10, "mismatched tag"},
    {"<r><a>1</r>", 0, 10, "mismatched tag"},
    {"<r></R>", 0, 6, "mismatched tag"},
    {"</r>", 0, 2, "not XML"},
    {"<r a='1' a='2'/>", 0, 10, "duplicate attribute"},
    {"<r a=1/>", 0, 6, "not XML"},
    {"<r a='<'/>", 0, 7, "not XML"},
    {"<r><1/></r>", 0, 5, "not XML"},
    {"< r/>", 0, 2, "not XML"},
    {"<r/><r/>", 0, 5, "junk after document element"},
    {"<r/>text", 0, 5, "junk after document element"},
    {"<r/>&amp;", 0, 5, "not XML"},
    {"<r><a>]]></a></r>", 0, 9, "not XML"},
    {"<r><![CDATA[ ", 0, 14, "unclosed CDATA section"},
    {"<r><!-- -- --></r>", 0, 11, "not XML"},

    /* Limits */
    {"<r><" NAME256 "q/></r>", 0, 4, "a name longer than the limit of 256"},
    {"<" NAME256 "q/>", 0, 1, "a name longer than the limit of 256"},
    {DEEP "<a><b/></a>" PEED, 0, 100, "deeper than the limit of 32"},
    {"<r><b/>" TEN TEN TEN "<a><Legs><Leg/></Legs></a>", 0, 107,
     "deeper than the limit of 32"},
    {"<r><Call>" TEN TEN TEN "<a/>" NET NET NET "</Call></r>", 0, 100,
     "deeper than the limit of 32"},
};

static const struct row *failing; /* whose name a failure shows */

static void hold(int holds) {
  check(holds, failing->text);
}

static const char *text_of(const exotel_buffer *b) {
  return b->p == NULL ? "" : b->p;
}

static exotel_kind read_into(exotel_buffer *out, exotel_slice s, exotel_buffer *scratch,
                             exotel_error *e) {
  exotel_buffer_reset(out);
  exotel_error_clear(e);
  return exotel_xml_read(s, lists, NLISTS, scratch, leaves_write, out, e);
}

/* Where the root of a row that is read ends. */
static size_t root_end(const struct row *r) {
  const char *p = strstr(r->text, "</"), *last = NULL;
  for (; p != NULL; p = strstr(p + 1, "</"))
    last = p;
  if (last == NULL) return strlen(r->text);
  return (size_t)(strchr(last, '>') - r->text) + 1;
}

/* A document that is cut within its root is refused at the cut or before it. */
static void check_cuts(const struct row *r, size_t n, exotel_buffer *out,
                       exotel_buffer *scratch) {
  size_t cut;
  for (cut = 0; cut < n; cut++) {
    exotel_error e;
    exotel_kind kind = read_into(out, page_put(0, r->text, cut), scratch, &e);
    if (kind == EXOTEL_OK)
      hold(r->at == 0 ? cut >= root_end(r) : cut < r->at);
    else
      hold(kind == EXOTEL_PARSE && e.position >= 1 && e.position <= cut + 1);
  }
}

static void check_row(const struct row *r, exotel_buffer *out, exotel_buffer *scratch) {
  size_t n = r->n == 0 ? strlen(r->text) : r->n;
  exotel_error e;
  exotel_kind kind = read_into(out, page_put(0, r->text, n), scratch, &e);
  if (r->at == 0)
    hold(kind == EXOTEL_OK && strcmp(text_of(out), r->says) == 0);
  else
    hold(kind == EXOTEL_PARSE && e.position == r->at && strcmp(e.reason, "xml") == 0 &&
         strstr(e.message, r->says) != NULL);
  check_cuts(r, n, out, scratch);
}

/* {=================================================================
** The service's samples
** ================================================================== */

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TwilioResponse>\n"
#define SID "b6cfaf5f5cef3ca0fc937749ef96d245"
#define URI "/v1/Accounts/Exotel/Calls"

static const exotel_xml_list details[] = {{"Legs", "Leg", NULL, 1}};
static const exotel_xml_list pages[] = {{NULL, "Call", "Calls", 0},
                                        {"Legs", "Leg", NULL, 1}};

/* Each document beside what the same answer is in JSON. */
static const struct sample {
  const char *name, *xml;
  const exotel_xml_list *lists;
  size_t nlists;
  const char *json;
} samples[] = {
    {"connect (S001)",
     HEAD " <Call>\n  <Sid>db05188d0f6cf980cdcef8992c2b8cd4</Sid>\n  <ParentCallSid/>\n"
          "  <DateCreated>2017-02-22 04:35:19</DateCreated>\n"
          "  <AccountSid>Exotel</AccountSid>\n  <To>0XXXXX40682</To>\n"
          "  <PhoneNumberSid>0XXXXXX4890</PhoneNumberSid>\n"
          "  <Status>in-progress</Status>\n  <EndTime/>\n  <Duration/>\n  <Price/>\n"
          "  <Direction>outbound-api</Direction>\n  <AnsweredBy/>\n  <Uri>" URI
          "/db05188d0f6cf980cdcef8992c2b8cd4</Uri>\n  <RecordingUrl/>\n"
          " </Call>\n</TwilioResponse>\n",
     details, 1,
     "{\"Call\":{\"Sid\":\"db05188d0f6cf980cdcef8992c2b8cd4\",\"ParentCallSid\":\"\","
     "\"DateCreated\":\"2017-02-22 04:35:19\",\"AccountSid\":\"Exotel\","
     "\"To\":\"0XXXXX40682\",\"PhoneNumberSid\":\"0XXXXXX4890\","
     "\"Status\":\"in-progress\",\"EndTime\":\"\",\"Duration\":\"\",\"Price\":\"\","
     "\"Direction\":\"outbound-api\",\"AnsweredBy\":\"\",\"Uri\":\"" URI
     "/db05188d0f6cf980cdcef8992c2b8cd4\",\"RecordingUrl\":\"\"}}"},
    {"call details with legs (S003)",
     HEAD "<Call> <Sid>" SID "</Sid> <ParentCallSid></ParentCallSid> "
          "<Status>completed</Status> <Duration>17</Duration> <Price>1.500</Price> "
          "<ForwardedFrom></ForwardedFrom> <Details> "
          "<ConversationDuration>8</ConversationDuration> "
          "<Leg1Status>completed</Leg1Status> <Leg2Status>completed</Leg2Status> "
          "<Legs> <Leg> <Id>1</Id> <OnCallDuration>21</OnCallDuration> </Leg> "
          "<Leg> <Id>2</Id> <OnCallDuration>8</OnCallDuration> </Leg> </Legs> "
          "</Details> </Call> </TwilioResponse>",
     details, 1,
     "{\"Call\":{\"Sid\":\"" SID "\",\"ParentCallSid\":\"\",\"Status\":\"completed\","
     "\"Duration\":\"17\",\"Price\":\"1.500\",\"ForwardedFrom\":\"\",\"Details\":{"
     "\"ConversationDuration\":8,\"Leg1Status\":\"completed\","
     "\"Leg2Status\":\"completed\",\"Legs\":[{\"Leg\":{\"Id\":\"1\","
     "\"OnCallDuration\":21}},{\"Leg\":{\"Id\":\"2\",\"OnCallDuration\":8}}]}}}"},
    {"call details without legs",
     HEAD "<Call><Sid>" SID "</Sid><Details><ConversationDuration>0"
          "</ConversationDuration><Legs/></Details></Call></TwilioResponse>",
     details, 1,
     "{\"Call\":{\"Sid\":\"" SID "\",\"Details\":{\"ConversationDuration\":0,"
     "\"Legs\":[]}}}"},
    {"a page of calls (S003)",
     HEAD "<Metadata> <Total>1027</Total> <PageSize>2</PageSize> <FirstPageUri>" URI
          "?PageSize=100&amp;SortBy=DateCreated:desc</FirstPageUri> <NextPageUri>" URI
          "?PageSize=100&amp;After=MTU3ODQ4NTE2OSw=</NextPageUri> </Metadata> <Call> "
          "<Sid>" SID
          "</Sid> <Details> <Legs> <Leg> <Id>1</Id> </Leg> <Leg> <Id>2</Id> "
          "</Leg> </Legs> </Details> </Call> <Call> <Sid>c5</Sid> <Details> <Legs> "
          "<Leg> <Id>1</Id> </Leg> </Legs> </Details> </Call> </TwilioResponse>",
     pages, 2,
     "{\"Metadata\":{\"Total\":1027,\"PageSize\":2,\"FirstPageUri\":\"" URI
     "?PageSize=100&SortBy=DateCreated:desc\",\"NextPageUri\":\"" URI
     "?PageSize=100&After=MTU3ODQ4NTE2OSw=\"},\"Calls\":[{\"Sid\":\"" SID
     "\",\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":1}},{\"Leg\":{\"Id\":2}}]}},"
     "{\"Sid\":\"c5\",\"Details\":{\"Legs\":[{\"Leg\":{\"Id\":1}}]}}]}"},
    {"a page without calls",
     HEAD "<Metadata><Total>0</Total><NextPageUri/></Metadata></TwilioResponse>", pages,
     2, "{\"Metadata\":{\"Total\":0,\"NextPageUri\":\"\"},\"Calls\":[]}"},
    {"a refusal",
     HEAD
     "<RestException> <Status>403</Status> <Message>Call to 0XXXXX40682 can not be "
     "made because of TRAI NDNC regulations</Message> </RestException>\n"
     "</TwilioResponse>",
     NULL, 0,
     "{\"RestException\":{\"Status\":403,\"Message\":\"Call to 0XXXXX40682 can not be "
     "made because of TRAI NDNC regulations\"}}"},
    {"a number's metadata (S003)",
     HEAD "<Numbers> <PhoneNumber>0XXXXX30240</PhoneNumber> <Circle>GJ</Circle> "
          "<CircleName>Gujarat Telecom Circle (includes Daman &amp; Diu, Dadra &amp; "
          "Nagar Haveli)</CircleName> <DND>Yes</DND> </Numbers> </TwilioResponse>",
     NULL, 0,
     "{\"Numbers\":{\"PhoneNumber\":\"0XXXXX30240\",\"Circle\":\"GJ\",\"CircleName\":"
     "\"Gujarat Telecom Circle (includes Daman & Diu, Dadra & Nagar Haveli)\","
     "\"DND\":\"Yes\"}}"},
};

/* The page's sample as it is printed, with blanks in its tags (S003). */
static const char broken[] = HEAD " < Metadata > < Total >1027</ Total >";

static void check_sample(const struct sample *s, exotel_buffer *out,
                         exotel_buffer *scratch) {
  exotel_slice xml = page_text(0, s->xml);
  exotel_buffer json;
  exotel_error e;
  size_t cut, root = (size_t)(strstr(s->xml, "</TwilioResponse>") - s->xml) + 17;
  exotel_buffer_init(&json, 65536);
  exotel_buffer_reset(out);
  exotel_error_clear(&e);
  check(exotel_json_read(exotel_slice_of(s->json), scratch, leaves_write, &json, &e) ==
                EXOTEL_OK &&
            exotel_xml_read(xml, s->lists, s->nlists, scratch, leaves_write, out, &e) ==
                EXOTEL_OK &&
            out->n > 0 && strcmp(text_of(out), text_of(&json)) == 0,
        s->name);
  for (cut = 0; cut < root; cut++)
    check(read_into(out, page_put(0, s->xml, cut), scratch, &e) == EXOTEL_PARSE &&
              e.position >= 1 && e.position <= cut + 1,
          s->name);
  exotel_buffer_free(&json);
}

/* }================================================================== */

typedef struct counted {
  int left, calls;
} counted;

static exotel_kind refuse_last(void *context, const exotel_leaf *leaf,
                               exotel_error *e) {
  counted *c = context;
  c->calls++;
  return --c->left > 0 ? EXOTEL_OK
                       : exotel_error_set(e, EXOTEL_INVALID, "sink", leaf->text, "no");
}

/* The sink's failure is what comes out, also where the rest is no XML. */
static void check_sink(const char *text, exotel_buffer *scratch) {
  exotel_error e;
  counted c = {2, 0};
  exotel_error_clear(&e);
  check(exotel_xml_read(page_text(0, text), NULL, 0, scratch, refuse_last, &c, &e) ==
                EXOTEL_INVALID &&
            c.calls == 2 && strcmp(e.field, "2") == 0 && strcmp(e.message, "no") == 0 &&
            e.position == 0,
        text);
}

static exotel_kind take_leaf(void *context, const exotel_leaf *leaf, exotel_error *e) {
  exotel_leaf *kept = context;
  (void)e;
  *kept = *leaf;
  return EXOTEL_OK;
}

static void check_empty(exotel_buffer *scratch) {
  exotel_leaf leaf;
  exotel_error e;
  memset(&leaf, 0xFF, sizeof leaf);
  check(exotel_xml_read(page_text(0, "<r><a/></r>"), NULL, 0, scratch, take_leaf, &leaf,
                        &e) == EXOTEL_OK &&
            leaf.depth == 1 && leaf.text.n == 0 && leaf.text.p != NULL &&
            leaf.null == 0,
        "an empty element is empty text, and not null");
}

static void check_long(void) {
  static const char text[] = "<r><a>12345</a></r>";
  exotel_buffer out, small;
  exotel_error e;
  exotel_buffer_init(&out, 65536);
  exotel_buffer_init(&small, sizeof text - 1);
  check(read_into(&out, page_text(0, text), &small, &e) == EXOTEL_OK,
        "a document as large as the limit");
  exotel_buffer_free(&small);
  exotel_buffer_init(&small, sizeof text - 2);
  check(read_into(&out, page_text(0, text), &small, &e) == EXOTEL_PARSE &&
            strcmp(e.reason, "too_long") == 0 && e.position == sizeof text - 1 &&
            strstr(e.message, "limit of 18 bytes") != NULL,
        "a document larger than the working memory may be");
  exotel_buffer_free(&small);
  exotel_buffer_free(&out);
}

/* Many elements, and a value that makes every buffer grow. */
static void check_large(exotel_buffer *out, exotel_buffer *scratch) {
  static char text[200000], expected[200000];
  size_t n, m, i;
  exotel_error e;
  n = (size_t)sprintf(text, "<r><a>");
  m = (size_t)sprintf(expected, "a=");
  for (i = 0; i < 50000; i++)
    text[n++] = expected[m++] = (char)('a' + i % 26);
  n += (size_t)sprintf(text + n, "</a>");
  m += (size_t)sprintf(expected + m, "\n");
  for (i = 0; i < 3000; i++) {
    n += (size_t)sprintf(text + n, "<Call><Sid>%d</Sid></Call>", (int)i);
    m += (size_t)sprintf(expected + m, "Calls.#%d.Sid=%d\n", (int)i, (int)i);
  }
  n += (size_t)sprintf(text + n, "</r>");
  check(read_into(out, page_put(0, text, n), scratch, &e) == EXOTEL_OK &&
            strcmp(text_of(out), expected) == 0,
        "a large document");
}

static void check_lists(exotel_buffer *out, exotel_buffer *scratch) {
  exotel_xml_list many[EXOTEL_XML_LISTS_MAX + 1];
  exotel_slice s = page_text(0, "<r><a/></r>");
  exotel_error e;
  size_t i;
  for (i = 0; i < EXOTEL_XML_LISTS_MAX + 1; i++)
    many[i] = lists[0];
  many[EXOTEL_XML_LISTS_MAX - 1].parent = NULL;
  many[EXOTEL_XML_LISTS_MAX - 1].child = "a";
  exotel_buffer_reset(out);
  exotel_error_clear(&e);
  check(exotel_xml_read(s, many, EXOTEL_XML_LISTS_MAX, scratch, leaves_write, out,
                        &e) == EXOTEL_OK &&
            strcmp(text_of(out), "#0.a=\n") == 0,
        "as many lists as there may be");
  check(exotel_xml_read(s, many, EXOTEL_XML_LISTS_MAX + 1, scratch, leaves_write, out,
                        &e) == EXOTEL_MISUSE,
        "more lists than there may be");
}

int main(void) {
  exotel_buffer out, scratch;
  exotel_error e;
  size_t i;
  exotel_buffer_init(&out, 1024 * 1024);
  exotel_buffer_init(&scratch, 256 * 1024);
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row(failing = &rows[i], &out, &scratch);
  for (i = 0; i < sizeof samples / sizeof *samples; i++)
    check_sample(&samples[i], &out, &scratch);
  check(read_into(&out, page_text(0, broken), &scratch, &e) == EXOTEL_PARSE &&
            e.position == (size_t)(strstr(broken, "< Meta") - broken) + 2,
        "the vendor's own page has blanks in its tags");
  check_sink("<r><a>1</a><a>2</a><a>3</a></r>", &scratch);
  check_sink("<r><a>1</a><a>2</a>text", &scratch);
  check_sink("<r><a>1</a><a>2</a></b>", &scratch);
  check_sink("<r><a><b>1</b><b>2</b></a></r>", &scratch);
  check_empty(&scratch);
  check_long();
  check_large(&out, &scratch);
  check_lists(&out, &scratch);
  exotel_buffer_free(&out);
  exotel_buffer_free(&scratch);
  return check_summary();
}
