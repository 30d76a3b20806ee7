// Pictures as tensors, decoded by stb_image and encoded by stb_image_write.
#include "compiler/Image.h"

#include "llvm/Support/MemoryBuffer.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>
#pragma clang diagnostic pop

using namespace cnnc;

llvm::Expected<Array> cnnc::readImage(llvm::StringRef path) {
  auto fail = [&](const llvm::Twine &why) { return llvm::createStringError(path + ": " + why); };
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(buffer.getError().message());
  if ((*buffer)->getBufferSize() > (size_t(256) << 20))
    return fail("is larger than 256 MiB");
  auto data = reinterpret_cast<const stbi_uc *>((*buffer)->getBufferStart());
  int size = static_cast<int>((*buffer)->getBufferSize()), width = 0, height = 0, channels = 0;
  if (!stbi_info_from_memory(data, size, &width, &height, &channels))
    return fail("is no PNG or JPEG picture");
  if (static_cast<int64_t>(width) * height > (int64_t(1) << 28))
    return fail("has more than 2^28 pixels");
  stbi_uc *pixels = stbi_load_from_memory(data, size, &width, &height, &channels, 3);
  if (!pixels)
    return fail(llvm::Twine("cannot be decoded: ") + stbi_failure_reason());
  Array array = Array::make("u8", {1, height, width, 3});
  std::copy_n(pixels, array.bytes.size(), array.bytes.begin());
  stbi_image_free(pixels);
  return array;
}

llvm::Expected<std::string> cnnc::pngText(const Array &picture) {
  std::string text;
  auto append = [](void *context, void *data, int size) { static_cast<std::string *>(context)->append(static_cast<const char *>(data), size); };
  size_t rank = picture.shape.size();
  int height = static_cast<int>(picture.shape[rank - 3]), width = static_cast<int>(picture.shape[rank - 2]);
  if (!stbi_write_png_to_func(append, &text, width, height, 3, picture.bytes.data(), 3 * width))
    return llvm::createStringError("a picture of " + llvm::Twine(width) + " x " + llvm::Twine(height) + " pixels cannot be encoded as PNG");
  return text;
}
