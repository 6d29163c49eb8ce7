/* Runs generate_labels of a SavedModel with TensorFlow's C API alone: the loader of TensorFlow Serving, no Python.
 * Usage: run_model FOLDER LABELS SEED SAMPLES NUM ROW_BYTES LABELS_FILE SEEDS_FILE OUTPUT_FILE
 * where LABELS, SEED and SAMPLES name operations as "name:index". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensorflow/c/c_api.h>

static void check(TF_Status *status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "%s\n", TF_Message(status));
  exit(1);
}

static TF_Output find(TF_Graph *graph, char *name) {
  char *colon = strrchr(name, ':');
  *colon = 0;
  TF_Output output = {TF_GraphOperationByName(graph, name), atoi(colon + 1)};
  if (output.oper == NULL) {
    fprintf(stderr, "no operation %s\n", name);
    exit(1);
  }
  return output;
}

static TF_Tensor *read_tensor(TF_DataType type, int64_t rows, size_t width, const char *path) {
  TF_Tensor *tensor = TF_AllocateTensor(type, &rows, 1, rows * width);
  FILE *file = fopen(path, "rb");
  if (file == NULL || fread(TF_TensorData(tensor), width, rows, file) != (size_t)rows) exit(2);
  fclose(file);
  return tensor;
}

int main(int count, char **words) {
  if (count != 10) return 2;
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session =
      TF_LoadSessionFromSavedModel(options, NULL, words[1], tags, 1, graph, NULL, status);
  check(status);
  TF_Output inputs[] = {find(graph, words[2]), find(graph, words[3])};
  TF_Output output = find(graph, words[4]);
  int64_t rows = atoll(words[5]);
  TF_Tensor *values[] = {read_tensor(TF_INT32, rows, 4, words[7]),
                         read_tensor(TF_INT64, rows, 8, words[8])};
  TF_Tensor *samples = NULL;
  TF_SessionRun(session, NULL, inputs, values, 2, &output, &samples, 1, NULL, 0, NULL, status);
  check(status);
  if (TF_TensorByteSize(samples) != (size_t)(rows * atoll(words[6]))) return 3;
  FILE *file = fopen(words[9], "wb");
  fwrite(TF_TensorData(samples), 1, TF_TensorByteSize(samples), file);
  return fclose(file);
}
