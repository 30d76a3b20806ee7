// Inputs of a library as the command line gives them.
#include "compiler/tools/Inputs.h"

#include "compiler/Image.h"
#include "compiler/Preprocess.h"
#include "compiler/emit/Metadata.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

InputOptions::InputOptions(cl::SubCommand &command)
    : inputs("input", cl::desc("NAME=@FILE (.npy, .png, .jpg) or NAME=random:SEED (default: random:1)"), cl::value_desc("name=value"), cl::sub(command)) {}

static llvm::Expected<Array> readInput(const cnnc_tensor_info &info, const std::string &value) {
  std::string dtype = emit::dtypeName(info.dtype);
  std::vector<int64_t> shape = shapeAt(info, 1);
  llvm::StringRef text(value);
  uint64_t seed;
  if (text.consume_front("random:")) {
    if (text.getAsInteger(10, seed))
      return llvm::createStringError("random: needs a number, got '" + value + "'");
    return randomArray(dtype, shape, seed);
  }
  if (!text.consume_front("@"))
    return llvm::createStringError("input '" + std::string(info.name) + "' takes @FILE or random:SEED, got '" + value + "'");
  if (text.ends_with(".npy"))
    return readNpy(text);
  auto picture = readImage(text);
  if (!picture)
    return picture;
  if (dtype == "u8") {
    if (info.ndim == 3)
      picture->shape.erase(picture->shape.begin());
    return picture;
  }
  return imagenetInput(*picture, shape);
}

llvm::Expected<std::vector<Array>> InputOptions::read(const cnnc_info &info) const {
  std::map<std::string, std::string> given;
  for (const std::string &input : inputs) {
    auto [name, value] = llvm::StringRef(input).split('=');
    given[name.str()] = value.str();
  }
  std::vector<Array> arrays;
  for (int32_t i = 0; i < info.num_inputs; ++i) {
    auto it = given.find(info.inputs[i].name);
    auto array = readInput(info.inputs[i], it == given.end() ? "random:1" : it->second);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
    if (it != given.end())
      given.erase(it);
  }
  if (!given.empty())
    return llvm::createStringError("the library has no input '" + given.begin()->first + "'; its first is '" + info.inputs[0].name + "'");
  return arrays;
}
