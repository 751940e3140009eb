using Portolan.Cli.Hosting;

#pragma warning disable RS0030 // The one place that opens the console.
using var context = CommandContext.FromConsole();
#pragma warning restore RS0030
return CommandRunner.Run(args, context);
