# One function per kind of target, so that a layer's CMakeLists.txt names its files and its partners and nothing else.

add_library(cnnc_options INTERFACE)
target_include_directories(cnnc_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(cnnc_options INTERFACE -Wall -Wextra -Wno-unused-parameter -Wno-deprecated-declarations -Werror=return-type -fno-semantic-interposition
                       "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fpch-instantiate-templates>")
if(CNNC_SANITIZE)
  target_compile_options(cnnc_options INTERFACE -fsanitize=${CNNC_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(cnnc_options INTERFACE -fsanitize=${CNNC_SANITIZE})
endif()

# MLIR and LLVM as their shared libraries: one copy in the process, and a fast link.
add_library(cnnc_mlir INTERFACE)
target_include_directories(cnnc_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_definitions(cnnc_mlir INTERFACE ${LLVM_DEFINITIONS_LIST})
target_link_libraries(cnnc_mlir INTERFACE MLIR LLVM)

# cnnc_layer(NAME FILES... PRIVATE targets...): one static library a layer. Links are PRIVATE: a layer sees only what it names.
function(cnnc_layer name)
  cmake_parse_arguments(ARG "MLIR" "" "FILES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_FILES})
  target_link_libraries(${name} PRIVATE cnnc_options ${ARG_LINK})
  if(ARG_MLIR)
    target_link_libraries(${name} PRIVATE cnnc_mlir)
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/.cmake/MlirPch.h)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# cnnc_unittest(NAME FILES... LINK...): a gtest binary under bin/unit, found and run by lit.
function(cnnc_unittest name)
  cmake_parse_arguments(ARG "MLIR" "" "FILES;LINK" ${ARGN})
  add_executable(${name} ${ARG_FILES})
  target_link_libraries(${name} PRIVATE cnnc_options ${ARG_LINK} GTest::gtest GTest::gtest_main)
  if(ARG_MLIR)
    target_link_libraries(${name} PRIVATE cnnc_mlir)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/unit)
  set_property(GLOBAL APPEND PROPERTY CNNC_UNITTESTS ${name})
endfunction()

# cnnc_tablegen(TARGET td OUTPUT generator...): pairs of output file and mlir-tblgen flags.
function(cnnc_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(outputs)
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest output flags)
    separate_arguments(flags)
    mlir_tablegen(${output} ${flags} EXTRA_INCLUDES ${PROJECT_SOURCE_DIR} ${MLIR_INCLUDE_DIRS})
  endwhile()
  add_public_tablegen_target(${target})
endfunction()

# cnnc_bitcode(NAME SOURCES... OPTIONS...): C as LLVM bitcode, in a generated NAME.c that defines NAME[] and NAME_size (runtime/bitcode.h).
function(cnnc_bitcode name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;OPTIONS" ${ARGN})
  set(bitcode_files)
  foreach(source ${ARG_SOURCES})
    get_filename_component(stem ${source} NAME)
    set(bitcode ${CMAKE_CURRENT_BINARY_DIR}/${name}/${stem}.bc)
    add_custom_command(OUTPUT ${bitcode}
      COMMAND ${CMAKE_C_COMPILER} -std=c99 -fPIC -fvisibility=hidden -Wall -Wextra ${ARG_OPTIONS} -emit-llvm -c ${source} -o ${bitcode}
      DEPENDS ${source} ${ARG_HEADERS} VERBATIM)
    list(APPEND bitcode_files ${bitcode})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bc)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  add_custom_command(OUTPUT ${linked}
    COMMAND ${LLVM_TOOLS_BINARY_DIR}/llvm-link ${bitcode_files} -o ${linked}
    DEPENDS ${bitcode_files} VERBATIM)
  add_custom_command(OUTPUT ${embedded}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/.cmake/embed.py ${linked} ${embedded} ${name}
    DEPENDS ${linked} ${PROJECT_SOURCE_DIR}/.cmake/embed.py VERBATIM)
endfunction()
