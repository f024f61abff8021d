/** For README.txt: how to run the ONNX files. `image` is a given NumPy array of two axes; `labels` is its mask. */
export const onnxReadme = `
To run the networks without PyTorch
  The .onnx files need ONNX Runtime and NumPy ("pip install onnxruntime numpy"). Give them the part of an image that the run used
  ("preprocessing" in config.json); its sides must be multiples of 16, and are best those the networks were trained on ("size").

    import numpy, onnxruntime
    net = onnxruntime.InferenceSession('model-pair.onnx')           # the mean of both networks; model-a.onnx is A alone
    low, high = numpy.quantile(image, [0.01, 0.995])                # image: a NumPy array [height, width]
    x = numpy.clip((image - low) / (high - low + 1e-6), 0, 1).astype('float32')
    probabilities = net.run(None, {'image': x[None, None]})[0][0]   # [classes, height, width]
    labels = probabilities.argmax(0)

  A volume goes slice by slice, several at once if you like: net.run(None, {'image': stack})[0].argmax(1) gives the labels of a stack
  [slices, 1, height, width], each slice stretched as above. load.py has all steps for a NIfTI file: region, scale in millimetres, orientation.
`
