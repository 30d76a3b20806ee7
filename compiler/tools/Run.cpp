// cnnc run: one run of a library.
#include "compiler/Detections.h"
#include "compiler/Image.h"
#include "compiler/Runner.h"
#include "compiler/Table.h"
#include "compiler/emit/Metadata.h"
#include "compiler/emit/Package.h"
#include "compiler/tools/Inputs.h"
#include "compiler/tools/Options.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <numeric>

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("run", "Run a library once\n\n"
                                    "  cnnc run out/libresnet50.so --input image=@cat.png --top-k=5\n"
                                    "  cnnc run out/libmask_rcnn.so --input image=@dog.jpg --draw=found.png --labels=coco.txt\n"
                                    "A picture for a float input [N,3,H,W] is resized (shorter side H*256/224, antialiased), cropped to HxW and\n"
                                    "normalised with ImageNet's mean and deviation; a u8 input takes the picture as it is.\n"
                                    "--draw needs such an input, and the outputs of a detector: boxes f32 [D,4], scores f32 [D], labels i32 [D],\n"
                                    "count i32 [1], and masks f32 [D,M,M] or pasted [D,H,W] if it has masks.");
static cl::opt<std::string> library(cl::Positional, cl::Required, cl::desc("LIBRARY"), cl::sub(parser));
static InputOptions inputs(parser);
static cl::list<std::string> outputs("output", cl::desc("Write an output: NAME=FILE.npy"), cl::value_desc("name=file"), cl::sub(parser));
static cl::opt<int> topK("top-k", cl::desc("Print the K largest values of each output row, with labels"), cl::init(0), cl::sub(parser));
static cl::opt<std::string> labelsFile("labels", cl::desc("One label a line, that of label 0 first (default: ImageNet's for 1000 classes)"),
                                       cl::value_desc("file"), cl::init(""), cl::sub(parser));
static cl::opt<bool> softmax("softmax", cl::desc("Turn logits into probabilities before --top-k"), cl::sub(parser));
static cl::opt<std::string> draw("draw", cl::desc("Write the picture with a detector's boxes, masks and labels, and print them"), cl::value_desc("file.png"),
                                 cl::init(""), cl::sub(parser));
static cl::opt<float> minScore("min-score", cl::desc("With --draw: leave out detections below this score (default: 0.5)"), cl::init(0.5f), cl::sub(parser));
static cl::opt<int> threads("threads", cl::desc("Threads; 0: one for each core that the process may use (default)"), cl::init(0), cl::sub(parser));

namespace {

std::vector<std::string> readLabels(int64_t classes) {
  std::string path = labelsFile;
  if (path.empty() && classes == 1000)
    for (const std::string &folder : modelFolders())
      if (path.empty() && llvm::sys::fs::exists(folder + "/imagenet_labels.txt"))
        path = folder + "/imagenet_labels.txt";
  std::vector<std::string> labels;
  if (auto buffer = path.empty() ? std::error_code() : llvm::MemoryBuffer::getFile(path); buffer)
    for (llvm::StringRef line : llvm::split((*buffer)->getBuffer(), '\n'))
      labels.push_back(line.trim().str());
  return labels;
}

void printTop(const Array &output) {
  if (output.dtype != "f32" || output.shape.empty())
    return;
  int64_t rows = output.shape[0], classes = rows ? output.elements() / rows : 0;
  std::vector<std::string> labels = readLabels(classes);
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<float> scores(output.f32() + row * classes, output.f32() + (row + 1) * classes);
    if (softmax && !scores.empty()) {
      float top = *std::max_element(scores.begin(), scores.end()), sum = 0;
      for (float &score : scores)
        sum += score = std::exp(score - top);
      for (float &score : scores)
        score /= sum;
    }
    std::vector<int64_t> order(static_cast<size_t>(classes));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
    Table table({"class", "score", "label"});
    for (int64_t i = 0; i < std::min<int64_t>(topK, classes); ++i)
      table.add({std::to_string(order[i]), significant(scores[order[i]], 4), order[i] < static_cast<int64_t>(labels.size()) ? labels[order[i]] : ""});
    table.print(llvm::outs());
  }
}

// Whether an array holds one picture: u8 [H, W, 3] or [1, H, W, 3].
bool isPicture(const Array &array) {
  size_t rank = array.shape.size();
  return array.dtype == "u8" && (rank == 3 || (rank == 4 && array.shape[0] == 1)) && array.shape.back() == 3;
}

