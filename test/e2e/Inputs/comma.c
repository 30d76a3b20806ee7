/* Runs under a locale with a decimal comma and prints with one. */
#include "slope.h"

#include <locale.h>
#include <stdio.h>

int main(void) {
  float x = -10.0f, y = 0.0f;
  cnnc_model *model = NULL;
  if (!setlocale(LC_ALL, "de_DE.UTF-8") || slope_create(1, &model, NULL) != CNNC_OK || slope_run(model, &x, &y) != CNNC_OK)
    return 1;
  slope_destroy(model);
  printf("%.3f\n", y);
  return 0;
}
