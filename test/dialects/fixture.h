// A context with the dialects, parsing, and the diagnostics that were reported.
#pragma once

#include "dialects/cnn/Interpreter.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <string>

struct Dialects : testing::Test {
  mlir::MLIRContext context;
  std::string reported;
  mlir::ScopedDiagnosticHandler handler{&context, [this](mlir::Diagnostic &diagnostic) {
                                          reported += diagnostic.str() + "\n";
                                          return llvm::success();
                                        }};
  mlir::Location here = mlir::UnknownLoc::get(&context);

  Dialects() { context.loadDialect<cnnc::cnn::CnnDialect, mlir::func::FuncDialect>(); }

  mlir::Type type(llvm::StringRef text) { return mlir::parseType(text, &context); }
  mlir::DictionaryAttr attributes(llvm::StringRef text) { return llvm::cast<mlir::DictionaryAttr>(mlir::parseAttribute(text, &context)); }
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) { return mlir::parseSourceString<mlir::ModuleOp>(text, &context); }
};
