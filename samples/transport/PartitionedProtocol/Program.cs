await PartitionedProtocol.Sample.RunAsync(Console.Out);
