using Portolan.Linux.Terminals;
using Portolan.Server.Hosting;

MemoryShortage.EndInOrder();
StandardStream.OccupyClosed();
return await ServerRunner.RunAsync(args);
