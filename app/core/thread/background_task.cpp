#include "app/core/thread/background_task.h"

namespace tessera::app {

QThreadPool& taskPool() {
    static QThreadPool pool;
    return pool;
}

}  // namespace tessera::app
