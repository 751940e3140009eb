using Portolan.Cli.Hosting;
using Portolan.Linux.Terminals;

MemoryShortage.EndInOrder();
using var context = CommandContext.FromConsole();
return CommandRunner.Run(args, context);
