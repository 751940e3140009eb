using Portolan.Cli.Hosting;

using var context = CommandContext.FromConsole();
return CommandRunner.Run(args, context);
