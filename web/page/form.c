/* form.c - forms; see form.h. */
#include "web/page/form.h"

#include "base/mem.h"
#include "web/page/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TYPE "application/x-www-form-urlencoded"
#define PARAM "param-"

bool form_is_type(const char *content_type)
{
	size_t length = content_type == NULL ? 0 : strcspn(content_type, " \t;");

	return length == strlen(TYPE) && strncasecmp(content_type, TYPE, length) == 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* Decodes size bytes into a text of its own. */
static char *decode(const char *bytes, size_t size, struct err *err)
{
	char *text = mem_alloc(size + 1);
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i] == '+' ? ' ' : bytes[i];

		if (c == '%') {
			int high = i + 2 < size ? hex_digit(bytes[i + 1]) : -1;
			int low = high < 0 ? -1 : hex_digit(bytes[i + 2]);

			c = low < 0 ? '\0' : (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0') {
			mem_free(text);
			(void)err_set(err, ERR_SYNTAX,
				      "the form holds a NUL or a '%%' without two hex digits");
			return NULL;
		}
		if (c != '\r') /* forms end their lines with CRLF */
			text[length++] = c;
	}
	return text;
}

static int put_text(json_t *object, const char *name, const char *text, struct err *err)
{
	json_t *value;

	if (json_object_get(object, name) != NULL)
		return err_set(err, ERR_INVALID, "field '%.64s' is given twice", name);
	value = json_string(text);
	if (value == NULL || json_object_set_new(object, name, value) != 0)
		return err_set(err, ERR_SYNTAX, "field '%.64s' is not UTF-8", name);
	return 0;
}

static int add_task(struct form *form, const char *text, struct err *err)
{
	json_t *tasks = json_object_get(form->fields, "tasks");
	json_t *value = json_string(text);

	if (value == NULL)
		return err_set(err, ERR_SYNTAX, "field 'tasks' is not UTF-8");
	if (tasks == NULL) {
		tasks = json_array();
		json_object_set_new(form->fields, "tasks", tasks);
	}
	json_array_append_new(tasks, value);
	return 0;
}

static int add_param(struct form *form, const char *name, const char *text, struct err *err)
{
	if (form->params == NULL)
		form->params = json_object();
	return put_text(form->params, name, text, err);
}

/* Where a field of its own kind is kept. */
static char **slot_of(struct form *form, const char *name)
{
	if (strcmp(name, "csrf") == 0)
		return &form->csrf;
	if (strcmp(name, "token") == 0)
		return &form->token;
	return strcmp(name, "back") == 0 ? &form->back : NULL;
}

/* As the API takes it (query.c). */
static bool is_token(const char *text)
{
	return strlen(text) == FORM_TOKEN_BYTES &&
	       strspn(text, "0123456789abcdef") == FORM_TOKEN_BYTES;
}

/* Takes value over when it is kept. */
static int take(struct form *form, const char *name, char **value, struct err *err)
{
	char **slot = slot_of(form, name);

	if (slot != NULL && *slot != NULL)
		return err_set(err, ERR_INVALID, "field '%s' is given twice", name);
	if (slot == &form->back && !html_is_local(*value))
		return 0;
	if (slot == &form->token && !is_token(*value))
		return err_set(err, ERR_INVALID,
			       "field 'token' is not the token of a list that was shown: load the "
			       "page again");
	if (slot != NULL) {
		*slot = *value;
		*value = NULL;
		return 0;
	}
	if ((*value)[0] == '\0')
		return 0;
	if (strcmp(name, "tasks") == 0)
		return add_task(form, *value, err);
	if (strncmp(name, PARAM, strlen(PARAM)) == 0)
		return add_param(form, name + strlen(PARAM), *value, err);
	return put_text(form->fields, name, *value, err);
}

static int read_field(struct form *form, const char *bytes, size_t size, struct err *err)
{
	const char *equals = memchr(bytes, '=', size);
	size_t name_size = equals == NULL ? size : (size_t)(equals - bytes);
	char *name = decode(bytes, name_size, err);
	char *value = NULL;
	int rc = ERR_SYNTAX;

	if (name != NULL && equals != NULL)
		value = decode(equals + 1, size - name_size - 1, err);
	else if (name != NULL)
		value = mem_strdup("");
	if (name != NULL && value != NULL)
		rc = take(form, name, &value, err);
	mem_free(name);
	mem_free(value);
	return rc;
}

int form_parse(const char *bytes, size_t size, struct form *out, struct err *err)
{
	size_t count = 0;
	int rc = 0;

	*out = (struct form){.fields = json_object()};
	while (rc == 0 && size > 0) {
		const char *end = memchr(bytes, '&', size);
		size_t length = end == NULL ? size : (size_t)(end - bytes);
		size_t step = end == NULL ? length : length + 1;

		if (++count > FORM_FIELDS_MAX)
			rc = err_set(err, ERR_INVALID, "the form has more than %u fields",
				     FORM_FIELDS_MAX);
		else if (length > 0)
			rc = read_field(out, bytes, length, err);
		bytes += step;
		size -= step;
	}
	if (rc != 0)
		form_close(out);
	return rc;
}

void form_close(struct form *form)
{
	mem_free(form->csrf);
	mem_free(form->back);
	mem_free(form->token);
	json_decref(form->fields);
	json_decref(form->params);
	*form = (struct form){.fields = NULL};
}
