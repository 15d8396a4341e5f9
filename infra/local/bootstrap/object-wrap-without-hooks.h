// Stands before ssh2's own source when its binding is compiled. From 24.19 on, Node's headers make every wrapped object take a hook away in its
// destructor; garbage is collected where there is no environment to take it from, and the process aborts (nodejs/node#65446). Without hooks
// objects are freed when they are collected, as with all earlier headers; those alive at the end of the process end with it.
#include <node.h>

namespace sena {
inline void noHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace sena

#define AddEnvironmentCleanupHook ::sena::noHook
#define RemoveEnvironmentCleanupHook ::sena::noHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
