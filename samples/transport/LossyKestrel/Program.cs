await LossyKestrel.Sample.RunAsync(Console.Out);
