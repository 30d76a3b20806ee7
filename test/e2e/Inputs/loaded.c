/* Two libraries by dlopen with RTLD_GLOBAL, in the order of the arguments; the factors they must multiply by follow them. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <dlfcn.h>

int main(int argc, char **argv) {
  int i, element;
  void *handles[2];
  cnnc_model *models[2];
  const cnnc_api *apis[2];
  CHECK(argc == 5);
  for (i = 0; i < 2; ++i) {
    cnnc_query_fn query;
    handles[i] = dlopen(argv[1 + i], RTLD_NOW | RTLD_GLOBAL);
    CHECK(handles[i]);
    *(void **)&query = dlsym(handles[i], "cnnc_query");
    CHECK(query && (apis[i] = query(CNNC_ABI_VERSION)) != NULL);
    models[i] = create_model(apis[i], 2);
  }
  CHECK(apis[0] != apis[1]);
  for (i = 0; i < 2; ++i) {
    float factor = (float)atof(argv[3 + i]), *got = run_once(apis[i], models[i], 1);
    for (element = 0; element < 97; ++element)
      CHECK(got[element] == factor * (float)(element + 1));
    free(got);
  }
  for (i = 0; i < 2; ++i) {
    apis[i]->destroy(models[i]);
    CHECK(dlclose(handles[i]) == 0);
  }
  puts("loaded: each its own");
  return 0;
}