int drawOver(const cnnc_info &info, const std::vector<Array> &arrays, const std::vector<Array> &results) {
  auto input = std::find_if(arrays.begin(), arrays.end(), isPicture);
  if (input == arrays.end())
    return fail(Exit::Diagnosed, "--draw needs an input that is a picture, u8 [H, W, 3] or [1, H, W, 3]; this library has none");
  NamedArrays outputs;
  for (int32_t i = 0; i < info.num_outputs; ++i)
    outputs.emplace_back(info.outputs[i].name, results[i]);
  auto detections = detectionsOf(outputs, minScore);
  if (!detections)
    return fail(Exit::Diagnosed, "--draw: " + llvm::toString(detections.takeError()));
  Array picture = *input;
  size_t rank = picture.shape.size();
  Canvas canvas{reinterpret_cast<uint8_t *>(picture.bytes.data()), picture.shape[rank - 2], picture.shape[rank - 3]};
  std::vector<std::string> labels = readLabels(0);
  drawDetections(canvas, *detections, labels);
  auto png = pngText(picture);
  if (!png)
    return fail(Exit::Diagnosed, "--draw: " + llvm::toString(png.takeError()));
  if (auto why = emit::writeFile(draw, *png))
    return fail(Exit::Diagnosed, *why);
  Table table({"label", "score", "x1", "y1", "x2", "y2"});
  for (const Detection &detection : *detections) {
    bool named = detection.label >= 0 && static_cast<size_t>(detection.label) < labels.size();
    std::vector<std::string> row{named ? labels[detection.label] : std::to_string(detection.label), significant(detection.score, 4)};
    for (float edge : detection.box)
      row.push_back(significant(edge, 4));
    table.add(std::move(row));
  }
  table.print(llvm::outs());
  return Exit::Ok;
}

int runOnce() {
  LibraryAt at = LibraryAt::open(library);
  const Library &loaded = at.library;
  loaded.checkTarget();
  const cnnc_info &info = loaded.info();
  auto arrays = inputs.read(info);
  if (!arrays)
    return fail(Exit::Diagnosed, llvm::toString(arrays.takeError()));
  std::vector<Array> results = runLibrary(at, *arrays, threads);
  for (const std::string &output : outputs) {
    auto [name, file] = llvm::StringRef(output).split('=');
    int32_t index = 0;
    while (index < info.num_outputs && name != info.outputs[index].name)
      ++index;
    if (index == info.num_outputs)
      return fail(Exit::Diagnosed, "the library has no output '" + name + "'; its first is '" + info.outputs[0].name + "'");
    emit::SampleTensor tensor{name.str(), results[index].dtype, results[index].shape, std::string(results[index].bytes.begin(), results[index].bytes.end())};
    if (auto why = emit::writeFile(file.str(), emit::npyText(tensor)))
      return fail(Exit::Diagnosed, *why);
  }
  if (!draw.empty())
    return drawOver(info, *arrays, results);
  for (int32_t i = 0; i < info.num_outputs; ++i) {
    if (topK > 0) {
      printTop(results[i]);
      continue;
    }
    std::string shape;
    for (int64_t extent : results[i].shape)
      shape += (shape.empty() ? "" : "x") + std::to_string(extent);
    llvm::outs() << info.outputs[i].name << ": " << shape << ' ' << results[i].dtype;
    for (int64_t k = 0; k < std::min<int64_t>(8, results[i].elements()) && results[i].dtype != "u8"; ++k)
      llvm::outs() << ' ' << (results[i].dtype == "f32" ? significant(results[i].f32()[k], 6) : std::to_string(results[i].i32()[k]));
    llvm::outs() << (results[i].elements() > 8 ? " ...\n" : "\n");
  }
  return Exit::Ok;
}

int run() {
  if (topK < 0)
    return fail(Exit::Usage, "--top-k takes a count, got " + std::to_string(topK));
  if (!draw.empty() && !llvm::StringRef(draw).ends_with_insensitive(".png"))
    return fail(Exit::Usage, "--draw writes a .png file, got '" + draw + "'");
  for (const std::string &output : outputs)
    if (llvm::StringRef(output).split('=').second.empty())
      return fail(Exit::Usage, "--output takes NAME=FILE.npy, got '" + output + "'");
  try {
    return runOnce();
  } catch (const Error &error) {
    return fail(error.code() == CNNC_ERROR_TARGET ? Exit::Unsupported : Exit::Diagnosed, error.what());
  }
}

} // namespace

const Command tools::runCommand{parser, run};
