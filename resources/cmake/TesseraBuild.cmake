# How every target of the project is built: language, warnings, linker, compiler cache, sanitizers, tests.
#
#   tessera_library(NAME [SHARED|MODULE] LAYER n SOURCES … [DEPS …] [PRIVATE_DEPS …] [TESTS …] [TEST_DEPS …])
#   tessera_executable(NAME LAYER n SOURCES … [DEPS …])
#   tessera_test(NAME SOURCES … [DEPS …] [LABEL unit|integration|gui] [TIMEOUT s] [ENVIRONMENT …] [WHOLE])
#     WHOLE: one entry of ctest for all its tests, which share servers that are slow to start
#
# Every target sees the source root as its one include folder ("common/result.h"). A target may only depend on targets of
# a lower layer: configuring fails otherwise, so that the arrows of docs/architecture.md hold.

include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(TESSERA_CONNECTOR_OUTPUT_DIR "${CMAKE_BINARY_DIR}/connectors")
set(TESSERA_EXTENSION_OUTPUT_DIR "${CMAKE_BINARY_DIR}/extension")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

find_program(MOLD_PROGRAM mold)
find_program(LLD_PROGRAM NAMES ld.lld ld.lld-16)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
elseif(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

# Our own code's flags; generated code and libraries do not get them.
add_library(tessera_flags INTERFACE)
target_include_directories(tessera_flags INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(tessera_flags INTERFACE
  -Wall -Wextra -Wshadow -fvisibility=hidden
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<BOOL:${TESSERA_WERROR}>:-Werror>
  # A precompiled header makes ccache miss unless the preprocessor says what it used.
  $<$<BOOL:${CCACHE_PROGRAM}>:-fpch-preprocess>)
if(TESSERA_SANITIZE)
  target_compile_options(tessera_flags INTERFACE -fsanitize=${TESSERA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tessera_flags INTERFACE -fsanitize=${TESSERA_SANITIZE})
endif()

function(tessera_check_layer name layer)
  set_property(TARGET ${name} PROPERTY TESSERA_LAYER ${layer})
  foreach(dep IN LISTS ARGN)
    if(TARGET ${dep})
      get_property(dep_layer TARGET ${dep} PROPERTY TESSERA_LAYER)
      if(dep_layer AND NOT dep_layer LESS layer)
        message(FATAL_ERROR "${name} (layer ${layer}) may not use ${dep} (layer ${dep_layer}); see docs/architecture.md")
      endif()
    endif()
  endforeach()
endfunction()

function(tessera_library name)
  cmake_parse_arguments(ARG "SHARED;MODULE" "LAYER" "SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS" ${ARGN})
  set(kind STATIC)
  if(ARG_SHARED)
    set(kind SHARED)
  elseif(ARG_MODULE)
    set(kind MODULE)
  endif()
  add_library(${name} ${kind} ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE tessera_flags ${ARG_PRIVATE_DEPS})
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  tessera_check_layer(${name} ${ARG_LAYER} ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  if(ARG_TESTS)
    tessera_test(${name}_test SOURCES ${ARG_TESTS} DEPS ${name} ${ARG_TEST_DEPS})
  endif()
endfunction()

function(tessera_executable name)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tessera_flags ${ARG_DEPS})
  tessera_check_layer(${name} ${ARG_LAYER} ${ARG_DEPS})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

function(tessera_test name)
  cmake_parse_arguments(ARG "WHOLE" "LABEL;TIMEOUT" "SOURCES;DEPS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tessera_flags ${ARG_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${ARG_ENVIRONMENT}")
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 300
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()

# A connector: a module loaded by the extension and by the conformance tests, with no symbol but its entry point.
#   tessera_connector(NAME SOURCES … [DEPS …])       NAME is the connector's name: libtessera_NAME.so
function(tessera_connector name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(target tessera_connector_${name})
  add_library(${target} MODULE ${ARG_SOURCES})
  set_property(GLOBAL APPEND PROPERTY TESSERA_CONNECTORS ${target})
  target_link_libraries(${target} PRIVATE tessera_flags tessera_sdk ${ARG_DEPS})
  # A symbol that is missing is an error of the build, not of the first person who loads it.
  target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,defs)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME tessera_${name} LIBRARY_OUTPUT_DIRECTORY "${TESSERA_CONNECTOR_OUTPUT_DIR}"
    BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN")
  tessera_check_layer(${target} 30 ${ARG_DEPS})
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tessera/connectors)
endfunction()
