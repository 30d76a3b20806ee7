// cnnc: one driver with subcommands.
#include "compiler/tools/Command.h"
#include "compiler/tools/Options.h"

#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>

using namespace cnnc::tools;

static constexpr const char *kOverview = R"(cnnc compiles a convolutional network into one standalone shared library.

  cnnc zoo                                            the networks that ship
  cnnc compile resnet50 --weights=random:1 -o out     writes out/libresnet50.so, resnet50.h, resnet50.hpp, resnet50.json, ...
  cnnc run out/libresnet50.so --input image=@cat.png --top-k=5
  cnnc verify out/libresnet50.so --against=ort --per-layer
  cnnc bench out/libresnet50.so --against=ort         or all of the zoo: cnnc bench --zoo --against=ort,openvino
  cnnc tune resnet50 --budget=120s --db=tune.jsonl    measures schedules; then: cnnc compile resnet50 --db=tune.jsonl
  cnnc profile out/libresnet50.so --top=10            where the time goes, launch by launch, against the machine's limit
  cnnc eval out/libfaster_rcnn.so --data=coco:instances_val2017.json:val2017
  cnnc inspect out/libresnet50.so --layers --memory   or the network itself: cnnc inspect resnet50 --layers
  cnnc check model.cnn                                every error of a spec at once
  cnnc format --write model.cnn                       its standard form
  cnnc convert resnet50 -o resnet50.onnx

`cnnc COMMAND --help` explains a command, `cnnc explain CODE` an error.
Exit status: 0 ok, 1 diagnosed error, 2 usage, 3 unsupported op or target, 4 verification mismatch, 5 limit, 70 internal.
)";

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow is then an error of the write
  setProgram(argv[0]);
  const Command *commands[] = {&compileCommand, &runCommand,    &verifyCommand,  &benchCommand,   &inspectCommand, &checkCommand,
                               &targetsCommand, &doctorCommand, &explainCommand, &convertCommand, &formatCommand,  &zooCommand,
                               &evalCommand,    &tuneCommand,   &tuningCommand,  &profileCommand};
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "cnnc " CNNC_VERSION "\n"; });
  std::string errors;
  llvm::raw_string_ostream errorStream(errors);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, kOverview, &errorStream)) {
    llvm::errs() << errors;
    return Exit::Usage;
  }
  for (const Command *command : commands)
    if (command->parser)
      return command->run();
  llvm::errs() << kOverview;
  return Exit::Usage;
}
