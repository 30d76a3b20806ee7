/* errors.c - messages for the caller, and versioned structs. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_CAPACITY sizeof(((cnnc_error *)0)->message)

/* Cuts `text` to `capacity` bytes, NUL included, without splitting a UTF-8 sequence. */
static void truncate_utf8(char *text, size_t capacity) {
  size_t length = strlen(text);
  if (length < capacity)
    return;
  length = capacity - 1;
  while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
    --length;
  text[length] = '\0';
}

static void log_message(const cnnc_hooks *hooks, int32_t level, const char *message) {
  if (hooks && hooks->log)
    hooks->log(hooks->user, level, message);
}

int32_t cnnc_fail(const cnnc_hooks *hooks, cnnc_error *error, int32_t code, const char *format, ...) {
  char message[MESSAGE_CAPACITY + 4]; /* room to see where a sequence that crosses the limit begins */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  truncate_utf8(message, MESSAGE_CAPACITY);
  if (error && error->struct_size >= offsetof(cnnc_error, code) + sizeof error->code)
    error->code = code;
  if (error && error->struct_size > offsetof(cnnc_error, message)) {
    size_t capacity = error->struct_size - offsetof(cnnc_error, message);
    char shortened[MESSAGE_CAPACITY + 4];
    if (capacity > MESSAGE_CAPACITY)
      capacity = MESSAGE_CAPACITY;
    strcpy(shortened, message);
    truncate_utf8(shortened, capacity);
    strcpy(error->message, shortened);
  }
  log_message(hooks, CNNC_LOG_ERROR, message);
  return code;
}

void cnnc_warn(const cnnc_hooks *hooks, const char *format, ...) {
  char message[MESSAGE_CAPACITY];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  log_message(hooks, CNNC_LOG_WARNING, message);
}

int cnnc_read_struct(void *to, size_t known, const void *from, size_t minimum) {
  uint32_t size;
  memcpy(&size, from, sizeof size);
  memset(to, 0, known);
  if (size < minimum)
    return 0;
  memcpy(to, from, size < known ? size : known);
  return 1;
}
