// cnnc explain: what an error code means and what to do.
#include "compiler/Table.h"
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("explain", "Explain an error code, or list them all\n\n"
                                        "  cnnc explain CNNC0201\n"
                                        "  cnnc explain conv2d_C4     a numbered constraint of an op");
static cl::opt<std::string> code(cl::Positional, cl::desc("CODE"), cl::init(""), cl::sub(parser));

static int run() {
  if (code.empty()) {
    Table table({"code", "summary"});
    for (const auto &[name, summary] : frontend::allCodes())
      table.add({name, summary});
    table.print(llvm::outs());
    return Exit::Ok;
  }
  auto text = frontend::explain(code);
  if (!text)
    return fail(Exit::Diagnosed, "no error has the code '" + code + "'; `cnnc explain` lists them");
  llvm::outs() << *text;
  if (!llvm::StringRef(*text).ends_with("\n"))
    llvm::outs() << '\n';
  return Exit::Ok;
}

const Command tools::explainCommand{parser, run};
