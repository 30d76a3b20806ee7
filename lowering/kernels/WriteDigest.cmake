# cmake -DOUTPUT=header -DLIST=file -P: a header whose constant changes whenever a kernel source does.
file(STRINGS ${LIST} sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${source} one)
  string(APPEND all ${one})
endforeach()
string(SHA256 digest "${all}")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
"// Written by WriteDigest.cmake: identifies the kernel builder, so that a cached kernel of another one is never used.
#pragma once
namespace cnnc::kernels {
inline constexpr const char *builderDigest = \"@digest@\";
}
" @ONLY)
