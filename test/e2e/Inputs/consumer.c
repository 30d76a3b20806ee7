/* The least program that needs a library's header and symbol. */
#include "tiny.h"

#include <stdio.h>

int main(void) {
  const cnnc_api *api = tiny_cnnc_query(CNNC_ABI_VERSION);
  if (!api || api->check_target(NULL) != CNNC_OK)
    return 1;
  printf("%s: %d inputs, %d outputs\n", api->info->name, (int)api->info->num_inputs, (int)api->info->num_outputs);
  return 0;
}
