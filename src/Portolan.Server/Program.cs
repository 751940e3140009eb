using Portolan.Linux.Terminals;
using Portolan.Server.Hosting;

StandardStream.OccupyClosed();
return await ServerRunner.RunAsync(args);
