using Portolan.Cli.Hosting;
using Portolan.Linux.Launching;

SourceCheck.Await();
using var context = CommandContext.FromConsole();
return CommandRunner.Run(args, context);
