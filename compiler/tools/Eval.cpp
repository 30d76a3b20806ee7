// cnnc eval: a library on data with ground truth.
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("eval", "Evaluate a library on data with ground truth\n\n"
                                     "Average precision of a detector by COCO's rules and by VOC's; top-1 and top-5 accuracy of a classifier.\n\n"
                                     "  cnnc eval out/libfaster_rcnn.so --data=coco:instances_val2017.json:val2017 --limit=500\n"
                                     "  cnnc eval out/libfaster_rcnn.so --data=voc:VOC2007:test --metric=voc07 --inclusive\n"
                                     "  cnnc eval out/libresnet50.so --data=folder:imagenet/val\n"
                                     "  cnnc eval --results=results.json --data=coco:instances_val2017.json:val2017\n\n"
                                     "A detector takes image u8 [H, W, 3] and gives boxes, scores, labels, count, and masks or pasted if it has\n"
                                     "masks. Pictures are read with Pillow, COCO's metrics are pycocotools'; CNNC_PYTHON names the Python that has\n"
                                     "them.");
static cl::opt<std::string> library(cl::Positional, cl::desc("LIBRARY"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> data("data", cl::Required, cl::desc("coco:ANNOTATIONS.json:IMAGES, voc:FOLDER[:SPLIT], or folder:PATH with a folder a class"),
                                 cl::sub(parser));
static cl::opt<std::string> metric("metric", cl::desc("bbox, segm (COCO's), voc07 (11 points), voc10 (area), comma-separated (default: what fits the data)"),
                                   cl::init(""), cl::sub(parser));
static cl::opt<int> limit("limit", cl::desc("The first N pictures only"), cl::value_desc("N"), cl::init(0), cl::sub(parser));
static cl::opt<std::string> labels("labels", cl::desc("One label a line, that of label 0 first; matched with the names of the data's classes"),
                                   cl::value_desc("file"), cl::init(""), cl::sub(parser));
static cl::opt<bool> inclusive("inclusive", cl::desc("VOC's metrics: x2 and y2 are the last pixels inside, a side is x2 - x1 + 1 long"), cl::sub(parser));
static cl::opt<std::string> results("results", cl::desc("Evaluate detections in COCO's results form, run no library"), cl::value_desc("file"), cl::init(""),
                                    cl::sub(parser));
static cl::opt<std::string> save("save", cl::desc("Write the detections in COCO's results form"), cl::value_desc("file"), cl::init(""), cl::sub(parser));
static cl::opt<int> threads("threads", cl::desc("Threads; 0: one for each core that the process may use (default)"), cl::init(0), cl::sub(parser));
static cl::opt<std::string> format("format", cl::desc("text or json"), cl::init("text"), cl::sub(parser));

static int run() {
  if (library.empty() == results.empty())
    return fail(Exit::Usage, "name a library, or detections with --results=FILE");
  std::vector<std::string> arguments = {"--data=" + data, "--limit=" + std::to_string(limit), "--threads=" + std::to_string(threads), "--format=" + format};
  for (const auto &[name, value] :
       {std::pair("--metric=", &metric), std::pair("--labels=", &labels), std::pair("--results=", &results), std::pair("--save=", &save)})
    if (!value->empty())
      arguments.push_back(name + *value);
  if (inclusive)
    arguments.push_back("--inclusive");
  if (!library.empty())
    arguments.insert(arguments.end(), {"--", library});
  return runPython("eval.py", arguments);
}

const Command tools::evalCommand{parser, run};
