[line_length: 120, inputs: ["mix.exs", "lib/**/*.ex"]]
